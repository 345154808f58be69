"""Django's entry to the app."""

from django.apps import AppConfig


class CreditsConfig(AppConfig):
    """The credits room."""

    name = "credits"
    default_auto_field = "django.db.models.BigAutoField"
