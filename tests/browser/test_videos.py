"""Films in a browser: from the form to a film that plays, in every state, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from notifications.models import Notification, Watch
from notifications.operations import notify
from techpack import operations, queries
from techpack.models import Product
from tests.browser.conftest import (
    assert_accessible,
    assert_looks_right,
    assert_looks_right_now,
    give_session,
)
from tests.browser.films import MADE_WITHIN_S, item, plays
from tests.browser.shop import follow
from tests.fakes.films import small_film
from tests.runtime.processes import wait_for
from tests.videos.rows import put_video
from videos.models import Video

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REFUSED = "Your request was blocked by our moderation system."
GERMAN = "Ein langsamer Schwenk über " + "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 3
CHINESE = "海港连帽卫衣在浅色工作室地板上缓慢旋转，柔和的窗光从左侧照进来。" * 8


def leave(person: User, amount: int) -> None:
    """Take all but ``amount`` µcr away."""
    left = credit.balance(person).available
    ledger.adjust(user_id=person.pk, amount=amount - left, key=f"left {amount}", reason="a test")


def say_changed(page: Page) -> None:
    """What the stream of events says when a film has come further."""
    event = "new CustomEvent('live:job.updated', {detail: {kind: 'generate-video'}})"
    page.evaluate(f"document.dispatchEvent({event})")


def test_a_film_goes_on_playing_while_the_list_changes(
    quiet: Page, live_server: LiveServer, person: User
) -> None:
    done = put_video(person, "completed", film=small_film(8))
    other = put_video(person, "in_progress", progress=10)
    quiet.goto(f"{live_server.url}/videos")
    film = item(quiet, done).locator("video")
    film.evaluate("film => { film.playbackRate = 0.1; }")  # or it might end before all is seen
    assert plays(film)
    Video.objects.filter(pk=other.pk).update(progress=60)
    say_changed(quiet)
    expect(item(quiet, other)).to_contain_text("Running 60 %")
    bar = item(quiet, other).get_by_role("progressbar", name="Turntable, 60 % done")
    expect(bar).to_have_attribute("value", "60")
    before = film.evaluate("film => film.currentTime")
    assert before > 0
    assert film.evaluate("film => !film.paused")


def test_a_film_whose_words_are_refused_brings_them_back_to_be_edited(
    page: Page, streaming: str, person: User, slip_on: Product, worker: Callable[[], None]
) -> None:
    give_session(page, person, streaming)
    follow(page, f"{streaming}/videos?product={slip_on.pk}&seconds=8")
    page.get_by_label("What should it show?").fill("A dog runs along the beach")
    with page.expect_response("**/api/events*"):
        page.get_by_role("button", name="Make it").click()
    video = Video.objects.get()
    worker()
    mine = item(page, video)
    expect(mine).to_contain_text("Failed, not charged")
    expect(mine.locator(".error")).to_contain_text("INVALID_REQUEST: ")
    expect(mine).to_contain_text("Not charged. The 4.00 held credits are free again.")
    expect(page.locator("#balance")).to_have_accessible_name("18.00 credits free")
    assert_accessible(page)
    mine.get_by_role("link", name="Edit the words and run").click()
    expect(page.get_by_label("What should it show?")).to_have_value("A dog runs along the beach")
    expect(page.get_by_role("radio", name="8 s")).to_be_checked()
    expect(page.get_by_label("Movement")).to_have_value("turntable")


def test_canceling_and_deleting_by_the_keyboard(
    quiet: Page, live_server: LiveServer, person: User, slip_on: Product, queued: None
) -> None:
    quiet.goto(f"{live_server.url}/videos?product={slip_on.pk}")
    quiet.get_by_role("button", name="Make it").press("Enter")
    cancel = quiet.get_by_role("button", name="Cancel Turntable, release 2.00")
    expect(cancel).to_be_visible()
    quiet.wait_for_load_state()  # which takes the focus to the film that the address names
    video = Video.objects.get()
    cancel.press("Enter")
    expect(item(quiet, video)).to_contain_text("Canceled, released")
    expect(quiet.locator("#balance")).to_have_accessible_name("18.00 credits free")
    item(quiet, video).locator("summary").press("Enter")
    expect(quiet.get_by_text("It goes from this list for good.")).to_be_visible()
    quiet.keyboard.press("Tab")
    expect(quiet.get_by_role("button", name="Delete it for good")).to_be_focused()
    quiet.keyboard.press("Enter")
    expect(quiet.get_by_text("The video was deleted.")).to_be_visible()
    expect(quiet.get_by_text("No video yet")).to_be_visible()


def test_another_product_brings_its_own_photos_and_keeps_what_was_typed(
    quiet: Page, live_server: LiveServer, person: User, slip_on: Product
) -> None:
    operations.create_product(user=person, name="No photo yet")
    quiet.goto(f"{live_server.url}/videos?product={slip_on.pk}")
    expect(quiet.get_by_role("radio", name="Top")).to_be_visible()
    quiet.get_by_label("What should it show?").fill("pale paper")
    quiet.get_by_label("Product").select_option(label="No photo yet")
    expect(quiet.get_by_text("This product has no photo yet.")).to_be_visible()
    expect(quiet.get_by_role("button", name="Make it")).to_be_disabled()
    assert_looks_right_now(quiet)
    quiet.get_by_label("Product").select_option(label="Deck Slip-on")
    expect(quiet.get_by_role("radio", name="Side")).to_be_checked()
    expect(quiet.get_by_role("button", name="Make it")).to_be_enabled()
    expect(quiet.get_by_label("What should it show?")).to_have_value("pale paper")


def test_what_is_chosen_while_a_price_is_on_its_way_is_the_choice(
    quiet: Page, live_server: LiveServer, slip_on: Product
) -> None:
    quiet.goto(f"{live_server.url}/videos?product={slip_on.pk}")
    late: list[Route] = []
    quiet.route("**/videos/form*", lambda route: late.append(route), times=1)
    with quiet.expect_request("**/videos/form*"):
        quiet.get_by_role("radio", name="Top").check()
    quiet.get_by_label("What should it show?").fill("pale paper")
    quiet.get_by_role("radio", name="8 s").check()
    quiet.get_by_role("radio", name="12 s").check()
    late[0].continue_()
    expect(quiet.get_by_role("button", name="Make it 6 credits")).to_be_visible()
    expect(quiet.get_by_role("radio", name="12 s")).to_be_checked()
    expect(quiet.get_by_role("radio", name="Top")).to_be_checked()


def test_what_is_chosen_before_the_scripts_are_there_is_the_choice(
    quiet: Page, live_server: LiveServer, slip_on: Product
) -> None:
    late: list[Route] = []
    quiet.route("**/vendor/htmx.min.js", lambda route: late.append(route))
    with quiet.expect_request("**/vendor/htmx.min.js"):
        quiet.goto(f"{live_server.url}/videos?product={slip_on.pk}", wait_until="commit")
    quiet.get_by_role("radio", name="8 s").check()
    expect(quiet.get_by_role("button", name="Make it 2 credits")).to_be_visible()
    late[0].continue_()
    expect(quiet.get_by_role("button", name="Make it 4 credits")).to_be_visible()


def test_too_few_credits_lead_to_a_shorter_film_that_starts(
    browser: Browser,
    signed_in: Page,
    person: User,
    live_server: LiveServer,
    slip_on: Product,
    queued: None,
) -> None:
    leave(person, 2 * CREDIT)
    # A page of its own: the browser's console tells of the 402, rightly.
    context = browser.new_context()
    context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.route("**/api/events*", lambda _: None)
    page.goto(f"{live_server.url}/videos?product={slip_on.pk}&seconds=12")
    page.get_by_role("button", name="Make it").click()
    panel = page.get_by_role("alert")
    expect(panel).to_contain_text("You are 4 credits short. Nothing was charged.")
    expect(panel).to_be_focused()
    assert_looks_right_now(page)
    panel.get_by_role("button", name="Make 4 seconds instead 2 credits").dblclick()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert [video.seconds for video in Video.objects.all()] == [4]
    context.close()


def test_without_scripts_a_film_is_made_seen_and_deleted(
    browser: Browser,
    signed_in: Page,
    person: User,
    live_server: LiveServer,
    slip_on: Product,
    worker: Callable[[], None],
) -> None:
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = plain.new_page()
    page.goto(f"{live_server.url}/videos?product={slip_on.pk}")
    page.get_by_role("radio", name="8 s").check()
    page.get_by_role("button", name="Show the price of this choice").click()
    expect(page.get_by_role("button", name="Make it 4 credits")).to_be_visible()
    page.get_by_role("radio", name="4 s").check()
    page.get_by_role("button", name="Make it 4 credits").click()
    expect(page.get_by_role("button", name="Make it 2 credits")).to_be_visible()
    assert not Video.objects.exists()  # it costs other than its button said
    page.get_by_role("button", name="Make it 2 credits").click()
    expect(page.get_by_text("Queued")).to_be_visible()
    video = Video.objects.get()
    worker()
    wait_for(lambda: Video.objects.get().is_final, what="the film", within_s=MADE_WITHIN_S)
    page.get_by_role("link", name="See how far they are").click()
    expect(item(page, video)).to_contain_text("Done, 2.00 charged")
    item(page, video).locator("summary").click()
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_text("The video was deleted.")).to_be_visible()
    plain.close()


def test_every_state_fits_and_is_accessible(
    quiet: Page, live_server: LiveServer, person: User, slip_on: Product
) -> None:
    ledger.adjust(user_id=person.pk, amount=100 * CREDIT, key="more", reason="a test")
    operations.change_product(
        user=person, product_id=slip_on.pk, changes={"name": (GERMAN + CHINESE)[:200]}
    )
    of_it: dict[str, Any] = {"product": slip_on, "revision": queries.revisions_of(slip_on)[0]}
    put_video(person, "queued", prompt=CHINESE, **of_it)
    put_video(person, "in_progress", progress=40, prompt=GERMAN, **of_it)
    done = put_video(person, "completed", film=small_film(2), **of_it)
    put_video(person, "completed", film=small_film(2), size="720x1280", **of_it)
    put_video(person, "completed", is_late=True, prompt=CHINESE)
    put_video(person, "canceled", **of_it)
    put_video(
        person,
        "failed",
        code="moderation_blocked",
        message=REFUSED,
        suggestions=["Describe the fabric and the light instead"],
        prompt=GERMAN,
    )
    put_video(person, "failed", code="timeout", message="It took too long.", **of_it)
    for number in range(12):  # the count of what is unread takes room in the bar
        notify(user_id=person.pk, kind="job.succeeded", title=f"Video {number} done", body="")
    assert_looks_right(quiet, f"{live_server.url}/videos")
    quiet.get_by_text("Delete", exact=True).first.click()
    assert_looks_right_now(quiet)
    assert_looks_right(quiet, f"{live_server.url}/videos/{done.video_id}")


def test_the_empty_page_fits_and_leads_on(quiet: Page, live_server: LiveServer) -> None:
    assert_looks_right(quiet, f"{live_server.url}/videos")
    quiet.get_by_role("link", name="Add a product").click()
    expect(quiet.get_by_text("Your first sheet is one photo away")).to_be_visible()


def test_who_closed_the_page_is_told_and_led_to_the_film(
    quiet: Page, live_server: LiveServer, person: User, slip_on: Product, worker: Callable[[], None]
) -> None:
    quiet.goto(f"{live_server.url}/videos?product={slip_on.pk}")
    quiet.get_by_role("button", name="Make it").click()
    expect(quiet.get_by_text("Queued")).to_be_visible()
    quiet.goto(f"{live_server.url}/credits")
    Watch.objects.all().delete()  # as if the page had been left a minute ago
    worker()
    told = Notification.objects.filter(user=person)
    wait_for(lambda: told.exists(), what="the notification", within_s=MADE_WITHIN_S)
    quiet.goto(f"{live_server.url}/notifications")
    expect(
        quiet.get_by_role("heading", name="Video “Turntable” done: Deck Slip-on")
    ).to_be_visible()
    quiet.get_by_role("button", name="Watch the video").click()
    expect(quiet.get_by_role("heading", name="Turntable of Deck Slip-on")).to_be_visible()
    assert plays(quiet.locator("video"))
