"""The inbox over HTTP, each answer held against the description."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.operations import create_key
from accounts.scopes import SCOPES
from core.ids import uuid7
from notifications.models import Notification
from tests.api.contract import Contract
from tests.notifications.conftest import Tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def whole(ada: User) -> Contract:
    """A key with every scope."""
    return Contract(create_key(user=ada, name="all", scopes=list(SCOPES))[1])


def test_the_newest_comes_first_and_whole(api: Contract, ada: User, tell: Tell) -> None:
    tell(ada, title="first")
    tell(
        ada,
        title="second",
        link="/prices",
        link_label="See prices",
        context={"snake_key": 1, "camelKey": [2]},
    )
    results = api.get("/api/notifications").json()["results"]
    assert [row["title"] for row in results] == ["second", "first"]
    assert results[0]["context"] == {"snake_key": 1, "camelKey": [2]}
    assert (results[0]["link"], results[0]["linkLabel"]) == ("/prices", "See prices")
    assert results[0]["readAt"] is None


def test_unread_narrows_and_keeps_narrowing_from_page_to_page(
    api: Contract, ada: User, tell: Tell, whole: Contract
) -> None:
    told = [tell(ada, title=str(n)) for n in range(5)]
    assert whole.send("POST", f"/api/notifications/{told[2].pk}/read").status_code == 200
    seen: list[str] = []
    address = "/api/notifications?unread=1&limit=2"
    while address:
        page = api.get(address).json()
        seen += [row["title"] for row in page["results"]]
        address = page["next"]
    assert seen == ["4", "3", "1", "0"]


def test_reading_needs_the_account_scope(api: Contract, ada: User, tell: Tell) -> None:
    told = tell(ada)
    for path in (f"/api/notifications/{told.pk}/read", "/api/notifications/read-all"):
        refused = api.send("POST", path)
        assert refused.status_code == 403
        assert refused.json()["error"]["context"] == {"scope": "account"}
    told.refresh_from_db()
    assert told.read_at is None


def test_one_and_all_are_read(whole: Contract, ada: User, tell: Tell) -> None:
    told = [tell(ada) for _ in range(3)]
    answer = whole.send("POST", f"/api/notifications/{told[0].pk}/read")
    assert answer.status_code == 200
    assert answer.json()["readAt"]
    assert whole.send("POST", "/api/notifications/read-all").json() == {"read": 2}
    assert whole.send("POST", "/api/notifications/read-all").json() == {"read": 0}


def test_notifications_of_others_are_not_there(
    whole: Contract, berta: User, tell: Tell, browser: Client
) -> None:
    theirs = tell(berta, title="Zanzibar 7731")
    assert whole.get("/api/notifications").json()["results"] == []
    for gone in (theirs.pk, uuid7(), "no-id"):
        assert whole.send("POST", f"/api/notifications/{gone}/read").status_code == 404
        assert browser.post(f"/notifications/{gone}/read").status_code == 404
        assert browser.post(f"/notifications/{gone}/follow").status_code == 404
    assert "Zanzibar" not in browser.get("/notifications").content.decode()
    assert Notification.objects.get().read_at is None


def test_a_page_costs_the_same_whatever_its_length(
    api: Contract, ada: User, tell: Tell, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tell(ada)
    api.get("/api/notifications")
    for _ in range(20):
        tell(ada)
    with django_assert_max_num_queries(3):  # the key, its use, the rows
        assert len(api.get("/api/notifications").json()["results"]) == 21
