"""Django's entry to the app."""

from django.apps import AppConfig


class VideosConfig(AppConfig):
    """Films of a product."""

    name = "videos"
    default_auto_field = "django.db.models.BigAutoField"
