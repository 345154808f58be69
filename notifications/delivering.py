"""Sending events to users' own addresses: each until it is taken, or tried for three days.

A sender takes a *turn* at an address by a conditional update that writes ``busy_until``, so that
one address has one sender, and what it is sent keeps its order as long as it takes it. A sender
that is killed leaves a lease, which runs out. Where one try fails, the turn ends and the address
rests: one that hangs costs ten seconds of a sender, and then again after a rest that grows with
the time for which it has been failing. Addresses that work go first, the longest unserved of
them before the others, so that neither a dead one nor one with much to take holds them up.

It may happen that an event is sent twice (the sender died before it wrote down the answer), and
never that it is not sent.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from core.pinned import Reach
from notifications import target_states
from notifications.models import WebhookDelivery, WebhookTarget
from notifications.posting import GONE, Answer, post
from notifications.signing import signed_headers

log = logging.getLogger("techpack.webhooks")

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
# After the first failed try, the second, …: then it has been tried for a little over three days.
PAUSES_S: Final = (
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
JITTER: Final = 0.2  # a pause is up to so much longer, so that receivers do not meet all at once
LONGEST_WAIT_S: Final = HOUR  # that a receiver may ask for
LEASE: Final = timedelta(seconds=30)  # longer than a try may take
TURN_S: Final = 10.0
SEND_FOR_S: Final = 60.0
LEAST_REST_S, MOST_REST_S = 5.0, 5.0 * MINUTE
GIVEN_UP_AFTER: Final = timedelta(days=5)
# An address that is seldom told of anything is not given up for a first try that fails.
FEWEST_TRIES: Final = 6

_dice = random.SystemRandom()
_States = WebhookDelivery.State


@dataclass(frozen=True)
class Turn:
    """The right to send to an address until the database's clock shows ``until``."""

    target: WebhookTarget
    until: datetime


def send_due(*, for_s: float = SEND_FOR_S, reach: Reach | None = None) -> int:
    """Send what is due, turn by turn, until nothing is or the time is over; returns how many."""
    ends_at = time.monotonic() + for_s
    sent = 0
    while time.monotonic() < ends_at and (turn := _take_turn()) is not None:
        sent += _serve(turn, reach)
    return sent


def is_anything_due() -> bool:
    """Whether a sender would find something to send."""
    return _waiting().exists()


def _waiting() -> QuerySet[WebhookTarget]:
    """Addresses that something is due for, in the order in which they are served."""
    due = WebhookDelivery.objects.filter(due_at__lte=Now()).values("target_id")
    is_failing = ExpressionWrapper(Q(failing_since__isnull=False), output_field=BooleanField())
    return (
        WebhookTarget.objects.filter(_is_free(), disabled_at__isnull=True, pk__in=due)
        .annotate(is_failing=is_failing)
        .order_by("is_failing", F("busy_until").asc(nulls_first=True), "pk")
    )


def _is_free() -> Q:
    return Q(busy_until__isnull=True) | Q(busy_until__lte=Now())


def _take_turn() -> Turn | None:
    while (target := _waiting().first()) is not None:
        free = WebhookTarget.objects.filter(_is_free(), pk=target.pk, disabled_at__isnull=True)
        if (turn := _held(free)) is not None:
            return turn
    return None


def _held(target: QuerySet[WebhookTarget]) -> Turn | None:
    """The turn at an address, if it is to be had; its row as it is now."""
    pk = target.values_list("pk", flat=True).first()
    if pk is None or not target.update(busy_until=Now() + LEASE):
        return None
    found = WebhookTarget.objects.filter(pk=pk).first()
    return None if found is None or found.busy_until is None else Turn(found, found.busy_until)


def _mine(turn: Turn) -> QuerySet[WebhookTarget]:
    return WebhookTarget.objects.filter(
        pk=turn.target.pk, busy_until=turn.until, disabled_at__isnull=True
    )


def _serve(turn: Turn, reach: Reach | None) -> int:
    """Send to one address until nothing is due, a try fails, or others wait for long enough."""
    ends_at = time.monotonic() + TURN_S
    sent = 0
    current: Turn | None = turn
    while current is not None and (delivery := _claim(current)) is not None:
        turn, sent = current, sent + 1
        answer = _send(turn.target, delivery, reach)
        if not answer.is_taken:
            _failed(turn, delivery, answer)
            return sent
        _taken(turn, delivery, answer)
        if time.monotonic() > ends_at:
            break
        current = _held(_mine(turn))
    _mine(current or turn).update(busy_until=Now())
    return sent


def _claim(turn: Turn) -> WebhookDelivery | None:
    """The first that is due, with this try counted."""
    due = WebhookDelivery.objects.filter(target_id=turn.target.pk, due_at__lte=Now())
    for found in due.order_by("pk")[:1]:
        first = due.filter(pk=found.pk)
        if first.update(attempts=F("attempts") + 1, due_at=Now() + LEASE):
            return WebhookDelivery.objects.filter(pk=found.pk).first()
    return None


def _send(target: WebhookTarget, delivery: WebhookDelivery, reach: Reach | None) -> Answer:
    at = WebhookTarget.objects.filter(pk=target.pk).values_list(Now(), flat=True).first()
    now = at or target.created_at
    is_old_known = target.old_secret_until is not None and target.old_secret_until > now
    headers = signed_headers(
        message_id=str(delivery.event_id),
        at=now,
        body=delivery.body,
        secrets=[target.secret, *([target.old_secret] if is_old_known else [])],
    )
    return post(target.url, delivery.body.encode(), headers, reach=reach)


def _told(answer: Answer) -> dict[str, object]:
    return {
        "last_status": answer.status,
        "last_error": answer.words,
        "last_ms": answer.took_ms,
    }


def _taken(turn: Turn, delivery: WebhookDelivery, answer: Answer) -> None:
    # Also where the address was turned off meanwhile: it has taken it.
    WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=_States.DELIVERED).update(
        state=_States.DELIVERED, due_at=None, ended_at=Now(), **_told(answer)
    )
    WebhookTarget.objects.filter(pk=turn.target.pk).update(failing_since=None, taken_at=Now())


def _failed(turn: Turn, delivery: WebhookDelivery, answer: Answer) -> None:
    """Say when it is tried again, if it is; let the address rest, or give it up."""
    log.info("webhook %s was not taken: %s", delivery.pk, answer.status or "no answer")
    wait_s = min(answer.wait_s or 0.0, LONGEST_WAIT_S)
    # Whoever asked meanwhile for it to be sent again has put off this end of it.
    mine = WebhookDelivery.objects.filter(
        pk=delivery.pk, state=_States.PENDING, due_at=delivery.due_at
    )
    if delivery.attempts > len(PAUSES_S):
        mine.update(state=_States.FAILED, due_at=None, ended_at=Now(), **_told(answer))
    else:
        pause_s = PAUSES_S[delivery.attempts - 1] * (1 + _dice.uniform(0, JITTER))
        mine.update(due_at=Now() + timedelta(seconds=max(pause_s, wait_s)), **_told(answer))
    failing_for = _note_failing(turn.target)
    rest_s = max(min(failing_for.total_seconds() / 10, MOST_REST_S), LEAST_REST_S, wait_s)
    if answer.status == GONE:
        target_states.give_up(turn.target, why="It answered that it is gone (410).")
    elif failing_for >= GIVEN_UP_AFTER and delivery.attempts >= FEWEST_TRIES:
        days = GIVEN_UP_AFTER.days
        target_states.give_up(turn.target, why=f"For {days} days it has taken nothing.")
    _mine(turn).update(busy_until=Now() + timedelta(seconds=rest_s))


def _note_failing(target: WebhookTarget) -> timedelta:
    """Remember that the address fails; returns for how long it has."""
    rows = WebhookTarget.objects.filter(pk=target.pk)
    rows.filter(failing_since__isnull=True).update(failing_since=Now())
    since = Now() - Coalesce(F("failing_since"), Now())
    return rows.values_list(since, flat=True).first() or timedelta(0)
