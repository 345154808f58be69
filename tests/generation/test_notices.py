"""How a paid job ended is told to whoever did not see it: once, with its cost and a next step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from core.errors import NotFound
from core.models import Event
from core.money import CREDIT
from credits import names
from credits.models import Account
from generation import errors, notices, work
from generation.errors import Failure, ProviderError
from generation.kinds import Outcome
from generation.models import Job
from generation.notices import Lead
from generation.operations import cancel
from generation.run import Run, claim
from notifications import watches
from notifications.models import Notification
from tests.generation.conftest import KIND, Echo, Submit
from tests.generation.telling import PRODUCT, lapse, told

LOST = {
    "id": "back",
    "viewType": "back",
    "error": {"code": "TRANSIENT", "message": "It did not answer. Nothing was charged."},
}


def ends(echo: Echo, work_: Callable[[Run], Outcome]) -> None:
    echo.work = work_  # type: ignore[assignment, method-assign]


def fails(failure: Failure, **more: Any) -> Callable[[Run], Outcome]:
    def one(run: Run) -> Outcome:
        raise ProviderError(failure, "vendor said: key sk-very-secret-0123456789", **more)

    return one


# --- What is told ------------------------------------------------------------------------
def test_a_success_says_what_it_cost_and_opens_the_result(about: Submit) -> None:
    job = about()
    work.run_job(job_id=job.pk)
    row = told()
    assert (row.kind, row.title) == ("job.succeeded", "Echo done: Pier Polo")
    assert row.body == "3 credits were charged."
    assert (row.link, row.link_label) == ("/somewhere#succeeded", "Do succeeded")
    assert row.context | {"jobId": ""} == {
        "jobId": "",
        "productId": str(PRODUCT),
        "operation": KIND,
        "status": "succeeded",
        "code": None,
        "headline": "Echo done",
        "cost": "3 credits were charged.",
        "charged": "3",
    }


def test_a_part_that_failed_says_why_what_came_back_and_what_a_retry_costs(
    about: Submit, echo: Echo
) -> None:
    ends(echo, lambda run: Outcome(lambda job: {}, captured=CREDIT, failed=[LOST, LOST]))
    work.run_job(job_id=about().pk)
    row = told()
    assert (row.kind, row.title) == ("job.partly_succeeded", "Echo partly done: Pier Polo")
    assert row.body.splitlines() == [
        "2 of 2 parts failed. It did not answer. 1 credit was charged, 2 were given back.",
        "What failed can be run alone, for 2 credits.",
    ]
    assert row.context["charged"] == "1"


def test_a_failure_costs_nothing_and_shows_nothing_of_the_vendors(
    about: Submit, echo: Echo
) -> None:
    ends(echo, fails(Failure.QUOTA))
    work.run_job(job_id=about().pk)
    row = told()
    assert (row.kind, row.title) == ("job.failed", "Echo failed: Pier Polo")
    assert row.body.startswith("This service is unavailable right now. Nothing was charged.")
    assert "sk-very" not in f"{row.title}{row.body}{row.context}"
    assert (row.context["code"], row.context["charged"]) == ("QUOTA", "0")


def test_a_bug_of_ours_names_the_request(about: Submit, echo: Echo) -> None:
    ends(echo, fails(Failure.BUG))
    work.run_job(job_id=about(request_id="req_77").pk)
    assert told().body.splitlines()[-1] == "Request id: req_77"


def test_what_is_not_found_any_more_is_a_failure_that_says_its_cost(
    about: Submit, echo: Echo
) -> None:
    def gone(run: Run) -> Outcome:
        raise NotFound("The product has gone.")

    ends(echo, gone)
    work.run_job(job_id=about().pk)
    assert told().body == "The product has gone. Nothing was charged."


def test_refused_content_says_what_to_change_and_later_what_it_cost(
    about: Submit, echo: Echo, settings: Any
) -> None:
    settings.REFUSALS_FREE = 1
    ends(
        echo,
        fails(
            Failure.USER_INPUT,
            code="SAFETY",
            words="The back photo was refused.",
            suggestions=["Take another back photo"],
        ),
    )
    work.run_job(job_id=about().pk)
    work.run_job(job_id=about().pk)
    first, second = Notification.objects.order_by("pk")
    assert (first.kind, first.title) == ("job.refused", "Echo refused: Pier Polo")
    lines = first.body.splitlines()
    assert lines[0] == "The back photo was refused. Nothing was charged."
    assert "Take another back photo." in lines
    assert any("last free warning" in line for line in lines)
    assert lines[-1].endswith("/docs/errors/content-refused")
    assert second.body.splitlines()[0] == (
        "The back photo was refused. 1.50 credits were charged: 50 % of the price, as announced."
    )
    assert second.context["charged"] == "1.5"


def test_what_the_plan_pays_is_said_to_be_included(about: Submit, user: Any) -> None:
    Account.objects.filter(user=user).update(plan="pro")
    work.run_job(job_id=about().pk)
    assert told().body == "Nothing was charged. Your plan includes it."
    assert told().context["charged"] == "0"


@pytest.mark.parametrize(
    "name", ["x" * 300, "Überwurf für Großgewachsene", "中文名字很长的连帽衫" * 30, "", "<b>&"]
)
def test_any_name_of_a_product_fits(
    about: Submit, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(names, "_namers", [lambda user, ids: dict.fromkeys(ids, name)])
    work.run_job(job_id=about().pk)
    title = told().title
    assert len(title) <= 200
    if not name:
        assert title == "Echo done"
    elif len(name) < 100:
        assert title == f"Echo done: {name}"
    else:
        assert title.startswith(f"Echo done: {name[:100]}")
        assert title.endswith("…")


def test_without_a_product_it_leads_to_the_credits(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_leads", {"": lambda job, end: None})
    work.run_job(job_id=submit().pk)
    assert (told().link, told().link_label) == ("/credits", "See your credits")


# --- What is not told --------------------------------------------------------------------
def test_what_was_free_is_not_told(about: Submit) -> None:
    work.run_job(job_id=about(price=0).pk)
    assert not Notification.objects.exists()


def test_what_the_user_stopped_is_not_told(about: Submit, user: Any, echo: Echo) -> None:
    cancel(user=user, job_id=about().pk)

    def stops(run: Run) -> Outcome:
        cancel(user=user, job_id=run.job.pk)
        return Outcome(lambda job: {}, captured=CREDIT, failed=[LOST])

    ends(echo, stops)
    work.run_job(job_id=about().pk)
    assert set(Job.objects.values_list("status", flat=True)) == {"canceled", "partly_succeeded"}
    assert not Notification.objects.exists()


# --- Once --------------------------------------------------------------------------------
def test_a_job_that_is_worked_on_again_is_told_once(about: Submit) -> None:
    job = about()
    run = claim(job_id=job.pk)
    assert run is not None
    Job.objects.filter(pk=job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
    work.sweep()
    work.run_job(job_id=job.pk)
    work.settle(run=run, outcome=Outcome(lambda job: {}, captured=CREDIT))
    work.fail(run=run, error=errors.failed(Failure.BUG))
    assert Notification.objects.count() == 1
    assert Event.objects.filter(type="notification.created").count() == 1


def test_a_settling_that_is_rolled_back_tells_nothing(about: Submit, echo: Echo) -> None:
    run = claim(job_id=about().pk)
    assert run is not None
    with transaction.atomic():
        work.settle(run=run, outcome=Outcome(lambda job: {}, captured=CREDIT))
        assert Notification.objects.exists()
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    work.settle(run=run, outcome=Outcome(lambda job: {}, captured=CREDIT))
    assert Notification.objects.count() == 1


def test_what_the_sweeper_gives_up_is_told(about: Submit) -> None:
    job = about()
    Job.objects.filter(pk=job.pk).update(deadline_at=Now() - timedelta(seconds=1))
    work.sweep()
    assert told().kind == "job.failed"


def test_a_direct_job_is_told_only_where_its_process_died(
    about: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, orphaned = claim(job_id=about().pk), claim(job_id=about().pk)
    assert answered is not None
    assert orphaned is not None
    monkeypatch.setattr("generation.notices.direct_names", lambda: [KIND])
    monkeypatch.setattr("generation.work.direct_names", lambda: [KIND])
    work.settle(run=answered, outcome=Outcome(lambda job: {}, captured=CREDIT))
    assert not Notification.objects.exists()
    Job.objects.filter(pk=orphaned.job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
    work.sweep()
    assert told().context["jobId"] == str(orphaned.job.pk)


def test_a_fault_in_telling_does_not_keep_a_job_from_ending(
    about: Submit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(job: Job, end: str) -> Lead:
        raise KeyError(end)

    monkeypatch.setattr(notices, "_leads", {"": broken})
    job = about()
    work.run_job(job_id=job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert not Notification.objects.exists()
    assert f"the end of job {job.pk} was not told" in caplog.text


def test_two_who_look_for_the_unseen_at_once_tell_it_once(about: Submit, user: Any) -> None:
    job = about()
    watches.watch(user.pk, job.pk, 60)
    work.run_job(job_id=job.pk)
    lapse()
    meet = threading.Barrier(4)

    def look() -> None:
        meet.wait(60)
        try:
            notices.tell_unseen()
        finally:
            connection.close()

    crowd = [threading.Thread(target=look) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(60)
    assert Notification.objects.count() == 1
