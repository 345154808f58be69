"""The same product by each engine: the same shape of pack, chosen by one setting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from accounts.operations import create_key
from generation.models import AICall
from techpack import operations, queries
from techpack.models import Product
from tests.fakes import gemini_script
from tests.fakes.gemini_vendor import GeminiVendor
from tests.fakes.openai_server import OpenAIServer
from tests.model_server.running import KEY, ModelServer, running
from tests.techpack.conftest import Api, new_user, photo

pytestmark = pytest.mark.thorough

V2 = "/api/tech-pack-v2"
ENGINES = {
    "custom": "custom:studio-1",
    "openai": "openai:gpt-6.1-terra",
    "gemini": "gemini:gemini-3-flash",
}
ENTRY = {"id", "name", "value", "confidence", "provenance"}
SECTIONS = ("materials", "dimensions", "colors", "construction", "designElements")
PHOTOS = {"front": "polo-navy-front.jpg", "back": "polo-navy-back.jpg"}

Walk = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    with running(tmp_path_factory.mktemp("model-server"), workers=2) as served:
        yield served


@pytest.fixture
def all_set_up(
    model_server: ModelServer, chat_vendor: OpenAIServer, settings: Any
) -> Iterator[Any]:
    """Every engine has its account: only ``ROUTES`` says who is asked."""
    with GeminiVendor(gemini_script.answers) as gemini:
        accounts = {
            **chat_vendor.settings_for("openai"),
            **gemini.settings_for(),
            "CUSTOM_MODEL_URL": model_server.url,
            "CUSTOM_MODEL_KEY": KEY,
        }
        for name, value in accounts.items():
            setattr(settings, name, value)
        yield settings


def asked(api: Api, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = api.send("POST", f"{V2}/{path}", body)
    assert answer.status_code == 200, (path, answer.content)
    return dict(answer.json())


def walked(settings: Any, route: str) -> dict[str, Any]:
    """What every step answers for the polo, and its pack, by one engine."""
    settings.ROUTES = {"*": [route]}
    user = new_user()
    api = Api(create_key(user=user, name="tests")[1])
    product = operations.create_product(user=user, name="Pier Polo")
    for view_type, name in PHOTOS.items():
        operations.add_revision(
            user=user,
            product_id=product.pk,
            file=photo(name),
            filename=name,
            view_type=view_type,
        )
    steps = _steps(api, product)
    asked_for = AICall.objects.filter(job__user=user, status=AICall.Status.COMPLETED)
    assert {f"{call.provider}:{call.model_name}" for call in asked_for} == {route}
    pack = api.send("GET", f"/api/products/{product.pk}/tech-pack").json()
    return {**steps, "pack": pack}


def _steps(api: Api, product: Product) -> dict[str, Any]:
    key, rows = str(product.pk), queries.revisions_of(product)
    ids = [str(row.pk) for row in rows]
    detected = asked(api, "category/detect", {"productId": key})
    analysed = asked(api, "base-views/analyze", {"productId": key, "revisionIds": ids})
    seen = [row["id"] for row in analysed["analyses"]]
    shots = {"productId": key, "baseViewAnalyses": seen, "category": "tops"}
    flats = {"productId": key, "productAnalysis": seen, "category": "tops"}
    colour = analysed["analyses"][0]["analysisData"]["colors"][0]["id"]
    change = {"fieldPath": f"colors.{colour}.hex", "editPrompt": "make it red"}
    return {
        "detect": detected,
        "analyze": analysed,
        "close-ups": asked(api, "close-ups/generate", shots),
        "sketches": asked(api, "sketches/generate", flats),
        "edit": asked(api, "edit", {"revisionId": ids[0], **change}),
        "regenerate": asked(
            api, "regenerate", {"revisionId": ids[0], "regeneratePrompt": "a bit brighter"}
        ),
    }


def keys(rows: list[dict[str, Any]]) -> set[str]:
    """What all rows of a list have."""
    return set.intersection(*(set(row) for row in rows))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_product_by_each_engine_has_the_same_shape_of_pack(
    engine: str, all_set_up: Any, transactional_db: None
) -> None:
    usual = walked(all_set_up, "studio:studio-1")
    other = walked(all_set_up, ENGINES[engine])
    assert other["detect"]["category"] == usual["detect"]["category"] == "tops"
    for step in ("detect", "analyze", "close-ups", "sketches", "edit", "regenerate", "pack"):
        assert set(other[step]) == set(usual[step]), (step, other[step].get("failed"))
    _analyses(usual["analyze"]["analyses"], other["analyze"]["analyses"])
    _pictures(usual, other)
    assert _outline(other["pack"]) == _outline(usual["pack"])


def _analyses(usual: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert [row["viewType"] for row in other] == [row["viewType"] for row in usual]
    assert keys(other) == keys(usual)
    for one, two in zip(usual, other, strict=True):
        assert set(two["analysisData"]) == set(one["analysisData"])
        for section in SECTIONS:
            rows = two["analysisData"][section]
            assert rows, section
            assert keys(rows) >= ENTRY, section
            assert all(0 <= row["confidence"] <= 1 for row in rows)
        codes = [[row["code"] for row in row_["analysisData"]["dimensions"]] for row_ in (one, two)]
        assert codes[0] == codes[1]


def _pictures(usual: dict[str, Any], other: dict[str, Any]) -> None:
    shots, known = other["close-ups"]["generatedImages"], usual["close-ups"]["generatedImages"]
    assert 6 <= len(shots) <= 10
    assert keys(shots) == keys(known)
    assert all(row["analysisData"]["summary"] for row in shots)
    flats, drawn = other["sketches"]["sketches"], usual["sketches"]["sketches"]
    assert [row["viewType"] for row in flats] == [row["viewType"] for row in drawn]
    assert keys(flats) == keys(drawn)
    assert flats[0]["callouts"]
    assert flats[0]["measurements"]


def _outline(pack: dict[str, Any]) -> dict[str, Any]:
    """The pack's sections, and of each list of rows what all rows have.

    Why an entry is more or less sure is told only where a model's figure was weighed, and that it
    was asked for only of what a sentence changed.
    """
    found: dict[str, Any] = {}
    for name, value in pack.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found[name] = sorted(keys(value) - {"because", "isAsked"})
        elif isinstance(value, dict):
            found[name] = sorted(value)
        else:
            found[name] = type(value).__name__
    return found
