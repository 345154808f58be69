"""Who looks at what right now, so that nobody is told of what they see happen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from notifications.models import Watch

# An open page says that it is open every RENEWED_EVERY_S; what was not renewed twice is over.
RENEWED_EVERY_S = 15.0
PAGE_S = 40.0
KEPT = timedelta(hours=1)

_WATCH = """
    INSERT INTO notifications_watch (user_id, subject, until)
    VALUES (%(user)s, %(subject)s, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (user_id, subject)
    DO UPDATE SET until = greatest(notifications_watch.until, excluded.until)
"""


def watch(user_id: UUID, subject: UUID, seconds: float) -> None:
    """The user looks at ``subject``, a product's or a job's id, for the next ``seconds``."""
    with connection.cursor() as cursor:
        cursor.execute(_WATCH, {"user": user_id, "subject": subject, "seconds": seconds})


def unwatch(user_id: UUID, subject: UUID) -> None:
    """The user has seen what there was to see of ``subject``."""
    Watch.objects.filter(user_id=user_id, subject=subject).delete()


def is_watched(user_id: UUID, subjects: Collection[UUID]) -> bool:
    """Whether the user looks at one of ``subjects`` now.

    In a transaction, whoever takes a watch away waits for its end: see ``lapsed``.
    """
    rows = Watch.objects.filter(user_id=user_id, subject__in=subjects, until__gt=Now())
    if connection.in_atomic_block:
        rows = rows.select_for_update(no_key=True)
    return bool(rows.values_list("pk", flat=True))


def looked_since(user_id: UUID, page: UUID, moment: datetime) -> bool:
    """Whether an open page of ``page``, which watches for PAGE_S, said so after ``moment``."""
    until = moment + timedelta(seconds=PAGE_S)
    return Watch.objects.filter(user_id=user_id, subject=page, until__gte=until).exists()


def take_lapsed(subject: UUID) -> set[UUID]:
    """Take away the watches of ``subject`` that are over; returns whose they were.

    Belongs into a transaction, which decides about each once; those that somebody else is
    deciding about stay for the next time.
    """
    rows = Watch.objects.filter(subject=subject, until__lte=Now())
    with transaction.atomic():
        found = dict(rows.select_for_update(skip_locked=True).values_list("pk", "user_id"))
        Watch.objects.filter(pk__in=found).delete()
    return set(found.values())


def lapsed() -> QuerySet[Watch, UUID]:
    """What is no longer looked at."""
    return Watch.objects.filter(until__lte=Now()).values_list("subject", flat=True)


def forget_old() -> int:
    """Delete what lapsed an hour ago; returns how many."""
    return Watch.objects.filter(until__lt=Now() - KEPT).delete()[0]
