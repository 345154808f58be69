"""``manage.py grant_credits EMAIL AMOUNT --reason "…"``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from core.ids import uuid7
from core.money import parse_credits, shown
from credits import operations, queries
from credits.models import Lot


class Command(BaseCommand):
    """Add credits to one user's balance."""

    help = "Grant credits that never expire; the reason is on the user's statement."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom, how many, why; a key makes it safe to run twice."""
        parser.add_argument("email")
        parser.add_argument("amount", help="credits, as in 50 or 0.25")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--key", help="the same key grants once")

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant and print the new balance."""
        user = get_user_model().objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"There is no user {options['email']}.")
        try:
            amount = parse_credits(options["amount"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        if amount <= 0:
            raise CommandError("Grant more than 0 credits.")
        operations.grant(
            user_id=user.pk,
            kind=Lot.Kind.GRANT,
            amount=amount,
            source_key=f"grant:{options['key'] or uuid7()}",
            reason=options["reason"],
        )
        self.stdout.write(
            f"Granted {shown(amount)} credits to {user.email}: "
            f"{shown(queries.balance(user).free)} free now."
        )
