"""Whether a provider's model is asked at present: a breaker that all processes share.

Closed, it remembers failures; several within a short time open it, and nobody is asked. When its
time is over one caller tries, and the end of that closes it or opens it anew. Every time is the
database's, and what changes it is one statement, or happens under its row's lock.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from generation.errors import Failure
from generation.models import Breaker

log = logging.getLogger("techpack.ai")

COUNTED: Final = (Failure.TRANSIENT, Failure.AMBIGUOUS)
OPENS_AT_ONCE: Final = (Failure.QUOTA, Failure.CONFIGURATION)
# How soon to come back while somebody is trying.
TRYING_S: Final = 5.0
# A call that tries ends within its own deadline; after this much more its process is gone.
PROBE_OUTLIVES_S: Final = 30


class Entry(Enum):
    """What a caller may do now."""

    ASK = auto()
    PROBE = auto()  # the one that tries, and has to say how it ended
    WAIT = auto()  # somebody else is trying
    REFUSED = auto()


def shut_for_s(provider: str, model: str) -> float:
    """After how many seconds it may be asked again; 0 where it may be asked now."""
    row = _rows(provider, model).filter(open_until__isnull=False).annotate(now=Now()).first()
    if row is None or row.open_until is None:
        return 0.0
    if row.open_until > row.now:
        return (row.open_until - row.now).total_seconds()
    return TRYING_S if _is_tried(row, row.now) else 0.0


def enter(provider: str, model: str) -> Entry:
    """Whether to ask now. A PROBE has to be followed by ``failed``, ``succeeded`` or ``free``."""
    row = _rows(provider, model).filter(open_until__isnull=False).annotate(now=Now()).first()
    if row is None or row.open_until is None:
        return Entry.ASK
    if row.open_until > row.now:
        return Entry.REFUSED
    nobody = Q(probing_at__isnull=True) | Q(probing_at__lte=Now() - _probe_lasts())
    due = Breaker.objects.filter(nobody, pk=row.pk, open_until__lte=Now())
    return Entry.PROBE if due.update(probing_at=Now()) else Entry.WAIT


def failed(provider: str, model: str, failure: Failure, *, was_probe: bool = False) -> None:
    """A call failed. Where the provider did answer, in whatever way, a probe closes it."""
    if failure is Failure.BUG:
        if was_probe:
            free(provider, model)
    elif failure in COUNTED or failure in OPENS_AT_ONCE:
        _count(provider, model, failure, was_probe=was_probe)
    elif was_probe:
        succeeded(provider, model)


def succeeded(provider: str, model: str) -> None:
    """The call that tried was answered: everybody may ask again."""
    closed = _rows(provider, model).filter(open_until__isnull=False)
    if closed.update(open_until=None, probing_at=None, failures=[], reason=""):
        log.info("%s:%s is asked again", provider, model)


def free(provider: str, model: str) -> None:
    """Whoever tried ended without a verdict, or is gone: the next may try."""
    _rows(provider, model).filter(probing_at__isnull=False).update(probing_at=None)


def _count(provider: str, model: str, failure: Failure, *, was_probe: bool) -> None:
    with transaction.atomic():
        Breaker.objects.get_or_create(provider=provider, model_name=model)
        row = _rows(provider, model).select_for_update().annotate(now=Now()).get()
        is_open = row.open_until is not None
        if is_open and not was_probe and failure in COUNTED:
            return  # asked before it opened: known already
        since = row.now.timestamp() - settings.BREAKER_WINDOW_S
        row.failures = [*(at for at in row.failures if at > since), row.now.timestamp()]
        enough = len(row.failures) >= settings.BREAKER_FAILURES
        if was_probe or enough or failure in OPENS_AT_ONCE:
            row.open_until = row.now + timedelta(seconds=settings.BREAKER_OPEN_S)
            row.probing_at, row.failures, row.reason = None, [], failure.value
            log.warning("%s:%s is not asked for a while: %s", provider, model, failure)
        row.save(update_fields=["failures", "open_until", "probing_at", "reason"])


def _rows(provider: str, model: str) -> QuerySet[Breaker]:
    return Breaker.objects.filter(provider=provider, model_name=model)


def _is_tried(row: Breaker, now: datetime) -> bool:
    return row.probing_at is not None and row.probing_at > now - _probe_lasts()


def _probe_lasts() -> timedelta:
    return timedelta(seconds=max(settings.AI_DEADLINES.values()) + PROBE_OUTLIVES_S)
