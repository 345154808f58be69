"""Django's entry to the app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The notifications room."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
