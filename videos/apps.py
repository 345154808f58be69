"""Django's entry to the app."""

from django.apps import AppConfig


class VideosConfig(AppConfig):
    """Films of a product."""

    name = "videos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what making a film is and what it costs; export figures; let files go with rows."""
        from django.db.models.signals import post_delete

        from videos import metrics, registry, retention
        from videos.models import Video

        registry.register_all()
        metrics.register()
        post_delete.connect(retention.with_its_row, sender=Video, dispatch_uid="files of a film")
