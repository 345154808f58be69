"""Figures of users' own addresses, and of events, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from django.db import Error
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from notifications import outgoing_figures
from notifications.event_figures import EventsCollector
from notifications.outgoing_figures import Targets


class WebhooksCollector(Collector):
    """All processes share these, so they are read from the database when asked for."""

    def describe(self) -> list[GaugeMetricFamily]:
        """The names, without asking the database."""
        return [_targets(None)]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures; none while the database does not answer."""
        try:
            found = outgoing_figures.targets()
        except Error:
            return
        yield _targets(found)


def _targets(found: Targets | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "webhook_targets", "Addresses of users that are told of events.", labels=["state"]
    )
    for state, count in (found._asdict() if found else {}).items():
        family.add_metric([state], count)
    return family


@cache
def register() -> None:
    """Export these figures from this process, once."""
    REGISTRY.register(WebhooksCollector())
    REGISTRY.register(EventsCollector())
