"""Views without a photo: drafts from words, final views from the chosen one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from core.money import CREDIT
from credits import operations as ledger
from generation.errors import Failure, ProviderError
from generation.models import Job
from generation.providers.protocols import Answer
from generation.providers.studio.engine import Studio
from techpack import operations, queries
from techpack.models import Product, Revision
from techpack.prices import pictures_in
from tests.techpack.conftest import Api, MakeProduct
from tests.techpack.steps import V2, free, spend_all

GENERATE = f"{V2}/base-views/generate"
WORDS = "a cream crew neck sweatshirt with a boxy fit"
Draws = Callable[..., list[dict[str, Any]]]


def picture(shade: int) -> bytes:
    """A grey rectangle on white, of a grey of its own."""
    drawn = Image.new("RGB", (240, 300), "white")
    drawn.paste((shade, shade, shade), (60, 60, 180, 240))
    held = BytesIO()
    drawn.save(held, "JPEG", quality=95)
    return held.getvalue()


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Draws:
    """The provider draws rectangles; ``draws(fails=("back",))`` fails for some views."""

    def start(*, fails: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = []
        shades = count(55, 15)  # several are drawn at once

        def make_view(self: Studio, **given: Any) -> Answer:
            asked.append(given)
            if given["view_type"] in fails or given["seed"] in fails:
                raise ProviderError(Failure.USER_INPUT, "no", code="SAFETY", words="Not this one.")
            data = {"width": 240, "height": 300, "note": "template, not a photo"}
            return Answer(data, images={"image.jpg": picture(next(shades))})

        monkeypatch.setattr(Studio, "make_view", make_view)
        return asked

    return start


@pytest.fixture
def product(user: Any) -> Product:
    return operations.create_product(user=user, name="Boxy Crew")


def make(api: Api, product: Product, **body: Any) -> Any:
    return api.send("POST", GENERATE, {"productId": str(product.pk), **body})


def test_four_drafts_wait_to_be_chosen(api: Api, product: Product, draws: Draws) -> None:
    asked = draws()
    answer = make(api, product, prompt=WORDS, stage="sample", count=4)
    body = answer.json()
    assert answer.status_code == 200, body
    assert (body["creditsUsed"], body["stage"], len(body["revisions"])) == (1, "sample", 4)
    for row in body["revisions"]:
        assert (row["source"], row["stage"], row["isPhoto"]) == ("generated", "sample", False)
        assert (row["isCurrent"], row["viewType"], row["prompt"]) == (False, "front", WORDS)
        assert row["notes"] == ["Template, not a photo"]
        assert (row["width"], row["height"]) == (240, 300)
    assert len({row["imageHash"] for row in body["revisions"]}) == 4
    assert len({given["seed"] for given in asked}) == 4
    assert all(given["words"] == WORDS and not given["sources"] for given in asked)
    assert free(api) == 17
    assert list(queries.revisions_of(product)) == []


def test_further_drafts_differ_from_the_first(api: Api, product: Product, draws: Draws) -> None:
    asked = draws()
    for _ in range(2):
        make(api, product, prompt=WORDS, stage="sample", count=2)
    assert len({given["seed"] for given in asked}) == 4


def test_final_views_are_made_from_the_chosen_draft_and_are_current(
    api: Api, product: Product, draws: Draws
) -> None:
    asked = draws()
    drafts = make(api, product, prompt=WORDS, stage="sample", count=2).json()["revisions"]
    chosen = drafts[1]["id"]
    views = ["front", "back", "side"]
    body = make(api, product, stage="final", views=views, sourceRevisionId=chosen).json()
    assert (body["creditsUsed"], free(api)) == (3, Decimal("14.5"))
    assert [row["viewType"] for row in body["revisions"]] == views
    for row in body["revisions"]:
        assert (row["stage"], row["isCurrent"], row["madeFrom"]) == ("final", True, chosen)
        assert row["prompt"] == WORDS
    finals = [given for given in asked if given["stage"] == "final"]
    assert [[view.id for view in given["sources"]] for given in finals] == [[chosen]] * 3
    assert all(given["sources"][0].outline for given in finals)
    drawn = Job.objects.filter(kind="base-views/generate").earliest("pk").input["pictures"]
    assert {given["seed"] for given in finals} == {drawn[1]["seed"]}
    assert {row.view_type for row in queries.revisions_of(product)} == set(views)
    assert all(row.outline for row in queries.revisions_of(product))


def test_older_versions_are_kept(api: Api, make_product: MakeProduct, draws: Draws) -> None:
    draws()
    product = make_product()
    upload = queries.revisions_of(product).get()
    made = make(api, product, stage="final", views=["front"]).json()["revisions"][0]
    assert (made["version"], made["madeFrom"]) == (2, str(upload.pk))
    upload.refresh_from_db()
    assert (upload.is_current, upload.deleted_at) == (False, None)


def test_a_draft_never_becomes_current_by_itself(
    api: Api, make_product: MakeProduct, draws: Draws
) -> None:
    draws()
    product = make_product()
    make(api, product, prompt=WORDS, stage="sample", count=1)
    operations.delete_revision(
        user=product.user, revision_id=queries.revisions_of(product).get().pk
    )
    assert list(queries.revisions_of(product)) == []


def test_what_fails_is_named_free_and_tried_again_at_its_price(
    api: Api, product: Product, draws: Draws
) -> None:
    draws(fails=("back",))
    body = make(api, product, prompt=WORDS, stage="final", views=["front", "back"]).json()
    assert (body["status"], body["creditsUsed"]) == ("partly_succeeded", 1)
    (lost,) = body["failed"]
    assert (lost["viewType"], lost["error"]["message"]) == ("back", "Not this one.")
    draws()
    again = api.send("POST", f"/api/jobs/{body['jobId']}/retry").json()
    assert [row["viewType"] for row in again["revisions"]] == ["back"]
    assert again["creditsUsed"] == 1
    assert free(api) == 16


def test_three_of_four_drafts_cost_three_quarters(api: Api, product: Product, draws: Draws) -> None:
    draws(fails=(2,))
    body = make(api, product, prompt=WORDS, stage="sample", count=4).json()
    assert (body["creditsUsed"], len(body["revisions"])) == (0.75, 3)
    assert free(api) == Decimal("17.25")


def test_the_402_offers_fewer(api: Api, user: Any, product: Product) -> None:
    ledger.adjust(user_id=user.pk, amount=-(18 * CREDIT - CREDIT * 6 // 10), key="x", reason="test")
    error = make(api, product, prompt=WORDS, stage="sample", count=4).json()["error"]
    assert error["context"]["required_credits"] == 1
    cheaper = [o for o in error["context"]["options"] if o["kind"] == "drafts"]
    assert [o["count"] for o in cheaper] == [1, 2]
    error = make(api, product, stage="final", views=["front", "back"]).json()["error"]
    assert error["context"]["required_credits"] == 2
    ledger.adjust(user_id=user.pk, amount=CREDIT, key="y", reason="test")
    error = make(api, product, stage="final", views=["front", "back"]).json()["error"]
    cheaper = [o for o in error["context"]["options"] if o["kind"] == "final_views"]
    assert [o["views"] for o in cheaper] == [["front"]]


@pytest.mark.parametrize(
    ("asked", "count", "credits"),
    [
        ({"stage": "sample"}, 1, "0.25"),
        ({"stage": "sample", "count": 4}, 4, "1"),
        ({"stage": "sample", "count": 99}, 4, "1"),
        ({"stage": "sample", "count": "x", "views": ["front", "back"]}, 2, "0.5"),
        ({"stage": "final"}, 1, "1"),
        ({"stage": "final", "views": ["front", "back", "side"]}, 3, "3"),
        ({"stage": "final", "views": "abc", "count": 9}, 1, "1"),
        ({"stage": "final", "views": ["front"] * 50}, 7, "7"),
        ({"stage": ["x"], "views": {"a": 1}, "count": True}, 1, "0.25"),
        ({}, 1, "0.25"),
    ],
)
def test_the_price_is_what_can_be_counted(
    api: Api, asked: dict[str, Any], count: int, credits: str
) -> None:
    assert pictures_in(asked) == count
    body = {"operation": "base-views/generate", **asked}
    quote = api.send("POST", "/api/credits/quote", body)
    assert Decimal(quote.json()["credits"]) == Decimal(credits)


class TestTheOrderOfChecks:
    """401 → 403 → 402 → 400 → 404."""

    def test_401_and_403(self, user: Any) -> None:
        from accounts.operations import create_key

        assert Api("tps_live_wrong").send("POST", GENERATE, b"{").status_code == 401
        reader = Api(create_key(user=user, name="reader", scopes=["products:read"])[1])
        assert reader.send("POST", GENERATE, b"{").status_code == 403

    def test_402_comes_before_400(self, api: Api, user: Any) -> None:
        spend_all(user)
        assert api.send("POST", GENERATE, {"nonsense": True}).status_code == 402

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"productId": None}, "productId"),
            ({"stage": "rough"}, "stage"),
            ({"stage": None}, "stage"),
            ({"count": 5}, "count"),
            ({"count": 0}, "count"),
            ({"count": "2"}, "count"),
            ({"views": []}, "views"),
            ({"views": ["upside down"]}, "views.0"),
            ({"views": ["front", "front"]}, "body"),
            ({"views": ["front", "back"], "count": 3}, "body"),
            ({"stage": "final", "count": 2}, "body"),
            ({"prompt": "x" * 1001}, "prompt"),
            ({"prompt": None}, "prompt"),
            ({"more": 1}, "more"),
        ],
    )
    def test_400_names_the_field(
        self, api: Api, user: Any, change: dict[str, Any], path: str
    ) -> None:
        nameless = operations.create_product(user=user)
        given = {"productId": str(nameless.pk), "prompt": WORDS, "stage": "sample"}
        answer = api.send("POST", GENERATE, {**given, **change})
        assert answer.status_code == 400, answer.json()
        assert path in answer.json()["error"]["fields"]
        assert free(api) == 18

    def test_404_for_what_is_not_in_the_product(
        self, api: Api, stranger: Api, product: Product, make_product: MakeProduct
    ) -> None:
        assert make(stranger, product, prompt=WORDS, stage="sample").status_code == 404
        other = queries.revisions_of(make_product()).get()
        for source in (other.pk, uuid4()):
            answer = make(api, product, stage="final", sourceRevisionId=str(source))
            assert answer.status_code == 404
        assert free(api) == 18


class TestStartingFromAnIdea:
    """The page's way: a product comes with its drafts, or not at all."""

    def test_a_product_is_made_with_its_drafts(self, user: Any, api: Api, draws: Draws) -> None:
        draws()
        job = operations.start_from_idea(user=user, data={"words": WORDS}, key="once")
        product = Product.objects.get()
        assert job.product_id == product.pk
        assert (product.description, product.revisions.count()) == (WORDS, 4)
        assert operations.start_from_idea(user=user, data={"words": WORDS}, key="once") == job
        assert Product.objects.count() == 1
        assert free(api) == 17

    def test_nothing_is_made_where_the_credits_do_not_reach(self, user: Any) -> None:
        from core.errors import InsufficientCredits

        spend_all(user)
        with pytest.raises(InsufficientCredits):
            operations.start_from_idea(user=user, data={"words": WORDS})
        assert not Product.objects.exists()
        assert not Job.objects.exists()


def test_a_drawn_picture_gives_estimates_whatever_length_is_known(
    api: Api, make_product: MakeProduct
) -> None:
    product = make_product()
    row = queries.revisions_of(product).get()
    Revision.objects.filter(pk=row.pk).update(stage="final", source="generated")
    operations.set_scale(
        user=product.user, revision_id=row.pk, start=[50, 20], end=[50, 420], length_um=700_000
    )
    body = {"productId": str(product.pk), "revisionIds": [str(row.pk)]}
    answer = api.send("POST", f"{V2}/base-views/analyze", body).json()
    lengths = answer["analyses"][0]["analysisData"]["dimensions"]
    assert lengths
    assert {length["status"] for length in lengths} == {"estimated"}


def test_the_studio_itself_makes_drafts_and_finals(api: Api, product: Product) -> None:
    drafts = make(api, product, prompt=WORDS, stage="sample", count=2)
    assert drafts.status_code == 200, drafts.json()
    chosen = drafts.json()["revisions"][0]
    assert "not a photo" in chosen["notes"][0].lower()
    finals = make(
        api, product, stage="final", views=["front", "back"], sourceRevisionId=chosen["id"]
    )
    assert finals.status_code == 200, finals.json()
    assert len(finals.json()["revisions"]) == 2
