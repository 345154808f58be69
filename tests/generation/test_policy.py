"""Refused content: three warnings in a rolling day, then half of the price, as announced."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from generation import kinds, work
from generation.errors import Failure, ProviderError, RequestRefused
from generation.kinds import Kind, Outcome
from generation.models import ContentRefusal, Job
from generation.policy import Refusal, standing_in_words
from generation.run import Run, claim
from tests.generation.conftest import KIND, Echo, Submit
from tests.generation.scripted import refused

Refuse = Callable[..., Job]
WHAT = "The photo shows something that the AI service does not draw."


def raises(error: ProviderError) -> Callable[[Run], Outcome]:
    def works(run: Run) -> Outcome:
        raise error

    return works


@pytest.fixture
def refuse(submit: Submit, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """A job of 3 credits that is refused for its content."""

    def put(error: ProviderError | None = None, **more: Any) -> Job:
        monkeypatch.setattr(echo, "work", raises(error or refused()))
        job = submit(**more)
        work.run_job(job_id=job.pk)
        job.refresh_from_db()
        assert job.status == Job.Status.FAILED
        return job

    return put


def context_of(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = (job.error or {})["context"]
    return found


def free_credits(user: Any) -> float:
    return credit.balance(user).available / CREDIT


def test_three_refusals_are_free_and_the_fourth_costs_half(refuse: Refuse, user: Any) -> None:
    jobs = [refuse() for _ in range(4)]

    assert [context_of(job)["charged"] for job in jobs] == ["0", "0", "0", "1.5"]
    assert [context_of(job)["refusals"] for job in jobs] == [
        {"used": used, "free": 3} for used in (1, 2, 3, 4)
    ]
    assert free_credits(user) == 16.5
    lines = list(credit.statement(user)[:4])
    assert [(line.status, line.captured / CREDIT, line.reason) for line in lines] == [
        ("part_captured", 1.5, "content refused, 50 % of the price after 3 warnings"),
        ("released", 0, "content refused, free warning 3 of 3"),
        ("released", 0, "content refused, free warning 2 of 3"),
        ("released", 0, "content refused, free warning 1 of 3"),
    ]
    assert jobs[3].step == "Refused, 1.5 charged"


def test_the_user_is_told_what_what_it_cost_and_what_follows(refuse: Refuse) -> None:
    errors = [refuse().error or {} for _ in range(4)]

    assert {error["code"] for error in errors} == {"CONTENT_REFUSED"}
    assert {(error["type"], error["status"]) for error in errors} == {("generation_failed", 500)}
    assert [error["message"] for error in errors] == [
        *[f"{WHAT} Nothing was charged."] * 3,
        f"{WHAT} 1.50 credits were charged: 50 % of the price, as announced.",
    ]
    change, standing, rule = zip(*(error["suggestions"] for error in errors), strict=True)
    assert set(change) == {"Take another photo"}
    assert {words.endswith("/docs/errors/content-refused") for words in rule} == {True}
    assert standing == (
        "Two free warnings are left.",
        "One free warning is left; after that, a refusal within 24 hours costs 50 % of its price.",
        "This was the last free warning: a further refusal within 24 hours costs 50 % of "
        "its price.",
        "Each further refusal within 24 hours costs 50 % of its price.",
    )
    assert errors[1]["detail"] == f"{WHAT} Nothing was charged. {standing[1]}"


def test_a_day_later_a_refusal_no_longer_counts(refuse: Refuse) -> None:
    for _ in range(3):
        refuse()
    rows = ContentRefusal.objects.order_by("at")
    for row, hours in zip(rows, (25, 23.9, 1), strict=True):
        row.at -= timedelta(hours=hours)
        row.save()

    assert context_of(refuse()) == {"charged": "0", "refusals": {"used": 3, "free": 3}}
    assert context_of(refuse())["charged"] == "1.5"


@pytest.mark.parametrize(
    "error",
    [
        refused(code=""),
        RequestRefused("the size", param="size"),
        ProviderError(Failure.TRANSIENT, "503", code="SAFETY"),
        ProviderError(Failure.MALFORMED_OUTPUT, "no picture", code="SAFETY"),
    ],
)
def test_what_is_no_refusal_of_content_neither_counts_nor_costs(
    refuse: Refuse, user: Any, settings: Any, error: ProviderError
) -> None:
    settings.REFUSALS_FREE = 0

    job = refuse(error)

    assert context_of(job) == {"charged": "0"}
    assert not ContentRefusal.objects.exists()
    assert free_credits(user) == 18


def test_a_request_that_cannot_be_done_is_the_clients_400(refuse: Refuse) -> None:
    error = refuse(RequestRefused("the size", words="This size is not made.")).error or {}

    assert (error["status"], error["code"]) == (400, "INVALID_FIELD")
    assert error["message"] == "This size is not made."


def test_a_step_that_costs_nothing_warns_of_nothing(refuse: Refuse) -> None:
    job = refuse(price=0)

    assert context_of(job) == {"charged": "0"}
    assert not ContentRefusal.objects.exists()


def test_a_kind_can_be_free_of_it(
    refuse: Refuse, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.REFUSALS_FREE = 0
    usual = kinds.kind_of(KIND)
    video = Kind(KIND, "Video", usual.work, usual.present, refusals_are_free=True)
    monkeypatch.setitem(kinds._kinds, KIND, video)

    assert context_of(refuse()) == {"charged": "0"}


def test_a_share_of_nothing_turns_it_off(refuse: Refuse, user: Any, settings: Any) -> None:
    settings.REFUSAL_PERCENT = 0

    job = [refuse() for _ in range(5)][-1]

    assert context_of(job)["charged"] == "0"
    assert len((job.error or {})["suggestions"]) == 2
    assert free_credits(user) == 18


def test_a_great_many_free_ones_are_not_counted_down(
    refuse: Refuse, user: Any, settings: Any
) -> None:
    settings.REFUSALS_FREE = 10**9

    job = [refuse() for _ in range(5)][-1]

    assert not any("warning" in words for words in (job.error or {})["suggestions"])
    assert free_credits(user) == 18


def test_without_free_ones_the_first_costs_and_never_more_than_was_held(
    refuse: Refuse, user: Any, settings: Any
) -> None:
    settings.REFUSALS_FREE, settings.REFUSAL_PERCENT = 0, 150

    assert context_of(refuse())["charged"] == "3"
    assert free_credits(user) == 15


def test_what_the_plan_includes_counts_and_costs_nothing(
    refuse: Refuse, user: Any, settings: Any
) -> None:
    settings.REFUSALS_FREE = 0
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=timezone.now())
    before = free_credits(user)

    job = refuse()

    assert context_of(job) == {"charged": "0", "refusals": {"used": 1, "free": 0}}
    assert (job.error or {})["message"] == f"{WHAT} Nothing was charged. Your plan includes it."
    assert free_credits(user) == before
    assert ContentRefusal.objects.get().charged == 0


def test_a_hold_that_is_over_costs_nothing(
    submit: Submit, user: Any, echo: Echo, settings: Any
) -> None:
    settings.REFUSALS_FREE = 0

    def releases_and_refuses(run: Run) -> Outcome:
        assert run.job.hold_id is not None
        ledger.release(hold_id=run.job.hold_id, reason="by support")
        raise refused()

    echo.work = releases_and_refuses  # type: ignore[method-assign]
    job = submit()
    work.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert context_of(job)["charged"] == "0"
    assert free_credits(user) == 18


def test_refused_side_by_side_they_are_counted_one_after_the_other(
    submit: Submit, user: Any, echo: Echo, settings: Any
) -> None:
    settings.REFUSALS_FREE = 1
    runs = [claim(job_id=submit(price=CREDIT).pk) for _ in range(3)]
    ready = threading.Barrier(3)

    def end(run: Run) -> None:
        try:
            ready.wait(timeout=60)
            work.fail_by_provider(run=run, error=refused())
        finally:
            connection.close()

    workers = [threading.Thread(target=end, args=(run,)) for run in runs if run is not None]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    charged = sorted(ContentRefusal.objects.values_list("charged", flat=True))
    assert charged == [0, CREDIT // 2, CREDIT // 2]
    assert free_credits(user) == 17


def test_a_late_worker_neither_counts_nor_charges(submit: Submit, user: Any, settings: Any) -> None:
    settings.REFUSALS_FREE = 0
    late = claim(job_id=submit().pk)
    assert late is not None
    Job.objects.filter(pk=late.job.pk).update(fence=late.fence + 1)

    work.fail_by_provider(run=late, error=refused())

    assert not ContentRefusal.objects.exists()
    assert credit.balance(user).held == 3 * CREDIT


@given(
    price=st.integers(0, 10**12),
    percent=st.integers(0, 1000),
    used=st.integers(1, 200),
    free=st.integers(0, 200),
)
def test_it_never_costs_more_than_was_held_and_nothing_while_it_is_a_warning(
    price: int, percent: int, used: int, free: int
) -> None:
    penalty = Refusal(used, free, percent).penalty(price)

    assert 0 <= penalty <= price
    if used <= free or percent == 0:
        assert penalty == 0
    elif percent <= 100:
        assert 0 <= price * percent - 100 * penalty < 100


@given(free=st.integers(1, 90), percent=st.integers(1, 100))
def test_nobody_is_charged_without_having_been_told_before(free: int, percent: int) -> None:
    said = [standing_in_words(Refusal(used, free, percent)) for used in range(1, free + 1)]

    assert all(f"{percent} %" in words for words in said[-2:])
    assert all(words for words in said)
