"""Django's entry to the app."""

from django.apps import AppConfig


class TechpackConfig(AppConfig):
    """The techpack room."""

    name = "techpack"
    default_auto_field = "django.db.models.BigAutoField"
