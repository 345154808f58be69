"""Consumers of events: each has an event once, in order, by whatever way it comes.

That a consumer had an event is written in the transaction of what it did with it. What fails is
tried again in place, so that the events behind it stay behind it; what fails still is set aside
as a ``DeadLetter``. While the database is away nothing counts as failed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from django.db import Error, InterfaceError, OperationalError, connection, transaction

from core import strict_json
from core.errors import InvalidRequest
from notifications.catalogue import EVENTS, Message, version_of
from notifications.dead_letters import bury
from notifications.models import EventDelivery

log = logging.getLogger("techpack.events")

PAUSES_S: Final = (0.05, 0.2, 1.0)  # between tries in place
_FIELDS: Final[dict[str, type]] = {
    "id": str,
    "type": str,
    "version": int,
    "occurredAt": str,
    "userId": str,
    "data": dict,
}

Handle = Callable[[Mapping[str, Any]], object]
Wants = Callable[[Collection[UUID]], Collection[UUID]]
Pause = Callable[[float], object]


class Unreadable(Exception):
    """A message that is no event which we know."""


class DatabaseAway(Exception):
    """Nothing can be done now; the event has to be given again."""


class Outcome(Enum):
    """What became of an event at a consumer."""

    DONE = "done"
    KNOWN = "had it before"
    UNWANTED = "not for it"
    DEAD = "set aside"


@dataclass(frozen=True)
class Consumer:
    """Who is told of events of some types. See ``register``."""

    name: str
    types: frozenset[str]
    handle: Handle
    wants: Wants | None = None

    def wanting(self, user_ids: Collection[UUID]) -> set[UUID]:
        """Those of the users whose events it has something to do with."""
        return set(user_ids if self.wants is None else self.wants(user_ids))


_consumers: dict[str, Consumer] = {}


def register(
    name: str, types: Collection[str], handle: Handle, *, wants: Wants | None = None
) -> None:
    """Tell a consumer of the events of these types, each in the order of its user.

    ``handle`` gets the message ``{id, type, version, occurredAt, userId, data}`` in a transaction
    that also writes that it was had, so it belongs to the database alone; what reaches further is
    done after the commit. Its user may be deleted meanwhile. What it raises is tried again, and
    then set aside. ``wants`` picks, of some users, those whose events it has any use for.
    Raises KeyError for a type that is not in the catalogue.
    """
    for type in types:
        EVENTS[type]
    _consumers[name] = Consumer(name, frozenset(types), handle, wants)


def consumers() -> tuple[Consumer, ...]:
    """All consumers, by name."""
    return tuple(_consumers[name] for name in sorted(_consumers))


def consumer(name: str) -> Consumer:
    """The consumer of that name. Raises LookupError."""
    if name not in _consumers:
        raise LookupError(f"There is no consumer {name!r}; there are: {', '.join(_consumers)}.")
    return _consumers[name]


def read(body: bytes) -> Message:
    """The event that a body is. Raises Unreadable."""
    try:
        found = strict_json.loads(body)
    except InvalidRequest as error:
        raise Unreadable(f"not JSON as we read it: {error.fields}") from None
    if not isinstance(found, dict):
        raise Unreadable("not a JSON object")
    for name, kind in _FIELDS.items():
        if type(found.get(name)) is not kind:
            raise Unreadable(f"{name} is missing or of another kind")
    _check(found)
    return found


def _check(message: Message) -> None:
    try:
        UUID(message["id"])
        UUID(message["userId"])
        datetime.fromisoformat(message["occurredAt"])
    except ValueError as error:
        raise Unreadable(f"a field has another form: {error}") from None
    known = version_of(message["type"])
    if known is None:
        raise Unreadable(f"there are no events of the type {message['type']}")
    if message["version"] != known:
        raise Unreadable(
            f"version {message['version']} of {message['type']} is not known; {known} is"
        )


def deliver(consumer: Consumer, message: Message, *, pause: Pause) -> Outcome:
    """Give an event to a consumer: tried again in place with ``pause(seconds)``, then set aside.

    Raises DatabaseAway, after which it has to be given again.
    """
    if message["type"] not in consumer.types:
        return Outcome.UNWANTED
    for pause_s in PAUSES_S:
        try:
            return _given(consumer, message)
        except DatabaseAway:
            raise
        except Exception as error:
            name = type(error).__name__
            log.warning("%s: event %s failed: %s", consumer.name, message["id"], name)
        pause(pause_s)
    try:
        return _given(consumer, message)
    except DatabaseAway:
        raise
    except Exception as error:
        log.exception("%s gave event %s up", consumer.name, message["id"])
        give_up(consumer, message, error)
    return Outcome.DEAD


def _given(consumer: Consumer, message: Message) -> Outcome:
    with away_told():
        return Outcome.DONE if hand_over(consumer, message) else Outcome.KNOWN


def give_up(consumer: Consumer, message: Message, error: Exception) -> None:
    """Set an event aside that a consumer failed at. Raises DatabaseAway."""
    with away_told():
        bury(
            consumer=consumer.name,
            body=json.dumps(message),
            error=f"{type(error).__name__}: {error}",
            event_id=UUID(message["id"]),
            attempts=len(PAUSES_S) + 1,
        )


def hand_over(consumer: Consumer, message: Message) -> bool:
    """The effect and the word that it was had, in one transaction; false where it was had before.

    Raises what the consumer raises.
    """
    with transaction.atomic():
        if not _is_first(consumer.name, message["id"]):
            return False
        consumer.handle(message)
    return True


_HAD = f"""
    INSERT INTO {EventDelivery._meta.db_table} (consumer, event_id) VALUES (%s, %s)
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - our own table


def _is_first(name: str, event_id: str) -> bool:
    """Whoever comes second waits here for the end of the first."""
    with connection.cursor() as cursor:
        cursor.execute(_HAD, [name, event_id])
        return cursor.rowcount == 1


@contextmanager
def away_told() -> Iterator[None]:
    """Raises DatabaseAway for what failed because the database does not answer at all."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if _is_away():
            raise DatabaseAway from error
        raise


def _is_away() -> bool:
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return True
    return False
