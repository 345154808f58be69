"""Django's entry to the app."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save


class CreditsConfig(AppConfig):
    """The ledger: every user has an account from their first moment."""

    name = "credits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Open an account for each new user; export the ledger's figures."""
        from credits import metrics, receivers

        post_save.connect(
            receivers.user_saved,
            sender=settings.AUTH_USER_MODEL,
            dispatch_uid="credits.open_account",
        )
        metrics.register()
