"""Buying by the pages, and coming back, without scripts."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from billing.models import Checkout
from billing.standin.world import World
from core.errors import ProviderUnavailable
from tests.billing.visiting import BUY_PRO, begun, html, main_of, subscribed
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return new_person()


@pytest.fixture
def visitor(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_strangers_make_an_account_first_and_come_back_to_the_same_choice(db: None) -> None:
    stranger = Client()
    asked = "/billing/checkout?topup=50&back_to=%2Fproducts%3Fq%3Da"
    answer = stranger.get(asked)
    entrance = urlsplit(answer["Location"])
    assert entrance.path == "/account/signup/"
    back = parse_qs(entrance.query)["next"][0]
    assert parse_qs(urlsplit(back).query) == {"topup": ["50"], "back_to": ["/products?q=a"]}
    page = stranger.get(answer["Location"]).content.decode()
    assert 'name="next" value="/billing/checkout?topup=50&amp;back_to=' in page


def test_who_was_signed_out_meanwhile_signs_in_and_loses_nothing(db: None) -> None:
    answer = Client().post("/billing/checkout", BUY_PRO)
    assert answer["Location"].startswith("/account/login/?next=%2Fbilling%2Fcheckout")


def test_looking_at_what_is_sold_begins_nothing(visitor: Client) -> None:
    words = main_of(visitor.get("/billing/checkout?plan=pro&interval=year"))
    assert "290 USD a year" in words
    assert "Go on to pay" in words
    assert not Checkout.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"plan": "gold", "interval": "month"},
        {"plan": "pro", "interval": "week"},
        {"plan": "pro"},
        {"topup": "51"},
        {"topup": "5e1"},
        {"topup": "-50"},
        {"topup": "५०"},
        {"topup": "9" * 5000},
        {"topup": "50", "plan": "pro", "interval": "month"},
        {"topup": "\0"},
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_not_sold_is_refused(visitor: Client, asked: dict[str, str], method: str) -> None:
    assert getattr(visitor, method)("/billing/checkout", asked).status_code == 400
    assert not Checkout.objects.exists()


@pytest.mark.parametrize(
    "back_to",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/" + "a" * 600,
    ],
)
def test_nobody_is_led_to_another_site(visitor: Client, back_to: str) -> None:
    page = visitor.get("/billing/checkout", {**BUY_PRO, "back_to": back_to}).content.decode()
    assert "evil.example" not in page
    assert "aaaaaa" not in page


def test_a_payment_service_that_is_away_keeps_the_choice_and_charges_nothing(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> Any:
        raise ProviderUnavailable("Away. Nothing was charged.", suggestions=["Try again"])

    monkeypatch.setattr("billing.operations.start_checkout", away)
    answer = visitor.post("/billing/checkout", BUY_PRO)
    assert answer.status_code == 503
    words = main_of(answer)
    assert "Away. Nothing was charged." in words
    assert "Go on to pay 29 USD a month" in words


@pytest.mark.parametrize("path", ["/billing/portal", "/billing/checkout"])
def test_buying_needs_a_form_of_ours(person: Any, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert client.post(path, BUY_PRO).status_code == 403


def test_the_portal_opens_by_a_button_alone(visitor: Client) -> None:
    assert visitor.get("/billing/portal").status_code == 405


def test_before_anything_was_bought_there_is_no_portal(visitor: Client) -> None:
    answer = visitor.post("/billing/portal", follow=True)
    assert "You have not bought anything yet" in html(answer)


@pytest.mark.parametrize("asked", [BUY_PRO, {"topup": "50"}])
def test_buying_leads_to_where_it_is_paid_and_clicked_twice_to_the_same_place(
    visitor: Client, stripe_world: World, asked: dict[str, str]
) -> None:
    first = visitor.post("/billing/checkout", {**asked, "back_to": "/credits"})
    again = visitor.post("/billing/checkout", {**asked, "back_to": "/products"})
    checkout = Checkout.objects.get()
    assert first["Location"] == again["Location"] == checkout.url
    assert first.status_code == 302
    assert checkout.back_to == "/products"


def test_a_button_that_is_stale_says_that_it_is_bought(
    visitor: Client, stripe_world: World
) -> None:
    visitor.post("/billing/checkout", BUY_PRO)
    session_id = str(Checkout.objects.get().session_id)
    stripe_world.actions.complete(session_id)
    words = main_of(visitor.get(f"/billing/return?session_id={session_id}"))
    assert "You are on Pro" in words
    answer = visitor.post("/billing/checkout", BUY_PRO, follow=True)
    assert answer.redirect_chain == [("/billing", 302)]
    assert "You have this plan already." in html(answer)
    other = visitor.post("/billing/checkout", {"plan": "pro", "interval": "year"})
    assert f"{stripe_world.base}/portal/" in other["Location"]
    assert Checkout.objects.count() == 1


@pytest.mark.parametrize("flow", ["", "subscription_cancel", "payment_method_update"])
def test_the_portal_opens_for_each_way_through_it(
    visitor: Client, stripe_world: World, flow: str
) -> None:
    visitor.post("/billing/checkout", BUY_PRO)
    session_id = str(Checkout.objects.get().session_id)
    stripe_world.actions.complete(session_id)
    visitor.get(f"/billing/return?session_id={session_id}")
    answer = visitor.post("/billing/portal", {"flow": flow})
    assert f"{stripe_world.base}/portal/" in answer["Location"]


def test_a_way_through_the_portal_that_is_not_there_is_refused(
    visitor: Client, stripe_world: World
) -> None:
    assert visitor.post("/billing/portal", {"flow": "give_me_all"}).status_code == 400


def test_who_comes_from_the_portal_sees_what_they_changed_without_any_webhook(
    visitor: Client, stripe_world: World
) -> None:
    visitor.post("/billing/checkout", BUY_PRO)
    session_id = str(Checkout.objects.get().session_id)
    stripe_world.actions.complete(session_id)
    visitor.get(f"/billing/return?session_id={session_id}")
    (there,) = stripe_world.actions.listed("subscription")
    stripe_world.actions.cancel_at_period_end(there["id"])
    answer = visitor.get("/billing?from=portal", follow=True)
    assert answer.redirect_chain == [("/billing", 302)]
    assert "Canceled." in main_of(answer)


def test_who_has_the_plan_is_not_asked_to_buy_it(visitor: Client, person: Any) -> None:
    subscribed(person)
    answer = visitor.get("/billing/checkout", BUY_PRO)
    assert answer["Location"] == "/billing"
    assert visitor.get("/billing/checkout", {"topup": "50"}).status_code == 200


def settled_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service is away, so what is known is shown."""

    def away(*_: Any, **__: Any) -> Any:
        raise ProviderUnavailable("Away.")

    monkeypatch.setattr("billing.purchases.settle", away)


@pytest.mark.parametrize(
    ("state", "sold", "tier", "said"),
    [
        ("completed", "topup_50", "free", "50 credits are yours"),
        ("completed", "pro_month", "pro", "You are on Pro"),
        ("completed", "pro_month", "free", "The payment is on its way"),
        ("open", "topup_200", "free", "The payment is on its way"),
        ("expired", "pro_year", "free", "Nothing was charged"),
    ],
)
def test_the_way_back_says_what_came(
    visitor: Client,
    person: Any,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    sold: str,
    tier: str,
    said: str,
) -> None:
    settled_as_it_is(monkeypatch)
    subscribed(person, tier=tier, status="active" if tier == "pro" else "incomplete")
    checkout = begun(person, state, sold, back_to="/videos?words=a+turn#new")
    answer = visitor.get(f"/billing/return?session_id={checkout.session_id}")
    assert said in main_of(answer)
    assert 'href="/videos?words=a+turn#new"' in html(answer)
    is_waiting = "on its way" in said
    assert ('http-equiv="refresh"' in html(answer)) is is_waiting
    assert ('data-follows="' in html(answer)) is is_waiting


def test_the_way_back_from_long_ago_leads_to_what_became_of_it(
    visitor: Client, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled_as_it_is(monkeypatch)
    subscribed(person, tier="free", status="canceled")
    checkout = begun(person, "completed", "pro_month")
    answer = visitor.get(f"/billing/return?session_id={checkout.session_id}")
    assert answer["Location"] == "/billing"


def test_what_is_not_sold_any_more_is_still_told(
    visitor: Client, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled_as_it_is(monkeypatch)
    for state, said in (("completed", "70 credits are yours"), ("expired", "Nothing was charged")):
        checkout = begun(person, state, "topup_70")
        answer = visitor.get(f"/billing/return?session_id={checkout.session_id}")
        assert said in main_of(answer)
        assert "Try again" not in main_of(answer)


def test_somebody_elses_purchase_is_not_there(visitor: Client) -> None:
    theirs = begun(new_person(), "completed")
    assert visitor.get(f"/billing/return?session_id={theirs.session_id}").status_code == 404
    assert visitor.get(f"/billing/canceled/{theirs.pk}").status_code == 404


@pytest.mark.parametrize("path", ["/billing/return", "/billing/return?session_id=cs_%00"])
def test_a_way_back_of_nothing_is_refused(visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code in (400, 404)


def test_turning_back_says_that_nothing_was_charged_and_offers_it_again(
    visitor: Client, person: Any
) -> None:
    checkout = begun(person, "expired", "pro_year", back_to="/credits")
    words = main_of(visitor.get(f"/billing/canceled/{checkout.pk}"))
    assert "Nothing was charged" in words
    assert "Try again 290 USD a year" in words


def test_who_turns_back_after_paying_is_told_what_they_bought(visitor: Client, person: Any) -> None:
    checkout = begun(person, "completed")
    assert "50 credits are yours" in main_of(visitor.get(f"/billing/canceled/{checkout.pk}"))


@pytest.mark.parametrize("path", ["/billing/canceled/x", "/billing/receipts/x"])
def test_a_malformed_id_is_not_there(visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code == 404
