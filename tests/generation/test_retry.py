"""What failed of a job is run again: once, at what is left of the price."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.operations import create_key
from core.errors import Conflict, InsufficientCredits, NotFound
from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from generation import kinds, work
from generation.errors import Failure, ProviderError
from generation.kinds import Kind, Outcome, Prepared
from generation.models import Job
from generation.operations import cancel, price_of_retry, retry
from generation.present import present_job
from generation.run import Run
from techpack.work.parts import Parts
from tests.generation.conftest import KIND, Echo, Submit

PRICE = 3 * CREDIT
Work = Callable[[Run], Outcome]


@pytest.fixture(autouse=True)
def _may_be_retried(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = kinds.kind_of(KIND)

    def again(job: Job) -> Prepared:
        return Prepared({"say": "again", "failed": (job.result or {}).get("failed")})

    monkeypatch.setitem(
        kinds._kinds, KIND, Kind(KIND, "Echo", usual.work, usual.present, retry=again)
    )


def fails(run: Run) -> Outcome:
    raise ProviderError(Failure.TRANSIENT, "503")


def halves(run: Run) -> Outcome:
    """Half of what it costs is done."""
    price = run.job.price
    failed = [{"id": "b", "viewType": "back", "error": {"code": "TRANSIENT"}}]
    return Outcome(lambda job: {"said": "half"}, price // 2, failed, left=price - price // 2)


@pytest.fixture
def ended(submit: Submit, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """A job after its work; the next work is as usual again."""

    def run(how: Work, job: Job | None = None) -> Job:
        job = job or submit()
        with monkeypatch.context() as patch:
            patch.setattr(echo, "work", how)
            work.run_job(job_id=job.pk)
        return Job.objects.get(pk=job.pk)

    return run


def succeed(job: Job) -> Job:
    work.run_job(job_id=job.pk)
    return Job.objects.get(pk=job.pk)


def code_of(refusal: pytest.ExceptionInfo[Conflict]) -> str:
    return refusal.value.code


def test_the_rest_of_a_job_costs_exactly_what_is_left(ended: Callable[..., Job], user: Any) -> None:
    first = ended(halves)

    again = retry(user=user, job_id=first.pk)

    assert (again.price, again.retry_of_id) == (PRICE // 2, first.pk)
    assert again.input["failed"] == first.result["failed"]  # type: ignore[index]
    assert succeed(again).status == Job.Status.SUCCEEDED
    assert credit.balance(user).available == 18 * CREDIT - PRICE
    line = credit.statement(user)[0]
    assert (line.reason, line.held) == ("Echo, tried again", PRICE // 2)


def test_a_job_that_failed_costs_its_price_again(ended: Callable[..., Job], user: Any) -> None:
    again = retry(user=user, job_id=ended(fails).pk)

    assert again.price == PRICE
    assert succeed(again).status == Job.Status.SUCCEEDED
    assert credit.balance(user).available == 18 * CREDIT - PRICE


def test_a_canceled_job_can_be_run_after_all(submit: Submit, user: Any) -> None:
    job = cancel(user=user, job_id=submit().pk)

    again = retry(user=user, job_id=job.pk)

    assert (again.price, again.status) == (PRICE, Job.Status.QUEUED)


def test_a_retry_can_be_retried(ended: Callable[..., Job], user: Any) -> None:
    first = ended(halves)
    second = ended(halves, retry(user=user, job_id=first.pk))
    third = ended(fails, retry(user=user, job_id=second.pk))
    fourth = retry(user=user, job_id=third.pk)

    assert [job.price for job in (second, third, fourth)] == [PRICE // 2, PRICE // 4, PRICE // 4]
    succeed(fourth)
    assert credit.balance(user).available == 18 * CREDIT - PRICE


def test_a_failed_retry_does_not_stand_in_the_way(ended: Callable[..., Job], user: Any) -> None:
    first = ended(halves)
    ended(fails, retry(user=user, job_id=first.pk))

    again = retry(user=user, job_id=first.pk)

    assert again.retry_of_id == first.pk
    assert succeed(again).status == Job.Status.SUCCEEDED


def test_what_was_retried_well_is_not_retried_again(ended: Callable[..., Job], user: Any) -> None:
    first = ended(halves)
    again = succeed(retry(user=user, job_id=first.pk))

    with pytest.raises(Conflict) as refusal:
        retry(user=user, job_id=first.pk)

    assert code_of(refusal) == "JOB_RETRIED"
    assert refusal.value.context == {"jobId": str(again.pk)}


def test_two_clicks_are_one_retry(ended: Callable[..., Job], user: Any) -> None:
    first = ended(halves)

    one, two = (retry(user=user, job_id=first.pk) for _ in range(2))

    assert one.pk == two.pk
    assert credit.balance(user).held == PRICE // 2


def test_two_tabs_at_one_moment_are_one_retry(ended: Callable[..., Job], user: Any) -> None:
    first = ended(halves)
    ready, made = threading.Barrier(4), []

    def click() -> None:
        try:
            ready.wait(timeout=60)
            made.append(retry(user=user, job_id=first.pk).pk)
        finally:
            connection.close()

    tabs = [threading.Thread(target=click) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(timeout=60)

    assert len(made) == 4
    assert len(set(made)) == 1
    assert Job.objects.filter(retry_of=first).count() == 1
    assert credit.balance(user).held == PRICE // 2


def test_a_key_is_one_retry_for_good(ended: Callable[..., Job], user: Any) -> None:
    first = ended(halves)
    again = succeed(retry(user=user, job_id=first.pk, key="once"))

    assert retry(user=user, job_id=first.pk, key="once").pk == again.pk


def test_what_did_not_fail_cannot_be_retried(
    submit: Submit, user: Any, ended: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    queued, done = submit(), succeed(submit())
    with pytest.raises(Conflict) as refusal:
        retry(user=user, job_id=queued.pk)
    assert code_of(refusal) == "JOB_UNFINISHED"
    with pytest.raises(Conflict) as refusal:
        retry(user=user, job_id=done.pk)
    assert code_of(refusal) == "NOT_RETRYABLE"

    failed, usual = ended(fails), kinds.kind_of(KIND)
    monkeypatch.setitem(kinds._kinds, KIND, Kind(KIND, "Echo", usual.work, usual.present))
    with pytest.raises(Conflict) as refusal:
        retry(user=user, job_id=failed.pk)
    assert code_of(refusal) == "NOT_RETRYABLE"


def test_it_is_held_like_anything_else(ended: Callable[..., Job], user: Any) -> None:
    first = ended(fails)
    ledger.adjust(user_id=user.pk, amount=-16 * CREDIT, key="gone", reason="spent elsewhere")

    with pytest.raises(InsufficientCredits):
        retry(user=user, job_id=first.pk)

    assert not Job.objects.filter(retry_of=first).exists()


def test_a_job_tells_what_its_retry_would_hold(ended: Callable[..., Job], user: Any) -> None:
    first = ended(halves)
    assert present_job(first)["retry_credits"] == "1.5"

    again = retry(user=user, job_id=first.pk)
    assert present_job(again)["retry_of"] == first.pk
    assert present_job(again)["retry_credits"] is None
    succeed(again)

    assert present_job(Job.objects.get(pk=first.pk))["retry_credits"] is None


def test_a_result_of_before_this_was_kept_costs_what_was_not_charged(
    ended: Callable[..., Job],
) -> None:
    first = ended(halves)
    del first.result["left"]  # type: ignore[union-attr]

    assert price_of_retry(first) == PRICE - PRICE // 2


class TestOverHttp:
    """``POST /api/jobs/{id}/retry``."""

    @pytest.fixture
    def api(self, user: Any) -> Client:
        return Client(headers={"authorization": f"Bearer {create_key(user=user, name='k')[1]}"})

    def post(self, api: Client, job: Any, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return api.post(
            f"/api/jobs/{job}/retry",
            content_type="application/json",
            headers={"Prefer": "respond-async"} | sent,
        )

    def test_it_answers_as_the_step_did(
        self, api: Client, ended: Callable[..., Job], user: Any
    ) -> None:
        first = ended(halves)

        accepted = self.post(api, first.pk)
        assert accepted.status_code == 202
        assert accepted.headers["Location"] == f"/api/jobs/{accepted.json()['id']}"
        assert accepted.json()["retryOf"] == str(first.pk)
        assert accepted.json()["creditsHeld"] == "1.5"
        succeed(Job.objects.get(pk=accepted.json()["id"]))

        refused = self.post(api, first.pk)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "JOB_RETRIED")

    def test_an_idempotency_key_replays(self, api: Client, ended: Callable[..., Job]) -> None:
        first = ended(halves)

        one = self.post(api, first.pk, Idempotency_Key="a")
        two = self.post(api, first.pk, Idempotency_Key="a")

        assert two.headers["Idempotency-Replayed"] == "true"
        assert one.json()["id"] == two.json()["id"]

    def test_a_job_of_somebody_else_is_not_there(self, ended: Callable[..., Job]) -> None:
        stranger = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long 42 ok")
        api = Client(headers={"authorization": f"Bearer {create_key(user=stranger, name='k')[1]}"})

        assert self.post(api, ended(fails).pk).status_code == 404
        assert self.post(api, uuid4()).status_code == 404
        assert self.post(api, "x").status_code == 404

    def test_it_takes_the_scope_to_generate(self, ended: Callable[..., Job], user: Any) -> None:
        key = create_key(user=user, name="reader", scopes=["products:read"])[1]
        api = Client(headers={"authorization": f"Bearer {key}"})

        assert self.post(api, ended(fails).pk).status_code == 403


def test_of_somebody_else_there_is_nothing_to_retry(ended: Callable[..., Job]) -> None:
    stranger = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long 42 ok")

    with pytest.raises(NotFound):
        retry(user=stranger, job_id=ended(fails).pk)


@given(price=st.integers(0, 10**10), ends=st.lists(st.booleans(), min_size=1, max_size=12))
def test_what_is_charged_and_what_is_left_add_up_to_the_price(price: int, ends: list[bool]) -> None:
    if not any(ends):
        return
    run = Mock(spec=Run, is_canceled=True, job=Mock(price=price))
    parts = Parts(run, planned=len(ends), step="")
    for number, is_good in enumerate(ends):
        if is_good:
            parts.took()
        else:
            error = ProviderError(Failure.TRANSIENT, "503")
            parts.lost(part_id=str(number), view_type="front", error=error)

    outcome = parts.outcome(lambda job: {})

    assert outcome.left is not None
    assert outcome.captured + outcome.left == price
    assert (outcome.left == 0) == (price == 0 or all(ends))
