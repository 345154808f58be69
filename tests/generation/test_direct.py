"""Direct jobs: the process that took the request works on them, and nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from core.errors import InsufficientCredits, RateLimited
from core.money import CREDIT
from credits import queries as credit
from generation import direct, kinds, work
from generation.direct import DirectRun
from generation.kinds import Kind, Outcome
from generation.models import AICall, Job
from generation.operations import cancel
from generation.providers.protocols import Call, Usage
from generation.run import claim
from tests.generation.conftest import Submit
from tests.runtime.processes import wait_for

KIND = "test/direct"
Begin = Callable[..., DirectRun]


def never(run: Any) -> Outcome:
    raise AssertionError("no worker works on a direct job")


@pytest.fixture
def begin(user: Any, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """Begin a direct job for 3 credits; at most two at once."""
    kind = Kind(KIND, "Direct", never, lambda job: dict(job.result or {}), is_direct=True)
    monkeypatch.setitem(kinds._kinds, KIND, kind)

    def put(*, is_resubmittable: bool = False, **more: Any) -> DirectRun:
        call = Call("answer", KIND, "chat", "openai", "gpt", is_resubmittable)
        given: dict[str, Any] = {
            "user": user,
            "kind": KIND,
            "price": 3 * CREDIT,
            "reason": "gpt",
            "call": call,
            "input": {},
            "at_once": 2,
            "deadline_s": 60,
        }
        return direct.begin(**(given | more))

    return put


def lose(run: DirectRun, **more: Any) -> None:
    """Its process is gone for longer than the lease."""
    past = Now() - timedelta(seconds=1)
    Job.objects.filter(pk=run.job.pk).update(lease_expires_at=past, **more)


def now_of(run: DirectRun) -> Job:
    return Job.objects.select_related("hold").get(pk=run.job.pk)


def lease_of(run: DirectRun) -> Any:
    return now_of(run).lease_expires_at


def test_it_runs_from_the_start_under_its_hold(begin: Begin, user: Any) -> None:
    run = begin(model="gpt", request_id="r-1")
    job = now_of(run)
    assert (job.status, job.fence, job.attempts, job.price) == ("running", 1, 1, 3 * CREDIT)
    assert job.hold is not None
    assert (job.hold.state, job.hold.model, job.hold.reason) == ("open", "gpt", "gpt")
    assert job.hold.expires_at > job.deadline_at
    assert AICall.objects.get(job=job).status == "pending"


def test_it_settles_once_under_its_fence(begin: Begin, user: Any) -> None:
    run = begin()
    outcome = Outcome(store=lambda job: {"said": 1}, captured=CREDIT)
    assert work.settle(run=run, outcome=outcome)
    assert not work.settle(run=run, outcome=outcome)
    assert credit.balance(user).free == 17 * CREDIT


def test_no_worker_takes_it(begin: Begin) -> None:
    run = begin()
    assert claim(job_id=run.job.pk) is None
    Job.objects.filter(pk=run.job.pk).update(status=Job.Status.QUEUED, lease_expires_at=None)
    assert claim(job_id=run.job.pk) is None


def test_it_takes_no_place_of_jobs_that_workers_do_and_they_none_of_its(
    begin: Begin, submit: Submit, settings: Any
) -> None:
    settings.JOB_RUNNING_LIMIT = 1
    begin(), begin()
    assert claim(job_id=submit().pk) is not None
    assert claim(job_id=submit().pk) is None


@pytest.mark.parametrize(("resubmittable", "code"), [(False, "AMBIGUOUS"), (True, "TRANSIENT")])
def test_when_its_process_is_gone_it_ends_and_its_hold_goes_back(
    begin: Begin, user: Any, resubmittable: bool, code: str, rung: list[str]
) -> None:
    run = begin(is_resubmittable=resubmittable)
    lose(run)
    assert work.sweep() == {"requeued": 0, "ended": 1, "rung": 0}
    job = now_of(run)
    assert (job.status, (job.error or {})["code"]) == ("failed", code)
    assert credit.balance(user).free == 18 * CREDIT
    call = AICall.objects.get(job=job)
    assert call.status == ("failed" if resubmittable else "ambiguous")
    assert rung == []
    late = Outcome(store=lambda job: {}, captured=CREDIT)
    assert not work.settle(run=run, outcome=late), "what comes late is not charged"


def test_past_its_deadline_a_call_that_was_sent_is_ambiguous_too(begin: Begin) -> None:
    run = begin()
    lose(run, deadline_at=Now() - timedelta(seconds=1))
    work.sweep()
    assert AICall.objects.get(job=run.job).status == "ambiguous"


def test_one_thread_renews_every_lease_and_hears_who_is_to_stop(
    begin: Begin, user: Any, settings: Any
) -> None:
    settings.JOB_LEASE_S = 2
    first, second = begin(), begin()
    before = lease_of(first)
    with first.kept_alive(), second.kept_alive():
        wait_for(lambda: lease_of(first) > before, what="a renewal")
        cancel(user=user, job_id=second.job.pk)
        wait_for(lambda: second.is_canceled, what="the word to stop")
        assert not first.is_canceled
        assert [one.name for one in threading.enumerate()].count("leases") == 1
        Job.objects.filter(pk=first.job.pk).update(
            status="failed", lease_expires_at=None, finished_at=Now()
        )
        wait_for(first._lost.is_set, what="the loss")


def test_more_than_allowed_at_once_are_refused_and_hold_nothing(begin: Begin, user: Any) -> None:
    begin(), begin()
    with pytest.raises(RateLimited) as refused:
        begin()
    assert refused.value.retry_after_s == 2
    assert credit.balance(user).free == 12 * CREDIT


def test_however_many_ask_together_no_more_than_allowed_begin(begin: Begin) -> None:
    ready = threading.Barrier(6)
    begun: list[DirectRun] = []

    def ask() -> None:
        try:
            ready.wait()
            begun.append(begin())
        except RateLimited:
            return
        finally:
            connection.close()

    asking = [threading.Thread(target=ask) for _ in range(6)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert len(begun) == 2
    assert Job.objects.filter(kind=KIND).count() == 2


def test_places_of_lost_processes_are_free_again(begin: Begin) -> None:
    for _ in range(2):
        lose(begin())
    assert begin().job.pk


def test_a_refusal_leaves_nothing(begin: Begin) -> None:
    with pytest.raises(InsufficientCredits):
        begin(price=19 * CREDIT)
    assert not Job.objects.exists()
    assert not AICall.objects.exists()


def test_what_was_bought_stays_bought_whatever_comes_after(begin: Begin) -> None:
    run = begin()
    run.log_answer(usage=Usage(5, 7, 3), ref="ref-1", output={"n": 1})
    run.log_failure(ValueError("later"))
    call = AICall.objects.get(job=run.job)
    assert (call.status, call.total_tokens, call.provider_ref) == ("completed", 12, "ref-1")
