"""Figures of AI calls, jobs and what watches over them, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Final

from django.db import Error
from django.db.models.functions import Now
from prometheus_client import REGISTRY
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from core import storage
from core.errors import ProviderUnavailable
from generation import backlog, heartbeats, tallies, webhooks
from generation.alerts.delivering import undelivered
from generation.backlog import Waiting
from generation.errors import Failure
from generation.kinds import direct_names
from generation.models import Breaker, CallTally
from generation.providers.filming import OPERATION as FILMING
from generation.providers.routes import chat_models, routes_of
from generation.providers.steps import DRAWING, SEEING
from generation.webhooks import Webhooks

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
Asked = tuple[str, str, str]  # provider, model, operation

OUTCOMES: Final = (tallies.COMPLETED, *(failure.value for failure in Failure))
OF_CALL: Final = ("provider", "model", "operation")


class GenerationCollector(Collector):
    """All processes share these, so they are read from the database when asked for.

    Providers, models and operations are those that settings name, so that there are as many
    series as there are routes.
    """

    def describe(self) -> list[Family]:
        """The names, without asking the database."""
        return [*_calls({}), *_breakers([]), *_jobs(), *_webhooks(()), *_watching({})]

    def collect(self) -> Iterator[Family]:
        """The figures; none while the database does not answer."""
        try:
            families = [
                *_calls(_by_asked(tallies.all_tallies())),
                *_breakers(_breaker_states()),
                *_jobs(backlog.waiting()),
                *_webhooks(webhooks.standing()),
                *_watching(heartbeats.last(), undelivered()),
            ]
        except Error:
            return
        yield from families


Tallies = dict[Asked, dict[str, CallTally]]


def _by_asked(rows: Iterable[CallTally]) -> Tallies:
    """Tallies by whom was asked for what, then by outcome; empty for routes not asked yet.

    A series that begins at 0 shows the first failure as an increase; one that begins with the
    failure does not.
    """
    found: Tallies = {asked: {} for asked in _routes()}
    for row in rows:
        asked = (row.provider, row.model_name, row.operation_name)
        found.setdefault(asked, {})[row.outcome] = row
    return found


def _routes() -> Iterator[Asked]:
    for operation in (*sorted(SEEING | DRAWING), FILMING):
        try:
            routes = routes_of(operation)
        except ProviderUnavailable:
            continue
        yield from ((provider, model, operation) for provider, model in routes)
    for operation in direct_names():
        for name, model in chat_models().items():
            yield model["provider"], model.get("upstream", name), operation


def _calls(found: Tallies) -> list[Family]:
    calls = CounterMetricFamily(
        "ai_calls", "Calls of AI providers that ended.", labels=[*OF_CALL, "outcome"]
    )
    seconds = HistogramMetricFamily(
        "ai_call_duration_seconds", "How long calls took until they ended.", labels=OF_CALL
    )
    tokens = CounterMetricFamily("ai_tokens", "Tokens that calls used.", labels=OF_CALL)
    cost = CounterMetricFamily(
        "ai_cost_usd", "What calls cost us, or may have, in US dollars.", labels=OF_CALL
    )
    ambiguous = CounterMetricFamily(
        "ambiguous_purchases",
        "Calls that were sent and never answered: perhaps bought for nothing.",
        labels=OF_CALL,
    )
    for asked, rows in found.items():
        for outcome in OUTCOMES:
            calls.add_metric([*asked, outcome], rows[outcome].calls if outcome in rows else 0)
        if asked[0] != "studio":
            lost = rows.get(Failure.AMBIGUOUS)
            ambiguous.add_metric(asked, lost.calls if lost else 0)
        tokens.add_metric(asked, sum(row.total_tokens for row in rows.values()))
        cost.add_metric(asked, sum(row.cost_usd_micros for row in rows.values()) / 1_000_000)
        seconds.add_metric(
            asked,
            _buckets(rows.values()),
            sum(row.processing_time_ms for row in rows.values()) / 1000,
        )
    return [calls, seconds, tokens, cost, ambiguous]


def _buckets(rows: Iterable[CallTally]) -> list[tuple[str, float]]:
    """Bounds with how many calls stayed within each; the last is all of them."""
    listed = list(rows)
    within = [
        (floatToGoString(bound), sum(row.buckets[n] for row in listed if n < len(row.buckets)))
        for n, bound in enumerate(tallies.BOUNDS_S)
    ]
    return [*within, ("+Inf", sum(row.calls for row in listed))]


def _breaker_states() -> list[tuple[str, str, bool]]:
    rows = Breaker.objects.annotate(now=Now()).order_by("provider", "model_name")
    return [
        (row.provider, row.model_name, row.open_until is not None and row.open_until > row.now)
        for row in rows
    ]


def _breakers(states: Iterable[tuple[str, str, bool]]) -> list[Family]:
    family = GaugeMetricFamily(
        "ai_breaker_open", "1 while a provider's model is not asked.", labels=OF_CALL[:2]
    )
    for provider, model, is_open in states:
        family.add_metric([provider, model], int(is_open))
    return [family]


def _jobs(found: Waiting | None = None) -> list[Family]:
    queued = GaugeMetricFamily("jobs_queued", "Jobs that nobody works on yet.")
    oldest = GaugeMetricFamily(
        "oldest_job_waiting_seconds", "How long the first of them has waited for a worker."
    )
    if found is not None:
        queued.add_metric([], found.jobs)
        oldest.add_metric([], found.oldest_s)
    return [queued, oldest]


def _webhooks(found: Iterable[Webhooks]) -> list[Family]:
    due = GaugeMetricFamily(
        "webhooks_due", "Webhooks that wait for an attempt.", labels=["operation"]
    )
    failing = GaugeMetricFamily(
        "webhooks_failing", "Webhooks that have not worked for too long.", labels=["operation"]
    )
    given_up = GaugeMetricFamily(
        "webhooks_given_up", "Webhooks that are not tried any more.", labels=["operation"]
    )
    for of in found:
        due.add_metric([of.operation], of.due)
        failing.add_metric([of.operation], of.failing)
        given_up.add_metric([of.operation], of.given_up)
    return [due, failing, given_up]


def _watching(beats: Mapping[str, datetime], untold: int | None = None) -> list[Family]:
    swept = GaugeMetricFamily(
        "sweeper_last_run_timestamp_seconds", "When the sweeper last ran to its end."
    )
    evaluated = GaugeMetricFamily(
        "alerts_last_run_timestamp_seconds", "When the product's own alerts were last looked at."
    )
    undelivered = GaugeMetricFamily(
        "alerts_undelivered", "Alerts that Alertmanager did not take when they were last sent."
    )
    disk = GaugeMetricFamily(
        "media_disk_used_ratio", "How full the disk of photos and results is, 0 to 1."
    )
    for family, name in ((swept, heartbeats.SWEEP), (evaluated, heartbeats.ALERTS)):
        if name in beats:
            family.add_metric([], beats[name].timestamp())
    if untold is not None:
        undelivered.add_metric([], untold)
        if (used := storage.disk_used()) is not None:
            disk.add_metric([], used)
    return [swept, evaluated, undelivered, disk]


@cache
def register() -> None:
    """Export these figures from this process, once."""
    REGISTRY.register(GenerationCollector())
