"""What a key may spend: its cap, what it used of it, and changing both."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiKey, User
from accounts.operations import create_key, revoke_key
from accounts.scopes import SCOPES
from core.errors import InsufficientCredits
from core.ids import uuid7
from core.money import CREDIT
from credits import operations as ledger
from credits.models import Account, Hold

pytestmark = pytest.mark.django_db


def change(client: Client, key: ApiKey, body: dict[str, Any], **headers: str) -> Any:
    return client.patch(
        f"/api/keys/{key.pk}", json.dumps(body), content_type="application/json", headers=headers
    )


def spend(key: ApiKey, credits: int, *, keep: bool = False) -> Hold:
    hold = ledger.hold(
        user_id=key.user_id,
        amount=credits * CREDIT,
        key=str(uuid7()),
        operation="edit",
        reason="a test",
        ttl=timedelta(minutes=1),
        api_key=key,
    )
    return hold if keep else ledger.capture(hold_id=hold.pk)


def listed(client: Client) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in client.get("/api/keys").json()["results"]}


def test_each_key_says_what_it_drew_and_holds_this_month(browser_of_ada: Client, ada: User) -> None:
    exporter, _ = create_key(user=ada, name="exporter", monthly_cap=5 * CREDIT)
    create_key(user=ada, name="idle")
    spend(exporter, 1)
    spend(exporter, 2, keep=True)
    refunded = spend(exporter, 1)
    ledger.refund(hold_id=refunded.pk, key="r", reason="a test")
    rows = listed(browser_of_ada)
    assert (rows["exporter"]["usedThisMonth"], rows["exporter"]["monthlyCap"]) == ("3", "5")
    assert (rows["idle"]["usedThisMonth"], rows["idle"]["monthlyCap"]) == ("0", None)


def test_a_new_month_begins_at_nothing(browser_of_ada: Client, ada: User) -> None:
    key, _ = create_key(user=ada, name="exporter")
    spend(key, 2)
    Account.objects.filter(user=ada).update(
        cycle_started_at=Account.objects.get(user=ada).cycle_started_at - timedelta(days=45),
        next_month=2,
    )
    Hold.objects.filter(api_key_id=key.pk).update(
        created_at=Hold.objects.get().created_at - timedelta(days=40)
    )
    assert listed(browser_of_ada)["exporter"]["usedThisMonth"] == "0"


def test_the_list_counts_the_same_queries_for_one_key_and_for_twenty(
    browser_of_ada: Client, ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        spend(create_key(user=ada, name=f"key {number}")[0], 0)
    with django_assert_max_num_queries(5):  # session, person, keys, account, holds
        assert len(listed(browser_of_ada)) == 20


def test_name_cap_and_policy_are_changed_and_the_rest_stays(
    browser_of_ada: Client, ada: User
) -> None:
    key, _ = create_key(user=ada, name="exporter", scopes=["chat"])
    given = {"name": " importer ", "monthlyCap": "2.5", "creditPolicy": "adjust"}
    answer = change(browser_of_ada, key, given)
    assert answer.status_code == 200
    assert answer.json() | {"name": "importer", "monthlyCap": "2.5"} == answer.json()
    assert change(browser_of_ada, key, {"name": "again"}).json()["monthlyCap"] == "2.5"
    assert change(browser_of_ada, key, {}).json()["name"] == "again"
    assert change(browser_of_ada, key, {"monthlyCap": None}).json()["monthlyCap"] is None
    key.refresh_from_db()
    assert (key.name, key.monthly_cap, key.credit_policy) == ("again", None, "adjust")
    assert key.scopes == ["chat"]


def test_a_changed_cap_holds_from_the_next_request_on(browser_of_ada: Client, ada: User) -> None:
    key, _ = create_key(user=ada, name="exporter", monthly_cap=1 * CREDIT)
    spend(key, 1)
    with pytest.raises(InsufficientCredits):
        spend(key, 1)
    change(browser_of_ada, key, {"monthlyCap": "2"})
    key.refresh_from_db()
    spend(key, 1)
    change(browser_of_ada, key, {"monthlyCap": "0.5"})
    key.refresh_from_db()
    with pytest.raises(InsufficientCredits):
        spend(key, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"monthlyCap": "-1"}, "monthlyCap"),
        ({"monthlyCap": "1.0000001"}, "monthlyCap"),
        ({"monthlyCap": "lots"}, "monthlyCap"),
        ({"monthlyCap": ""}, "monthlyCap"),
        ({"monthlyCap": " "}, "monthlyCap"),
        ({"monthlyCap": True}, "monthlyCap"),
        ({"name": 7}, "name"),
        ({"creditPolicy": "generous"}, "creditPolicy"),
        ({"creditPolicy": None}, "creditPolicy"),
        ({"scopes": ["account"]}, "scopes"),
        ({"key": "tps_live_mine"}, "key"),
    ],
)
def test_a_wrong_change_names_the_field_and_changes_nothing(
    browser_of_ada: Client, ada: User, body: dict[str, Any], field: str
) -> None:
    key, _ = create_key(user=ada, name="exporter", scopes=["chat"], monthly_cap=CREDIT)
    before = ApiKey.objects.values().get()
    answer = change(browser_of_ada, key, {"name": "changed", **body})
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]
    assert ApiKey.objects.values().get() == before


def test_no_key_changes_a_key_and_nobody_anothers(
    client: Client, browser_of_ada: Client, ada: User, berta: User
) -> None:
    key, secret = create_key(user=ada, name="all", scopes=list(SCOPES))
    refused = change(client, key, {"name": "x"}, Authorization=f"Bearer {secret}")
    assert refused.status_code == 403
    theirs, _ = create_key(user=berta, name="theirs")
    assert change(browser_of_ada, theirs, {"name": "x"}).status_code == 404
    assert browser_of_ada.get(f"/account/keys/{theirs.pk}").status_code == 404
    assert browser_of_ada.post(f"/account/keys/{theirs.pk}", {"name": "x"}).status_code == 404
    assert set(ApiKey.objects.values_list("name", flat=True)) == {"all", "theirs"}


def test_a_revoked_key_is_not_changed(browser_of_ada: Client, ada: User) -> None:
    key, _ = create_key(user=ada, name="gone")
    revoke_key(user=ada, key_id=key.pk)
    for body in ({"name": "back"}, {}):
        answer = change(browser_of_ada, key, body)
        assert (answer.status_code, answer.json()["error"]["type"]) == (409, "conflict")
    form = {"name": "back", "credit_policy": "strict"}
    assert browser_of_ada.post(f"/account/keys/{key.pk}", form).status_code == 409
    assert (
        "nothing of it can be changed"
        in browser_of_ada.get(f"/account/keys/{key.pk}").content.decode()
    )
    key.refresh_from_db()
    assert key.name == "gone"


def test_a_policy_is_given_when_the_key_is_made(browser_of_ada: Client) -> None:
    made = browser_of_ada.post(
        "/api/keys",
        json.dumps({"name": "x", "creditPolicy": "adjust"}),
        content_type="application/json",
    )
    assert (made.status_code, made.json()["creditPolicy"]) == (201, "adjust")
    plain = browser_of_ada.post(
        "/api/keys", json.dumps({"name": "y"}), content_type="application/json"
    )
    assert plain.json()["creditPolicy"] == "strict"


def test_the_pages_show_and_change_the_cap_without_javascript(
    browser_of_ada: Client, ada: User
) -> None:
    form = {"name": "exporter", "scopes": ["chat"], "monthly_cap": "2", "credit_policy": "adjust"}
    browser_of_ada.post("/account/keys", form)
    key = ApiKey.objects.get()
    assert (key.monthly_cap, key.credit_policy) == (2 * CREDIT, "adjust")
    spend(key, 2)
    page = browser_of_ada.get("/account/keys").content.decode()
    assert "2.00 of 2.00" in page
    assert "Cap reached" in page
    page = browser_of_ada.get(f"/account/keys/{key.pk}").content.decode()
    assert re.search(r'name="monthly_cap" value="2"', page)
    assert '<option value="adjust" selected>' in page
    answer = browser_of_ada.post(
        f"/account/keys/{key.pk}",
        {"name": "exporter", "monthly_cap": "", "credit_policy": "strict"},
    )
    assert answer.headers["Location"] == "/account/keys"
    key.refresh_from_db()
    assert (key.monthly_cap, key.credit_policy) == (None, "strict")
    wrong = {"name": "", "monthly_cap": "-1", "credit_policy": "none"}
    page = browser_of_ada.post(f"/account/keys/{key.pk}", wrong).content.decode()
    assert page.count('aria-invalid="true"') == 3
