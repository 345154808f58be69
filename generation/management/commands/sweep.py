"""``manage.py sweep``: one pass of the sweeper, as beat does it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from generation.work import sweep


class Command(BaseCommand):
    """Requeue, end and ring for the jobs that were left behind."""

    help = "One pass of the sweeper: requeue, end and ring again for jobs left behind."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the pass and print its counts."""
        found = sweep()
        self.stdout.write(" ".join(f"{name} {count}" for name, count in found.items()))
