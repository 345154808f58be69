"""Django's entry to the app."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save


class CreditsConfig(AppConfig):
    """The ledger: every user has an account from their first moment."""

    name = "credits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Open an account for each new user; say what keys used; export the ledger's figures."""
        from accounts import usage
        from credits import metrics, queries, receivers

        post_save.connect(
            receivers.user_saved,
            sender=settings.AUTH_USER_MODEL,
            dispatch_uid="credits.open_account",
        )
        usage.counted_by(queries.used_by_keys)
        metrics.register()
