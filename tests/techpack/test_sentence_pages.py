"""Sentences on the pages, without scripts: forms, prices, what changed, undo, retries, the 402."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from generation.errors import Failure, ProviderError, RequestRefused
from generation.models import Job
from generation.providers.protocols import Answer
from generation.providers.studio.engine import Studio
from techpack import operations, queries
from techpack.models import FieldEdit, Product, Revision
from techpack.pack import merge
from techpack.readiness import readiness_of
from tests.techpack.conftest import MakeProduct, photo
from tests.techpack.forms import panel_in, press, words_in
from tests.techpack.test_pages import leave, opened

WORDS = "navy hoodie, boxy fit"


@pytest.fixture
def visitor(user: Any) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


@pytest.fixture
def product(make_product: MakeProduct) -> Product:
    product = make_product()
    operations.analyze_base_views(
        user=product.user,
        data={
            "product_id": product.pk,
            "revision_ids": [row.pk for row in queries.revisions_of(product)],
        },
    )
    return Product.objects.get(pk=product.pk)


def asking(visitor: Client, product: Product, path: str, words: str = "") -> str:
    address = reverse("techpack:workspace", args=[product.pk])
    return visitor.get(address, {"ask": path, "words": words}).content.decode()


def material(product: Product) -> str:
    return f"materials.{merge.load(product).rows('materials')[0].id}.value"


def shown(product: Product, path: str) -> Any:
    section, entry, field = path.split(".")
    row = merge.load(product).row(section, entry)
    assert row is not None
    return row.cell(field).value


def test_each_value_has_a_way_to_ask_which_says_its_price(
    visitor: Client, product: Product
) -> None:
    html = opened(visitor, product)
    fields = re.findall(r'<textarea class="in inplace[^>]*name="([^"]+)"', html)
    links = re.findall(r'class="ask-link" href="[^"]*\?ask=([^"#]+)#ask"', html)
    assert len(fields) > 20
    assert links == fields
    assert html.count('with a sentence, 1 credit"') == 2 * len(fields)


def test_a_sentence_changes_the_field_shows_both_values_and_is_undone(
    visitor: Client, product: Product
) -> None:
    path = material(product)
    before = shown(product, path)
    html = asking(visitor, product, path)
    assert "Change it 1 credit" in words_in(html)
    answer = press(visitor, html, "Change it 1 credit", words='write "Piqué, 190 g/m²"')
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"#at-{path}")
    assert shown(product, path) == "Piqué, 190 g/m²"
    html = opened(visitor, product)
    assert f"was {before or 'open'} , now Piqué, 190 g/m²" in words_in(html)
    assert f'id="at-{path}"' in html
    press(visitor, html, "Undo free")
    assert shown(product, path) == before
    assert FieldEdit.objects.get().undone_at is not None
    assert "Undo free" not in words_in(opened(visitor, product))


def test_two_clicks_and_two_tabs_are_one_edit(visitor: Client, user: Any, product: Product) -> None:
    tabs = [asking(visitor, product, material(product)) for _ in range(2)]
    for tab in (*tabs, tabs[0]):
        press(visitor, tab, "Change it 1 credit", words='write "Jersey"')
    assert Job.objects.filter(kind="edit").count() == 1
    assert credit.balance(user).available == 14 * CREDIT


def test_what_was_not_understood_is_said_at_the_field_and_free(
    visitor: Client, user: Any, product: Product
) -> None:
    path = material(product)
    html = asking(visitor, product, path)
    press(visitor, html, "Change it 1 credit", words="make it more poetic, like the sea")
    html = opened(visitor, product)
    place = html[html.index(f'id="at-{path}"') :][:3000]
    assert "not changed, not charged" in place
    assert "make it more poetic" in place
    again = re.search(r'href="([^"]*\?ask=[^"]*words=[^"]*)"', place)
    assert again
    assert (
        'value="make it more poetic, like the sea"'
        in visitor.get(again[1].replace("&amp;", "&")).content.decode()
    )
    assert credit.balance(user).available == 15 * CREDIT


def test_the_402_stands_at_the_field_and_keeps_the_sentence(
    visitor: Client, user: Any, product: Product
) -> None:
    leave(user, CREDIT // 2)
    html = asking(visitor, product, material(product))
    answer = press(visitor, html, "Change it 1 credit", words="darker & better")
    html = answer.content.decode()
    assert answer.status_code == 402
    assert "You are 0.50 credits short." in panel_in(html)
    assert 'value="darker &amp; better"' in html
    assert html.index('id="ask"') < html.index('role="alert"')


def test_a_photo_is_changed_on_its_page_and_undone(visitor: Client, product: Product) -> None:
    row = queries.revisions_of(product).get()
    html = visitor.get(reverse("techpack:view", args=[row.pk])).content.decode()
    assert "Change it 1 credit" in words_in(html)
    assert "replace the background" in html
    answer = press(visitor, html, "Change it 1 credit", words="make it red", mode="replace")
    assert answer.headers["Location"].endswith("#views")
    html = opened(visitor, product)
    assert "Before and after" in words_in(html)
    page = visitor.get(reverse("techpack:view", args=[row.pk])).content.decode()
    assert 'alt="Before"' in page
    press(visitor, html, "Undo free")
    row.refresh_from_db()
    assert (row.source, row.replaced) == ("upload", [])


def test_another_presentation_needs_no_words(visitor: Client, product: Product) -> None:
    row = queries.revisions_of(product).get()
    html = visitor.get(reverse("techpack:view", args=[row.pk])).content.decode()
    press(visitor, html, "Change it 1 credit", words="", mode="new")
    assert not Job.objects.filter(kind="regenerate").exists()
    press(visitor, html, "Change it 1 credit", vary="1", mode="new")
    assert queries.revisions_of(product).get().version == 2


def test_a_side_that_cannot_be_made_says_so_without_a_form_for_words(
    visitor: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Studio, **asked: Any) -> Answer:
        raise RequestRefused("no side", words="It would be made up. Nothing was charged.")

    monkeypatch.setattr(Studio, "make_view", refuse)
    operations.generate_views(
        user=product.user, data={"product_id": product.pk, "stage": "final", "views": ["side"]}
    )
    page = visitor.get(reverse("techpack:workspace", args=[product.pk])).content.decode()
    found = re.search(r'<article class="sheet" id="drafts".*?</article>', page, re.DOTALL)
    assert found
    panel = found[0]
    assert "Another side" in panel
    assert "It would be made up." in panel
    assert "<textarea" not in panel


def test_a_picture_whose_analysis_failed_offers_to_look_again(
    visitor: Client, user: Any, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = queries.revisions_of(product).get()

    def away(self: Studio, **rest: Any) -> Answer:
        raise ProviderError(Failure.TRANSIENT, "away")

    with monkeypatch.context() as patch:
        patch.setattr(Studio, "analyze_view", away)
        operations.regenerate_view(
            user=user,
            data={"revision_id": row.pk, "regenerate_prompt": "make it red", "mode": "replace"},
        )
    html = opened(visitor, product)
    assert "The picture is there; looking at it failed." in words_in(html)
    assert press(visitor, html, "Retry the failed part 0.50 credits").status_code == 302
    html = opened(visitor, product)
    assert "looking at it failed" not in words_in(html)
    assert credit.balance(user).available == 14 * CREDIT


def test_the_failed_part_of_a_step_is_named_and_tried_again_at_its_price(
    visitor: Client, user: Any, make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = make_product(front="polo-navy-front.jpg", back="polo-navy-back.jpg")
    look = Studio.analyze_view

    def half(self: Studio, *, view: Any, **rest: Any) -> Answer:
        if view.view_type == "back":
            raise ProviderError(Failure.USER_INPUT, "no", words="The back is cut off at the hem.")
        return look(self, view=view, **rest)

    with monkeypatch.context() as patch:
        patch.setattr(Studio, "analyze_view", half)
        press(visitor, opened(visitor, product), "Run 3 credits")
    html = opened(visitor, product)
    assert "Back : The back is cut off at the hem." in words_in(html)
    leave(user, CREDIT)
    short = press(visitor, html, "Retry the failed part 1.50 credits")
    assert short.status_code == 402
    assert "You are 0.50 credits short." in panel_in(short.content.decode())
    ledger.adjust(user_id=user.pk, amount=CREDIT, key="more", reason="test")
    assert press(visitor, html, "Retry the failed part 1.50 credits").status_code == 302
    assert credit.balance(user).available == CREDIT // 2
    assert len(queries.latest_analyses(product)) == 2
    assert "Retry the failed part" not in words_in(opened(visitor, product))


class TestFromAnIdea:
    """Describe, choose, final views."""

    @pytest.fixture(autouse=True)
    def _draws(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def make_view(self: Studio, **given: Any) -> Answer:
            data = {"width": 1, "height": 1, "note": "template, not a photo"}
            return Answer(data, images={"image.jpg": photo(side=200)})

        monkeypatch.setattr(Studio, "make_view", make_view)

    def start(self, visitor: Client, **more: str) -> Any:
        html = visitor.get(reverse("techpack:products")).content.decode()
        assert "4 drafts 1 credit" in words_in(html)
        return press(visitor, html, "4 drafts 1 credit", words=WORDS, **more)

    def test_the_whole_way(self, visitor: Client, user: Any) -> None:
        answer = self.start(visitor, count="4", name="Gannet")
        product = Product.objects.get()
        assert answer.headers["Location"] == f"/products/{product.pk}#drafts"
        html = opened(visitor, product)
        assert html.count("Template, not a photo") == 4
        drafts = re.findall(r'name="source" value="([^"]+)"', html)
        assert len(drafts) == 4
        press(visitor, html, "Front and back 2 credits", source=drafts[2], views="front back")
        finals = list(queries.revisions_of(product))
        assert [row.view_type for row in finals] == ["front", "back"]
        assert {str(row.made_from_id) for row in finals} == {drafts[2]}
        assert credit.balance(user).available == 15 * CREDIT
        html = opened(visitor, product)
        assert "Template, not a photo" in html[: html.index('id="drafts"')]
        page = visitor.get(f"/products/{product.pk}/pack").content.decode()
        assert "Template, not a photo" in page
        pack = merge.load(Product.objects.get())
        codes = [finding.code for finding in readiness_of(pack).warnings]
        assert codes.count("VIEW_NOT_A_PHOTO") == 2
        cards = visitor.get(reverse("techpack:products")).content.decode()
        assert "Template, not a photo" in cards

    def test_what_cannot_be_made_is_named_and_not_offered_again(
        self, visitor: Client, user: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.start(visitor, count="1")
        product = Product.objects.get()
        made = Studio.make_view

        def no_side(self: Studio, **given: Any) -> Answer:
            if given["view_type"] == "side":
                raise RequestRefused("no", words="There is no template of this side.")
            return made(self, **given)

        monkeypatch.setattr(Studio, "make_view", no_side)
        source = str(Revision.objects.get().pk)
        html = opened(visitor, product)
        views = "front back side"
        press(visitor, html, "Front, back and side 3 credits", source=source, views=views)
        words = words_in(opened(visitor, product))
        assert "Side : There is no template of this side." in words
        assert "Retry" not in words
        assert credit.balance(user).available == 15 * CREDIT + 3 * CREDIT // 4

    def test_two_clicks_make_one_product(self, visitor: Client, user: Any) -> None:
        html = visitor.get(reverse("techpack:products")).content.decode()
        for _ in range(2):
            press(visitor, html, "4 drafts 1 credit", words=WORDS, count="4")
        assert Product.objects.count() == 1
        assert credit.balance(user).available == 17 * CREDIT

    def test_the_402_keeps_the_words_and_fewer_drafts_start(
        self, visitor: Client, user: Any
    ) -> None:
        leave(user, CREDIT // 2)
        answer = self.start(visitor, count="4", name="Gannet & Sons")
        html = answer.content.decode()
        assert answer.status_code == 402
        assert WORDS in html
        assert "Gannet &amp; Sons" in html
        assert not Product.objects.exists()
        press(visitor, html, "Make 2 drafts instead 0.50 credits")
        product = Product.objects.get()
        assert (product.name, product.revisions.count()) == ("Gannet & Sons", 2)

    def test_fewer_final_views_start_from_the_panel(self, visitor: Client, user: Any) -> None:
        self.start(visitor, count="1")
        product = Product.objects.get()
        leave(user, CREDIT)
        source = str(Revision.objects.get().pk)
        answer = press(
            visitor,
            opened(visitor, product),
            "Front and back 2 credits",
            source=source,
            views="front back",
        )
        assert answer.status_code == 402
        press(visitor, answer.content.decode(), "Make only front 1 credit")
        final = queries.revisions_of(product).get()
        assert (final.view_type, str(final.made_from_id)) == ("front", source)

    def test_a_missing_side_is_made_from_the_photos(
        self, visitor: Client, make_product: MakeProduct
    ) -> None:
        product = make_product()
        press(visitor, opened(visitor, product), "Make it 1 credit", views="back")
        back = queries.revisions_of(product).get(view_type="back")
        assert back.made_from == queries.revisions_of(product).get(view_type="front")


@pytest.mark.parametrize("count", [1, 20])
def test_the_workspace_asks_at_most_fifteen_queries(
    visitor: Client, user: Any, product: Product, count: int, django_assert_max_num_queries: Any
) -> None:
    path = material(product)
    for words in ('write "One"', 'write "Two"', "nonsense that fails"):
        operations.edit_field(
            user=user,
            data={"product_id": product.pk, "field_path": path, "edit_prompt": words},
        )
    first = queries.revisions_of(product).get()
    rows = [
        Revision(
            product=product,
            view_type="front",
            version=version,
            is_current=False,
            stage="sample" if version % 2 else "",
            **{
                name: getattr(first, name)
                for name in ("image_key", "thumbnail_key", "width", "height", "image_hash")
            },
        )
        for version in range(2, count + 1)
    ]
    Revision.objects.bulk_create(rows)
    opened(visitor, product)
    with django_assert_max_num_queries(15):
        opened(visitor, product)


def test_what_is_somebody_elses_cannot_be_touched(
    user: Any, product: Product, django_user_model: Any
) -> None:
    operations.edit_field(
        user=user,
        data={
            "product_id": product.pk,
            "field_path": material(product),
            "edit_prompt": 'write "x"',
        },
    )
    edit, job = FieldEdit.objects.get(), Job.objects.latest("pk")
    row = queries.revisions_of(product).get()
    eve, me = Client(), Client()
    eve.force_login(django_user_model.objects.create_user("eve@example.com"))
    me.force_login(user)
    hers = operations.create_product(user=django_user_model.objects.get(email="eve@example.com"))
    mine = operations.create_product(user=user)
    for client, owner in ((eve, product), (eve, hers), (me, mine)):
        for address in (
            reverse("techpack:undo-edit", args=[owner.pk, edit.pk]),
            reverse("techpack:retry", args=[owner.pk, job.pk]),
        ):
            assert client.post(address).status_code == 404, address
    for name in ("ask", "drafts"):
        assert eve.post(reverse(f"techpack:{name}", args=[product.pk])).status_code == 404
    for name in ("change-photo", "undo-change"):
        assert eve.post(reverse(f"techpack:{name}", args=[row.pk])).status_code == 404
