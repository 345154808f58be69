"""A page names the event that its stream goes on from: the last before anything of it was read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.outbox import emit
from notifications import queries

pytestmark = pytest.mark.django_db

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def place_in(body: str) -> list[str]:
    """The numbers that a page's script is given."""
    return re.findall(r'events\.[^"]*" defer data-after="([^"]*)"', body)


def test_a_page_names_the_last_event_before_it_was_made(
    browser: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = queries.unread_of

    def meanwhile(user: Any) -> int:
        emit(type="test.said", user_id=ada.pk, data={"n": 3})
        return counted(user)

    for n in range(2):
        emit(type="test.said", user_id=ada.pk, data={"n": n})
    monkeypatch.setattr("notifications.queries.unread_of", meanwhile)
    assert place_in(browser.get("/credits", headers=PAGE).text) == ["2"]
    assert place_in(browser.get("/credits", headers=PAGE).text) == ["3"]


def test_where_nothing_happened_yet_a_page_begins_with_the_first_event(browser: Client) -> None:
    assert place_in(browser.get("/credits", headers=PAGE).text) == ["0"]


def test_a_strangers_page_a_part_of_a_page_and_the_api_have_no_place(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(user_id: object) -> int:
        raise AssertionError(f"{user_id} was asked about")

    monkeypatch.setattr("notifications.places.last_event_of", asked)
    assert place_in(Client().get("/prices", headers=PAGE).text) == []
    assert browser.get("/credits", headers=PAGE | {"HX-Request": "true"}).status_code == 200
    assert browser.get("/api/credits", headers=PAGE).status_code == 200
    assert browser.get("/credits").status_code == 200
