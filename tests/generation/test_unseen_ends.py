"""Who watches a job sees its end and is not told; who looked away is."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now

from core.ids import uuid7
from generation import errors, notices, work
from generation.errors import Failure
from generation.run import claim
from notifications import watches
from notifications.models import Notification, Watch
from tests.generation.conftest import Submit
from tests.generation.telling import PRODUCT, lapse, told
from tests.techpack.conftest import new_user


def test_who_waits_for_the_job_itself_is_not_told_until_the_watch_runs_out(
    about: Submit, user: Any
) -> None:
    job = about()
    watches.watch(user.pk, job.pk, 60)
    work.run_job(job_id=job.pk)
    assert notices.tell_unseen() == 0
    assert not Notification.objects.exists()
    lapse()
    assert (notices.tell_unseen(), notices.tell_unseen()) == (1, 0)
    assert told().context["jobId"] == str(job.pk)


def test_whose_answer_arrived_is_never_told(about: Submit, user: Any) -> None:
    job = about()
    watches.watch(user.pk, job.pk, 60)
    work.run_job(job_id=job.pk)
    watches.unwatch(user.pk, job.pk)
    lapse()
    assert notices.tell_unseen() == 0


def test_an_open_page_that_stays_open_is_not_told(about: Submit, user: Any) -> None:
    job = about()
    watches.watch(user.pk, PRODUCT, watches.PAGE_S)
    work.run_job(job_id=job.pk)
    watches.watch(user.pk, PRODUCT, watches.PAGE_S)
    Watch.objects.filter(subject=job.pk).update(until=Now())
    assert notices.tell_unseen() == 0
    assert not Notification.objects.exists()
    assert not Watch.objects.filter(subject=job.pk).exists()


def test_a_page_that_was_closed_before_the_end_is_told(about: Submit, user: Any) -> None:
    job = about()
    watches.watch(user.pk, PRODUCT, watches.PAGE_S)
    work.run_job(job_id=job.pk)
    assert not Notification.objects.exists()
    Watch.objects.filter(subject=job.pk).update(until=Now())
    assert notices.tell_unseen() == 1
    assert told().title == "Echo done: Pier Polo"


def test_who_looks_at_another_product_or_is_somebody_else_is_told(about: Submit, user: Any) -> None:
    watches.watch(user.pk, uuid7(), 60)
    watches.watch(new_user().pk, PRODUCT, 60)
    work.run_job(job_id=about().pk)
    assert Notification.objects.count() == 1


def test_a_watch_that_ran_out_before_the_end_does_not_count(about: Submit, user: Any) -> None:
    job = about()
    watches.watch(user.pk, job.pk, 60)
    lapse()
    work.run_job(job_id=job.pk)
    assert Notification.objects.count() == 1
    assert notices.tell_unseen() == 0
    assert Notification.objects.count() == 1


def test_free_and_stopped_jobs_that_were_waited_for_are_not_told_afterwards(
    about: Submit, user: Any
) -> None:
    job = about(price=0)
    watches.watch(user.pk, job.pk, 60)
    work.run_job(job_id=job.pk)
    lapse()
    assert notices.tell_unseen() == 0
    assert not Watch.objects.exists()


def test_a_job_that_still_runs_keeps_its_end_to_be_told(about: Submit, user: Any) -> None:
    job = about()
    run = claim(job_id=job.pk)
    assert run is not None
    watches.watch(user.pk, job.pk, 60)
    lapse()
    assert notices.tell_unseen() == 0
    work.fail(run=run, error=errors.failed(Failure.TRANSIENT))
    assert Notification.objects.count() == 1
