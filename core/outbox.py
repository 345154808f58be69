"""The event outbox: ``emit()`` writes beside the change, ``ring()`` wakes who listens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from core.models import Event

CHANNEL = "techpack"


def ring(**what: str) -> None:
    """NOTIFY the web processes when the current transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(what)])


def emit(*, type: str, user_id: UUID, data: Mapping[str, Any], version: int = 1) -> Event:
    """Record an event of a user, in the caller's transaction.

    The sequence number is taken under a row lock that lasts until the commit, so a
    reader that has seen number n has seen every smaller one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_eventcounter (user_id, last) VALUES (%s, 1) "
            "ON CONFLICT (user_id) DO UPDATE SET last = core_eventcounter.last + 1 "
            "RETURNING last",
            [user_id],
        )
        sequence = cursor.fetchone()[0]
    event = Event.objects.create(
        user_id=user_id, sequence=sequence, type=type, version=version, data=dict(data)
    )
    ring(user=str(user_id))
    return event
