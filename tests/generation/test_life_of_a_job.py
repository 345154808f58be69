"""Submit, claim, settle: a job is done once, and charged once or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now

from core.errors import InvalidRequest, NotFound, RateLimited
from core.models import Event
from core.money import CREDIT
from credits import queries as credit
from generation import calls, work
from generation.errors import Failure, ProviderError
from generation.kinds import Outcome, Prepared
from generation.models import AICall, Job
from generation.operations import cancel
from generation.providers.protocols import Answer, Call, Usage
from generation.run import Run, claim
from tests.generation.conftest import Echo, Submit


def balance_of(user: Any) -> tuple[int, int]:
    found = credit.balance(user)
    return found.available // CREDIT, found.held // CREDIT


def code_of(job: Job) -> str:
    return str((job.error or {}).get("code"))


def test_a_submitted_job_holds_its_price_and_rings_the_bell(
    submit: Submit, user: Any, rung: list[str]
) -> None:
    job = submit()

    assert job.status == Job.Status.QUEUED
    assert balance_of(user) == (15, 3)
    assert rung == [str(job.pk)]


def test_a_finished_job_is_charged_and_tells(submit: Submit, user: Any) -> None:
    job = submit()

    work.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.result, job.progress) == ("succeeded", {"said": "hello"}, 100)
    assert balance_of(user) == (15, 0)
    told = Event.objects.filter(user_id=user.pk, type="job.updated").order_by("sequence")
    assert [event.data["status"] for event in told] == ["queued", "running", "succeeded"]


@pytest.mark.parametrize("error", [InvalidRequest("The input is not valid."), NotFound("No.")])
def test_a_refused_input_leaves_a_held_and_released_pair(
    submit: Submit, user: Any, error: Exception
) -> None:
    def refuse() -> Prepared:
        raise error

    with pytest.raises(type(error)):
        submit(prepare=refuse)

    assert balance_of(user) == (18, 0)
    assert not Job.objects.exists()
    line = credit.statement(user)[0]
    assert line.status == "released"


def test_a_failure_of_the_provider_costs_nothing(submit: Submit, user: Any, echo: Echo) -> None:
    def fails(run: Run) -> Outcome:
        raise ProviderError(Failure.TRANSIENT, "timeout after 30 s at 10.0.0.7")

    echo.work = fails  # type: ignore[method-assign]
    job = submit()
    work.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert code_of(job) == "TRANSIENT"
    assert (job.error or {})["context"] == {"charged": "0"}
    assert "10.0.0.7" not in str(job.error)
    assert balance_of(user) == (18, 0)


def test_a_bug_is_told_in_plain_words(submit: Submit, user: Any, echo: Echo) -> None:
    def breaks(run: Run) -> Outcome:
        raise ZeroDivisionError("secret")

    echo.work = breaks  # type: ignore[method-assign]
    job = submit()
    work.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, code_of(job)) == ("failed", "BUG")
    assert "secret" not in str(job.error)
    assert balance_of(user) == (18, 0)


def test_what_cannot_be_stored_is_not_charged(submit: Submit, user: Any, echo: Echo) -> None:
    def store(job: Job) -> dict[str, Any]:
        raise ValueError("no room")

    echo.work = lambda run: Outcome(store=store, captured=run.job.price)  # type: ignore[method-assign]
    job = submit()
    work.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.result) == ("failed", None)
    assert balance_of(user) == (18, 0)


def test_part_of_a_batch_is_charged_pro_rata(submit: Submit, user: Any, echo: Echo) -> None:
    lost = [{"id": "b", "error": {"code": "TRANSIENT"}}]
    echo.work = lambda run: Outcome(  # type: ignore[method-assign]
        store=lambda job: {"said": "half"}, captured=run.job.price // 2, failed=lost
    )
    job = submit()
    work.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert job.status == Job.Status.PARTLY_SUCCEEDED
    assert job.result == {"said": "half", "failed": lost, "left": 3 * CREDIT // 2}
    assert credit.balance(user).available == 18 * CREDIT - 3 * CREDIT // 2


def test_the_same_key_is_the_same_job(submit: Submit, user: Any) -> None:
    first, second = submit(key="once"), submit(key="once")

    assert first.pk == second.pk
    assert balance_of(user) == (15, 3)


def test_two_workers_with_one_job_do_it_once(submit: Submit, user: Any, echo: Echo) -> None:
    job = submit()
    ready = threading.Barrier(4)

    def work_on_it() -> None:
        try:
            ready.wait(timeout=60)
            work.run_job(job_id=job.pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=work_on_it) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert echo.runs == 1
    assert balance_of(user) == (15, 0)


def test_a_late_worker_changes_nothing(submit: Submit, user: Any) -> None:
    job = submit()
    late = claim(job_id=job.pk)
    assert late is not None
    Job.objects.filter(pk=job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
    assert work.sweep()["requeued"] == 1
    work.run_job(job_id=job.pk)

    settled = work.settle(run=late, outcome=Outcome(lambda job: {"said": "late"}, 3 * CREDIT))

    job.refresh_from_db()
    assert not settled
    assert (job.status, job.attempts, job.result) == ("succeeded", 2, {"said": "hello"})
    assert balance_of(user) == (15, 0)


def test_a_lost_ring_is_repeated(submit: Submit, rung: list[str]) -> None:
    job = submit()
    rung.clear()
    assert work.sweep()["rung"] == 0

    Job.objects.filter(pk=job.pk).update(rung_at=Now() - timedelta(seconds=11))

    assert work.sweep()["rung"] == 1
    assert rung == [str(job.pk)]


def test_a_job_that_nobody_does_ends_at_its_deadline(submit: Submit, user: Any) -> None:
    job = submit()
    Job.objects.filter(pk=job.pk).update(deadline_at=Now() - timedelta(seconds=1))

    assert work.sweep()["ended"] == 1

    job.refresh_from_db()
    assert (job.status, code_of(job)) == ("failed", "TRANSIENT")
    assert balance_of(user) == (18, 0)


def test_after_five_attempts_a_job_is_given_up(submit: Submit, user: Any) -> None:
    job = submit()
    for _ in range(5):
        assert claim(job_id=job.pk) is not None
        Job.objects.filter(pk=job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
        work.sweep()

    job.refresh_from_db()
    assert (job.status, job.attempts, code_of(job)) == ("failed", 5, "BUG")
    assert balance_of(user) == (18, 0)


def test_a_database_that_goes_away_does_not_fail_a_job(
    submit: Submit, user: Any, echo: Echo
) -> None:
    def loses_it(run: Run) -> Outcome:
        raise OperationalError("terminating connection due to unexpected postmaster exit")

    whole = echo.work
    echo.work = loses_it  # type: ignore[method-assign]
    job = submit()
    work.run_job(job_id=job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.RUNNING

    Job.objects.update(lease_expires_at=Now() - timedelta(seconds=1))
    assert work.sweep()["requeued"] == 1
    echo.work = whole  # type: ignore[method-assign]
    work.run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts) == (Job.Status.SUCCEEDED, 2)
    assert balance_of(user) == (15, 0)


def lose_a_worker_during(run: Run, *, resubmittable: bool) -> None:
    AICall.objects.create(
        job=run.job,
        user=run.job.user,
        part="front",
        operation_name="look",
        operation_type="vision",
        provider="p",
        model_name="m",
        submitted_at=Now(),
        is_resubmittable=resubmittable,
    )
    Job.objects.filter(pk=run.job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))


def test_a_lost_job_goes_on_without_the_call_that_may_have_been_bought(
    submit: Submit, user: Any
) -> None:
    run = claim(job_id=submit().pk)
    assert run is not None
    lose_a_worker_during(run, resubmittable=False)

    assert work.sweep() == {"requeued": 1, "ended": 0, "rung": 0}

    run.job.refresh_from_db()
    assert run.job.status == Job.Status.QUEUED
    call = AICall.objects.get()
    assert (call.status, call.error_class) == (AICall.Status.AMBIGUOUS, "ambiguous")


def test_a_call_that_buys_nothing_is_made_again(submit: Submit, user: Any) -> None:
    run = claim(job_id=submit().pk)
    assert run is not None
    lose_a_worker_during(run, resubmittable=True)

    assert work.sweep()["requeued"] == 1
    work.run_job(job_id=run.job.pk)

    run.job.refresh_from_db()
    assert run.job.status == Job.Status.SUCCEEDED
    assert balance_of(user) == (15, 0)


def bought(run: Run, ask: Callable[[], Answer]) -> Answer:
    call = Call("front", "look", "vision", "p", "m", is_resubmittable=True, input={"view": "front"})
    return calls.ask_once(job=run.job, call=call, ask=ask)


def test_an_answer_is_bought_once_for_a_job(submit: Submit) -> None:
    run = claim(job_id=submit().pk)
    assert run is not None
    asked: list[int] = []

    def ask() -> Answer:
        asked.append(1)
        return Answer({"seen": "hood"}, images={"a.png": b"\x89PNG"}, usage=Usage(10, 5, 70))

    first, second = bought(run, ask), bought(run, ask)

    assert asked == [1]
    assert first.data == second.data == {"seen": "hood"}
    assert first.keys == second.keys
    row = AICall.objects.get()
    assert (row.status, row.total_tokens, row.cost_usd_micros) == ("completed", 15, 70)


def test_a_failed_call_is_logged_with_its_class(submit: Submit) -> None:
    run = claim(job_id=submit().pk)
    assert run is not None

    def refuse() -> Answer:
        raise ProviderError(Failure.USER_INPUT, "SAFETY")

    with pytest.raises(ProviderError):
        bought(run, refuse)

    row = AICall.objects.get()
    assert (row.status, row.error_class) == ("failed", "user_input")


def test_a_user_has_three_jobs_running_at_most(submit: Submit, rung: list[str]) -> None:
    jobs = [submit() for _ in range(4)]
    runs = [claim(job_id=job.pk) for job in jobs]
    assert [run is not None for run in runs] == [True, True, True, False]

    rung.clear()
    assert runs[0] is not None
    work.fail(run=runs[0], error=InvalidRequest("no"))
    work._ring_next(jobs[0].user_id)

    assert rung == [str(jobs[3].pk)]
    assert claim(job_id=jobs[3].pk) is not None


def test_twenty_jobs_may_wait(submit: Submit) -> None:
    for _ in range(20):
        submit(price=0)

    with pytest.raises(RateLimited):
        submit(price=0)


def test_a_queued_job_is_canceled_at_once(submit: Submit, user: Any, echo: Echo) -> None:
    job = submit()

    cancel(user=user, job_id=job.pk)
    work.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, echo.runs) == ("canceled", 0)
    assert balance_of(user) == (18, 0)


def test_a_running_job_stops_at_its_next_step(submit: Submit, user: Any, echo: Echo) -> None:
    def long(run: Run) -> Outcome:
        cancel(user=user, job_id=run.job.pk)
        assert run._canceled.wait(timeout=60)
        run.report(done=1, planned=2, step="1 of 2")
        return Outcome(lambda job: {}, captured=run.job.price)

    echo.work = long  # type: ignore[method-assign]
    job = submit()
    work.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert job.status == Job.Status.CANCELED
    assert balance_of(user) == (18, 0)


def test_progress_is_counted(submit: Submit, user: Any, echo: Echo) -> None:
    seen: list[tuple[int, str]] = []

    def steps(run: Run) -> Outcome:
        for done in range(1, 5):
            run.report(done=done, planned=4, step=f"{done} of 4 shots")
            row = Job.objects.get(pk=run.job.pk)
            seen.append((row.progress, row.step))
        return Outcome(lambda job: {}, captured=0)

    echo.work = steps  # type: ignore[method-assign]
    work.run_job(job_id=submit().pk)

    assert seen == [
        (25, "1 of 4 shots"),
        (50, "2 of 4 shots"),
        (75, "3 of 4 shots"),
        (99, "4 of 4 shots"),
    ]
