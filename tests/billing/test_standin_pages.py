"""The pages of the stand-in for Stripe: who may see them, paying, and the customer portal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from billing.standin import here
from billing.standin.world import World
from config.payments import Payments
from tests.billing.acted import Thing, call, customer_named, portal_for, session_for, subscribed

HOME = "/standin/stripe/"


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> World:
    settings.DATA_DIR = tmp_path
    settings.PAYMENTS = Payments("standin", "sk_test_standinpages", "http://127.0.0.1:8000")
    return here.world()


@pytest.fixture
def tab(world: World) -> Client:
    return Client()


def pay(tab: Client, session_id: str, **fields: str) -> Any:
    given = {"do": "pay", "card": "good", **fields}
    return tab.post(f"{HOME}pay/{session_id}", given)


def read(named: str) -> Thing:
    found: Thing = here.world().actions.read(named)
    return found


def everywhere() -> list[str]:
    customer = customer_named()
    subscription = read(subscribed(customer))
    charge = here.world().actions.listed("charge", customer=customer)[0]
    return [
        HOME,
        f"{HOME}v1/customers",
        f"{HOME}pay/{session_for(customer, 'price_topup_50')}",
        portal_for(customer),
        f"{HOME}invoices/{subscription['latest_invoice']}",
        f"{HOME}invoices/{subscription['latest_invoice']}/pdf",
        f"{HOME}receipts/{charge['id']}",
    ]


def test_every_page_says_that_it_is_a_test_and_that_no_money_moves(tab: Client) -> None:
    for path in everywhere():
        answer = tab.get(path)
        if "/v1/" not in path:
            assert answer.status_code == 200, path
            page = answer.content.decode()
            assert "<h1>Test payment" in page
            assert "No money" in page
            assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("mode", ["stripe", "off", "refused"])
def test_there_is_no_stand_in_where_payments_are_not_acted(
    tab: Client, settings: Any, mode: str
) -> None:
    paths = everywhere()
    settings.PAYMENTS = Payments(mode, "sk_test_1")
    for path in paths:
        assert tab.get(path).status_code == 404, path
        assert tab.post(path).status_code == 404, path


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"REMOTE_ADDR": "192.168.1.7"},
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": ""},
        {"HTTP_HOST": "studio.example"},
        {"HTTP_HOST": "localhost.studio.example"},
        {"HTTP_HOST": "192.168.1.7:8000"},
        {"HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        {"HTTP_FORWARDED": "for=203.0.113.9"},
    ],
)
def test_nobody_elsewhere_is_answered(
    tab: Client, settings: Any, elsewhere: dict[str, Any]
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for path in everywhere():
        assert tab.get(path, **elsewhere).status_code == 404, path


def test_the_api_wants_its_key(tab: Client) -> None:
    key = "Bearer sk_test_standinpages"
    found = tab.get(f"{HOME}v1/customers?limit=1", headers={"Authorization": key})
    assert (found.status_code, found.json()["object"]) == (200, "list")
    assert tab.get(f"{HOME}v1/customers").status_code == 401
    wrong = tab.post(f"{HOME}v1/customers", headers={"Authorization": "Bearer sk_test_other"})
    assert wrong.status_code == 401
    assert "Set-Cookie" not in found.headers


def test_another_site_cannot_press_a_button_here(world: World) -> None:
    strict = Client(enforce_csrf_checks=True)
    session = session_for(customer_named())
    assert pay(strict, session).status_code == 403
    assert strict.post(HOME, {"do": "hurry"}).status_code == 403
    assert read(session)["status"] == "open"


def test_what_is_not_there_is_not_found(tab: Client) -> None:
    customer = customer_named()
    for path in ("pay/cs_1", "portal/bps_1", "invoices/in_1", "receipts/ch_1", "nothing"):
        assert tab.get(f"{HOME}{path}").status_code == 404
    for kind in ("pay", "portal", "invoices", "receipts"):
        assert tab.get(f"{HOME}{kind}/{customer}").status_code == 404


def test_paying_leads_back_with_the_session_paid(tab: Client) -> None:
    session = session_for(customer_named())
    answer = pay(tab, session, name="Ann", country="DE", tax_id="DE123456789")
    assert answer.status_code == 302
    assert answer["Location"] == f"/billing/return?session_id={session}"
    found = read(session)
    assert (found["status"], found["payment_status"]) == ("complete", "paid")
    customer = read(found["customer"])
    assert (customer["name"], customer["address"]["country"]) == ("Ann", "DE")
    (tax_id,) = here.world().actions.listed("tax_id", customer=customer["id"])
    assert tax_id["value"] == "DE123456789"
    again = tab.get(f"{HOME}pay/{session}").content.decode()
    assert "This is done." in again
    assert 'value="pay"' not in again
    assert "is complete" in pay(tab, session).content.decode()


@pytest.mark.parametrize("card", ["declined", "insufficient_funds"])
def test_a_declined_card_says_why_and_another_may_be_tried(tab: Client, card: str) -> None:
    session = session_for(customer_named(), "price_topup_50")
    answer = pay(tab, session, card=card)
    assert answer.status_code == 200
    assert "Your card" in answer.content.decode()
    assert read(session)["status"] == "open"
    assert pay(tab, session).status_code == 302


def test_the_bank_asks_who_pays(tab: Client) -> None:
    session = session_for(customer_named())
    assert pay(tab, session, card="three_d_secure")["Location"] == f"{HOME}pay/{session}"
    asked = tab.get(f"{HOME}pay/{session}").content.decode()
    assert "Your bank asks" in asked
    assert 'value="pay"' not in asked
    given_up = tab.post(f"{HOME}pay/{session}", {"do": "give_up"}).content.decode()
    assert "did not confirm" in given_up
    assert read(session)["status"] == "open"
    pay(tab, session, card="three_d_secure")
    proved = tab.post(f"{HOME}pay/{session}", {"do": "prove"})
    assert proved["Location"].endswith(session)
    assert read(session)["payment_status"] == "paid"


def test_a_promotion_code_is_taken_off(tab: Client) -> None:
    session = session_for(customer_named())
    path = f"{HOME}pay/{session}"
    wrong = tab.post(path, {"do": "promote", "promotion": "NEVER"}).content.decode()
    assert 'role="alert"' in wrong
    tab.post(path, {"do": "promote", "promotion": "WELCOME20"})
    page = tab.get(path).content.decode()
    assert "−5.80 USD" in page
    assert "23.20 USD" in page
    pay(tab, session)
    assert read(session)["amount_total"] == 2_320


@pytest.mark.parametrize("fields", [{"card": "gold"}, {"card": ""}, {"country": "XX"}])
def test_what_cannot_be_chosen_is_not_done(tab: Client, fields: dict[str, str]) -> None:
    session = session_for(customer_named())
    answer = pay(tab, session, **fields)
    assert "err" in answer.content.decode()
    assert read(session)["status"] == "open"


def test_an_expired_page_leads_back(tab: Client) -> None:
    session = session_for(customer_named())
    here.world().actions.expire(session)
    page = tab.get(f"{HOME}pay/{session}").content.decode()
    assert "no longer valid" in page
    assert "/billing/canceled/1" in page


def test_the_portal_cancels_for_the_periods_end_and_keeps(tab: Client) -> None:
    customer = customer_named()
    subscription = subscribed(customer)
    path = portal_for(customer)
    assert "29.00 USD a month" in tab.get(path).content.decode()
    tab.post(path, {"do": "cancel", "subscription": subscription})
    ends = read(subscription)["items"]["data"][0]["current_period_end"]
    assert read(subscription)["cancel_at"] == ends
    assert "Keep the plan" in tab.get(path).content.decode()
    tab.post(path, {"do": "resume", "subscription": subscription})
    assert read(subscription)["cancel_at"] is None


def test_the_portal_shows_what_changing_costs_and_then_takes_just_that(tab: Client) -> None:
    customer = customer_named()
    subscription = subscribed(customer)
    path = portal_for(customer)
    wanted = {"subscription": subscription, "price": "price_pro_year"}
    leads = tab.post(path, {"do": "choose", **wanted})["Location"]
    shown = tab.get(leads)
    due = shown.context["preview"]["amount_due"]
    assert 26_000 < due <= 26_101
    assert f"{due / 100:.2f} USD" in shown.content.decode()
    assert len(here.world().actions.listed("invoice", customer=customer)) == 1
    tab.post(path, {"do": "change", **wanted})
    newest = here.world().actions.listed("invoice", customer=customer)[0]
    assert abs(newest["amount_paid"] - due) <= 1  # a second later
    assert read(subscription)["items"]["data"][0]["price"]["id"] == "price_pro_year"


def test_a_flow_does_its_one_thing_and_leads_back(tab: Client) -> None:
    customer = customer_named()
    subscription = subscribed(customer)
    item = read(subscription)["items"]["data"][0]["id"]
    back = "/billing?done=1"
    after = {
        "flow_data[after_completion][type]": "redirect",
        "flow_data[after_completion][redirect][return_url]": f"http://localhost:8000{back}",
    }
    confirm = "flow_data[subscription_update_confirm]"
    path = portal_for(
        customer,
        **after,
        **{
            "flow_data[type]": "subscription_update_confirm",
            f"{confirm}[subscription]": subscription,
            f"{confirm}[items][0][id]": item,
            f"{confirm}[items][0][price]": "price_pro_year",
        },
    )
    assert "Confirm and pay" in tab.get(path).content.decode()
    wanted = {"do": "change", "subscription": subscription, "price": "price_pro_year"}
    assert tab.post(path, wanted)["Location"] == back

    cancel = {"flow_data[type]": "subscription_cancel"}
    cancel["flow_data[subscription_cancel][subscription]"] = subscription
    path = portal_for(customer, **after, **cancel)
    assert "goes on until" in tab.get(path).content.decode()
    answer = tab.post(path, {"do": "cancel", "subscription": subscription})
    assert answer["Location"] == back
    assert read(subscription)["cancel_at"]


def test_the_subscription_of_another_is_not_reached(tab: Client) -> None:
    theirs = subscribed(customer_named("other@studio.example"))
    mine = customer_named()
    subscribed(mine)
    path = portal_for(mine)
    for do in ("cancel", "resume", "change", "choose"):
        wanted = {"do": do, "subscription": theirs, "price": "price_pro_year"}
        assert tab.post(path, wanted).status_code == 404
    assert tab.get(f"{path}?subscription={theirs}&price=price_pro_year").status_code == 404
    assert read(theirs)["cancel_at"] is None


def test_another_card_pays_what_is_due(tab: Client) -> None:
    customer = customer_named()
    subscription = subscribed(customer, card="fails_later")
    here.world().actions.renew(subscription)
    assert read(subscription)["status"] == "past_due"
    path = portal_for(customer)
    assert "Past due" in tab.get(path).content.decode()
    refused = tab.post(path, {"do": "card", "card": "declined"}).content.decode()
    assert "Your card was declined" in refused
    tab.post(path, {"do": "card", "card": "good"})
    assert read(subscription)["status"] == "active"
    assert "Visa ending in 4242" in tab.get(path).content.decode()


def test_an_open_invoice_is_paid_on_its_page_and_printed_with_its_receipt(tab: Client) -> None:
    customer = customer_named()
    subscription = subscribed(customer, card="fails_later")
    here.world().actions.renew(subscription)
    (due,) = here.world().actions.listed("invoice", customer=customer, status="open")
    path = f"{HOME}invoices/{due['id']}"
    assert "29.00 USD" in tab.get(path).content.decode()
    assert "declined" in tab.post(path, {"card": "declined"}).content.decode()
    tab.post(path, {"card": "good"})
    page = tab.get(path).content.decode()
    assert "data-print" in page
    (charge,) = here.world().actions.listed("charge", customer=customer, paid=True)[:1]
    assert f"{HOME}receipts/{charge['id']}" in page
    assert read(subscription)["status"] == "active"


def test_billing_details_are_those_of_the_next_invoice(tab: Client) -> None:
    customer = customer_named()
    path = portal_for(customer)
    given = {"do": "address", "name": "Ann Ltd", "country": "FR", "tax_id": "FR12345678901"}
    tab.post(path, given)
    page = tab.get(path).content.decode()
    assert "Ann Ltd" in page
    assert "FR12345678901" in page
    assert read(customer)["address"]["country"] == "FR"
    assert "err" in tab.post(path, given | {"country": "XX"}).content.decode()


def test_products_that_were_made_by_hand_are_shown_too(tab: Client) -> None:
    product = call("products", name="Consulting <b>")["id"]
    price = call("prices", product=product, currency="usd", unit_amount="700")["id"]
    page = tab.get(f"{HOME}pay/{session_for(customer_named(), price)}").content.decode()
    assert "Consulting &lt;b&gt;" in page
