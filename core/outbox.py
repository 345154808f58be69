"""The event outbox: ``emit()`` writes beside the change, ``ring()`` wakes who listens.

What carries events to those who consume them is told by ``on_events`` when some are committed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from core.ids import uuid7

CHANNEL = "techpack"
_carriers: list[Callable[[], None]] = []


def on_events(wake: Callable[[], None]) -> None:
    """Have ``wake`` called after each commit that holds events; it must be quick."""
    _carriers[:] = [wake]


def ring(**what: str) -> None:
    """NOTIFY the web processes when the current transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(what)])


_EMIT = """
    WITH counter AS (
        INSERT INTO core_eventcounter (user_id, last) VALUES (%(user_id)s, 1)
        ON CONFLICT (user_id) DO UPDATE SET last = core_eventcounter.last + 1
        RETURNING last
    ), made AS (
        INSERT INTO core_event (id, user_id, sequence, type, version, data)
        SELECT %(id)s, %(user_id)s, last, %(type)s, %(version)s, %(data)s::jsonb FROM counter
        RETURNING sequence
    )
    SELECT sequence, pg_notify(%(channel)s, %(ring)s) FROM made
"""


def emit(*, type: str, user_id: UUID, data: Mapping[str, Any], version: int = 1) -> int:
    """Record an event of a user, in the caller's transaction; returns its sequence number.

    The number is taken under a row lock that lasts until the commit, so a reader that
    has seen number n has seen every smaller one.
    """
    given: dict[str, Any] = {
        "id": uuid7(),
        "user_id": user_id,
        "type": type,
        "version": version,
        "data": json.dumps(data, cls=DjangoJSONEncoder),
        "channel": CHANNEL,
        "ring": json.dumps({"user": str(user_id)}),
    }
    sequence = _write(given)
    for wake in _carriers:
        transaction.on_commit(wake, robust=True)
    return sequence


def _write(given: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_EMIT, given)
        return int(cursor.fetchone()[0])
