"""The verdict on a race: clean where everything is as it should be, and not where anything is not.

The race itself takes minutes: ``script/bench videos --race``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.videos_race_crowd import Told
from bench.videos_race_plan import Fate, plan
from bench.videos_race_verdict import Evidence, Row, Verdict, judge

PRICE = 8_000_000
COMPLETES, FAILS, LOST = (Fate(number, number == 1) for number in range(3))


def completed(fate: Fate, **otherwise: Any) -> Row:
    usual: dict[str, Any] = {
        "video_id": f"video_{fate.number}",
        "prompt": fate.prompt,
        "status": "completed",
        "error_code": "",
        "is_late": False,
        "has_film": True,
        "is_known": True,
        "job_status": "succeeded",
        "price": PRICE,
        "hold_state": "captured",
        "open": 0,
        "captured": PRICE,
        "released": 0,
        "refunded": 0,
        "holds": 1,
        "calls_open": 0,
        "calls_bought": 1,
        "calls_lost": 0,
        "ends_told": 1,
    }
    return Row(**(usual | otherwise))


def failed(fate: Fate, **otherwise: Any) -> Row:
    free = {
        "status": "failed",
        "error_code": "server_error",
        "has_film": False,
        "job_status": "failed",
        "hold_state": "released",
        "captured": 0,
        "released": PRICE,
        "calls_bought": 0,
    }
    return completed(fate, **(free | otherwise))


def lost(fate: Fate, **otherwise: Any) -> Row:
    return failed(
        fate, **({"error_code": "timeout", "is_known": False, "calls_lost": 1} | otherwise)
    )


def told(row: Row) -> list[Told]:
    """Somebody looked while it went on, and at its end."""
    return [
        Told(0, row.video_id, "in_progress", 0),
        Told(0, row.video_id, row.status, row.captured),
    ]


ROWS = [completed(COMPLETES), failed(FAILS), lost(LOST)]
CLEAN = Evidence(
    rows=ROWS,
    fates=[COMPLETES, FAILS, LOST],
    sold={0: 1, 1: 1, 2: 1},
    told=[each for row in ROWS for each in told(row)],
    drift=0,
    charged=PRICE,
    lost_at_most=1,
)


def judged(**otherwise: Any) -> Verdict:
    return judge(replace(CLEAN, **otherwise))


def with_row(row: Row) -> Verdict:
    rows = [row if row.prompt == each.prompt else each for each in ROWS]
    return judged(rows=rows, told=[], charged=sum(row.captured for row in rows))


def test_a_race_without_a_fault_is_clean() -> None:
    verdict = judged()
    assert verdict.wrong == []
    assert verdict.is_clean
    assert verdict.ends == {"completed": 1, "failed": 1, "lost": 1}


def test_a_late_film_is_free() -> None:
    free = {"captured": 0, "released": PRICE, "hold_state": "released", "job_status": "failed"}
    late = completed(COMPLETES, is_late=True, **free)
    assert with_row(late).is_clean
    assert with_row(late).ends["late"] == 1
    assert not with_row(replace(late, captured=PRICE)).is_clean


@pytest.mark.parametrize(
    "wrong",
    [
        {"captured": 0, "released": PRICE, "hold_state": "released"},
        {"captured": PRICE // 2, "released": PRICE // 2},
        {"captured": 2 * PRICE},
        {"captured": 0, "open": PRICE, "hold_state": "open"},
        {"refunded": PRICE},
        {"holds": 2},
        {"ends_told": 0},
        {"ends_told": 2},
        {"calls_open": 1},
        {"calls_bought": 0},
        {"calls_bought": 2},
        {"has_film": False},
        {"status": "in_progress", "job_status": "running"},
        {"job_status": "failed"},
    ],
    ids=str,
)
def test_a_completed_film_that_is_not_charged_once_is_noticed(wrong: dict[str, Any]) -> None:
    assert not with_row(completed(COMPLETES, **wrong)).is_clean


@pytest.mark.parametrize(
    "wrong",
    [
        {"captured": PRICE, "released": 0, "hold_state": "captured"},
        {"released": 0, "open": PRICE, "hold_state": "open"},
        {"job_status": "succeeded"},
        {"calls_bought": 1},
        {"ends_told": 2},
    ],
    ids=str,
)
def test_a_failed_film_that_is_not_free_is_noticed(wrong: dict[str, Any]) -> None:
    assert not with_row(failed(FAILS, **wrong)).is_clean
    assert not with_row(lost(LOST, **wrong)).is_clean


def test_a_film_that_its_provider_made_must_not_fail() -> None:
    assert not with_row(failed(COMPLETES)).is_clean
    assert not with_row(completed(FAILS)).is_clean
    assert not with_row(lost(LOST, error_code="server_error")).is_clean


def test_what_is_bought_twice_or_missing_is_noticed() -> None:
    assert not judged(sold={0: 2, 1: 1, 2: 1}).is_clean
    assert not judged(sold={1: 1, 2: 1}).is_clean
    assert not judged(rows=ROWS[1:], told=[]).is_clean
    assert not judged(rows=[*ROWS, replace(ROWS[0], video_id="video_9")]).is_clean
    assert not judged(drift=1).is_clean
    assert not judged(lost_at_most=0).is_clean
    assert not judged(charged=2 * PRICE).is_clean


def test_what_a_client_was_told_has_to_stay() -> None:
    done, broken, _ = ROWS
    assert not judged(told=[Told(0, done.video_id, "failed", 0)]).is_clean
    assert not judged(told=[Told(1, broken.video_id, "completed", 0)]).is_clean
    assert not judged(told=[Told(0, done.video_id, "in_progress", PRICE)]).is_clean
    assert not judged(told=[Told(0, done.video_id, "completed", 0)]).is_clean
    assert not judged(told=[Told(0, "video_9", "queued", 0)]).is_clean


def test_a_plan_has_its_shares_and_follows_from_its_seed() -> None:
    drawn = plan(videos=200, seed=7)
    assert sum(fate.fails for fate in drawn.fates) == 20
    assert len(drawn.kills) == 4
    assert drawn == plan(videos=200, seed=7) != plan(videos=200, seed=8)
