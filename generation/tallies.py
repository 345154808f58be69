"""Ended calls of providers, counted as they end: what the metrics say without reading the log."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.db import Error, connection, transaction

from generation.models import AICall, CallTally
from generation.providers.protocols import Usage

log = logging.getLogger("techpack.ai")

# Upper bounds of the buckets that calls are counted in by duration, in seconds; what took longer
# than the last is in none of them. Tallies of other bounds mean nothing: see ``buckets_of``.
BOUNDS_S: Final = (0.5, 1, 2, 5, 10, 20, 30, 60, 90, 120, 180, 300, 600)
COMPLETED: Final = "completed"

# One row is locked by one statement, so that calls that end side by side wait for each other and
# never in a ring.
_COUNT = """
    INSERT INTO generation_calltally AS tally (
        provider, model_name, operation_name, outcome,
        calls, total_tokens, cost_usd_micros, processing_time_ms, buckets)
    VALUES (%s, %s, %s, %s, 1, %s, %s, %s, %s)
    ON CONFLICT (provider, model_name, operation_name, outcome) DO UPDATE SET
        calls = tally.calls + 1,
        total_tokens = tally.total_tokens + EXCLUDED.total_tokens,
        cost_usd_micros = tally.cost_usd_micros + EXCLUDED.cost_usd_micros,
        processing_time_ms = tally.processing_time_ms + EXCLUDED.processing_time_ms,
        buckets = ARRAY(
            SELECT coalesce(was, 0) + coalesce(more, 0)
            FROM unnest(tally.buckets, EXCLUDED.buckets) WITH ORDINALITY AS pair(was, more, n)
            ORDER BY n)
"""


def count(
    *,
    provider: str,
    model: str,
    operation: str,
    outcome: str,
    tokens: int,
    cost_usd_micros: int,
    ms: int,
) -> None:
    """Count one call that ended; ``outcome`` is ``completed`` or the class of its failure.

    Nothing fails where it cannot be counted: that is only logged.
    """
    values: list[Any] = [
        provider,
        model,
        operation,
        outcome,
        tokens,
        cost_usd_micros,
        ms,
        buckets_of(ms),
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_COUNT, values)
    except Error as error:
        log.warning("a call was not counted: %s", type(error).__name__)


def count_call(row: AICall, *, outcome: str, usage: Usage, ms: int) -> None:
    """Count a call of the log that ended after ``ms`` with ``usage``."""
    count(
        provider=row.provider,
        model=row.model_name,
        operation=row.operation_name,
        outcome=outcome,
        tokens=usage.total_tokens,
        cost_usd_micros=usage.cost_usd_micros,
        ms=ms,
    )


def buckets_of(ms: int) -> list[int]:
    """1 for each bound that a call of ``ms`` stayed within, 0 for the others."""
    return [int(ms <= bound * 1000) for bound in BOUNDS_S]


def all_tallies() -> list[CallTally]:
    """Every tally, in order of its labels."""
    return list(CallTally.objects.order_by("provider", "model_name", "operation_name", "outcome"))
