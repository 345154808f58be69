"""Jobs that their provider works on by itself, and kinds that take part in their jobs' lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now

from core.errors import Conflict, NotFound
from core.money import CREDIT
from credits import queries as credit
from generation import backlog, calls, kinds, operations, work
from generation.errors import Canceled, Failure, ProviderError
from generation.kinds import Awaited, Outcome, Prepared
from generation.models import AICall, CallTally, Job
from generation.providers.protocols import Call, Usage
from generation.run import Run, claim
from tests.generation.conftest import KIND, Echo, Submit

CALL = Call("film", "generate-video", "video", "openai", "sora-2", False, {"seconds": 8})


def leave(run: Run) -> Awaited:
    """The provider works on."""
    return Awaited()


def change(monkeypatch: pytest.MonkeyPatch, **how: Any) -> None:
    """The test's kind, a little different."""
    kind = kinds.kind_of(KIND)
    monkeypatch.setitem(kinds._kinds, KIND, replace(kind, **how))


@pytest.fixture
def awaited(submit: Submit, echo: Echo) -> Job:
    """A job that its provider works on."""
    echo.work = leave  # type: ignore[method-assign,assignment]
    job = submit()
    work.run_job(job_id=job.pk)
    job.refresh_from_db()
    return job


def held(user: Any) -> int:
    """What is put aside, in µcr."""
    return credit.balance(user).held


def test_an_awaited_job_goes_on_until_its_deadline(awaited: Job, user: Any) -> None:
    assert (awaited.status, awaited.lease_expires_at) == ("running", awaited.deadline_at)
    assert awaited.awaited_since is not None
    assert held(user) == 3 * CREDIT
    assert work.sweep()["ended"] == 0

    Job.objects.filter(pk=awaited.pk).update(deadline_at=Now(), lease_expires_at=Now())
    assert work.sweep()["ended"] == 1
    awaited.refresh_from_db()
    assert awaited.status == "failed"
    assert held(user) == 0


def test_awaited_jobs_do_not_count_among_those_that_run(
    awaited: Job, submit: Submit, echo: Echo
) -> None:
    for _ in range(settings.JOB_RUNNING_LIMIT):
        job = submit()
        work.run_job(job_id=job.pk)
        job.refresh_from_db()
        assert job.awaited_since is not None


def test_whose_jobs_are_awaited_waits_for_the_workers_alone(awaited: Job, submit: Submit) -> None:
    for _ in range(settings.JOB_RUNNING_LIMIT):
        work.run_job(job_id=submit().pk)
    waiting = submit()
    Job.objects.filter(pk=waiting.pk).update(created_at=Now() - timedelta(minutes=7))
    assert backlog.waiting().oldest_s >= 420


def test_anybody_settles_an_awaited_job_and_only_one_does(awaited: Job, user: Any) -> None:
    outcome = Outcome(store=lambda job: {"said": "done"}, captured=awaited.price)
    runs = [Run(Job.objects.get(pk=awaited.pk)) for _ in range(2)]
    assert [work.settle(run=run, outcome=outcome) for run in runs] == [True, False]
    assert credit.balance(user).free == 15 * CREDIT


def test_an_awaited_job_is_canceled_at_once(awaited: Job, user: Any) -> None:
    job = operations.cancel(user=user, job_id=awaited.pk)
    assert job.status == "canceled"
    assert held(user) == 0


def test_who_asked_to_stop_before_the_worker_let_go_is_heard(
    submit: Submit, echo: Echo, user: Any
) -> None:
    def canceled_meanwhile(run: Run) -> Awaited:
        operations.cancel(user=user, job_id=run.job.pk)
        return Awaited()

    echo.work = canceled_meanwhile  # type: ignore[method-assign,assignment]
    job = submit()
    work.run_job(job_id=job.pk)
    job.refresh_from_db()
    assert job.status == "canceled"
    assert held(user) == 0


def test_a_job_that_was_settled_before_its_worker_let_go_stays_settled(
    submit: Submit, echo: Echo
) -> None:
    job = submit()
    run = claim(job_id=job.pk)
    assert run is not None
    outcome = Outcome(store=lambda job: {}, captured=job.price)
    assert work.settle(run=Run(run.job), outcome=outcome)
    work.leave(run)
    job.refresh_from_db()
    assert (job.status, job.awaited_since) == ("succeeded", None)


def test_a_kind_may_forbid_its_jobs_to_be_canceled(
    awaited: Job, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(job: Job) -> None:
        raise Conflict("Not today.")

    change(monkeypatch, check_cancel=forbid)
    with pytest.raises(Conflict, match="Not today"):
        operations.cancel(user=user, job_id=awaited.pk)
    awaited.refresh_from_db()
    assert (awaited.status, awaited.cancel_requested_at) == ("running", None)
    assert held(user) == 3 * CREDIT


def test_a_kind_takes_part_in_every_end_of_its_jobs(
    submit: Submit, echo: Echo, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    change(monkeypatch, ended=lambda job: seen.append(job.status))
    works = echo.work

    def refused(run: Run) -> Outcome:
        raise ProviderError(Failure.USER_INPUT, "no", code="SAFETY")

    def gone(run: Run) -> Outcome:
        raise NotFound("gone")

    def stopped(run: Run) -> Outcome:
        raise Canceled

    for doing in (works, refused, gone, stopped):
        echo.work = doing  # type: ignore[method-assign]
        work.run_job(job_id=submit().pk)
    operations.cancel(user=user, job_id=submit().pk)
    Job.objects.filter(pk=submit().pk).update(deadline_at=Now() - timedelta(seconds=1))
    work.sweep()
    submit(prepare=lambda: Prepared({}, store=lambda job: {}))
    assert seen == ["succeeded", "failed", "failed", "canceled", "canceled", "failed", "succeeded"]


def test_a_kind_that_fails_in_an_end_keeps_the_job_from_ending(
    awaited: Job, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(job: Job) -> None:
        raise ZeroDivisionError

    change(monkeypatch, ended=breaks)
    outcome = Outcome(store=lambda job: {}, captured=awaited.price)
    with pytest.raises(ZeroDivisionError):
        work.settle(run=Run(awaited), outcome=outcome)
    awaited.refresh_from_db()
    assert awaited.status == "running"
    assert held(user) == 3 * CREDIT


def test_what_belongs_to_a_job_is_made_with_it_or_not_at_all(submit: Submit, user: Any) -> None:
    made: list[Job] = []
    job = submit(prepare=lambda: Prepared({}, made=made.append))
    assert made == [job]

    def breaks(job: Job) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        submit(prepare=lambda: Prepared({}, made=breaks))
    assert Job.objects.count() == 1
    assert held(user) == 3 * CREDIT


def test_a_kind_has_a_deadline_of_its_own(submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch, deadline_s=lambda: 5000)
    job = submit()
    job.refresh_from_db()
    assert job.deadline_at - job.created_at == timedelta(seconds=5000)
    assert job.hold is not None
    assert job.hold.expires_at is not None
    assert job.hold.expires_at > job.deadline_at


# --- The log of a call that stays open ---------------------------------------------------
@pytest.fixture
def accepted(awaited: Job) -> AICall:
    """A call that its provider accepted."""
    calls.accept_call(calls.open_call(awaited, CALL), ref="film_1")
    return AICall.objects.get()


def test_a_call_that_was_accepted_is_not_lost_with_its_worker(accepted: AICall) -> None:
    lost = calls.open_call(accepted.job, replace(CALL, part="other"))
    Job.objects.filter(pk=accepted.job_id).update(lease_expires_at=Now())
    work.sweep()
    accepted.refresh_from_db()
    lost.refresh_from_db()
    assert (accepted.status, accepted.provider_ref) == ("pending", "film_1")
    assert lost.status == "ambiguous"


def test_another_process_completes_a_call(accepted: AICall) -> None:
    AICall.objects.filter(pk=accepted.pk).update(submitted_at=Now() - timedelta(seconds=90))
    accepted.refresh_from_db()
    calls.complete_call(accepted, usage=Usage(cost_usd_micros=7), ref="film_1", output={})
    accepted.refresh_from_db()
    assert (accepted.status, accepted.cost_usd_micros) == ("completed", 7)
    assert 90_000 <= accepted.processing_time_ms < 150_000
    tally = CallTally.objects.get()
    assert (tally.outcome, tally.cost_usd_micros) == ("completed", 7)


def test_a_failure_without_a_reference_keeps_the_one_that_is_known(accepted: AICall) -> None:
    calls.fail_call(accepted, ProviderError(Failure.TRANSIENT, "it broke"))
    accepted.refresh_from_db()
    assert (accepted.status, accepted.provider_ref) == ("failed", "film_1")


def test_a_call_that_nobody_wanted_any_more_says_nothing_of_its_provider(
    accepted: AICall,
) -> None:
    calls.stop_call(accepted)
    calls.stop_call(accepted)
    accepted.refresh_from_db()
    assert (accepted.status, accepted.error_class) == ("failed", "canceled")
    assert accepted.context["possibleCostUsdMicros"] == 8 * 100_000
    assert not CallTally.objects.exists()


@pytest.mark.parametrize("raised", [Canceled, Exception])
def test_who_stops_an_answer_that_is_being_made_leaves_no_open_call(
    awaited: Job, raised: type[Exception]
) -> None:
    def made() -> Any:
        raise raised

    with pytest.raises(raised):
        calls.ask_logged(job=awaited, call=CALL, ask=made)
    call = AICall.objects.get()
    assert (call.status, call.error_class) == (
        "failed",
        "canceled" if raised is Canceled else "bug",
    )
