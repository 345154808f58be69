"""Django's entry to the app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The notifications room."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what lower rooms have to tell; tell addresses of users' own; export figures."""
        from core import outbox
        from credits import budget, grants
        from notifications import consuming, metrics, outgoing, receivers, ringing
        from notifications import event_admin as _event_admin  # noqa: F401 - registers itself
        from notifications import webhook_admin as _webhook_admin  # noqa: F401 - registers itself
        from notifications.event_types import TYPES

        budget.on_warning(receivers.budget_warned)
        grants.on_debt_paid(receivers.debt_paid)
        outbox.on_events(ringing.ringer.ring)
        consuming.register(outgoing.NAME, TYPES, outgoing.handle, wants=outgoing.wants)
        metrics.register()
