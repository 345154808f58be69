"""Django's entry to the app."""

from django.apps import AppConfig


class TechpackConfig(AppConfig):
    """Products and their packs."""

    name = "techpack"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what the steps are and what they cost."""
        from techpack import registry

        registry.register_all()
