"""Whether each film of a race was bought, charged and told of as it should: from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from bench.videos_race_crowd import FINAL, Told
from bench.videos_race_plan import Fate, number_of

_ROWS: Final = """
SELECT video.video_id, video.prompt, video.status, video.error_code, video.is_late,
    video.file_key <> '' AS has_film, video.provider_ref <> '' AS is_known,
    job.status AS job_status, job.price,
    hold.state AS hold_state, hold.open, hold.captured, hold.released, hold.refunded,
    (SELECT count(*) FROM credits_hold other WHERE other.job_id = job.id) AS holds,
    (SELECT count(*) FROM generation_aicall call
        WHERE call.job_id = job.id AND call.status = 'pending') AS calls_open,
    (SELECT count(*) FROM generation_aicall call
        WHERE call.job_id = job.id AND call.status = 'completed') AS calls_bought,
    (SELECT count(*) FROM generation_aicall call
        WHERE call.job_id = job.id AND call.status = 'ambiguous') AS calls_lost,
    (SELECT count(*) FROM core_event event WHERE event.type = 'job.updated'
        AND event.user_id = job.user_id AND event.data ->> 'id' = job.id::text
        AND event.data ->> 'status' = ANY(%(final)s)) AS ends_told
FROM videos_video video JOIN generation_job job ON job.id = video.job_id
LEFT JOIN credits_hold hold ON hold.id = job.hold_id
"""
_JOB_FINAL: Final = ["succeeded", "partly_succeeded", "failed", "canceled"]


@dataclass(frozen=True)
class Row:
    """A film with its job, its hold, and what was logged and told of them."""

    video_id: str
    prompt: str
    status: str
    error_code: str
    is_late: bool
    has_film: bool
    is_known: bool
    job_status: str
    price: int
    hold_state: str
    open: int
    captured: int
    released: int
    refunded: int
    holds: int
    calls_open: int
    calls_bought: int
    calls_lost: int
    ends_told: int


def rows() -> list[Row]:
    """Every film of the database."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"final": _JOB_FINAL})
        names = [column.name for column in cursor.description or ()]
        return [Row(**dict(zip(names, found, strict=True))) for found in cursor.fetchall()]


def charged() -> int:
    """What was taken from people, in µcr, and not given back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(captured - refunded + open), 0) FROM credits_hold")
        return int(cursor.fetchone()[0])


@dataclass
class Verdict:
    """What is wrong, in words, and how many films came to which end."""

    wrong: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    drift: int = 0

    @property
    def is_clean(self) -> bool:
        """Every film as it should be, and the ledger adds up."""
        return not self.wrong and self.drift == 0

    def expect(self, row: Row, **wanted: Any) -> None:
        """Note what of a row is otherwise."""
        for name, value in wanted.items():
            if (found := getattr(row, name)) != value:
                self.wrong.append(f"{row.prompt[:10]} {row.status}: {name} {found}, not {value}")


@dataclass(frozen=True)
class Evidence:
    """What a race left: the films' rows, the plan, the provider's sales, what clients were told."""

    rows: Sequence[Row]
    fates: Sequence[Fate]
    sold: Mapping[int, int]
    told: Iterable[Told]
    drift: int
    charged: int  # µcr, by every hold of everybody, whatever it was for
    lost_at_most: int  # films that a killed worker may have had in its hands


def judge(evidence: Evidence) -> Verdict:
    """Compare each film with its fate."""
    verdict = Verdict(drift=evidence.drift)
    by_number = {number_of(row.prompt): row for row in evidence.rows}
    if len(by_number) != len(evidence.rows):
        verdict.wrong.append(f"{len(evidence.rows)} films were made of {len(by_number)} requests")
    for fate in evidence.fates:
        row = by_number.get(fate.number)
        if row is None:
            verdict.wrong.append(f"film {fate.number} is not there")
            continue
        _judge_film(verdict, row, fate, evidence.sold.get(fate.number, 0))
    if verdict.ends["lost"] > evidence.lost_at_most:
        verdict.wrong.append(f"{verdict.ends['lost']} films were lost by fewer workers' ends")
    due = sum(row.price for row in evidence.rows if row.status == "completed" and not row.is_late)
    if evidence.charged != due:
        verdict.wrong.append(f"{evidence.charged} µcr were charged, not {due}")
    _judge_told(verdict, evidence.told, {row.video_id: row for row in evidence.rows})
    return verdict


def _judge_film(verdict: Verdict, row: Row, fate: Fate, sold: int) -> None:
    if row.status not in FINAL:
        verdict.ends["open"] += 1
        verdict.wrong.append(f"film {fate.number} was left {row.status}, its job {row.job_status}")
        return
    if sold > 1:
        verdict.wrong.append(f"film {fate.number} was bought {sold} times")
    verdict.expect(row, holds=1, open=0, refunded=0, calls_open=0, ends_told=1)
    if row.status == "completed":
        _judge_completed(verdict, row, fate, sold)
    else:
        _judge_failed(verdict, row, fate)


def _judge_completed(verdict: Verdict, row: Row, fate: Fate, sold: int) -> None:
    if fate.fails or not sold:
        verdict.wrong.append(f"film {fate.number} is completed, and its provider made none")
    verdict.expect(row, has_film=True, calls_bought=1)
    if row.is_late:
        verdict.ends["late"] += 1
        verdict.expect(row, captured=0, released=row.price)
        return
    verdict.ends["completed"] += 1
    verdict.expect(
        row, captured=row.price, released=0, hold_state="captured", job_status="succeeded"
    )


def _judge_failed(verdict: Verdict, row: Row, fate: Fate) -> None:
    verdict.expect(row, captured=0, released=row.price, job_status="failed", calls_bought=0)
    if row.is_known and fate.fails:
        verdict.ends["failed"] += 1
    elif row.calls_lost and not row.is_known:
        # Its worker was killed between the request and the commit: nobody can find the film.
        verdict.ends["lost"] += 1
        verdict.expect(row, error_code="timeout")
    else:
        verdict.wrong.append(f"film {fate.number} failed as {row.error_code} for no reason")


def _judge_told(verdict: Verdict, told: Iterable[Told], by_id: Mapping[str, Row]) -> None:
    """Nobody was told an end, or a charge, that is not the one of the rows."""
    for each in told:
        row = by_id.get(each.video_id)
        if row is None:
            verdict.wrong.append(f"told of a film that is not there: {each}")
            continue
        is_other = each.status in FINAL and each.status != row.status and not row.is_late
        charged = row.captured if each.status == "completed" else 0
        if is_other or each.captured != charged:
            verdict.wrong.append(f"{each}, but the film is {row.status} at {row.captured}")
