"""Balance, statement and quotes over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.operations import create_key
from core.errors import InvalidRequest
from core.money import CREDIT
from credits import names, quotes
from credits import operations as ledger

from .conftest import MakeHold


@pytest.fixture
def client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that is priced by its views."""

    def price(user: Any, given: Any) -> quotes.Price:
        if "revision_ids" not in given:
            raise InvalidRequest("Name the views.", fields={"revisionIds": ["Required."]})
        fresh = len(given["revision_ids"])
        return quotes.Price(credits=(fresh - 1) * CREDIT, seconds=8, hold=fresh * CREDIT)

    monkeypatch.setattr(quotes, "_pricers", {})
    monkeypatch.setattr(names, "_labels", dict(names._labels))
    quotes.register("base-views/analyze", price, label="Base-view analysis")


def test_the_balance(client: Client, put_aside: MakeHold, user: Any) -> None:
    put_aside(3)
    answer = client.get("/api/credits").json()
    lot = user.credit_account.lots.get()
    assert answer == {
        "available": "15",
        "held": "3",
        "debt": "0",
        "plan": "free",
        "unlimited": False,
        "periodEndsAt": lot.expires_at.isoformat().replace("+00:00", "Z"),
        "lots": [
            {
                "id": str(lot.pk),
                "kind": "monthly",
                "granted": "18",
                "available": "15",
                "expiresAt": lot.expires_at.isoformat().replace("+00:00", "Z"),
            }
        ],
    }


def test_the_statement(client: Client, put_aside: MakeHold) -> None:
    hold = ledger.capture(hold_id=put_aside(3).pk, amount=2_250_000)
    newest, oldest = client.get("/api/credits/statement").json()["results"]
    newest.pop("createdAt")
    assert newest == {
        "id": str(hold.pk),
        "operation": "close-ups/generate",
        "held": "3",
        "captured": "2.25",
        "released": "0.75",
        "refunded": "0",
        "status": "part_captured",
        "reason": "Close-ups",
        "included": False,
        "change": "-2.25",
        "balanceAfter": "15.75",
    }
    assert (oldest["status"], oldest["change"], oldest["balanceAfter"]) == ("granted", "18", "18")


def test_the_statement_is_read_page_by_page(client: Client, put_aside: MakeHold) -> None:
    for _ in range(4):
        put_aside(1)
    first = client.get("/api/credits/statement?limit=2").json()
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()
    pages = [first, second, third]
    balances = [line["balanceAfter"] for page in pages for line in page["results"]]
    assert balances == ["14", "15", "16", "17", "18"]
    assert (first["previous"], third["next"]) == (None, None)
    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_the_statement_takes_as_many_queries_for_many_lines_as_for_one(
    client: Client, put_aside: MakeHold, django_assert_max_num_queries: Any
) -> None:
    put_aside(0.25)
    with django_assert_max_num_queries(8):
        client.get("/api/credits/statement")
    for _ in range(20):
        put_aside(0.25)
    with django_assert_max_num_queries(8):
        client.get("/api/credits/statement")


@pytest.mark.usefixtures("priced")
def test_a_quote_says_price_hold_and_whether_it_fits(client: Client) -> None:
    asked = {"operation": "base-views/analyze", "revisionIds": ["a", "b"]}
    answer = client.post("/api/credits/quote", asked, content_type="application/json")
    assert answer.json() == {
        "credits": "1",
        "hold": "2",
        "seconds": 8.0,
        "affordable": True,
        "included": False,
    }
    asked["revisionIds"] = ["a"] * 19
    answer = client.post("/api/credits/quote", asked, content_type="application/json")
    assert not answer.json()["affordable"]


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "operation"),
        ({"operation": "paint"}, "operation"),
        ({"operation": "base-views/analyze"}, "revisionIds"),
    ],
)
def test_a_quote_for_nothing_known_names_the_field(
    client: Client, asked: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/credits/quote", asked, content_type="application/json")
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]


@pytest.mark.usefixtures("priced")
def test_what_the_plan_pays_is_always_affordable(client: Client, user: Any) -> None:
    type(user.credit_account).objects.filter(pk=user.credit_account.pk).update(plan="pro")
    asked = {"operation": "base-views/analyze", "revisionIds": ["a"] * 500}
    answer = client.post("/api/credits/quote", asked, content_type="application/json").json()
    assert (answer["included"], answer["affordable"]) == (True, True)


@pytest.mark.parametrize("path", ["/api/credits", "/api/credits/statement"])
def test_strangers_are_turned_away(db: None, path: str) -> None:
    assert Client().get(path).status_code == 401


def test_a_key_needs_the_scope(user: Any) -> None:
    def status(scope: str) -> int:
        _, secret = create_key(user=user, name=scope, scopes=[scope])
        headers = {"Authorization": f"Bearer {secret}"}
        return Client().get("/api/credits", headers=headers).status_code

    assert status("credits:read") == 200
    assert status("products:read") == 403
