"""Django's entry to the app."""

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    """Paid jobs and AI providers."""

    name = "generation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let a replayed 202 show its job."""
        from core.idempotency import present_accepted
        from generation.present import replay_accepted

        present_accepted(replay_accepted)
