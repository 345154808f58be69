"""Steps by API with Gemini behind them: what is sold, shown, charged and told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from generation.models import AICall, ContentRefusal
from techpack import queries
from techpack.models import Product, Sketch
from tests.fakes import gemini_script as gemini
from tests.fakes import trouble
from tests.fakes.gemini_vendor import GeminiVendor, read
from tests.fakes.vendor import KEY
from tests.techpack.conftest import Api, MakeProduct
from tests.techpack.steps import SKETCHES, analyze, free, ids_of

V2 = "/api/tech-pack-v2"


def sketches(api: Api, product: Product) -> Any:
    """Ask for the flats."""
    analysis = queries.latest_analyses(product)[0]
    body = {"productId": str(product.pk), "productAnalysis": {"id": str(analysis.pk)}}
    return api.send("POST", SKETCHES, body | {"category": "tops"})


@pytest.fixture
def analysed(api: Api, make_product: MakeProduct, gemini_images_vendor: GeminiVendor) -> Product:
    """A polo from the front that Gemini has looked at."""
    product = make_product()
    answer = analyze(api, product)
    assert answer.status_code == 200, answer.content
    return product


def test_flats_by_gemini_have_the_shape_of_the_studios(
    api: Api, analysed: Product, gemini_images_vendor: GeminiVendor, settings: Any
) -> None:
    answer = sketches(api, analysed)
    assert answer.status_code == 200, answer.content
    drawn = answer.json()["sketches"]
    stored = {row.view_type: row.drawing for row in Sketch.objects.filter(product=analysed)}
    settings.ROUTES = {"sketches/generate": ["studio:studio-1"]}
    by_studio = sketches(api, analysed).json()["sketches"]

    assert [row["viewType"] for row in drawn] == ["front", "back", "side"]
    for ours, studios in zip(drawn, by_studio, strict=True):
        assert set(ours) == set(studios)
    studios_front = Sketch.objects.get(pk=by_studio[0]["id"]).drawing
    assert set(stored["front"]) == set(studios_front)
    assert set(stored["front"]["strokes"][0]) == set(studios_front["strokes"][0])
    assert "A01" in {line["code"] for line in drawn[0]["measurements"]}
    assert drawn[0]["callouts"]
    assert [row["note"] for row in drawn] == [
        "drawn by an AI model from the photo, traced",
        "drawn by AI from the front – no photo of this side",
        "drawn by AI from the front – no photo of this side",
    ]
    assert gemini_images_vendor.sold["picture"] == 3


def test_a_flat_by_gemini_is_a_small_svg_and_a_picture(
    api: Api, analysed: Product, gemini_images_vendor: GeminiVendor
) -> None:
    front = sketches(api, analysed).json()["sketches"][0]
    svg = b"".join(api.get(front["svgUrl"]))
    image = b"".join(api.get(front["imageUrl"]))

    assert svg.startswith(b"<svg ")
    assert len(svg) < 30_000
    assert all(f'id="{layer}"'.encode() in svg for layer in ("outline", "seams", "stitch"))
    assert b"FRONT VIEW" not in svg
    assert image.startswith(b"\x89PNG")


def test_each_flat_is_logged_with_model_prompt_tokens_and_cost(
    api: Api, analysed: Product, gemini_images_vendor: GeminiVendor
) -> None:
    sketches(api, analysed)

    calls = AICall.objects.filter(operation_name="sketches/generate")
    assert {(call.provider, call.model_name) for call in calls} == {
        ("gemini", "gemini-nano-banana-2.1")
    }
    assert {(call.prompt_tokens, call.completion_tokens) for call in calls} == {(1290, 1200)}
    assert {call.cost_usd_micros for call in calls} == {34_000}
    assert {call.prompt_version for call in calls} == {"draw-flat@1"}
    assert all(call.provider_ref.startswith("resp-") for call in calls)


def test_a_photo_instead_of_a_drawing_is_asked_for_again_with_what_was_wrong(
    api: Api, analysed: Product, gemini_images_vendor: GeminiVendor
) -> None:
    photo = read(gemini_images_vendor.requests[0]).pictures[0]
    gemini_images_vendor.will(gemini.paints(photo, mime_type="image/jpeg"), to="picture")

    answer = sketches(api, analysed)

    assert answer.status_code == 200, answer.content
    assert len(answer.json()["sketches"]) == 3
    last_words = [read(asked).texts[-1] for asked in gemini_images_vendor.asked_for("picture")]
    assert sum("no photo" in words or "line drawing" in words for words in last_words) == 1
    failed = AICall.objects.get(operation_name="sketches/generate", status="failed")
    assert (failed.error_class, failed.cost_usd_micros) == ("malformed_output", 34_000)


def test_a_flat_that_is_refused_for_its_content_fails_alone_and_is_given_back(
    api: Api, analysed: Product, gemini_images_vendor: GeminiVendor
) -> None:
    before = free(api)
    gemini_images_vendor.will(gemini.stops("IMAGE_RECITATION"), to="picture")

    answer = sketches(api, analysed)

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert len(body["sketches"]) == 2
    assert before - free(api) == Decimal(body["creditsUsed"]) < 3
    failed = AICall.objects.get(operation_name="sketches/generate", status="failed")
    assert (failed.error_class, failed.error_code) == ("user_input", "IMAGE_RECITATION")
    assert not ContentRefusal.objects.exists()


def test_a_photo_that_gemini_refuses_is_told_in_its_own_words(
    api: Api, make_product: MakeProduct, gemini_images_vendor: GeminiVendor
) -> None:
    product = make_product()
    gemini_images_vendor.always(gemini.blocks("PROHIBITED_CONTENT"))

    answer = analyze(api, product)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "CONTENT_REFUSED")
    assert "does not work on what this photo shows" in error["message"]
    assert ContentRefusal.objects.count() == 1
    assert len(ids_of(product)) == 1


def test_an_answer_that_is_lost_is_never_bought_twice(
    api: Api, analysed: Product, gemini_images_vendor: GeminiVendor
) -> None:
    gemini_images_vendor.will(trouble.resets, to="picture")

    answer = sketches(api, analysed)

    assert answer.status_code == 200, answer.content
    assert len(answer.json()["sketches"]) == 2
    assert gemini_images_vendor.sold["picture"] == 3
    lost = AICall.objects.get(status="ambiguous")
    assert (lost.error_class, lost.cost_usd_micros) == ("ambiguous", 0)
    assert lost.context["possibleCostUsdMicros"] == 34_000


def test_nothing_that_gemini_says_reaches_the_user_or_the_log(
    api: Api, make_product: MakeProduct, gemini_images_vendor: GeminiVendor
) -> None:
    product = make_product()
    gemini_images_vendor.always(gemini.knows_no_such_key)

    answer = analyze(api, product)

    assert answer.json()["error"]["code"] == "CONFIGURATION"
    call = AICall.objects.get(operation_name="base-views/analyze")
    for said in (answer.content.decode(), call.error_message):
        assert "secret" not in said.lower()
        assert KEY not in said
