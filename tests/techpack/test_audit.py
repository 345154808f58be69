"""The audit trail: every call behind a pack, in plain words, for its owner alone."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.operations import create_key
from core.ids import uuid7
from core.money import CREDIT
from credits import operations as ledger
from generation.models import AICall, Job
from techpack import operations
from techpack.models import Product, Revision
from tests.api.contract import Contract
from tests.techpack.conftest import Api, MakeProduct

VENDORS_WORDS = "vendor says: sk-secret-0123456789 at 10.0.0.7"
Log = Callable[..., AICall]


@pytest.fixture
def product(user: Any) -> Product:
    """A product without photos, about which nobody was asked."""
    return operations.create_product(user=user, name="Pier Polo")


@pytest.fixture
def photo(product: Product) -> Revision:
    """A front photo that nobody looked at."""
    return Revision.objects.create(
        product=product, view_type="front", version=1, width=9, height=9, image_hash="x"
    )


@pytest.fixture
def log(user: Any, product: Product) -> Log:
    """Log one ended call of a job about the product."""

    def one(*, job: Job | None = None, **given: Any) -> AICall:
        usual = {
            "part": "front",
            "operation_name": "sketches/generate",
            "operation_type": "image",
            "provider": "gemini",
            "model_name": "gemini-nano-banana-2.1",
            "prompt_version": "draw-flat@1",
            "status": AICall.Status.COMPLETED,
            "prompt_tokens": 900,
            "completion_tokens": 100,
            "total_tokens": 1000,
            "cost_usd_micros": 34_000,
            "processing_time_ms": 8250,
            "request_id": "req_77",
            "input_data": {"said": VENDORS_WORDS},
            "output_data": {"said": VENDORS_WORDS},
            "error_message": VENDORS_WORDS,
        }
        return AICall.objects.create(
            job=job or charged_job(product, credits=3),
            user=user,
            product_id=product.pk,
            **(usual | given),
        )

    return one


def charged_job(product: Product, *, credits: int = 0) -> Job:
    """An ended job about the product for which that much was charged."""
    job = Job(
        user_id=product.user_id,
        kind="sketches/generate",
        status="succeeded",
        product_id=product.pk,
        deadline_at=Now(),
        finished_at=Now(),
    )
    if credits:
        hold = ledger.hold(
            user_id=product.user_id,
            amount=credits * CREDIT,
            key=f"job:{job.pk}",
            operation=job.kind,
            reason="a test",
            ttl=timedelta(minutes=1),
        )
        job.hold = ledger.capture(hold_id=hold.pk)
    job.save()
    return job


@pytest.fixture
def contract(user: Any) -> Contract:
    """The owner's key; every answer is held against the description."""
    return Contract(create_key(user=user, name="reads", scopes=["products:read"])[1])


@pytest.fixture
def owner(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page_of(owner: Client, product: Product, query: str = "") -> str:
    answer = owner.get(f"/products/{product.pk}/audit{query}")
    assert answer.status_code == 200
    return answer.content.decode()


# --- By program --------------------------------------------------------------------------
def test_a_call_is_told_whole_in_plain_words(
    contract: Contract, product: Product, log: Log
) -> None:
    call = log()
    found = contract.get(f"/api/products/{product.pk}/audit").json()
    (row,) = found["results"]
    assert {name: row[name] for name in row if name not in ("createdAt", "completedAt")} == {
        "id": str(call.pk),
        "jobId": str(call.job_id),
        "operation": "sketches/generate",
        "step": "Sketches",
        "type": "image",
        "part": "front",
        "partName": "Front",
        "provider": "gemini",
        "model": "gemini-nano-banana-2.1",
        "promptVersion": "draw-flat@1",
        "status": "completed",
        "outcome": "Answered",
        "promptTokens": 900,
        "completionTokens": 100,
        "totalTokens": 1000,
        "costUsd": 0.034,
        "processingTimeMs": 8250,
        "errorClass": None,
        "errorCode": None,
        "requestId": "req_77",
        "creditsCharged": "3",
        "included": False,
    }


def test_totals_count_each_jobs_charge_once(contract: Contract, product: Product, log: Log) -> None:
    job = charged_job(product, credits=3)
    log(job=job, part="front")
    log(job=job, part="back", status="failed", error_class="transient")
    log(job=charged_job(product), operation_name="category/detect", cost_usd_micros=0)
    log(job=charged_job(product, credits=1), operation_name="edit", status="ambiguous")
    totals = contract.get(f"/api/products/{product.pk}/audit?limit=1").json()["totals"]
    assert totals == {
        "calls": 4,
        "failed": 2,
        "tokens": 4000,
        "costUsd": 0.102,
        "creditsCharged": "4",
    }


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({"status": "pending"}, "Asked, not answered yet"),
        ({"status": "ambiguous"}, "Sent, and no answer came: not sent again"),
        ({"status": "failed", "error_class": "transient"}, "The service did not answer"),
        ({"status": "failed", "error_class": "quota"}, "The service was unavailable"),
        ({"status": "failed", "error_class": "configuration"}, "The service was unavailable"),
        ({"status": "failed", "error_class": "malformed_output"}, "The answer was unusable"),
        ({"status": "failed", "error_class": "user_input"}, "It cannot be done as asked"),
        (
            {"status": "failed", "error_class": "user_input", "error_code": "SAFETY"},
            "The content was refused",
        ),
        ({"status": "failed", "error_class": "bug"}, "Something went wrong on our side"),
        ({"status": "failed", "error_class": "of old"}, "Failed"),
    ],
)
def test_every_end_has_its_words(
    contract: Contract, product: Product, log: Log, given: dict[str, str], outcome: str
) -> None:
    log(**given)
    (row,) = contract.get(f"/api/products/{product.pk}/audit").json()["results"]
    assert row["outcome"] == outcome


@pytest.mark.parametrize(
    ("code", "told"), [("SAFETY", "SAFETY"), ("E-1.2_x", "E-1.2_x"), ("No such key: sk-1", None)]
)
def test_a_code_is_told_and_a_sentence_is_not(
    contract: Contract, product: Product, log: Log, code: str, told: str | None
) -> None:
    log(status="failed", error_class="user_input", error_code=code)
    (row,) = contract.get(f"/api/products/{product.pk}/audit").json()["results"]
    assert row["errorCode"] == told


def test_parts_have_names(contract: Contract, product: Product, photo: Revision, log: Log) -> None:
    log(part=str(photo.pk), operation_name="base-views/analyze")
    log(part="shot-3", operation_name="close-ups/describe")
    log(part=str(uuid7()), operation_name="close-ups/plan")
    rows = contract.get(f"/api/products/{product.pk}/audit").json()["results"]
    assert [(row["step"], row["partName"]) for row in rows] == [
        ("Close-ups, plan", ""),
        ("Close-ups, describe", "Shot 4"),
        ("Analysis", "Front photo, version 1"),
    ]


def test_real_steps_leave_a_trail(contract: Contract, api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    ids = [str(product.revisions.get().pk)]
    body = {"productId": str(product.pk), "revisionIds": ids}
    assert api.send("POST", "/api/tech-pack-v2/base-views/analyze", body).status_code == 200
    found = contract.get(f"/api/products/{product.pk}/audit").json()
    row = found["results"][0]
    assert (row["step"], row["provider"], row["outcome"]) == ("Analysis", "studio", "Answered")
    assert row["creditsCharged"] == found["totals"]["creditsCharged"] == "3"


# --- As a table --------------------------------------------------------------------------
def table_of(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.getvalue().decode(), newline="")))


def test_the_table_is_whole_and_has_no_formula(api: Api, product: Product, log: Log) -> None:
    job = charged_job(product, credits=3)
    for number in range(130):
        log(job=job, part=f"shot-{number}")
    log(job=job, part="=HYPERLINK(1)", model_name="+cmd|x", request_id="-1", prompt_version="@x")
    address = f"/api/products/{product.pk}/audit"
    by_query = table_of(api.get(f"{address}?format=csv"))
    assert table_of(api.get(address, headers={"accept": "text/csv"})) == by_query
    assert by_query[0][:3] == ["Asked at", "Step", "Part"]
    assert len(by_query) == 132
    cells = dict(zip(by_query[0], by_query[1], strict=True))
    assert cells["Part"] == "'=hyperlink(1)"
    assert cells["Model"] == "'+cmd|x"
    assert (cells["Request id"], cells["Prompt"]) == ("'-1", "'@x")
    assert cells["Charged for the job, credits"] == "3"
    assert cells["Cost, USD"] == "0.034"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html,*/*;q=0.8", ""])
def test_json_is_the_usual_answer(api: Api, product: Product, accept: str) -> None:
    answer = api.get(f"/api/products/{product.pk}/audit", headers={"accept": accept})
    assert answer.headers["Content-Type"] == "application/json"


def test_another_format_is_refused(contract: Contract, product: Product) -> None:
    refused = contract.get(f"/api/products/{product.pk}/audit?format=xlsx")
    assert refused.status_code == 400
    assert refused.json()["error"]["fields"] == {"format": ["Use json or csv."]}


def test_the_page_saves_all_of_it_as_csv_and_json(
    owner: Client, api: Api, product: Product, log: Log
) -> None:
    job = charged_job(product, credits=3)
    for number in range(120):
        log(job=job, part=f"shot-{number}")
    table = table_of(owner.get(f"/products/{product.pk}/audit.csv"))
    assert table == table_of(api.get(f"/api/products/{product.pk}/audit?format=csv"))
    answer = owner.get(f"/products/{product.pk}/audit.json")
    saved = json.loads(answer.getvalue())
    listed = api.get(f"/api/products/{product.pk}/audit?limit=100").json()
    assert saved["totals"] == listed["totals"]
    assert saved["results"][:100] == listed["results"]
    assert len(saved["results"]) == 120


def test_an_empty_trail_is_a_table_of_headings_and_json_of_nothing(
    owner: Client, product: Product
) -> None:
    assert len(table_of(owner.get(f"/products/{product.pk}/audit.csv"))) == 1
    saved = json.loads(owner.get(f"/products/{product.pk}/audit.json").getvalue())
    assert saved["results"] == []


# --- On the page -------------------------------------------------------------------------
def test_two_hundred_calls_are_read_page_by_page(
    owner: Client,
    product: Product,
    log: Log,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    job = charged_job(product, credits=3)
    for number in range(200):
        log(job=job, part=f"shot-{number}")
    seen: list[str] = []
    query = ""
    while True:
        # session, person, product, calls, photos, two sums, count, balance
        with django_assert_max_num_queries(11):
            page = page_of(owner, product, query)
        seen += re.findall(r"<small>Shot (\d+)</small>", page)
        older = re.search(r'href="[^"]*audit(\?[^"]*)">Older', page)
        if older is None:
            break
        query = older[1].replace("&amp;", "&")
    assert seen == [str(number) for number in reversed(range(1, 201))]


def test_one_row_asks_the_database_as_often_as_twenty(
    owner: Client,
    product: Product,
    photo: Revision,
    log: Log,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    log(part=str(photo.pk))
    page_of(owner, product)
    with django_assert_num_queries(11) as one:
        page_of(owner, product)
    for _ in range(5):
        job = charged_job(product)
        for part in ("front", "back", "side", str(photo.pk)):
            log(job=job, part=part)
    with django_assert_num_queries(len(one)):
        page_of(owner, product)


def test_nobody_reads_a_vendors_words_or_a_secret(
    owner: Client, api: Api, product: Product, log: Log
) -> None:
    log(status="failed", error_class="bug", error_code="see: " + VENDORS_WORDS)
    log()
    address = f"/api/products/{product.pk}/audit"
    said = [page_of(owner, product), api.get(address).content.decode()]
    said += [api.get(f"{address}?format=csv").getvalue().decode()]
    said += [owner.get(f"/products/{product.pk}/audit.json").getvalue().decode()]
    for text in said:
        assert "vendor says" not in text
        assert "sk-secret" not in text
        assert "10.0.0.7" not in text


@pytest.mark.parametrize("name", ["x" * 200, "Überwurf „Größe“", "连帽衫" * 60, "<b>&\"'"])
def test_any_name_is_only_ever_text(owner: Client, product: Product, log: Log, name: str) -> None:
    Product.objects.filter(pk=product.pk).update(name=name)
    log(model_name="<script>alert(1)</script>"[:80], part="<img src=x>")
    page = page_of(owner, product)
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "<b>&" not in page


def test_before_the_first_call_the_page_says_what_will_be_there(
    owner: Client, product: Product
) -> None:
    page = page_of(owner, product)
    assert "Nothing was asked yet" in page
    assert "audit.csv" not in page


def test_the_workspace_leads_to_it(owner: Client, product: Product) -> None:
    page = owner.get(f"/products/{product.pk}").content.decode()
    assert f'href="/products/{product.pk}/audit"' in page


def test_others_find_nothing(
    stranger: Api, user: Any, product: Product, log: Log, client: Client
) -> None:
    log()
    theirs = stranger.get(f"/api/products/{product.pk}/audit")
    assert theirs.status_code == 404
    for wrong in (uuid7(), "x"):
        assert (
            Api(create_key(user=user, name="own")[1])
            .get(f"/api/products/{wrong}/audit")
            .status_code
            == 404
        )
    for path in ("audit", "audit.csv", "audit.json"):
        answer = client.get(f"/products/{product.pk}/{path}")
        assert answer.headers["Location"].startswith("/account/login/")
    narrow = Api(create_key(user=user, name="narrow", scopes=["videos"])[1])
    assert narrow.get(f"/api/products/{product.pk}/audit").status_code == 403
