"""The ledger's figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.db.utils import DatabaseError
from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.money import Microcredits, in_usd
from credits import quotes
from credits.models import Account, LedgerCheck

REFUSALS = Counter(
    "credit_reservation_failures", "Reservations refused for want of credits.", ["model"]
)
SHORTFALLS = Histogram(
    "credit_shortfall_distribution",
    "What was missing in refused reservations, in US dollars.",
    buckets=(0.01, 0.10, 1.00, 10),
)

# Refusals of the last day whose ten minutes are over or that were made good within them: of the
# newest 10 000, so that a client that hammers cannot make this slow. Beside them the successes of
# the same accounts and models; read backwards, the smallest time of a success so far is the next.
# A hold's id begins with its time in milliseconds, so that the account's index leads to those of
# the day, give or take the minute by which clocks may differ.
_MADE_GOOD = """
    WITH refusal AS MATERIALIZED (
        SELECT account_id, model, created_at FROM credits_refusal
        WHERE created_at > now() - interval '24 hours'
        ORDER BY created_at DESC LIMIT 10000
    ), refused AS (
        SELECT account_id, model, min(created_at) AS since,
               (extract(epoch FROM min(created_at)) * 1000)::bigint - 60000 AS since_ms
        FROM refusal GROUP BY account_id, model
    ), event AS (
        SELECT account_id, model, created_at, NULL::timestamptz AS success_at FROM refusal
        UNION ALL
        SELECT refused.account_id, refused.model, hold.created_at, hold.created_at
        FROM refused JOIN credits_hold hold ON hold.account_id = refused.account_id
          AND hold.id > (lpad(to_hex(refused.since_ms), 12, '0') || repeat('0', 20))::uuid
        WHERE hold.created_at >= refused.since
          AND coalesce(nullif(hold.model, ''), hold.operation) = refused.model
    ), judged AS (
        SELECT created_at, success_at, coalesce(
            min(success_at) OVER (PARTITION BY account_id, model ORDER BY created_at DESC)
                <= created_at + interval '10 minutes', FALSE) AS is_made_good
        FROM event
    )
    SELECT count(*) FILTER (WHERE is_made_good), count(*) FROM judged
    WHERE success_at IS NULL AND (is_made_good OR created_at <= now() - interval '10 minutes')
"""


class LedgerCollector(Collector):
    """Figures that all processes share, so they are read from the database when asked for."""

    def describe(self) -> list[GaugeMetricFamily]:
        """The names, without asking the database."""
        return [
            GaugeMetricFamily("credits_held", "Credits put aside by open holds, in microcredits."),
            GaugeMetricFamily(
                "ledger_drift_microcredits", "Drift of the ledger at its last check."
            ),
            GaugeMetricFamily(
                "ledger_checked_timestamp_seconds", "When the ledger was last checked."
            ),
            GaugeMetricFamily(
                "credit_reservation_retry_success_rate",
                "Of the last day's refused reservations, the share that the same account made "
                "good on the same model within ten minutes.",
            ),
        ]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures; none while the database does not answer."""
        held, drift, checked, made_good = self.describe()
        try:
            held.add_metric([], Account.objects.aggregate(total=Sum("held"))["total"] or 0)
            last = LedgerCheck.objects.order_by("-checked_at").first()
            share = retry_success_rate()
        except DatabaseError:
            return
        yield held
        if last is not None:
            drift.add_metric([], last.drift)
            checked.add_metric([], last.checked_at.timestamp())
            yield drift
            yield checked
        if share is not None:
            made_good.add_metric([], share)
            yield made_good


def retry_success_rate() -> float | None:
    """The share, 0 to 1, of the last day's refusals that were made good; None without any."""
    with connection.cursor() as cursor:
        cursor.execute(_MADE_GOOD)
        made_good, of = cursor.fetchone()
    return made_good / of if of else None


@cache
def register() -> None:
    """Export the ledger's figures from this process, once."""
    REGISTRY.register(LedgerCollector())


def count_refusal(model: str, missing: Microcredits) -> None:
    """One reservation was refused, ``missing`` µcr short.

    What is neither a model nor an operation of ours counts as ``other``: a label that clients
    choose would be a series for each of their inventions.
    """
    is_known = model in settings.CHAT_MODELS or quotes.is_known(model)
    REFUSALS.labels(model=model if is_known else "other").inc()
    SHORTFALLS.observe(float(in_usd(missing)))
