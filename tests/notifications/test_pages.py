"""The inbox as a page, without scripts."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications.operations import mark_all_read
from notifications.queries import unread_of
from tests.notifications.conftest import Tell

pytestmark = pytest.mark.django_db


def text_of(browser: Client, path: str = "/notifications") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def bell_of(page: str) -> str:
    found = re.search(r'<a class="bell".*?</a>', page, re.DOTALL)
    assert found, page[:2000]
    return found[0]


def test_an_empty_inbox_says_what_will_come(browser: Client) -> None:
    page = text_of(browser)
    assert "Nothing here yet" in page
    assert "Mark all as read" not in page
    assert "Nothing unread" in text_of(browser, "/notifications?unread=1")


def test_the_bell_counts_what_is_unread_on_every_page(
    browser: Client, ada: User, tell: Tell
) -> None:
    assert "unread" not in bell_of(text_of(browser, "/credits"))
    for _ in range(3):
        tell(ada)
    assert ">3<" in bell_of(text_of(browser, "/credits"))
    assert ">3<" in bell_of(text_of(browser, "/notifications/bell"))
    for _ in range(100):
        tell(ada)
    assert ">99+<" in bell_of(text_of(browser, "/account"))


def test_the_button_reads_the_notification_and_leads_on(
    browser: Client, ada: User, tell: Tell
) -> None:
    told = tell(ada, link="/prices", link_label="See prices")
    assert "See prices" in text_of(browser)
    answer = browser.post(f"/notifications/{told.pk}/follow")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/prices")
    assert unread_of(ada) == 0
    plain = tell(ada)
    assert browser.post(f"/notifications/{plain.pk}/follow").headers["Location"] == "/notifications"


def test_marking_one_as_read_comes_back_to_the_same_list(
    browser: Client, ada: User, tell: Tell
) -> None:
    told = tell(ada)
    action = re.search(r'action="([^"]*/read\?[^"]*)"', text_of(browser, "/notifications?unread=1"))
    assert action
    answer = browser.post(action[1])
    assert answer.headers["Location"] == "/notifications?unread=1"
    told.refresh_from_db()
    assert told.read_at is not None


def test_everything_is_read_at_once(browser: Client, ada: User, tell: Tell) -> None:
    for _ in range(3):
        tell(ada)
    assert "Mark all as read" in text_of(browser)
    assert browser.post("/notifications/read-all").status_code == 302
    page = text_of(browser)
    assert "All read" in page
    assert "Mark as read" not in page


def test_a_long_inbox_is_read_page_by_page(
    browser: Client, ada: User, tell: Tell, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(200):
        tell(ada, title=f"Number {number:03d}")
    seen: list[str] = []
    address = "/notifications"
    while address:
        with django_assert_max_num_queries(6):  # session, person, rows, count, balance
            page = text_of(browser, address)
        seen += re.findall(r"<h2>Number (\d+)</h2>", page)
        older = re.search(r'href="([^"]*)">Older', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"{number:03d}" for number in reversed(range(200))]


def test_words_are_words_whatever_is_in_them(browser: Client, ada: User, tell: Tell) -> None:
    tell(ada, title="<script>alert(1)</script>", body="<img src=x onerror=y>\n\nSecond part.")
    page = text_of(browser)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<p>Second part.</p>" in page


def test_an_open_page_gets_the_list_and_the_count_alone(
    browser: Client, ada: User, tell: Tell
) -> None:
    tell(ada)
    part = browser.get("/notifications", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="page nested" id="inbox"')
    assert 'hx-swap-oob="true"' in bell_of(part)
    assert "<html" not in part


def test_strangers_are_sent_to_sign_in(client: Client, ada: User, tell: Tell) -> None:
    told = tell(ada)
    paths = ("", "/bell", "/read-all", f"/{told.pk}/read", f"/{told.pk}/follow")
    for path in paths:
        for answer in (client.get(f"/notifications{path}"), client.post(f"/notifications{path}")):
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/account/login/?next=")
    assert mark_all_read(user=ada) == 1
