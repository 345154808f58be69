from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, API keys and their pages."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Connect the receivers."""
        from accounts import receivers  # noqa: F401 - models are there only now
