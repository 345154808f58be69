"""Carrying events from the outbox to their consumers: by RabbitMQ, or in this process.

One relay is at work at a time. It takes each user's events in the order of their sequence, and
marks them once the exchange has confirmed them, or every consumer had them; whoever is killed in
between has some carried twice, which consumers notice. While broker or database are away, events
wait.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from core.alone import alone
from core.models import Event
from notifications.catalogue import message_of
from notifications.consuming import Consumer, consumers, deliver
from notifications.exchange import BrokerAway, Publisher, Rest
from notifications.models import DeadLetter, EventDelivery

log = logging.getLogger("techpack.events")

RELAY_LOCK: Final = 0x7EC4_0E7E
AT_ONCE: Final = 200
WITHIN_S: Final = 20.0
KEPT: Final = timedelta(days=30)
DEAD_KEPT: Final = timedelta(days=90)
FORGOTTEN_AT_ONCE: Final = 5000
_FIRST: Final = UUID(int=0)

# Carries events, in order, and says of each when it has arrived.
Carry = Callable[[Sequence[Event]], Iterator[Event]]
_rest = Rest()


class Round:
    """Behind which user a relay goes on: where the one before ended, be it in the middle."""

    after = _FIRST


_round = Round()


def relay() -> int:
    """Carry the events that wait, for a while at most; returns how many."""
    deadline = time.monotonic() + WITHIN_S
    carried = 0
    while time.monotonic() < deadline and not _rest.lasts() and _waiting().exists():
        with alone(RELAY_LOCK) as is_alone:
            if not is_alone:
                break
            try:
                carried += _carry_all(deadline)
            except BrokerAway as error:
                log.warning("events wait, the broker does not take them: %s", error)
                _rest.begin()
                break
        # Whoever rang while this one held the lock went away again: so it looks once more.
    return carried


def _carry_all(deadline: float) -> int:
    if not settings.EVENTS_URL:
        return _rounds(_consumed, deadline)
    with Publisher() as publisher:
        carried = _rounds(partial(_published, publisher), deadline)
    _rest.end()
    return carried


def _rounds(carry: Carry, deadline: float) -> int:
    """Carry page by page, round and round the users, so that nobody's many hold up the others.

    What is left of a page's last user has to wait for the next round.
    """
    carried = 0
    while time.monotonic() < deadline:
        rows = _waiting().filter(user_id__gt=_round.after).order_by("user_id", "sequence")
        if events := list(rows[:AT_ONCE]):
            _round.after = events[-1].user_id
            carried += _carry(carry, events)
        elif _round.after == _FIRST:
            break
        else:
            _round.after = _FIRST
    return carried


def _carry(carry: Carry, events: Sequence[Event]) -> int:
    """Carry them and mark those that arrived, whatever comes between."""
    arrived: list[UUID] = []
    try:
        for event in carry(events):
            arrived.append(event.pk)
    finally:
        _waiting().filter(pk__in=arrived).update(published_at=Now())
    return len(arrived)


def _consumed(events: Sequence[Event]) -> Iterator[Event]:
    """Given to each consumer that wants them, in this process. Raises DatabaseAway.

    Who wants what is asked once for all of them: most events are nobody's business.
    """
    wanted = {one: one.wanting(_users(one, events)) for one in consumers()}
    for event in events:
        for one, user_ids in wanted.items():
            if event.user_id in user_ids and event.type in one.types:
                deliver(one, message_of(event), pause=time.sleep)
        yield event


def _users(consumer: Consumer, events: Iterable[Event]) -> set[UUID]:
    return {event.user_id for event in events if event.type in consumer.types}


def _published(publisher: Publisher, events: Iterable[Event]) -> Iterator[Event]:
    """Confirmed by the exchange, one after the other. Raises BrokerAway."""
    for event in events:
        publisher.publish(message_of(event))
        yield event


def _waiting() -> QuerySet[Event]:
    return Event.objects.filter(published_at__isnull=True)


def forget_old() -> int:
    """Delete events that were carried a month ago, and what is known of them; returns how many.

    Dead letters are kept for a quarter of a year.
    """
    DeadLetter.objects.filter(died_at__lt=Now() - DEAD_KEPT).delete()
    carried = Event.objects.filter(published_at__isnull=False, occurred_at__lt=Now() - KEPT)
    had = EventDelivery.objects.filter(done_at__lt=Now() - KEPT)
    return _delete(carried) + _delete(had)


def _delete(rows: QuerySet[Any]) -> int:
    deleted = 0
    while some := list(rows.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        deleted += rows.filter(pk__in=some).delete()[0]
    return deleted
