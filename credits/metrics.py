"""The ledger's figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from django.db.models import Sum
from django.db.utils import DatabaseError
from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.money import Microcredits, in_usd
from credits.models import Account, LedgerCheck

REFUSALS = Counter(
    "credit_reservation_failures", "Reservations refused for want of credits.", ["model"]
)
SHORTFALLS = Histogram(
    "credit_shortfall_distribution",
    "What was missing in refused reservations, in US dollars.",
    buckets=(0.01, 0.10, 1.00, 10),
)


class LedgerCollector(Collector):
    """Figures that all processes share, so they are read from the database when asked for."""

    def describe(self) -> list[GaugeMetricFamily]:
        """The names, without asking the database."""
        return [
            GaugeMetricFamily("credits_held", "Credits put aside by open holds, in microcredits."),
            GaugeMetricFamily(
                "ledger_drift_microcredits", "Drift of the ledger at its last check."
            ),
        ]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures; none while the database does not answer."""
        held, drift = self.describe()
        try:
            held.add_metric([], Account.objects.aggregate(total=Sum("held"))["total"] or 0)
            last = LedgerCheck.objects.order_by("-checked_at").first()
        except DatabaseError:
            return
        yield held
        if last is not None:
            drift.add_metric([], last.drift)
            yield drift


@cache
def register() -> None:
    """Export the ledger's figures from this process, once."""
    REGISTRY.register(LedgerCollector())


def count_refusal(operation: str, shortfall: Microcredits) -> None:
    """One reservation was refused."""
    REFUSALS.labels(model=operation).inc()
    SHORTFALLS.observe(float(in_usd(shortfall)))
