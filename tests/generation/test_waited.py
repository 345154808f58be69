"""Who waits for a job by a request gets its answer, and is told only where it did not arrive."""

from __future__ import annotations

import threading
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.db.models.functions import Now

from accounts.operations import create_key
from core.bell import bell
from core.money import CREDIT
from generation import notices, waiting, work
from generation.kinds import Outcome
from generation.models import Job
from generation.run import claim
from notifications.models import Notification, Watch
from tests.asgi import serving
from tests.generation.conftest import KIND, Submit
from tests.runtime.processes import wait_for


def end_while_waited_for(job: Job) -> None:
    """End the job as soon as somebody waits for it, in another thread."""

    def end() -> None:
        try:
            wait_for(Watch.objects.filter(subject=job.pk).exists, what="somebody who waits")
            run = claim(job_id=job.pk)
            assert run is not None
            work.settle(run=run, outcome=Outcome(lambda job: {"said": "hi"}, captured=CREDIT))
        finally:
            connection.close()

    threading.Thread(target=end).start()


def test_an_answer_that_arrived_is_all_that_is_told(submit: Submit) -> None:
    job = submit()
    end_while_waited_for(job)
    answer = waiting.answer(job, wait_s=20)
    assert answer.status_code == 200
    assert Watch.objects.get().subject == job.pk
    answer.close()
    assert not Watch.objects.exists()
    assert notices.tell_unseen() == 0
    assert not Notification.objects.exists()


def test_an_answer_that_was_never_sent_is_told(submit: Submit) -> None:
    job = submit()
    end_while_waited_for(job)
    waiting.answer(job, wait_s=20)  # the client is gone: nobody sends and closes it
    assert not Notification.objects.exists()
    Watch.objects.update(until=Now() - timedelta(seconds=1))
    assert notices.tell_unseen() == 1
    assert Notification.objects.get().context["jobId"] == str(job.pk)


def test_who_waited_in_vain_is_told_of_the_end(submit: Submit) -> None:
    job = submit()
    answer = waiting.answer(job, wait_s=0.01)
    answer.close()
    assert answer.status_code == 202
    work.run_job(job_id=job.pk)
    assert not Notification.objects.exists()  # the watch outlasts the wait by a moment
    assert Watch.objects.get().subject == job.pk
    Watch.objects.update(until=Now() - timedelta(seconds=1))
    assert notices.tell_unseen() == 1


def test_who_does_not_wait_does_not_watch(submit: Submit) -> None:
    waiting.answer(submit(), wait_s=0).close()
    assert not Watch.objects.exists()


def test_what_was_told_before_the_wait_began_counts_as_read(submit: Submit) -> None:
    job = submit()
    work.run_job(job_id=job.pk)
    waiting.answer(job, wait_s=5).close()  # the job as it was when it was submitted
    row = Notification.objects.get()
    assert row.read_at is not None
    assert row.email_due_at is None


def test_a_client_that_hangs_up_is_told(user: Any, submit: Submit, monkeypatch: Any) -> None:
    job = submit()
    headers = {
        "Authorization": f"Bearer {create_key(user=user, name='k')[1]}",
        "Prefer": "wait=60",
    }
    monkeypatch.setattr("generation.operations.retry", lambda **_: job)
    with serving() as url:
        client = HTTPConnection(urlsplit(url).netloc, timeout=60)
        client.request("POST", f"/api/jobs/{job.pk}/retry", headers=headers)
        wait_for(Watch.objects.filter(subject=job.pk).exists, what="the request that waits")
        client.close()
        work.run_job(job_id=job.pk)
        wait_for(lambda: f"job:{job.pk}" not in bell._listeners, what="the end of the wait")
    assert not Notification.objects.exists()
    Watch.objects.update(until=Now() - timedelta(seconds=1))
    assert notices.tell_unseen() == 1
    assert Notification.objects.get().context["operation"] == KIND
