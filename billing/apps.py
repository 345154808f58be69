"""Django's entry to the app."""

from django.apps import AppConfig
from django.conf import settings


class BillingConfig(AppConfig):
    """Plans, payments and what follows from them."""

    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """dj-stripe talks to the same server as we do, within bounds; who leaves ends there."""
        import stripe
        from django.contrib.auth import get_user_model
        from django.db.models.signals import pre_delete

        from billing import consumers, gateway, leaving, tiers
        from billing import receivers as _receivers  # noqa: F401 - they listen from then on
        from credits import grants

        stripe.api_base = settings.PAYMENTS.api_base
        stripe.default_http_client = stripe.RequestsClient(timeout=gateway.TIMEOUT_S)
        stripe.max_network_retries = gateway.RETRIES
        consumers.register_all()
        grants.begin_no_month_where(tiers.plan_ends)
        pre_delete.connect(leaving.remember, sender=get_user_model(), dispatch_uid="who leaves")
