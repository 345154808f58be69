"""The pages of films, without scripts: forms, prices, states, whose film it is."""

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
from generation.models import Job
from techpack import queries
from techpack.models import Product
from tests.techpack.conftest import (  # noqa: F401
    MakeProduct,
    _at_once,
    _nothing_drifts,
    _own_media,
    make_product,
    new_user,
    user,
)
from tests.techpack.forms import form_in, panel_in, press, words_in
from tests.videos.rows import HOUR, put_video
from videos.models import Video

PAGE = "/videos"
INFO = "Credits are only deducted when videos complete successfully - failed generations are free"
REFUSED = "Your request was blocked by our moderation system."


@pytest.fixture
def visitor(user: Any) -> Client:  # noqa: F811
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs stay where they are put: nobody rings a worker."""
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)


@pytest.fixture
def product(make_product: MakeProduct) -> Product:  # noqa: F811
    return make_product(front="polo-navy-front.jpg", back="polo-navy-back.jpg")


def page(visitor: Client, **query: str) -> str:
    answer = visitor.get(PAGE, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def wish(product: Product | None, **more: str) -> dict[str, str]:
    """What the form sends beside its hidden fields."""
    usual = {
        "product": str(product.pk) if product else "",
        "movement": "turntable",
        "words": "",
        "seconds": "4",
        "size": "1280x720",
    }
    return {**usual, **more}


def leave(person: Any, amount: int) -> None:
    """Take all but ``amount`` µcr away."""
    left = credit.balance(person).available
    ledger.adjust(user_id=person.pk, amount=amount - left, key=f"left {amount}", reason="a test")


def item(html: str, video: Video) -> str:
    """The words of the film's own part of the page."""
    found = re.search(rf'<article[^>]* id="{video.video_id}".*?</article>', html, re.DOTALL)
    assert found, f"{video} is not on the page."
    return words_in(found[0])


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
    user: Any,  # noqa: F811
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
    user: Any,  # noqa: F811
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


def test_what_is_not_finished_cannot_be_played(visitor: Client, user: Any) -> None:  # noqa: F811
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


def test_deleting_asks_first_and_is_for_good(visitor: Client, user: Any) -> None:  # noqa: F811
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
    user: Any,  # noqa: F811
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
    user: Any,  # noqa: F811
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
    user: Any,  # noqa: F811
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
