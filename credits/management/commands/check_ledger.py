"""``manage.py check_ledger``: does every balance equal the sum of its entries?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits import audit
from credits.models import Account, Entry, Hold, Lot


class Command(BaseCommand):
    """Recompute every balance; exit 1 where anything drifted."""

    help = "Recompute every balance, lot and hold from the entries and print the drift."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each difference, then the drift in µcr as the last line."""
        found = audit.check()
        for each in found:
            self.stdout.write(
                f"{each.what} {each.id} {each.place}: stored {each.stored}, "
                f"by entries {each.computed}"
            )
        self.stdout.write(
            f"{Account.objects.count()} accounts, {Lot.objects.count()} lots, "
            f"{Hold.objects.count()} holds, {Entry.objects.count()} entries"
        )
        self.stdout.write(f"drift {audit.drift(found)}")
        if found:
            raise CommandError("The ledger drifted.")
