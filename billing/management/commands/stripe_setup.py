"""``manage.py stripe_setup [--dry-run]``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import stripe
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.setup import set_up
from core.errors import DomainError


class Command(BaseCommand):
    """Find or make at Stripe what has to be there before anything is sold."""

    help = (
        "Find or make products, prices, the portal's configuration and the webhook endpoint at "
        "Stripe, and print the lines for the environment. Running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Only look, or do."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be made")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each part, then the environment's; warnings go to the error output."""
        if settings.PAYMENTS.why:
            raise CommandError(settings.PAYMENTS.why)
        kind = "live" if settings.STRIPE_LIVE_MODE else "test"
        self.stdout.write(f"# {settings.PAYMENTS.api_base}, {kind} mode")
        try:
            report = set_up(is_dry=options["dry_run"])
        except DomainError as error:
            raise CommandError(error.message) from error
        except stripe.StripeError as error:
            raise CommandError(f"Stripe: {error.user_message or error}") from error
        for line in report.lines:
            self.stdout.write(f"# {line}")
        for name, value in report.environment.items():
            self.stdout.write(f"{name}={value}")
        for warning in report.warnings:
            self.stderr.write(warning)
