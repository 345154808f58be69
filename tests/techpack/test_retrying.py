"""What failed of a step is made again, beside what is there, with the photos of now."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache

from accounts.operations import create_key
from core.money import CREDIT
from credits import queries as credit
from generation import asking
from generation.models import Job
from techpack import operations, queries
from techpack.models import CloseUp, Product, Sketch
from tests.api.contract import Contract
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.trouble import has_no_quota, held, refuses, resets
from tests.fakes.vendor import Behaviour, Exchange, Gate
from tests.techpack.conftest import MakeProduct

V2 = "/api/tech-pack-v2"
POLO = {"front": "polo-navy-front.jpg", "back": "polo-navy-back.jpg"}
PASSING = refuses(500, kind="server_error")
DESCRIBE, ANALYZE, DRAW = "close-ups/describe", "base-views/analyze", "sketches/generate"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST_WAIT_S", 0.01)
    cache.clear()


@pytest.fixture
def api(user: Any) -> Contract:
    """A key whose answers are held against the description of the API."""
    return Contract(create_key(user=user, name="tests")[1])


@pytest.fixture
def polo(make_product: MakeProduct) -> Product:
    """A product with two photos, and a category."""
    return make_product(**POLO)


def analyze(api: Contract, product: Product) -> Any:
    ids = [str(row.pk) for row in queries.revisions_of(product)]
    body = {"productId": str(product.pk), "revisionIds": ids}
    return api.send("POST", f"{V2}/{ANALYZE}", body)


def close_ups(api: Contract, product: Product) -> Any:
    ids = [str(row.pk) for row in queries.latest_analyses(product)]
    body = {"productId": str(product.pk), "baseViewAnalyses": ids}
    return api.send("POST", f"{V2}/close-ups/generate", body)


def sketches(api: Contract, product: Product) -> Any:
    ids = [str(row.pk) for row in queries.latest_analyses(product)]
    body = {"productId": str(product.pk), "productAnalysis": ids}
    return api.send("POST", f"{V2}/{DRAW}", body)


def retry(api: Contract, answer: Any) -> Any:
    return api.send("POST", f"/api/jobs/{answer.json()['jobId']}/retry")


def spent(user: Any) -> Decimal:
    return Decimal(18) - Decimal(credit.balance(user).available) / CREDIT


def once_the_other_is_asked(trouble: Behaviour, vendor: OpenAIServer) -> None:
    """Line up trouble for one of two views; a provider in trouble would not be asked for more."""
    other_came = Gate()

    def answers(exchange: Exchange) -> None:
        other_came.open()
        vendor.usually(exchange)

    vendor.will(held(other_came, trouble), answers, to=ANALYZE)


@pytest.mark.parametrize("trouble", [resets, has_no_quota], ids=["reset", "quota"])
def test_a_view_that_failed_is_analysed_at_what_is_left(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer, trouble: Behaviour
) -> None:
    once_the_other_is_asked(trouble, openai_vendor)
    first = analyze(api, polo)
    told = first.json()
    assert (first.status_code, told["status"]) == (200, "partly_succeeded")
    ((lost,),) = (told["failed"],)
    assert lost["error"]["code"] in ("AMBIGUOUS", "QUOTA")
    assert lost["error"]["context"] == {"charged": "0"}
    assert spent(user) == Decimal("1.5")
    operations_reopened()

    second = retry(api, first)

    assert second.status_code == 200, second.content
    assert [row["revisionId"] for row in second.json()["analyses"]] == [lost["id"]]
    assert second.json()["creditsUsed"] == 1.5
    assert spent(user) == 3
    assert len(queries.latest_analyses(polo)) == 2
    assert openai_vendor.sold[ANALYZE] == (3 if trouble is resets else 2)


def operations_reopened() -> None:
    """The half minute after a quota that was used up is over."""
    from generation.models import Breaker

    Breaker.objects.all().delete()


def test_a_view_that_was_analysed_meanwhile_costs_nothing(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer
) -> None:
    openai_vendor.will(resets, to=ANALYZE)
    first = analyze(api, polo)
    analyze(api, polo)
    before = spent(user)

    second = retry(api, first)

    assert [row["cached"] for row in second.json()["analyses"]] == [True]
    assert second.json()["creditsUsed"] == 0
    assert spent(user) == before


def test_a_photo_that_was_deleted_is_not_analysed_again(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer
) -> None:
    openai_vendor.will(resets, to=ANALYZE)
    first = analyze(api, polo)
    lost = first.json()["failed"][0]["id"]
    operations.delete_revision(user=user, revision_id=lost)

    refused = retry(api, first)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "PHOTO_DELETED")
    assert spent(user) == Decimal("1.5")
    assert not Job.objects.filter(retry_of_id=first.json()["jobId"]).exists()


def test_a_product_that_was_deleted_is_not_there(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer
) -> None:
    openai_vendor.will(resets, to=ANALYZE)
    first = analyze(api, polo)
    operations.delete_product(user=user, product_id=polo.pk)

    assert retry(api, first).status_code == 404


def test_a_step_that_failed_whole_is_run_whole(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer
) -> None:
    openai_vendor.will(resets, resets, to=ANALYZE)
    failed = analyze(api, polo)
    assert (failed.status_code, failed.json()["error"]["code"]) == (500, "AMBIGUOUS")
    assert failed.json()["error"]["context"] == {"charged": "0"}
    assert spent(user) == 0
    job = Job.objects.get(kind=ANALYZE)

    answer = api.send("POST", f"/api/jobs/{job.pk}/retry")

    assert len(answer.json()["analyses"]) == 2
    assert spent(user) == 3


def test_shots_that_failed_come_beside_those_that_are_there(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer
) -> None:
    analyze(api, polo)
    openai_vendor.will(resets, resets, to=DESCRIBE)
    first = close_ups(api, polo)
    assert first.json()["status"] == "partly_succeeded", first.json()
    made = {row["id"] for row in first.json()["generatedImages"]}
    assert len(made) == 6
    before, plans = spent(user), openai_vendor.sold["close-ups/plan"]

    second = retry(api, first)

    added = {row["id"] for row in second.json()["generatedImages"]}
    current = [str(row.pk) for row in queries.close_ups_of(polo)]
    assert set(current) == made | added
    assert [row.order for row in queries.close_ups_of(polo)] == sorted(
        row["order"] for row in first.json()["plan"]
    )
    assert openai_vendor.sold["close-ups/plan"] == plans, "the plan was bought again"
    assert before == Decimal("5.25")
    assert spent(user) == 6


def test_shots_of_a_plan_that_was_replaced_are_not_added(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer
) -> None:
    analyze(api, polo)
    openai_vendor.will(resets, to=DESCRIBE)
    first = close_ups(api, polo)
    close_ups(api, polo)
    before = spent(user)

    refused = retry(api, first)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "RESULT_REPLACED")
    assert spent(user) == before
    assert CloseUp.objects.filter(product=polo, is_current=True).count() == 8


def test_a_view_that_was_not_drawn_comes_beside_the_others(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer
) -> None:
    analyze(api, polo)
    openai_vendor.will(resets, to="images/edits")
    first = sketches(api, polo)
    assert first.json()["status"] == "partly_succeeded", first.json()
    drawn = {row["viewType"]: row["id"] for row in first.json()["sketches"]}
    ((lost,),) = (first.json()["failed"],)
    assert len(drawn) == 2

    second = retry(api, first)

    assert [row["viewType"] for row in second.json()["sketches"]] == [lost["viewType"]]
    current = queries.sketches_of(polo)
    assert [row.view_type for row in current] == ["front", "back", "side"]
    assert {str(row.pk) for row in current} >= set(drawn.values())
    assert sum(bool(row.callouts) for row in current) == 1
    codes = [row["code"] for sketch in current for row in sketch.measurements]
    assert len(codes) == len(set(codes))
    assert spent(user) == 6
    assert Sketch.objects.filter(product=polo).count() == 3


def test_a_category_can_be_looked_for_again(
    api: Contract, user: Any, polo: Product, openai_vendor: OpenAIServer
) -> None:
    openai_vendor.will(resets, to="category/detect")
    front = queries.revisions_of(polo)[0]
    failed = api.send("POST", f"{V2}/category/detect", {"revisionId": str(front.pk)})
    assert failed.status_code == 500
    job = Job.objects.filter(kind="category/detect", status="failed").get()

    answer = api.send("POST", f"/api/jobs/{job.pk}/retry")

    assert answer.json()["category"] == "tops"
