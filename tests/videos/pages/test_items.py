"""The list of films, without scripts: what each is and cost, whose it is, and what can be done."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from techpack import queries
from techpack.models import Product
from tests.techpack.conftest import new_user
from tests.techpack.forms import form_in, press, words_in
from tests.videos.pages.conftest import PAGE, item, page, wish
from tests.videos.rows import HOUR, put_video
from videos.models import Video

REFUSED = "Your request was blocked by our moderation system."
STATES = [
    ({"status": "in_progress", "progress": 40}, "Running 40 %", "Cancel, release 2.00"),
    ({"status": "completed"}, "Done, 2.00 charged", "MP4"),
    ({"status": "completed", "is_late": True}, "Done late, free", "so it is free"),
    ({"status": "canceled"}, "Canceled, released", "Edit the words and run 2 credits"),
    (
        {"status": "failed", "code": "server_error", "message": "It broke."},
        "Failed, not charged",
        "SERVER_ERROR: It broke.",
    ),
]


@pytest.mark.parametrize(("given", "tag", "more"), STATES)
def test_each_state_says_what_it_is_and_what_it_cost(
    visitor: Client,
    user: Any,
    given: dict[str, Any],
    tag: str,
    more: str,
) -> None:
    video = put_video(user, **given)
    words = item(page(visitor), video)
    assert tag in words
    assert more in words
    assert tag in item(visitor.get(f"{PAGE}/{video.video_id}").content.decode(), video)


def test_refused_words_are_brought_back_to_be_edited(
    visitor: Client, product: Product, queued: None
) -> None:
    video = put_video(
        product.user,
        "failed",
        product=product,
        revision=queries.revisions_of(product)[1],
        prompt="Close look at the fabric, the stitching and the details. Wet look.",
        seconds=8,
        size="720x1280",
        code="moderation_blocked",
        message=REFUSED,
        suggestions=["Describe the fabric and the light instead"],
    )
    html = page(visitor)
    words = item(html, video)
    assert f"MODERATION_BLOCKED: {REFUSED}" in words
    assert "Not charged. The 4.00 held credits are free again." in words
    assert "Describe the fabric and the light instead." in words
    assert "Try again" not in words  # the same words would be refused again
    again = page(visitor, again=video.video_id)
    assert re.search(r'name="words"[^>]*>Wet look.</textarea>', again)
    assert '<option value="close" selected>' in again
    assert 'name="seconds" value="8" checked' in again
    assert 'name="size" value="720x1280" checked' in again


def test_a_film_of_somebody_else_is_nowhere(visitor: Client, product: Product) -> None:
    theirs = put_video(new_user(), "completed")
    assert theirs.video_id not in page(visitor)
    assert theirs.prompt not in page(visitor, again=theirs.video_id)
    address = f"{PAGE}/{theirs.video_id}"
    for part in ("", "/film", "/captions.vtt", "/download"):
        assert visitor.get(address + part).status_code == 404
    fields = form_in(page(visitor), "Make it")[1]
    for verb in ("cancel", "again", "delete"):
        assert visitor.post(f"{address}/{verb}", fields).status_code == 404
    assert Video.objects.get().deleted_at is None


def test_a_finished_film_plays_by_parts_and_is_saved_under_a_name(
    visitor: Client, product: Product
) -> None:
    video = put_video(product.user, "completed", product=product)
    address = f"{PAGE}/{video.video_id}"
    part = visitor.get(f"{address}/film", headers={"range": "bytes=4-7"})
    assert (part.status_code, part.getvalue()) == (206, b"ftyp")
    assert part["Content-Type"] == "video/mp4"
    spoken = visitor.get(f"{address}/captions.vtt")
    assert spoken["Content-Type"].startswith("text/vtt")
    assert spoken.content.startswith(b"WEBVTT")
    saved = visitor.get(f"{address}/download", follow=True)
    assert saved["Content-Disposition"] == 'attachment; filename="pier-polo-turntable.mp4"'
    assert saved.getvalue()[4:8] == b"ftyp"


def test_what_is_not_finished_cannot_be_played(visitor: Client, user: Any) -> None:
    video = put_video(user, "in_progress")
    for part in ("film", "captions.vtt", "download"):
        assert visitor.get(f"{PAGE}/{video.video_id}/{part}").status_code == 404


def test_canceling_gives_back_what_is_held(visitor: Client, product: Product, queued: None) -> None:
    press(visitor, page(visitor), "Make it", **wish(product))
    video = Video.objects.get()
    answer = press(visitor, page(visitor), "Cancel, release 2.00")
    assert answer["Location"] == f"{PAGE}?page=1#{video.video_id}"
    assert "Canceled, released" in item(page(visitor), video)
    assert credit.balance(product.user).free == 18 * CREDIT


def test_a_failed_film_is_tried_again_once(visitor: Client, product: Product, queued: None) -> None:
    press(visitor, page(visitor), "Make it", **wish(product, words="slowly"))
    video = Video.objects.get()
    fail(video)
    html = page(visitor)
    assert "Try again 2 credits" in item(html, video)
    for _ in range(2):
        press(visitor, html, "Try again")
    new = Video.objects.exclude(pk=video.pk).get()
    assert (new.prompt, new.status) == (video.prompt, "queued")


def fail(video: Video) -> None:
    """Its provider broke, as a worker hears it."""
    from generation import errors, work
    from generation.errors import Failure
    from generation.run import claim

    run = claim(job_id=video.job_id)
    assert run is not None
    work.fail(run=run, error=errors.failed(Failure.TRANSIENT))


def test_deleting_asks_first_and_is_for_good(visitor: Client, user: Any) -> None:
    video = put_video(user, "completed")
    html = page(visitor)
    assert "The film goes for good." in item(html, video)
    answer = press(visitor, html, "Delete it for good")
    assert answer["Location"] == PAGE
    words = words_in(page(visitor))
    assert "The video was deleted." in words
    assert "No video yet" in words
    assert visitor.get(f"{PAGE}/{video.video_id}").status_code == 404


def test_two_hundred_films_come_by_pages_in_few_queries(
    visitor: Client,
    user: Any,
    django_assert_max_num_queries: Any,
) -> None:
    ledger.adjust(user_id=user.pk, amount=400 * CREDIT, key="more", reason="a test")
    for number in range(200):
        put_video(user, "canceled", prompt=f"film {number}", seconds=4)
    with django_assert_max_num_queries(14):
        html = page(visitor, page="2")
    assert html.count("<article") == 12
    assert "200 videos" in words_in(html)
    assert "Page 2 of 17" in words_in(html)
    assert "film 187" in words_in(html)


def test_looking_at_the_list_has_a_film_looked_after_that_is_being_made(
    visitor: Client,
    user: Any,
    rung: list[str],
) -> None:
    video = put_video(user, "in_progress", provider="openai")
    mine = Video.objects.filter(pk=video.pk)
    mine.update(provider_ref="film_1", look_at=Now() + HOUR)
    page(visitor)
    assert rung == [video.video_id]
    mine.update(looked_at=Now() + HOUR)  # not more often than every two seconds
    page(visitor)
    assert rung == [video.video_id]


def test_an_update_is_the_list_the_count_and_the_balance(
    visitor: Client,
    user: Any,
) -> None:
    put_video(user, "in_progress", progress=7)
    answer = visitor.get(PAGE, headers={"hx-request": "true"})
    html = answer.content.decode()
    assert html.lstrip().startswith("<section")
    assert "data-busy" in html
    assert "Running 7 %" in html
    assert 'id="balance" hx-swap-oob' in html
    assert "New video" not in html


def test_the_form_follows_a_choice(visitor: Client, product: Product) -> None:
    token = form_in(page(visitor), "Make it")[1]["csrfmiddlewaretoken"]
    answer = visitor.post(
        reverse("videos:form"),
        {**wish(product, seconds="12", words="kept"), "csrfmiddlewaretoken": token},
        headers={"hx-request": "true"},
    )
    words = words_in(answer.content.decode())
    assert "Make it 6 credits" in words
    assert "kept" in words


def test_several_models_are_offered_with_their_prices(
    visitor: Client, product: Product, queued: None, settings: Any
) -> None:
    settings.CUSTOM_MODEL_URL = "http://127.0.0.1:9/v1"
    settings.ROUTES = {"generate-video": ["custom:drawer", "studio:studio-1"]}
    html = page(visitor)
    words = words_in(html)
    assert "drawer, 1.00 a second" in words
    assert "studio, from photos, 0.50 a second" in words
    assert "None, from words alone" in words
    assert "Make it 4 credits" in words
    chosen = page(visitor, model="studio-1", product=str(product.pk))
    press(visitor, chosen, "Make it", **wish(product, model="studio-1"))
    assert Video.objects.get().provider == "studio"
