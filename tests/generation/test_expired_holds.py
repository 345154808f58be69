"""A hold whose time is over ends as expired, together with its job, and by the sweeper only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from core.money import CREDIT
from credits import queries as credit
from credits.models import Hold
from generation import work
from generation.errors import Failure, ProviderError
from generation.kinds import Outcome
from generation.models import Job
from generation.run import Run, claim
from tests.generation.conftest import Echo, Submit

BEFORE = timedelta(seconds=1)


def let_the_hold_run_out(job: Job) -> None:
    """Ten minutes after its deadline, and nobody swept meanwhile."""
    past = Now() - BEFORE
    Job.objects.filter(pk=job.pk).update(deadline_at=past)
    Hold.objects.filter(job_id=job.pk).update(expires_at=past)


def state_of(job: Job) -> str:
    return Hold.objects.get(job_id=job.pk).state


def free(user: Any) -> int:
    return credit.balance(user).free // CREDIT


def test_the_sweeper_expires_a_hold_with_its_job(submit: Submit, user: Any) -> None:
    job = submit()
    let_the_hold_run_out(job)
    assert work.sweep()["ended"] == 1
    job.refresh_from_db()
    assert (job.status, state_of(job), free(user)) == ("failed", "expired", 18)


def test_before_its_time_the_sweeper_releases_it(submit: Submit, user: Any) -> None:
    job = submit()
    Job.objects.filter(pk=job.pk).update(deadline_at=Now() - BEFORE)
    assert work.sweep()["ended"] == 1
    assert (state_of(job), free(user)) == ("released", 18)


def test_a_worker_expires_nothing(submit: Submit, user: Any, echo: Echo) -> None:
    def fails_late(run: Run) -> Outcome:
        let_the_hold_run_out(run.job)
        raise ProviderError(Failure.TRANSIENT, "it took too long")

    echo.work = fails_late  # type: ignore[method-assign]
    job = submit()
    work.run_job(job_id=job.pk)
    assert (state_of(job), free(user)) == ("released", 18)


def test_who_comes_after_the_sweeper_is_not_paid(submit: Submit, user: Any, echo: Echo) -> None:
    run = claim(job_id=submit().pk)
    assert run is not None
    let_the_hold_run_out(run.job)
    Job.objects.filter(pk=run.job.pk).update(lease_expires_at=Now() - BEFORE)
    assert work.sweep()["ended"] == 1
    assert not work.settle(run=run, outcome=echo.work(run))
    run.job.refresh_from_db()
    assert (run.job.status, run.job.result, state_of(run.job)) == ("failed", None, "expired")
    assert free(user) == 18
