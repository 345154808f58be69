"""Django's entry to the app."""

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    """Paid jobs and AI providers."""

    name = "generation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let a replayed 202 show its job; export figures; show the alerts in the admin."""
        from core.idempotency import present_accepted
        from generation import metrics
        from generation.alerts import admin as _alerts_admin  # noqa: F401 - registers itself
        from generation.present import replay_accepted

        present_accepted(replay_accepted)
        metrics.register()
