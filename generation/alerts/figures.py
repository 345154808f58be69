"""What the rules look at, read from the database and from the disk at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models.functions import Now

from core import storage
from credits.models import LedgerCheck
from generation import backlog, heartbeats, webhooks
from generation.models import Breaker
from generation.webhooks import Webhooks
from notifications import event_figures

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
WINDOWS_S: Final = (5 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR)
UNSURE_WITHIN_S: Final = 15 * MINUTE
FEWEST_CALLS: Final = 5  # in a minute, that say something about a provider
LOOKED_AT_S: Final = 30  # two rounds: a minute that nobody looked at in time is seen by the next
SHUT_FOR_S: Final = 5 * MINUTE


class Ended(NamedTuple):
    """Calls that ended within a window; ``failed`` of them did so by no fault of the user."""

    calls: int = 0
    failed: int = 0

    @property
    def error_rate(self) -> float:
        """The share that failed, 0 to 1."""
        return self.failed / self.calls if self.calls else 0.0


NONE: Final = Ended()


@dataclass(frozen=True)
class Asked:
    """How a provider's model answered of late. Refusals of what a user sent are left out.

    ``ended`` is by the window's length in seconds; ``minute`` is the worst of those that ended
    just now. The times are those of the last call of the last six hours that completed, or failed
    with that class. ``is_shut``: its breaker is open, or was, and nobody was answered since.
    """

    provider: str
    model: str
    minute: Ended = NONE
    ended: Mapping[int, Ended] = field(default_factory=dict)
    completed_at: datetime | None = None
    quota_at: datetime | None = None
    configuration_at: datetime | None = None
    is_shut: bool = False


class Unsure(NamedTuple):
    """Calls of the last quarter of an hour of which nobody knows whether they were bought."""

    provider: str
    model: str
    operation: str
    calls: int
    cost_usd_micros: int


@dataclass(frozen=True)
class Figures:
    """All of it, as of ``at``. ``firing`` is what fires already: alert, provider, model."""

    at: datetime
    asked: tuple[Asked, ...] = ()
    unsure: tuple[Unsure, ...] = ()
    drift: int = 0  # µcr, at the ledger's last check
    jobs_waiting: int = 0
    oldest_waiting_s: float = 0.0
    videos_silent: int = 0
    oldest_silent_s: float = 0.0
    webhooks: tuple[Webhooks, ...] = ()
    events_waiting: int = 0
    oldest_event_s: float = 0.0
    events_set_aside: Mapping[str, int] = field(default_factory=dict)  # by consumer
    swept_at: datetime | None = None
    disk_used: float | None = None  # 0 to 1; None before the first file is stored
    firing: frozenset[tuple[str, str, str]] = frozenset()


_ENDED_WITHIN = """
        count(*) FILTER (WHERE age < {window}),
        count(*) FILTER (WHERE age < {window} AND status <> 'completed'),"""
_ASKED = f"""
    WITH call AS (
        SELECT *, extract(epoch FROM statement_timestamp() - completed_at) AS age
        FROM generation_aicall
        WHERE completed_at > statement_timestamp() - interval '{WINDOWS_S[-1]} seconds'
          AND error_class NOT IN ('user_input', 'canceled')
    )
    SELECT provider, model_name,
        {"".join(_ENDED_WITHIN.format(window=window) for window in WINDOWS_S)}
        max(completed_at) FILTER (WHERE status = 'completed'),
        max(completed_at) FILTER (WHERE error_class = 'quota'),
        max(completed_at) FILTER (WHERE error_class = 'configuration')
    FROM call GROUP BY provider, model_name
"""  # noqa: S608 - our own numbers
# The minute that ends with a call is the worst around it. A breaker lets through just as many
# calls as make a minute bad, so that minutes between two looks must not be missed.
_MINUTES = f"""
    WITH minute AS (
        SELECT provider, model_name, completed_at, count(*) OVER before AS calls,
               count(*) FILTER (WHERE status <> 'completed') OVER before AS failed
        FROM generation_aicall
        WHERE completed_at > statement_timestamp() - interval '{MINUTE + LOOKED_AT_S} seconds'
          AND error_class NOT IN ('user_input', 'canceled')
        WINDOW before AS (PARTITION BY provider, model_name ORDER BY completed_at
                          RANGE BETWEEN interval '{MINUTE} seconds' PRECEDING AND CURRENT ROW)
    )
    SELECT DISTINCT ON (provider, model_name) provider, model_name, calls, failed
    FROM minute WHERE completed_at > statement_timestamp() - interval '{LOOKED_AT_S} seconds'
    ORDER BY provider, model_name, least(calls, %s) DESC, failed::float / calls DESC
"""  # noqa: S608 - our own numbers
_UNSURE = """
    SELECT provider, model_name, operation_name, count(*), sum(greatest(
        cost_usd_micros, (context ->> 'possibleCostUsdMicros')::bigint))::bigint
    FROM generation_aicall
    WHERE completed_at > statement_timestamp() - make_interval(secs => %s) AND status = 'ambiguous'
    GROUP BY provider, model_name, operation_name
"""


def take(*, firing: Iterable[tuple[str, str, str]] = ()) -> Figures:
    """The figures of this moment by the database's clock."""
    check = LedgerCheck.objects.order_by("-checked_at").first()
    waiting, silent = backlog.waiting(), backlog.silent()
    events = event_figures.waiting()
    return Figures(
        at=_rows("SELECT statement_timestamp()")[0][0],
        asked=_asked(),
        unsure=tuple(Unsure(*row) for row in _rows(_UNSURE, UNSURE_WITHIN_S)),
        drift=check.drift if check else 0,
        jobs_waiting=waiting.jobs,
        oldest_waiting_s=waiting.oldest_s,
        videos_silent=silent.jobs,
        oldest_silent_s=silent.oldest_s,
        webhooks=webhooks.standing(),
        events_waiting=events.events,
        oldest_event_s=events.oldest_s,
        events_set_aside=event_figures.set_aside(),
        swept_at=heartbeats.last().get(heartbeats.SWEEP),
        disk_used=storage.disk_used(),
        firing=frozenset(firing),
    )


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _asked() -> tuple[Asked, ...]:
    shut = set(
        Breaker.objects.filter(open_until__gt=Now() - timedelta(seconds=SHUT_FOR_S)).values_list(
            "provider", "model_name"
        )
    )
    minutes = {row[:2]: Ended(*row[2:]) for row in _rows(_MINUTES, FEWEST_CALLS)}
    counts = 2 * len(WINDOWS_S)
    found = []
    for provider, model, *read in _rows(_ASKED):
        pairs = zip(read[:counts:2], read[1:counts:2], strict=True)
        completed_at, quota_at, configuration_at = read[counts:]
        asked = Asked(
            provider,
            model,
            minute=minutes.get((provider, model), NONE),
            ended={window: Ended(*pair) for window, pair in zip(WINDOWS_S, pairs, strict=True)},
            completed_at=completed_at,
            quota_at=quota_at,
            configuration_at=configuration_at,
            is_shut=(provider, model) in shut,
        )
        found.append(asked)
    return tuple(found)
