"""A model's analysis is weighed where it is stored, and asked for anew when its prompt changes."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageFilter

from generation.prompts import asked as prompts
from techpack import operations, queries
from techpack.models import Analysis, Product
from techpack.operations.steps import cache_key
from tests.fakes.openai_server import OpenAIServer
from tests.techpack.conftest import Api, MakeProduct, photo
from tests.techpack.steps import analyze

STUDIO = "studio:studio-1"


def blurred() -> bytes:
    held = io.BytesIO()
    with Image.open(io.BytesIO(photo())) as picture:
        picture.filter(ImageFilter.GaussianBlur(6)).save(held, "JPEG")
    return held.getvalue()


def with_photo(product: Product, data: bytes, view_type: str) -> Product:
    operations.add_revision(
        user=product.user,
        product_id=product.pk,
        file=data,
        filename="polo.jpg",
        view_type=view_type,
    )
    return product


def test_a_blurred_photo_makes_a_models_figures_smaller_and_says_so(
    api: Api, make_product: MakeProduct, openai_vendor: OpenAIServer
) -> None:
    product = with_photo(make_product(), blurred(), "back")
    assert analyze(api, product).status_code == 200
    sharp, soft = Analysis.objects.order_by("view_type").reverse()
    assert (sharp.view_type, soft.view_type) == ("front", "back")
    assert soft.confidence_score < sharp.confidence_score
    told = " ".join(soft.analysis_data["other"]["because"])
    assert "the photo is not sharp" in told
    assert "not sharp" not in " ".join(sharp.analysis_data["other"].get("because", []))
    assert "because" not in soft.raw_data["other"]
    figures = {
        row.view_type: [entry["confidence"] for entry in row.analysis_data["construction"]]
        for row in (sharp, soft)
    }
    assert all(low < high for low, high in zip(figures["back"], figures["front"], strict=True))


def test_views_that_agree_say_why_they_are_surer(
    api: Api, make_product: MakeProduct, openai_vendor: OpenAIServer
) -> None:
    product = make_product(front="polo-navy-front.jpg", back="polo-navy-back.jpg")
    assert analyze(api, product).status_code == 200
    for row in Analysis.objects.all():
        (seam, *_) = row.analysis_data["construction"]
        assert seam["because"] == ["another view says the same (+0.6)"]


def test_the_studios_own_figures_stay_as_they_were_measured(
    api: Api, make_product: MakeProduct
) -> None:
    product = with_photo(make_product(), blurred(), "back")
    assert analyze(api, product).status_code == 200
    for row in Analysis.objects.all():
        assert row.confidence_score == row.raw_data["confidence"]
        for section in ("materials", "construction", "designElements"):
            assert row.analysis_data[section] == row.raw_data[section]
        assert "picture" not in (row.revision.outline or {})


def test_a_models_answer_is_asked_for_anew_when_the_words_it_got_change(
    api: Api,
    make_product: MakeProduct,
    openai_vendor: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = make_product()
    analyze(api, product)
    again = analyze(api, product)
    assert again.json()["analyses"][0]["cached"] is True
    words = prompts.newest("analyze-view")
    changed = type(words)(words.name, words.number + 1, f"{words.body}\nBe brief.")
    monkeypatch.setattr(prompts, "newest", lambda name: changed)
    fresh = analyze(api, product)
    assert fresh.json()["analyses"][0]["cached"] is False
    assert openai_vendor.sold["base-views/analyze"] == 2


def test_the_studio_knows_no_prompt_and_keeps_its_answers(
    make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = make_product()
    row = queries.revisions_of(product)[0]
    before = cache_key(product.user, product, row, STUDIO)

    def newest(name: str) -> Any:
        raise AssertionError(name)

    monkeypatch.setattr(prompts, "newest", newest)
    assert cache_key(product.user, product, row, STUDIO) == before
