"""Django's entry to the app."""

from django.apps import AppConfig


class VideosConfig(AppConfig):
    """Films of a product."""

    name = "videos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what making a film is and what it costs."""
        from videos import registry

        registry.register_all()
