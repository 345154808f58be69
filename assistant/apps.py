"""Django's entry to the app."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    """Chat about the user's packs, priced by tokens."""

    name = "assistant"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what a chat is and what it costs."""
        from assistant import registry

        registry.register_all()
