"""A job ends once, with its hold, whoever of many processes ends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models.functions import Now

from core.errors import NotFound
from core.money import CREDIT
from credits.models import Account, Hold
from generation import kinds, operations, work
from generation.kinds import Kind, Outcome, Prepared
from generation.models import Job
from generation.run import Run, claim

from .crowd import Call, Crowd, done

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KIND = "test/once"
PRICE = 3 * CREDIT


def _run(job_id: UUID, fence: int) -> Run:
    run = Run(Job.objects.get(pk=job_id))
    run.fence = fence
    return run


def settle(job_id: UUID, fence: int) -> bool:
    """As a worker that claimed the job with this fence."""
    outcome = Outcome(store=lambda job: {"by": fence}, captured=PRICE - CREDIT)
    return work.settle(run=_run(job_id, fence), outcome=outcome)


def fail(job_id: UUID, fence: int) -> bool:
    """Likewise, but the work came to nothing."""
    work.fail(run=_run(job_id, fence), error=NotFound("The photo is gone."))
    return False


def sweep() -> bool:
    """As beat rings for it."""
    work.sweep()
    return False


@pytest.fixture
def crowd(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    kind = Kind(KIND, "Once", lambda run: Outcome(lambda job: {}, PRICE), lambda job: {})
    monkeypatch.setitem(kinds._kinds, KIND, kind)
    for room in ("generation.operations", "generation.work"):
        monkeypatch.setattr(f"{room}.ring_worker", lambda job_id: None)
    with Crowd({"settle": settle, "fail": fail, "sweep": sweep}) as ready:
        yield ready


@pytest.fixture
def user(transactional_db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_user(f"{uuid4().hex}@example.com")


def claimed(user: Any) -> Job:
    """A job whose worker fell silent and whose time is over: everybody may want to end it."""
    job = operations.submit(user=user, kind=KIND, price=PRICE, prepare=lambda: Prepared({}))
    assert claim(job_id=job.pk) is not None
    Job.objects.filter(pk=job.pk).update(
        lease_expires_at=Now() - timedelta(seconds=1), deadline_at=Now() - timedelta(seconds=1)
    )
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("turn", range(3))
def test_a_job_ends_once_by_its_worker_or_by_the_sweeper(
    crowd: Crowd, user: Any, turn: int
) -> None:
    job = claimed(user)
    now, before = ({"job_id": job.pk, "fence": fence} for fence in (job.fence, job.fence - 1))
    calls = [Call("settle", now), Call("fail", now), Call("sweep", {}), Call("settle", before)]
    found = crowd.at_once((calls[turn:] + calls[:turn]) * 2)
    job.refresh_from_db()
    hold = Hold.objects.get(job_id=job.pk)
    is_settled = job.status == Job.Status.SUCCEEDED
    assert done(found).count(True) == is_settled
    assert (job.result, hold.captured) == (
        ({"by": job.fence}, PRICE - CREDIT) if is_settled else (None, 0)
    )
    assert hold.state == ("captured" if is_settled else hold.state)
    assert hold.state in ("captured", "released", "expired")
    assert job.status in (Job.Status.SUCCEEDED, Job.Status.FAILED)
    account = Account.objects.get(user=user)
    assert (account.available, account.held) == (18 * CREDIT - hold.captured, 0)


def test_a_worker_whose_job_was_claimed_again_settles_nothing(crowd: Crowd, user: Any) -> None:
    job = claimed(user)
    late, fence = {"job_id": job.pk, "fence": job.fence}, job.fence + 1
    Job.objects.filter(pk=job.pk).update(fence=fence, deadline_at=Now() + timedelta(hours=1))
    assert done(crowd.at_once([Call("settle", late), Call("fail", late)] * 4)) == [False] * 8
    job.refresh_from_db()
    assert (job.status, job.result) == (Job.Status.RUNNING, None)
    current = Call("settle", {"job_id": job.pk, "fence": fence})
    assert sorted(done(crowd.at_once([current, Call("settle", late)] * 4))) == [False] * 7 + [True]
    job.refresh_from_db()
    assert (job.status, job.result) == (Job.Status.SUCCEEDED, {"by": fence})
    assert Hold.objects.get(job_id=job.pk).captured == PRICE - CREDIT
