"""How sending to users' own addresses goes, for who runs the studio.

That somebody's server takes nothing is theirs to mend, and they are told. What counts as failing
here is what is ours: nobody sends, or nothing that is sent arrives anywhere.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from notifications.models import WebhookDelivery, WebhookTarget

LATE_AFTER: Final = timedelta(minutes=5)
NOTHING_TAKEN_FOR: Final = timedelta(hours=1)
FEWEST_FAILING: Final = 3  # addresses that show that it is not one server's fault

_ON: Final = Q(disabled_at__isnull=True)
_FREE: Final = Q(target__disabled_at__isnull=True, target__failing_since__isnull=True)


class Standing(NamedTuple):
    """How many deliveries are due, are late or reach nobody, and were given up for good.

    None counts as given up: what an address does not take in three days is its owner's to see.
    """

    due: int = 0
    failing: int = 0
    given_up: int = 0


class Targets(NamedTuple):
    """How many addresses there are, by how they stand."""

    working: int = 0
    failing: int = 0
    off: int = 0


def standing() -> Standing:
    """How sending goes now."""
    late = Q(due_at__lt=Now() - LATE_AFTER) & _FREE
    found = WebhookDelivery.objects.filter(due_at__isnull=False).aggregate(
        due=Count("pk"), late=Count("pk", filter=late)
    )
    return Standing(found["due"], found["late"] + _reach_nobody())


def _reach_nobody() -> int:
    """The addresses that fail, where nothing has been taken by any for an hour."""
    lately = Now() - NOTHING_TAKEN_FOR
    found = WebhookTarget.objects.filter(_ON).aggregate(
        failing=Count("pk", filter=Q(failing_since__isnull=False)),
        since=Min("failing_since", filter=Q(failing_since__lt=lately)),
        taken=Count("pk", filter=Q(taken_at__gte=lately)),
    )
    is_ours = found["failing"] >= FEWEST_FAILING and found["since"] and not found["taken"]
    return int(found["failing"]) if is_ours else 0


def targets() -> Targets:
    """The addresses that work, fail, and are off."""
    found = WebhookTarget.objects.aggregate(
        working=Count("pk", filter=_ON & Q(failing_since__isnull=True)),
        failing=Count("pk", filter=_ON & Q(failing_since__isnull=False)),
        off=Count("pk", filter=~_ON),
    )
    return Targets(**found)
