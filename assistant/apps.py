"""Django's entry to the app."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    """Chat about the user's packs, priced by tokens."""

    name = "assistant"
    default_auto_field = "django.db.models.BigAutoField"
