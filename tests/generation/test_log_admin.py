"""The AI operation log in the admin: found by any id, read without secrets, never changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.ids import uuid7
from core.money import CREDIT
from credits import names
from generation import tallies, work
from generation.kinds import Outcome, Prepared
from generation.models import AICall, Job
from generation.run import claim
from tests.generation.conftest import Submit

CALLS, JOBS = "/admin/generation/aicall/", "/admin/generation/job/"
PRODUCT = uuid7()
Log = Callable[..., AICall]


@pytest.fixture
def operator(transactional_db: None) -> Client:
    client = Client()
    person = get_user_model().objects.create_superuser("op@example.com", "long enough 42")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def job(submit: Submit, monkeypatch: pytest.MonkeyPatch) -> Job:
    """An ended job about a product, with 1 of 3 credits charged."""
    monkeypatch.setattr(names, "_namers", [])
    made = submit(prepare=lambda: Prepared({"say": "hi"}, product_id=PRODUCT), request_id="req_job")
    run = claim(job_id=made.pk)
    assert run is not None
    work.settle(run=run, outcome=Outcome(lambda job: {"said": "hi"}, captured=CREDIT))
    made.refresh_from_db()
    return made


@pytest.fixture
def log(job: Job) -> Log:
    """Log one call of the job."""

    def one(**given: Any) -> AICall:
        usual = {
            "job": job,
            "user_id": job.user_id,
            "product_id": PRODUCT,
            "part": "front",
            "operation_name": "sketches/generate",
            "operation_type": "image",
            "provider": "gemini",
            "model_name": "nano",
            "status": "completed",
        }
        return AICall.objects.create(**(usual | given))

    return one


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())


def found(client: Client, query: str) -> set[str]:
    """The parts of the calls that the list shows."""
    answer = client.get(f"{CALLS}?{query}")
    assert answer.status_code == 200
    return {row.part for row in answer.context["cl"].result_list}


# --- Finding -----------------------------------------------------------------------------
def test_a_call_is_found_by_whatever_is_known_of_it(
    operator: Client, log: Log, job: Job, submit: Submit
) -> None:
    other = submit(price=0)
    log(job=other, part="other", product_id=uuid7(), request_id="req_other")
    call = log(part="mine", request_id="req_77", provider_ref="resp-9a", error_code="SAFETY")
    theirs = {"other", "mine"}
    for term, parts in {
        str(call.pk): {"mine"},
        job.pk.hex: {"mine"},
        str(job.hold_id): {"mine"},
        str(PRODUCT): {"mine"},
        str(job.user_id): theirs,
        job.user.email: theirs,
        job.user.email[:9] + "x": set(),
        "req_77": {"mine"},
        " resp-9a ": {"mine"},
        "safety": {"mine"},
        str(uuid7()): set(),
        "no such thing": set(),
        "%": set(),
    }.items():
        assert found(operator, f"q={term}") == parts, term


def test_the_list_is_narrowed_by_what_operators_ask(operator: Client, log: Log) -> None:
    log(part="a")
    log(part="b", status="failed", error_class="quota", provider="openai", model_name="gpt")
    log(part="c", status="failed", error_class="bug", operation_name="edit")
    for provider, model, operation in (
        ("gemini", "nano", "sketches/generate"),
        ("openai", "gpt", "sketches/generate"),
        ("gemini", "nano", "edit"),
    ):
        tallies.count(
            provider=provider,
            model=model,
            operation=operation,
            outcome="completed",
            tokens=1,
            cost_usd_micros=0,
            ms=1,
        )
    for query, parts in {
        "status__exact=failed": {"b", "c"},
        "class=quota": {"b"},
        "provider=openai": {"b"},
        "model=nano": {"a", "c"},
        "operation=edit": {"c"},
        "provider=gemini&status__exact=failed": {"c"},
        "created_at__gte=2000-01-01 00:00:00%2B00:00": {"a", "b", "c"},
        "created_at__gte=2100-01-01 00:00:00%2B00:00": set(),
    }.items():
        assert found(operator, query) == parts, query
    page = text_of(operator, CALLS)
    for option in ("?provider=openai", "?model=gpt", "?operation=edit", "?class=malformed_output"):
        assert option in page, option


def test_a_job_is_found_and_leads_to_its_calls_and_its_charge(
    operator: Client, log: Log, job: Job
) -> None:
    call = log()
    for term in (str(job.pk), str(job.hold_id), str(call.pk), "req_job", job.user.email):
        assert str(job.pk) in text_of(operator, f"{JOBS}?q={term}"), term
    page = text_of(operator, f"{JOBS}{job.pk}/change/")
    assert f'href="{CALLS}{call.pk}/change/"' in page
    explained = f"/admin/credits/hold/{job.hold_id}/explain/"
    assert explained in page
    assert '"said": "hi"' in page
    story = text_of(operator, explained)
    assert "1.00 charged to monthly lot" in story
    assert f"{JOBS}{job.pk}/change/" in story


# --- Reading -----------------------------------------------------------------------------
def test_a_call_is_read_whole_without_secrets_and_pictures(operator: Client, log: Log) -> None:
    call = log(
        prompt_version="draw-flat@1",
        cost_usd_micros=34_000,
        processing_time_ms=8250,
        input_data={"view": "front", "api_key": "sk-secret", "words": "<script>alert(1)</script>"},
        output_data={
            "data": {"note": "连帽衫", "photo": "data:image/png;base64," + "A" * 5000},
            "authorization": "Bearer tps_live_0123456789abcdef",
        },
        error_message="said: no",
    )
    answer = operator.get(f"{CALLS}{call.pk}/change/")
    assert b"<script>alert(1)" not in answer.content
    page = unescape(answer.content.decode())
    for words in ("draw-flat@1", "0.034000", "8250", '"view": "front"', "连帽衫", "said: no"):
        assert words in page, words
    assert "characters of image/png" in page
    for secret in ("sk-secret", "AAAA", "tps_live"):
        assert secret not in page, secret


def test_retries_of_a_part_link_to_each_other(operator: Client, log: Log, job: Job) -> None:
    first = log(status="failed", error_class="transient")
    second = log()
    other = log(part="back")
    page = text_of(operator, f"{CALLS}{second.pk}/change/")
    assert f'href="{CALLS}{first.pk}/change/"' in page
    assert f"{CALLS}{other.pk}/change/" not in page
    assert f'href="{JOBS}{job.pk}/change/"' in page
    assert f"/admin/credits/hold/{job.hold_id}/explain" in page
    assert f'href="{CALLS}{second.pk}/change/"' in text_of(operator, f"{CALLS}{first.pk}/change/")


# --- Saving ------------------------------------------------------------------------------
def test_the_chosen_are_saved_as_a_table_without_formulas(operator: Client, log: Log) -> None:
    chosen = [log(part="=1+1"), log(part="back", status="failed", error_class="quota")]
    log(part="other")
    answer = operator.post(
        CALLS, {"action": "as_csv", "_selected_action": [str(call.pk) for call in chosen]}
    )
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode(), newline="")))
    assert [row["part"] for row in rows] == ["back", "'=1+1"]
    assert rows[0]["error_class"] == "quota"


# --- Nothing changes ---------------------------------------------------------------------
def test_nobody_adds_changes_or_deletes(operator: Client, log: Log, job: Job) -> None:
    call = log()
    for place in (f"{CALLS}add/", f"{CALLS}{call.pk}/delete/", f"{JOBS}{job.pk}/delete/"):
        assert operator.get(place).status_code == 403
        assert operator.post(place, {"post": "yes"}).status_code == 403
    for place in (f"{CALLS}{call.pk}/change/", f"{JOBS}{job.pk}/change/"):
        assert operator.post(place, {"status": "failed"}).status_code == 403
    operator.post(CALLS, {"action": "delete_selected", "_selected_action": [str(call.pk)]})
    before = AICall.objects.get()
    assert (before.pk, before.status) == (call.pk, "completed")


def test_who_is_no_operator_sees_nothing(log: Log, user: Any) -> None:
    call = log()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for place in (CALLS, f"{CALLS}{call.pk}/change/", JOBS):
        assert client.get(place).status_code == 302


# --- Cost --------------------------------------------------------------------------------
@pytest.mark.parametrize("place", [CALLS, JOBS])
def test_twenty_rows_ask_the_database_as_often_as_one(
    operator: Client, log: Log, submit: Submit, place: str
) -> None:
    log()
    operator.get(place)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert operator.get(place).status_code == 200
        counts.append(len(asked))
        for _ in range(19):
            log(job=submit(price=0), part=str(uuid7()))
            Job.objects.filter(status="queued").update(status="canceled", finished_at=Now())
    assert counts[0] == counts[1] <= 14


def test_a_detail_page_asks_a_bounded_number_of_times(operator: Client, log: Log, job: Job) -> None:
    call = log()
    addresses = (f"{CALLS}{call.pk}/change/", f"{JOBS}{job.pk}/change/")
    for address in addresses:
        operator.get(address)  # fills Django's cache of content types
    counts: list[list[int]] = []
    for _ in range(2):
        round_ = []
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                operator.get(address)
            round_.append(len(asked))
        counts.append(round_)
        for _ in range(20):
            log(status="failed", error_class="transient")
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 16
