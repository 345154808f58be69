"""How events get on, for who runs the studio: what waits, and what was set aside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import Error, connection
from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from notifications.consuming import consumers
from notifications.models import DeadLetter


class Waiting(NamedTuple):
    """How many events nobody has carried yet, and for how long the first of them has waited."""

    events: int = 0
    oldest_s: float = 0.0


_WAITING: Final = """
    SELECT count(*), coalesce(greatest(
        extract(epoch FROM statement_timestamp() - min(occurred_at)), 0), 0)::float
    FROM core_event WHERE published_at IS NULL
"""


def waiting() -> Waiting:
    """The events that wait; 0 s where none does."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return Waiting(*cursor.fetchone())


def set_aside() -> dict[str, int]:
    """How many dead letters nobody has replayed, by consumer; 0 where there are none."""
    rows = DeadLetter.objects.filter(replayed_at=None).order_by().values_list("consumer")
    return {one.name: 0 for one in consumers()} | dict(rows.annotate(Count("pk")))


class EventsCollector(Collector):
    """All processes share these, so they are read from the database when asked for."""

    def describe(self) -> list[GaugeMetricFamily]:
        """The names, without asking the database."""
        return _families(None, {})

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures; none while the database does not answer."""
        try:
            families = _families(waiting(), set_aside())
        except Error:
            return
        yield from families


def _families(found: Waiting | None, dead: dict[str, int]) -> list[GaugeMetricFamily]:
    unpublished = GaugeMetricFamily("events_unpublished", "Events that wait for the relay.")
    oldest = GaugeMetricFamily(
        "oldest_unpublished_event_seconds", "How long the first of them has waited."
    )
    letters = GaugeMetricFamily(
        "dead_letters", "Messages that a consumer set aside.", labels=["consumer"]
    )
    if found is not None:
        unpublished.add_metric([], found.events)
        oldest.add_metric([], found.oldest_s)
    for consumer, count in sorted(dead.items()):
        letters.add_metric([consumer], count)
    return [unpublished, oldest, letters]
