"""Django's entry to the app."""

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    """The generation room."""

    name = "generation"
    default_auto_field = "django.db.models.BigAutoField"
