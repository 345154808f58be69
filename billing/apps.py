"""Django's entry to the app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """The billing room."""

    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"
