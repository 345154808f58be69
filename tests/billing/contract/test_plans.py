"""Subscriptions and their invoices, over the time of a customer's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from billing import doubles, dunning, invoices, subscriptions
from billing.gateway import client
from billing.models import Payment, Subscription
from billing.plans import everything_sold
from billing.told import sold_by, told
from notifications.models import Notification
from tests.billing.contract.side import DAY_S, Side


def month() -> str:
    return everything_sold()["pro_month"].price_id


def row_of(person: Any) -> Subscription:
    return Subscription.objects.get(user=person)


def period_end(subscription: str) -> int:
    found = client().v1.subscriptions.retrieve(subscription).to_dict()
    return int(found["items"]["data"][0]["current_period_end"])


def test_a_subscription_says_whose_it_is_what_it_is_for_and_until_when(
    side: Side, person: Any
) -> None:
    customer = side.customer_of(person)
    names = {"user": str(person.pk), "checkout": "none"}
    found = side.subscribe(customer, month(), **names)
    one = told(client().v1.subscriptions.retrieve(found["id"]).to_dict())
    assert one is not None
    assert (one.status, one.interval, one.customer) == ("active", "month", customer)
    assert (one.user, one.checkout, one.ends_at) == (str(person.pk), "none", None)
    assert abs(one.created_at.timestamp() - time.time()) < 300
    assert one.period_ends_at is not None
    assert 27 <= (one.period_ends_at - one.started_at).days <= 31
    assert one.item.startswith("si_")
    assert one.latest_invoice.startswith("in_")

    subscriptions.refresh(stripe_id=found["id"])
    assert (row_of(person).tier, row_of(person).interval) == ("pro", "month")
    payment = Payment.objects.get(user=person)
    assert (payment.amount, payment.invoice) == (2900, one.latest_invoice)


def test_what_is_canceled_for_the_periods_end_says_so_and_then_ends(
    side: Side, person: Any
) -> None:
    customer = side.customer_of(person, clock=True)
    subscription = side.subscribe(customer, month(), user=str(person.pk))["id"]
    end = period_end(subscription)
    ending: Any = {"cancel_at_period_end": True}
    client().v1.subscriptions.update(subscription, params=ending)
    subscriptions.refresh(stripe_id=subscription)
    assert (row_of(person).tier, row_of(person).ends_at) == (
        "pro",
        datetime.fromtimestamp(end, UTC),
    )
    side.move_to(customer, end + 3600)
    subscriptions.refresh(stripe_id=subscription)
    assert (row_of(person).tier, row_of(person).status) == ("free", "canceled")


def test_a_renewal_is_an_invoice_that_names_its_subscription_price_and_payment(
    side: Side, person: Any
) -> None:
    customer = side.customer_of(person, clock=True)
    subscription = side.subscribe(customer, month(), user=str(person.pk))["id"]
    side.move_to(customer, period_end(subscription) + 7200)
    newest = client().v1.subscriptions.retrieve(subscription).to_dict()["latest_invoice"]
    payment = invoices.paid_invoice(invoice_id=newest)
    assert payment is not None
    assert (payment.user_id, payment.amount, payment.tax) == (person.pk, 2900, 0)
    assert payment.description == everything_sold()["pro_month"].title
    assert payment.payment_intent.startswith("pi_")
    assert payment.receipt_url.startswith("http")
    params: Any = {"payment": {"type": "payment_intent", "payment_intent": payment.payment_intent}}
    (found,) = client().v1.invoice_payments.list(params=params).data
    assert found.to_dict()["invoice"] == newest
    invoices.note_missing(stripe_id=subscription, newest="in_unknown")
    assert Payment.objects.filter(user=person).count() == 2


def test_a_renewal_that_fails_is_past_due_since_then_and_told_of(side: Side, person: Any) -> None:
    customer = side.customer_of(person, clock=True)
    subscription = side.subscribe(customer, month(), user=str(person.pk))["id"]
    subscriptions.refresh(stripe_id=subscription)
    end = period_end(subscription)
    side.give_card(customer, "pm_card_chargeCustomerFail")
    side.move_to(customer, end + 7200)
    subscriptions.refresh(stripe_id=subscription)
    row = row_of(person)
    assert row.status == "past_due"
    assert row.past_due_since is not None
    opened: Any = {"subscription": subscription, "status": "open", "limit": 1}
    (due,) = client().v1.invoices.list(params=opened).data
    assert 0 <= due.to_dict()["status_transitions"]["finalized_at"] - end <= 7200
    newest = client().v1.subscriptions.retrieve(subscription).to_dict()["latest_invoice"]
    assert newest == due.id
    assert dunning.invoice_due(invoice_id=newest)
    assert Notification.objects.filter(user=person, kind="billing.payment_failed").exists()

    side.give_card(customer, "pm_card_visa")
    client().v1.invoices.pay(newest)
    subscriptions.refresh(stripe_id=subscription)
    assert (row_of(person).status, row_of(person).past_due_since) == ("active", None)
    assert invoices.paid_invoice(invoice_id=newest) is not None


def test_what_is_switched_by_the_year_costs_less_what_was_paid(side: Side, person: Any) -> None:
    customer = side.customer_of(person, clock=True)
    found = side.subscribe(customer, month(), user=str(person.pk))
    start = int(found["items"]["data"][0]["current_period_start"])
    side.move_to(customer, start + 10 * DAY_S)
    change: Any = {
        "items": [
            {"id": found["items"]["data"][0]["id"], "price": everything_sold()["pro_year"].price_id}
        ],
        "proration_behavior": "always_invoice",
    }
    client().v1.subscriptions.update(found["id"], params=change)
    subscriptions.refresh(stripe_id=found["id"])
    assert row_of(person).interval == "year"
    newest = client().v1.subscriptions.retrieve(found["id"]).to_dict()["latest_invoice"]
    payment = invoices.paid_invoice(invoice_id=newest)
    assert payment is not None
    assert payment.description == everything_sold()["pro_year"].title
    left = payment.amount - 29_000 + 2_900  # of a month of 28 to 31 days, ten are used
    assert 2_900 * 10 // 31 - 2 <= left <= 2_900 * 10 // 28 + 2


def test_a_second_plan_is_paid_back_once_and_ended(side: Side, person: Any) -> None:
    customer = side.customer_of(person)
    price = month()
    names = {"user": str(person.pk), "checkout": "1"}
    first = told(_read(side.subscribe(customer, price, **names)["id"]))
    second = told(_read(side.subscribe(customer, price, **names)["id"]))
    assert first is not None
    assert second is not None
    later = doubles.end_others(user_id=person.pk, best=first, everything=[first, second])
    assert later == [second.stripe_id]
    assert _read(second.stripe_id).status == "canceled"
    paid: Any = {"expand": ["payments"]}
    invoice = client().v1.invoices.retrieve(second.latest_invoice, params=paid).to_dict()
    (intent,) = invoices.payment_intents(invoice)
    charges = client().v1.charges.list(params={"payment_intent": intent}).data
    assert charges[0].amount_refunded == 2900
    assert doubles.end_others(user_id=person.pk, best=first, everything=[first, second]) == []


def _read(stripe_id: str) -> Any:
    return client().v1.subscriptions.retrieve(stripe_id)


def test_a_subscription_that_nobody_knows_is_nobodys(side: Side, person: Any) -> None:
    assert subscriptions.refresh(stripe_id="sub_nothing") is None
    assert not dunning.invoice_due(invoice_id="in_nothing")


def test_a_former_price_still_says_what_it_was_for(side: Side, settings: Any) -> None:
    found = client().v1.prices.retrieve(month()).to_dict()
    settings.STRIPE_PRICES = {**settings.STRIPE_PRICES, "pro_month": "price_of_next_year"}
    sold = sold_by(found)
    assert sold is not None
    assert sold.name == "pro_month"


@pytest.mark.parametrize("status", ["open", "paid", "draft"])
def test_invoices_are_listed_by_subscription_and_state(
    side: Side, person: Any, status: str
) -> None:
    customer = side.customer_of(person)
    subscription = side.subscribe(customer, month(), user=str(person.pk))["id"]
    params: Any = {"subscription": subscription, "status": status, "expand": ["data.payments"]}
    found = [one.to_dict() for one in client().v1.invoices.list(params=params).data]
    assert len(found) == (1 if status == "paid" else 0)
    for one in found:
        assert one["parent"]["subscription_details"]["subscription"] == subscription
        assert one["parent"]["subscription_details"]["metadata"]["user"] == str(person.pk)
        assert one["status_transitions"]["finalized_at"] <= one["status_transitions"]["paid_at"]
        assert one["lines"]["data"][0]["pricing"]["price_details"]["price"] == month()
        assert one["billing_reason"] == "subscription_create"
        assert one["attempt_count"] >= 1
        assert one["amount_remaining"] == 0
