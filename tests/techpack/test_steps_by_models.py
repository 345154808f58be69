"""Steps by API with a model behind them: what is bought, shown and charged."""

from __future__ import annotations

import pytest

from generation.models import AICall
from techpack import queries
from techpack.models import Product
from tests.fakes.openai_server import OpenAIServer
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
