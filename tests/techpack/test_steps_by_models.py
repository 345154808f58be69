"""Steps by API with a model behind them: what is bought, shown and charged."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from generation.models import AICall
from generation.prompts import prompt_of
from techpack import queries
from techpack.models import Product
from tests.fakes import trouble
from tests.fakes.openai_script import answers_well, says
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.step_answers import good_answer, no_product
from tests.fakes.vendor import KEY, Exchange
from tests.techpack.conftest import Api, MakeProduct

V2 = "/api/tech-pack-v2"


def ids_of(product: Product) -> list[str]:
    return [str(row.pk) for row in queries.revisions_of(product)]


@pytest.fixture(params=["openai", "custom"])
def vendor(request: pytest.FixtureRequest) -> OpenAIServer:
    """Each of them, set up alone."""
    return request.getfixturevalue(f"{request.param}_vendor")


def test_a_category_is_detected(
    api: Api, make_product: MakeProduct, vendor: OpenAIServer, request: pytest.FixtureRequest
) -> None:
    product = make_product(front="polo-navy-front.jpg")
    answer = api.send("POST", f"{V2}/category/detect", {"productId": str(product.pk)})
    assert answer.status_code == 200, answer.content
    assert answer.json()["category"] == "tops"
    assert answer.json()["modelUsed"].startswith(("openai:gpt-6.1-terra", "custom:"))
    assert vendor.sold["category/detect"] == 1


def test_views_are_analysed_and_close_ups_described(
    api: Api, make_product: MakeProduct, vendor: OpenAIServer
) -> None:
    product = make_product(front="polo-navy-front.jpg", back="polo-navy-back.jpg")
    body = {"productId": str(product.pk), "revisionIds": ids_of(product)}
    analysed = api.send("POST", f"{V2}/base-views/analyze", body)
    assert analysed.status_code == 200, analysed.content
    data = analysed.json()["analyses"][0]["analysisData"]
    assert [row["id"] for row in data["construction"]] == ["k_side-seam", "k_placket"]
    assert data["dimensions"]
    first = analysed.json()["analyses"][0]
    assert first["tokensUsed"] == 1_500
    shots = api.send(
        "POST",
        f"{V2}/close-ups/generate",
        {"productId": str(product.pk), "baseViewAnalyses": [first["id"]], "category": "tops"},
    )
    assert shots.status_code == 200, shots.content
    assert len(shots.json()["generatedImages"]) == 8
    assert vendor.sold == {
        "base-views/analyze": 2,
        "close-ups/plan": 1,
        "close-ups/describe": 8,
    }
    call = AICall.objects.filter(operation_name="base-views/analyze").first()
    assert call is not None
    assert (call.prompt_tokens, call.completion_tokens) == (1_200, 300)


def test_all_views_are_looked_at_together(
    api: Api, make_product: MakeProduct, openai_vendor: OpenAIServer
) -> None:
    names = ("front", "back", "left", "right", "detail")
    product = make_product(**dict.fromkeys(names, "polo-navy-front.jpg"))
    together = threading.Barrier(len(names))

    def meets(exchange: Exchange) -> None:
        together.wait(30)
        answers_well(exchange)

    openai_vendor.always(meets, to="base-views/analyze")
    body = {"productId": str(product.pk), "revisionIds": ids_of(product)}
    answer = api.send("POST", f"{V2}/base-views/analyze", body)
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["analyses"]) == len(names)
    assert openai_vendor.at_once == len(names)


def test_a_photo_without_a_product_is_said_to_have_none(
    api: Api, make_product: MakeProduct, openai_vendor: OpenAIServer
) -> None:
    product = make_product()
    openai_vendor.always(says(no_product("base-views/analyze")), to="base-views/analyze")
    body = {"productId": str(product.pk), "revisionIds": ids_of(product)}
    answer = api.send("POST", f"{V2}/base-views/analyze", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "CONTENT_REFUSED")
    assert "No product could be found" in answer.json()["error"]["message"]
    call = AICall.objects.get(operation_name="base-views/analyze")
    assert (call.error_code, call.prompt_tokens) == ("NO_PRODUCT", 1_200)
    assert call.cost_usd_micros == 2_700


def test_a_view_that_was_answered_wrongly_is_asked_for_once_more_with_the_complaint(
    api: Api, make_product: MakeProduct, openai_vendor: OpenAIServer
) -> None:
    product = make_product()
    openai_vendor.will(says({"hasProduct": True}), to="base-views/analyze")
    body = {"productId": str(product.pk), "revisionIds": ids_of(product)}
    answer = api.send("POST", f"{V2}/base-views/analyze", body)
    assert answer.status_code == 200, answer.content
    first, second = openai_vendor.asked_for("base-views/analyze")
    assert "Field required" not in str(first.body)
    assert "materials: Field required" in str(second.body)
    calls = AICall.objects.filter(operation_name="base-views/analyze").order_by("pk")
    assert [call.cost_usd_micros for call in calls] == [2_700, 2_700]
    assert {call.prompt_version for call in calls} == {prompt_of("base-views/analyze").version}


def test_nothing_of_a_vendors_words_reaches_the_user_or_the_log(
    api: Api, make_product: MakeProduct, openai_vendor: OpenAIServer
) -> None:
    product = make_product()
    openai_vendor.always(trouble.knows_no_such_key, to="base-views/analyze")
    body = {"productId": str(product.pk), "revisionIds": ids_of(product)}
    answer = api.send("POST", f"{V2}/base-views/analyze", body)
    assert answer.json()["error"]["code"] == "CONFIGURATION"
    call = AICall.objects.get(operation_name="base-views/analyze")
    assert (call.error_class, call.error_code) == ("configuration", "invalid_api_key")
    for said in (answer.content.decode(), call.error_message):
        assert "secret" not in said
        assert KEY not in said


def dimensions_of(product: Product) -> dict[str, dict[str, Any]]:
    (analysis,) = queries.latest_analyses(product)
    return {row["id"]: row for row in analysis.analysis_data["dimensions"]}


def test_a_models_lengths_stand_only_where_geometry_does_not_reach(
    api: Api, make_product: MakeProduct, openai_vendor: OpenAIServer
) -> None:
    product = make_product()
    estimate = {"unit": "cm", "confidence": 0.6, "reason": "a card beside it"}
    told = good_answer("base-views/analyze", {}, []) | {
        "dimensions": [
            {"code": "A01", "name": "Chest width", "value": 400.0, **estimate},
            {"code": "", "name": "Logo height", "value": 3.2, **estimate},
        ]
    }
    openai_vendor.always(says(told), to="base-views/analyze")
    body = {"productId": str(product.pk), "revisionIds": ids_of(product)}
    assert api.send("POST", f"{V2}/base-views/analyze", body).status_code == 200
    before = dimensions_of(product)
    assert before["d_A01"]["value"] < 100
    assert (before["d_logo-height"]["value"], before["d_logo-height"]["status"]) == (
        3.2,
        "estimated",
    )
    (revision,) = queries.revisions_of(product)
    ring = api.send("GET", f"/api/revisions/{revision.pk}/outline").json()["rings"][0]
    ends = {"from": min(ring, key=lambda at: at[1]), "to": max(ring, key=lambda at: at[1])}
    scale = {**ends, "length": {"value": 72, "unit": "cm"}}
    assert api.send("PUT", f"/api/revisions/{revision.pk}/scale", scale).status_code == 200
    after = dimensions_of(product)
    assert after["d_A01"]["status"] == "measured"
    assert after["d_logo-height"] == before["d_logo-height"]


@pytest.mark.thorough
def test_flats_are_drawn_photos_changed_and_views_made_by_a_model(
    api: Api, make_product: MakeProduct, openai_vendor: OpenAIServer
) -> None:
    product = make_product()
    (photo,) = ids_of(product)
    told = {"productId": str(product.pk), "revisionIds": [photo]}
    first = api.send("POST", f"{V2}/base-views/analyze", told).json()["analyses"][0]
    body = {
        "productId": str(product.pk),
        "productAnalysis": {"id": first["id"]},
        "category": "tops",
    }
    flats = api.send("POST", f"{V2}/sketches/generate", body)
    assert flats.status_code == 200, flats.content
    assert [row["viewType"] for row in flats.json()["sketches"]] == ["front", "back", "side"]
    assert flats.json()["sketches"][0]["callouts"]
    wish = {"revisionId": photo, "regeneratePrompt": "warmer light"}
    changed = api.send("POST", f"{V2}/regenerate", wish)
    assert changed.status_code == 200, changed.content
    idea = {"productId": str(product.pk), "prompt": "a polo", "stage": "sample", "count": 2}
    drafts = api.send("POST", f"{V2}/base-views/generate", idea)
    assert drafts.status_code == 200, drafts.content
    drawn = {name: count for name, count in openai_vendor.sold.items() if "images" in name}
    assert sum(drawn.values()) == 3 + 1 + 2
    costs = AICall.objects.filter(operation_type="image").values_list("cost_usd_micros", flat=True)
    assert list(costs) == [127_200] * 6
