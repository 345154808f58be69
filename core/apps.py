"""Django's entry to the app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The core room."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"
