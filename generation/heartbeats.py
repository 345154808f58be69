"""When what runs by the clock ran last, so that its silence can be noticed."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection

from generation.models import Heartbeat

SWEEP: Final = "sweep"  # the sweeper, every 10 s
ALERTS: Final = "alerts"  # the evaluation of alerts, every 15 s

_BEAT = """
    INSERT INTO generation_heartbeat (name, at) VALUES (%s, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at
"""
_EXPECT = """
    INSERT INTO generation_heartbeat (name, at) VALUES (%s, clock_timestamp())
    ON CONFLICT (name) DO NOTHING
"""


def beat(name: str) -> None:
    """It ran, just now."""
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, [name])


def expect(name: str) -> None:
    """From now on it is expected to run, where it has not yet: silence counts from here."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPECT, [name])


def last() -> dict[str, datetime]:
    """Name → when it ran last."""
    return dict(Heartbeat.objects.values_list("name", "at"))
