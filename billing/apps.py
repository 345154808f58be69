"""Django's entry to the app."""

from django.apps import AppConfig
from django.conf import settings


class BillingConfig(AppConfig):
    """Plans, payments and what follows from them."""

    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """dj-stripe talks to the same server as we do, within the same bounds."""
        import stripe

        from billing import consumers, gateway, receivers  # noqa: F401 - they listen from then on

        stripe.api_base = settings.PAYMENTS.api_base
        stripe.default_http_client = stripe.RequestsClient(timeout=gateway.TIMEOUT_S)
        stripe.max_network_retries = gateway.RETRIES
        consumers.register_all()
