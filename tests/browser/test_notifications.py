"""The inbox and its bell in a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from notifications.models import Watch
from notifications.operations import notify
from notifications.subjects import Way, ways_of
from techpack import operations
from tests.browser.conftest import assert_accessible, assert_looks_right, give_session
from tests.runtime.processes import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4


def bell_of(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Main").get_by_role("link", name="Inbox")


def tell(person: User, title: str = "Half of the month's credits are used", **more: Any) -> None:
    notify(user_id=person.pk, kind="test.told", title=title, **({"body": "So it is."} | more))


def fill(person: User) -> None:
    tell(person, link="/prices", link_label="See prices")
    tell(person, LONG, body=f"{LONG}\n\n{'Words that go on. ' * 80}")
    for number in range(198):
        tell(person, f"Number {number}")


def test_an_empty_inbox_fits_and_is_accessible(signed_in: Page, live_server: LiveServer) -> None:
    assert_looks_right(signed_in, f"{live_server.url}/notifications")


def test_a_full_inbox_with_long_words_fits_and_is_accessible(
    signed_in: Page, live_server: LiveServer, person: User
) -> None:
    for number in range(30):
        tell(person, f"Number {number}")
    tell(person, LONG, body=f"{LONG}\n\n{'Words that go on. ' * 80}")
    tell(person, link="/prices", link_label="See prices")
    assert_looks_right(signed_in, f"{live_server.url}/notifications")


def test_two_hundred_are_reached_by_the_keyboard_page_by_page(
    signed_in: Page, live_server: LiveServer, person: User
) -> None:
    fill(person)
    signed_in.goto(f"{live_server.url}/notifications")
    for _ in range(3):
        newer = signed_in.url
        signed_in.get_by_role("link", name="Older").focus()
        signed_in.keyboard.press("Enter")
        expect(signed_in).not_to_have_url(newer)
    expect(signed_in.get_by_role("link", name="Older")).to_have_count(0)
    expect(signed_in.get_by_role("heading", name="Half of the month")).to_be_visible()


def test_reading_one_takes_it_off_the_count_without_a_new_page(
    signed_in: Page, live_server: LiveServer, person: User
) -> None:
    tell(person, "first")
    tell(person, "second")
    signed_in.goto(f"{live_server.url}/notifications")
    signed_in.evaluate("window.isSame = true")
    bell = bell_of(signed_in)
    expect(bell).to_have_accessible_name("Inbox 2 unread")
    signed_in.get_by_role("button", name="Mark as read: second").click()
    expect(bell).to_have_accessible_name("Inbox 1 unread")
    signed_in.get_by_role("button", name="Mark all as read").click()
    expect(bell).to_have_accessible_name("Inbox")
    expect(bell).to_have_attribute("aria-current", "page")
    assert signed_in.evaluate("window.isSame") is True


def test_the_one_button_leads_to_the_next_thing(
    signed_in: Page, live_server: LiveServer, person: User
) -> None:
    tell(person, link="/prices", link_label="See prices")
    signed_in.goto(f"{live_server.url}/notifications")
    signed_in.get_by_role("button", name="See prices").click()
    expect(signed_in.get_by_role("heading", name="Prices", exact=True)).to_be_visible()
    expect(bell_of(signed_in)).to_have_accessible_name("Inbox")


def test_the_bell_and_the_open_inbox_follow_what_is_told(
    page: Page, streaming: str, person: User
) -> None:
    give_session(page, person, streaming)
    with page.expect_response("**/api/events*"):
        page.goto(f"{streaming}/credits")
    tell(person, "Told while the page was open")
    bell = bell_of(page)
    expect(bell).to_have_accessible_name("Inbox 1 unread")
    toast = page.locator("#toasts .note")
    expect(toast).to_have_text("New in your inbox: Told while the page was open")
    tell(person, LONG)
    expect(toast).to_have_count(2)
    assert_accessible(page)
    toast.filter(has_text="Told while").get_by_role("button", name="Put this away").click()
    expect(toast).to_have_count(1)
    with page.expect_response("**/api/events*"):
        bell.click()
    expect(page.get_by_role("heading", name="Told while the page was open")).to_be_visible()
    tell(person, "Told while the inbox was open")
    expect(page.get_by_role("heading", name="Told while the inbox was open")).to_be_visible()
    expect(page.locator("[data-say]")).to_have_text(
        "New in your inbox: Told while the inbox was open"
    )
    expect(page.locator("#toasts .note")).to_have_count(0)
    expect(bell).to_have_accessible_name("Inbox 3 unread")


def test_an_open_workspace_watches_its_product_and_no_longer_when_it_is_left(
    page: Page, streaming: str, person: User
) -> None:
    product = operations.create_product(user=person, name="Pier Polo")
    give_session(page, person, streaming)
    late: list[Route] = []
    page.route("**/api/events?watching=*", lambda route: late.append(route), times=1)
    with page.expect_request(f"**/api/events?watching={product.pk}&after=*"):
        page.goto(f"{streaming}/products/{product.pk}")
    first = Watch.objects.get(user=person, subject=product.pk).until
    expect(page.get_by_role("heading", name="Pier Polo")).to_be_visible()
    late[0].continue_()
    wait_for(
        lambda: Watch.objects.get(subject=product.pk).until > first, what="the stream's own watch"
    )
    with page.expect_request("**/api/events?after=*"):
        page.goto(f"{streaming}/credits")


def test_what_is_told_is_chosen_by_the_keyboard(
    quiet: Page, live_server: LiveServer, person: User
) -> None:
    quiet.goto(f"{live_server.url}/notifications/preferences")
    step = quiet.get_by_role("group", name="A step is done")
    step.get_by_label("Inbox").focus()
    quiet.keyboard.press("Space")
    quiet.keyboard.press("Tab")
    expect(step.get_by_label("Email")).to_be_focused()
    quiet.keyboard.press("Space")
    quiet.keyboard.press("Enter")
    expect(quiet.get_by_text("Saved.")).to_be_visible()
    assert ways_of(person)["job.finished"] == Way(inbox=False, email=True)
    failed = quiet.get_by_role("group", name="A step failed, or a part of it")
    expect(failed.get_by_label("Inbox")).to_be_disabled()
    expect(failed).to_have_accessible_description(re.compile("^Always in your inbox"))
