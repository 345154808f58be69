"""Customers, checkouts and the portal: each call, and what is read from its answer."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from billing import leaving, operations, purchases, subscriptions
from billing.customers import customer_of
from billing.gateway import client
from billing.models import Checkout, Customer, FormerCustomer, Payment
from billing.plans import everything_sold
from config.payments import Payments
from core.errors import NotFound, ProviderUnavailable
from core.money import CREDIT
from credits.queries import balance
from tests.billing.buying import back, buy, session_of
from tests.billing.contract.side import Side


def read(checkout: Checkout) -> dict[str, Any]:
    found: dict[str, Any] = client().v1.checkout.sessions.retrieve(session_of(checkout)).to_dict()
    return found


def test_a_customer_is_made_once_however_often_it_is_asked_for(side: Side, person: Any) -> None:
    first = customer_of(person)
    side.made.append(first.stripe_id)
    Customer.objects.all().delete()
    assert customer_of(person).stripe_id == first.stripe_id
    found = client().v1.customers.retrieve(first.stripe_id).to_dict()
    assert found["email"] == person.email
    assert found["metadata"]["djstripe_subscriber"] == str(person.pk)


@pytest.mark.parametrize("what", ["month", "year", 50, 200, 1000])
def test_whatever_is_sold_can_be_paid_for(side: Side, person: Any, what: int | str) -> None:
    checkout = buy(person, what)
    side.made.append(Customer.objects.get(user=person).stripe_id)
    session = read(checkout)
    sold = everything_sold()[checkout.sold]
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert (session["amount_total"], session["currency"]) == (sold.usd * 100, "usd")
    assert session["metadata"]["checkout"] == str(checkout.pk)
    assert session["client_reference_id"] == str(person.pk)
    assert checkout.url == session["url"]
    assert checkout.url.startswith("http")
    assert buy(person, what).pk == checkout.pk


def test_an_open_checkout_is_closed_and_stays_so(side: Side, person: Any) -> None:
    checkout = buy(person, "month")
    side.made.append(Customer.objects.get(user=person).stripe_id)
    assert operations.cancel_checkout(user=person, checkout_id=checkout.pk).state == "expired"
    assert read(checkout)["status"] == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        client().v1.checkout.sessions.expire(session_of(checkout))


def test_a_paid_plan_is_the_buyers_by_the_way_back(side: Side, person: Any) -> None:
    checkout = buy(person, "month")
    side.made.append(Customer.objects.get(user=person).stripe_id)
    side.pay(session_of(checkout), checkout.url)
    assert back(person, checkout).state == "completed"
    person.refresh_from_db()
    assert person.tier == "pro"
    payment = Payment.objects.get(user=person)
    assert (payment.amount, payment.currency, payment.kind) == (2900, "usd", "plan")
    assert payment.invoice.startswith("in_")
    assert payment.payment_intent.startswith("pi_")
    assert payment.receipt_url.startswith("http")


def test_paid_credits_are_the_buyers_by_the_way_back(side: Side, person: Any) -> None:
    before = balance(person).free
    checkout = buy(person, 50)
    side.made.append(Customer.objects.get(user=person).stripe_id)
    side.pay(session_of(checkout), checkout.url)
    assert back(person, checkout).state == "completed"
    assert balance(person).free - before == 50 * CREDIT
    payment = Payment.objects.get(user=person)
    assert (payment.amount, payment.tax, payment.credits) == (900, 0, 50)
    assert payment.payment_intent.startswith("pi_")
    params: Any = {"payment_intent": payment.payment_intent, "limit": 1}
    (found,) = client().v1.checkout.sessions.list(params=params).data
    assert found.id == checkout.session_id


def test_the_portal_opens_whole_and_by_each_of_its_ways(side: Side, person: Any) -> None:
    customer = side.customer_of(person)
    month = everything_sold()["pro_month"]
    subscription = side.subscribe(customer, month.price_id, user=str(person.pk))
    subscriptions.refresh(stripe_id=subscription["id"])
    for flow in operations.FLOWS:
        assert operations.open_portal(user=person, flow=flow).startswith("http")
    changed = buy(person, "year")
    assert changed.session_id is None
    assert changed.url.startswith("http")


def test_what_stripe_does_not_know_is_told_by_code_and_parameter(side: Side, person: Any) -> None:
    assert purchases.settle(session_id="cs_test_nothing") is None
    customer = side.customer_of(person)
    session: Any = {
        "mode": "payment",
        "customer": customer,
        "line_items": [{"price": "price_nothing", "quantity": 1}],
        "success_url": "https://studio.example/",
    }
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client().v1.checkout.sessions.create(params=session)
    assert missing.value.code == "resource_missing"
    assert "price" in str(missing.value.param)
    session["customer"] = "cus_nothing"
    session["line_items"][0]["price"] = everything_sold()["topup_50"].price_id
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client().v1.checkout.sessions.create(params=session)
    assert (missing.value.code, missing.value.param) == ("resource_missing", "customer")


def test_a_key_that_does_not_hold_is_no_fault_of_the_user(
    side: Side, person: Any, settings: Any
) -> None:
    settings.PAYMENTS = Payments("stripe", "sk_test_wrong", settings.PAYMENTS.api_base)
    with pytest.raises(ProviderUnavailable) as away:
        buy(person, 50)
    assert away.value.code == "PAYMENTS_UNAVAILABLE"
    assert not isinstance(away.value, NotFound)


def test_who_leaves_is_forgotten_at_stripe_with_all_that_runs(side: Side, person: Any) -> None:
    customer = side.customer_of(person)
    month = everything_sold()["pro_month"].price_id
    subscription = side.subscribe(customer, month, user=str(person.pk))["id"]
    session = session_of(buy(person, 50))
    FormerCustomer.objects.create(stripe_id=customer)
    assert leaving.end_due() == 1
    assert client().v1.customers.retrieve(customer).to_dict()["deleted"] is True
    assert client().v1.subscriptions.retrieve(subscription).status == "canceled"
    assert client().v1.checkout.sessions.retrieve(session).status == "expired"
    FormerCustomer.objects.create(stripe_id=customer)
    assert leaving.end_due() == 1
