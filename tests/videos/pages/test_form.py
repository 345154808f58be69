"""Asking for a film by the page, without scripts: its form, the price, what is missing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from generation.models import Job
from techpack import operations, queries
from techpack.models import Product
from tests.techpack.forms import form_in, panel_in, press, words_in
from tests.videos.pages.conftest import PAGE, item, page, wish
from tests.videos.rows import put_video
from videos.models import Video

INFO = "Credits are only deducted when videos complete successfully - failed generations are free"


def leave(person: Any, amount: int) -> None:
    """Take all but ``amount`` µcr away."""
    left = credit.balance(person).available
    ledger.adjust(user_id=person.pk, amount=amount - left, key=f"left {amount}", reason="a test")


def test_it_needs_somebody_signed_in(db: None) -> None:
    answer = Client().get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/videos")


def test_the_empty_page_leads_to_a_product(visitor: Client) -> None:
    words = words_in(page(visitor))
    assert INFO in words
    assert "No video yet" in words
    assert "Add a product" in words
    assert "Free after" not in words


def test_the_price_stands_on_the_button_before_anything_is_chosen(
    visitor: Client, product: Product
) -> None:
    words = words_in(page(visitor))
    assert "4 s × 0.50 2.00 Free now 18.00 Free after 16.00" in words
    assert "Make it 2 credits · about 4 s" in words
    assert "2.00 is held now and captured only when the video is done." in words
    assert "Model" not in words  # the studio alone offers: nothing to choose


def test_a_link_chooses_before(visitor: Client, product: Product) -> None:
    back = queries.revisions_of(product)[1]
    html = page(visitor, product=str(product.pk), view=str(back.pk), seconds="12", words="slowly")
    assert f'name="view" value="{back.pk}" checked' in html
    assert "12 s × 0.50 6.00" in words_in(html)
    assert re.search(r'<textarea[^>]*name="words"[^>]*>slowly</textarea>', html)


def test_the_newest_product_with_a_photo_is_chosen_at_first(
    visitor: Client, product: Product
) -> None:
    operations.create_product(user=product.user, name="Not photographed yet")
    html = page(visitor)
    assert f'<option value="{product.pk}" selected>' in html
    assert "This product has no photo yet" not in html


def test_what_cannot_be_chosen_is_as_at_first(visitor: Client, product: Product) -> None:
    html = page(
        visitor, product="nonsense", view="1", seconds="5", size="1x1", model="?", movement="?"
    )
    assert "4 s × 0.50 2.00" in words_in(html)
    assert '<option value="words" selected>' in html


def test_a_length_that_costs_other_than_the_button_said_is_shown_first(
    visitor: Client, product: Product, queued: None
) -> None:
    first = press(visitor, page(visitor), "Make it", **wish(product, seconds="8"))
    html = first.content.decode()
    assert first.status_code == 200
    assert "Make it 4 credits" in words_in(html)
    assert not Video.objects.exists()
    second = press(visitor, html, "Make it", **wish(product, seconds="8"))
    assert second.status_code == 302
    assert Video.objects.get().seconds == 8


def test_the_price_of_a_choice_can_be_asked_for(visitor: Client, product: Product) -> None:
    answer = press(visitor, page(visitor), "Make it", **wish(product, seconds="12"), show="1")
    assert "12 s × 0.50 6.00 Free now 18.00 Free after 12.00" in words_in(answer.content.decode())
    assert not Job.objects.exists()


def test_two_clicks_are_one_film(visitor: Client, product: Product, queued: None) -> None:
    html = page(visitor)
    answers = [press(visitor, html, "Make it", **wish(product)) for _ in range(2)]
    video = Video.objects.get()
    assert {answer["Location"] for answer in answers} == {f"{PAGE}#{video.video_id}"}
    assert credit.balance(video.user).held == 2 * CREDIT
    words = item(page(visitor), video)
    assert "Turntable Queued" in words
    assert "2.00 credits held." in words
    assert "Cancel, release 2.00" in words


def test_movement_and_words_are_asked_for_together(
    visitor: Client, product: Product, queued: None
) -> None:
    press(visitor, page(visitor), "Make it", **wish(product, movement="pan", words=" pale  paper "))
    video = Video.objects.get()
    assert video.prompt == "Pan, the camera glides across the product. pale  paper"
    assert "pale paper" in item(page(visitor), video)


def test_without_words_the_words_have_to_say_something(visitor: Client, product: Product) -> None:
    answer = press(visitor, page(visitor), "Make it", **wish(product, movement="words"))
    assert answer.status_code == 400
    assert "Say what it should show." in words_in(answer.content.decode())
    assert credit.balance(product.user).held == 0


def test_what_was_wrong_keeps_what_was_typed(
    visitor: Client, product: Product, queued: None
) -> None:
    sent = wish(product, words="<b>a coat</b>", view="not a photo")
    answer = press(visitor, page(visitor), "Make it", **sent)
    assert answer.status_code == 400
    html = answer.content.decode()
    assert "&lt;b&gt;a coat&lt;/b&gt;</textarea>" in html
    assert 'role="alert"' in html
    assert credit.balance(product.user).held == 0
    right = wish(product, words="a coat", view=str(queries.revisions_of(product)[0].pk))
    assert press(visitor, html, "Make it", **right).status_code == 302


def test_who_goes_back_and_asks_for_another_film_gets_it(
    visitor: Client, product: Product, queued: None
) -> None:
    html = page(visitor)
    press(visitor, html, "Make it", **wish(product, words="slow"))
    press(visitor, html, "Make it", **wish(product, words="quick"))
    press(visitor, html, "Make it", **wish(product, words="quick"))
    assert Video.objects.count() == 2


@pytest.mark.parametrize(
    "given",
    ["\x00", "x" * 9000, "' OR 1=1", "-1", ""],
    ids=["nul", "long", "sql", "number", "none"],
)
def test_whatever_is_sent_is_answered(
    visitor: Client, product: Product, queued: None, given: str
) -> None:
    for name in ("product", "view", "words", "model", "seconds", "size", "once"):
        answer = press(visitor, page(visitor), "Make it", **{**wish(product), name: given})
        assert answer.status_code in (200, 302, 400), name
        link = visitor.get(PAGE, {name: given, "again": given, "page": given})
        assert link.status_code == (400 if given == "\x00" else 200), name
    held = Video.objects.count() * 2 * CREDIT  # what was refused holds nothing
    assert credit.balance(product.user).held == held


def test_a_sixth_cancel_of_the_day_is_refused_in_words(
    visitor: Client,
    user: Any,
    settings: Any,
) -> None:
    settings.VIDEO_CANCELS_PER_DAY = 0
    video = put_video(user, "in_progress", progress=7)
    press(visitor, page(visitor), "Cancel, release 2.00")
    html = page(visitor)
    assert "Too many videos were canceled today." in words_in(html)
    assert "Running 7 %" in item(html, video)
    token = form_in(html, "Cancel, release")[1]["csrfmiddlewaretoken"]
    address = f"{PAGE}/{video.video_id}/cancel"
    part = visitor.post(
        address, {"csrfmiddlewaretoken": token}, headers={"hx-request": "true"}
    ).content.decode()
    assert 'hx-swap-oob="beforeend:#toasts"' in part
    assert "Too many videos were canceled today." in words_in(part)


def test_too_little_is_said_with_ways_that_do_what_they_say(
    visitor: Client, product: Product, queued: None
) -> None:
    leave(product.user, 3 * CREDIT)
    html = page(visitor, product=str(product.pk), seconds="12")
    answer = press(visitor, html, "Make it", **wish(product, seconds="12", words="slowly"))
    assert answer.status_code == 402
    html = answer.content.decode()
    panel = panel_in(html)
    assert "You are 3 credits short. Nothing was charged." in panel
    assert "“Turntable, 12 s” needs 6.00 credits" in panel
    assert "Make 4 seconds instead 2 credits" in panel
    started = press(visitor, html, "Make 4 seconds instead")
    video = Video.objects.get()
    assert started["Location"] == f"{PAGE}#{video.video_id}"
    assert (video.seconds, "slowly" in video.prompt) == (4, True)
    press(visitor, html, "Make 4 seconds instead")
    assert Video.objects.count() == 1
