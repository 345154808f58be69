"""``manage.py explain_charge HOLD_OR_JOB_ID``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from credits.story import story_of


class Command(BaseCommand):
    """One user's one charge, told from the entries."""

    help = "Tell in plain words what one hold or job cost, when, and from which lots."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The hold's id (reservationId) or the job's id."""
        parser.add_argument("id", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the story."""
        lines = story_of(options["id"])
        if not lines:
            raise CommandError("There is no hold with this id, and none for such a job.")
        for line in lines:
            self.stdout.write(line)
