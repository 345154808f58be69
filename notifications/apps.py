"""Django's entry to the app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The notifications room."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what lower rooms have to tell."""
        from core import outbox
        from credits import budget
        from notifications import receivers, ringing

        budget.on_warning(receivers.budget_warned)
        outbox.on_events(ringing.ringer.ring)
