"""Every call that ends is counted once, whoever ends it, and counting never stops a job."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from core.ids import uuid7
from generation import calls, tallies, work
from generation.errors import Failure, ProviderError
from generation.models import AICall, CallTally, Job
from generation.providers.protocols import Call, Usage
from generation.run import claim

from .conftest import Submit

A_CALL: dict[str, Any] = {
    "provider": "openai",
    "model": "eyes-1",
    "operation": "base-views/analyze",
    "outcome": "completed",
    "tokens": 120,
    "cost_usd_micros": 900,
    "ms": 4_000,
}


def count(**more: Any) -> None:
    tallies.count(**(A_CALL | more))


def opened(job: Job, *, part: str = "front", is_resubmittable: bool = False) -> AICall:
    call = Call(
        part=part,
        operation="base-views/analyze",
        type="vision",
        provider="openai",
        model="eyes-1",
        is_resubmittable=is_resubmittable,
    )
    return calls.open_call(job, call)


def outcomes() -> dict[str, int]:
    return dict(CallTally.objects.values_list("outcome", "calls"))


def test_calls_of_the_same_kind_add_up_in_one_row(db: None) -> None:
    for ms in (400, 4_000, 700_000):
        count(ms=ms)
    row = CallTally.objects.get()
    assert (row.calls, row.total_tokens, row.cost_usd_micros) == (3, 360, 2_700)
    assert row.processing_time_ms == 704_400
    # Cumulative: each bound counts all that stayed within it, and 700 s stayed within none.
    assert dict(zip(tallies.BOUNDS_S, row.buckets, strict=True)) == {
        bound: 1 if bound < 4 else 2 for bound in tallies.BOUNDS_S
    }


def test_another_outcome_model_or_operation_is_another_row(db: None) -> None:
    for change in ({}, {"outcome": "transient"}, {"model": "eyes-2"}, {"operation": "edit"}):
        count(**change)
    assert sorted(CallTally.objects.values_list("calls", flat=True)) == [1, 1, 1, 1]


def test_what_took_just_a_bound_counts_as_within_it() -> None:
    within = dict(zip(tallies.BOUNDS_S, tallies.buckets_of(5_000), strict=True))
    assert (within[2], within[5]) == (0, 1)


def test_each_ended_call_counts_once_with_what_it_used(submit: Submit) -> None:
    job = submit()
    done = opened(job)
    calls.complete_call(done, usage=Usage(5, 7, 3), ref="", output={}, started=time.perf_counter())
    calls.fail_call(done, ValueError("later"), time.perf_counter())
    refused = ProviderError(Failure.USER_INPUT, "no", code="SAFETY")
    failed = opened(job, part="back")
    for _ in range(2):
        calls.fail_call(failed, refused, time.perf_counter(), usage=Usage(2, 0, 1))
    assert outcomes() == {"completed": 1, "user_input": 1}
    assert CallTally.objects.get(outcome="completed").total_tokens == 12
    assert CallTally.objects.get(outcome="user_input").cost_usd_micros == 1


@pytest.mark.parametrize(
    ("is_resubmittable", "outcome"), [(False, "ambiguous"), (True, "transient")]
)
def test_the_sweeper_counts_calls_whose_worker_is_gone(
    submit: Submit, is_resubmittable: bool, outcome: str
) -> None:
    run = claim(job_id=submit().pk)
    assert run is not None
    call = opened(run.job, is_resubmittable=is_resubmittable)
    AICall.objects.filter(pk=call.pk).update(submitted_at=Now() - timedelta(seconds=45))
    Job.objects.filter(pk=run.job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
    for _ in range(2):
        work.sweep()
    assert outcomes() == {outcome: 1}
    ms = CallTally.objects.get().processing_time_ms
    assert 45_000 <= ms < 300_000, "from when it was sent until it was given up"


def test_a_call_that_cannot_be_counted_ends_all_the_same(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "_COUNT", "INSERT INTO nowhere VALUES " + "(%s)" * 8)
    call = opened(submit())
    calls.complete_call(call, usage=Usage(1, 1), ref="", output={}, started=time.perf_counter())
    call.refresh_from_db()
    assert call.status == AICall.Status.COMPLETED
    assert not CallTally.objects.exists()


def test_a_transaction_around_survives_a_call_that_cannot_be_counted(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    count(tokens=2**63)  # more than the column holds
    assert "a call was not counted" in caplog.text
    count()
    assert CallTally.objects.get().calls == 1


@pytest.mark.django_db(transaction=True)
def test_calls_that_end_side_by_side_are_all_counted() -> None:
    """Each thread counts the same rows in an order of its own, as parallel parts do."""
    names = ["completed", "transient", "quota", "bug"]
    met, failures = threading.Barrier(8), []

    def end_calls(turn: int) -> None:
        try:
            met.wait(timeout=30)
            for n in range(40):
                count(outcome=names[(turn + n * (1 + turn % 2 * 2)) % 4], ms=1_000)
        except (threading.BrokenBarrierError, DatabaseError) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=end_calls, args=(turn,)) for turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert sum(outcomes().values()) == 8 * 40
    assert sum(row.buckets[-1] for row in CallTally.objects.all()) == 8 * 40


def test_ids_tell_calls_apart(submit: Submit) -> None:
    """A call that nobody logged is neither ended nor counted."""
    call = opened(submit())
    call.pk = uuid7()
    assert not calls.lose_call(call)
    assert outcomes() == {}
