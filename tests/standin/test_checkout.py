"""Checkout sessions: what may be asked for, and every way in which they end."""

from __future__ import annotations

import time
from typing import Any

import pytest
import stripe

from billing.standin.world import Declined, Refused, World
from tests.standin.conftest import Opener, told

DAY_S = 86_400


def payment_of(client: stripe.StripeClient, session_id: str) -> Any:
    """A session with its money."""
    expand = ["payment_intent.latest_charge.balance_transaction", "invoice.payments"]
    return client.v1.checkout.sessions.retrieve(session_id, params={"expand": expand})


def test_a_session_repeats_what_was_asked_for(checkout: Opener) -> None:
    session = checkout("price_pro_month")
    assert session.url
    assert session.url.endswith(f"/pay/{session.id}")
    assert session.success_url == f"https://example.com/return?session_id={session.id}"
    assert (session.mode, session.status, session.payment_status) == (
        "subscription",
        "open",
        "unpaid",
    )
    assert (session.amount_subtotal, session.amount_total, session.currency) == (
        2_900,
        2_900,
        "usd",
    )
    assert session.client_reference_id == "7"
    assert session.metadata
    assert session.metadata["sold"] == "pro_month"
    assert session.expires_at - session.created == DAY_S
    assert session.customer_details
    assert session.customer_details.email == "buyer@example.com"
    assert session.payment_intent is None
    assert "line_items" not in session


def test_a_plan_is_paid_and_runs(
    world: World, client: stripe.StripeClient, checkout: Opener
) -> None:
    session = checkout("price_pro_month")
    world.actions.complete(session.id)
    done: Any = client.v1.checkout.sessions.retrieve(
        session.id, params={"expand": ["subscription.latest_invoice.payments", "line_items"]}
    )
    subscription = done.subscription
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert subscription.status == "active"
    assert subscription.metadata["user"] == "7"
    item = subscription["items"].data[0]
    assert item.price.id == "price_pro_month"
    assert 28 * DAY_S <= item.current_period_end - item.current_period_start <= 31 * DAY_S
    invoice = subscription.latest_invoice
    assert (invoice.status, invoice.total, invoice.amount_paid) == ("paid", 2_900, 2_900)
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.parent.subscription_details.metadata["user"] == "7"
    assert invoice.payments.data[0].payment.payment_intent.startswith("pi_")
    assert [line.description for line in done.line_items.data] == ["Techpack Studio Pro"]
    assert subscription.default_payment_method.startswith("pm_")


def test_events_of_a_plan_come_in_an_order_of_cause_and_effect(
    world: World, checkout: Opener
) -> None:
    world.actions.complete(checkout("price_pro_month").id)
    order = told(world)
    for before, after in (
        ("customer.subscription.created", "invoice.created"),
        ("invoice.created", "invoice.finalized"),
        ("invoice.finalized", "payment_intent.created"),
        ("payment_intent.created", "charge.succeeded"),
        ("charge.succeeded", "payment_intent.succeeded"),
        ("payment_intent.succeeded", "invoice.paid"),
        ("invoice.paid", "customer.subscription.updated"),
        ("payment_intent.succeeded", "checkout.session.completed"),
    ):
        assert order.count(before) == order.count(after) == 1
        assert order.index(before) < order.index(after), (before, after)
    updated = next(
        one
        for one in world.actions.listed("event")
        if one["type"] == "customer.subscription.updated"
    )
    assert updated["data"]["previous_attributes"] == {"status": "incomplete"}
    assert updated["data"]["object"]["status"] == "active"
    assert updated["request"] == {"id": None, "idempotency_key": None}


def test_a_topup_is_paid_with_an_invoice_and_a_receipt(
    world: World, client: stripe.StripeClient, checkout: Opener
) -> None:
    session = checkout("price_topup_50")
    world.actions.complete(session.id)
    done = payment_of(client, session.id)
    intent = done.payment_intent
    assert (intent.status, intent.amount_received, intent.metadata["sold"]) == (
        "succeeded",
        900,
        "topup_50",
    )
    charge = intent.latest_charge
    assert (charge.paid, charge.amount_captured, charge.currency) == (True, 900, "usd")
    assert charge.receipt_url == f"{world.base}/receipts/{charge.id}"
    balance = charge.balance_transaction
    assert balance.net == balance.amount - balance.fee == 900 - 56
    assert (done.invoice.status, done.invoice.amount_paid) == ("paid", 900)
    assert done.invoice.payments.data[0].payment.payment_intent == intent.id
    assert done.invoice.hosted_invoice_url.startswith(f"{world.base}/invoices/")


def test_a_declined_card_leaves_the_session_open_for_another(
    world: World, client: stripe.StripeClient, checkout: Opener
) -> None:
    session = checkout("price_topup_50")
    with pytest.raises(Declined) as refusal:
        world.actions.complete(session.id, card="4000 0000 0000 9995")
    assert refusal.value.error["decline_code"] == "insufficient_funds"
    assert world.actions.read(session.id)["status"] == "open"
    assert told(world)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    world.actions.complete(session.id)
    intent = payment_of(client, session.id).payment_intent
    charges = client.v1.charges.list(params={"payment_intent": intent.id}).data
    assert sorted(charge.status for charge in charges) == ["failed", "succeeded"]


def test_a_declined_card_begins_no_subscription(world: World, checkout: Opener) -> None:
    session = checkout("price_pro_month")
    assert world.actions.decline(session.id) == "Your card was declined."
    assert world.actions.listed("subscription") == []
    assert world.actions.complete(session.id)["payment_status"] == "paid"


@pytest.mark.parametrize("price", ["price_topup_50", "price_pro_month"])
def test_who_proves_themselves_pays(world: World, checkout: Opener, price: str) -> None:
    session = world.actions.abandon_3ds(checkout(price).id)
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    intent = world.actions.read(world.actions.intent_of(session["id"]))
    assert intent["status"] == "requires_action"
    assert [one["status"] for one in world.actions.listed("subscription")] == [
        "incomplete" for _ in range(price == "price_pro_month")
    ]
    done = world.actions.finish_3ds(session["id"])
    assert (done["status"], done["payment_status"]) == ("complete", "paid")
    assert {one["status"] for one in world.actions.listed("subscription")} <= {"active"}
    assert len(world.actions.listed("charge")) == 1


def test_who_does_not_prove_themselves_may_use_another_card(world: World, checkout: Opener) -> None:
    session = checkout("price_pro_month")
    world.actions.abandon_3ds(session.id)
    world.actions.fail_3ds(session.id)
    done = world.actions.complete(session.id, card="mastercard")
    assert done["payment_status"] == "paid"
    assert [one["status"] for one in world.actions.listed("subscription")] == ["active"]


def test_what_was_begun_lapses_with_its_session(world: World, checkout: Opener) -> None:
    session = checkout("price_pro_month")
    world.actions.abandon_3ds(session.id)
    world.actions.expire(session.id)
    (subscription,) = world.actions.listed("subscription")
    (invoice,) = world.actions.listed("invoice")
    (intent,) = world.actions.listed("payment_intent")
    assert subscription["status"] == "incomplete_expired"
    assert (invoice["status"], intent["status"]) == ("void", "canceled")
    assert "checkout.session.expired" in told(world)


def test_a_bank_account_pays_later(world: World, checkout: Opener) -> None:
    session = world.actions.complete(checkout("price_topup_50").id, card="bank_account")
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")
    assert "charge.succeeded" not in told(world)
    paid = world.actions.settle_later(session["id"], paid=True)
    assert paid["payment_status"] == "paid"
    assert told(world)[-1] == "checkout.session.async_payment_succeeded"
    with pytest.raises(Refused):
        world.actions.settle_later(session["id"], paid=True)


def test_a_bank_account_may_not_pay(world: World, checkout: Opener) -> None:
    session = world.actions.complete(checkout("price_topup_50").id, card="bank_account")
    world.actions.settle_later(session["id"], paid=False)
    assert told(world)[-1] == "checkout.session.async_payment_failed"
    assert world.actions.read(session["id"])["payment_status"] == "unpaid"
    (charge,) = world.actions.listed("charge")
    assert (charge["status"], charge["paid"]) == ("failed", False)


def test_a_session_is_paid_once(world: World, checkout: Opener) -> None:
    session = checkout("price_topup_50")
    world.actions.complete(session.id)
    for again in (world.actions.complete, world.actions.expire, world.actions.finish_3ds):
        with pytest.raises(Refused):
            again(session.id)
    assert len(world.actions.listed("charge")) == 1


def test_a_session_expires_after_a_day_by_itself(world: World, checkout: Opener) -> None:
    session = checkout("price_topup_50")
    customer = str(session.customer)
    world.actions.advance(customer, session.expires_at - 3_600)
    assert world.actions.read(session.id)["status"] == "open"
    world.actions.advance(customer, session.expires_at)
    assert world.actions.read(session.id)["status"] == "expired"
    with pytest.raises(Refused):
        world.actions.complete(session.id)


def test_the_api_ends_a_session(client: stripe.StripeClient, checkout: Opener) -> None:
    session = checkout("price_pro_year", expires_at=int(time.time()) + 1_900)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        client.v1.checkout.sessions.expire(session.id)


def test_a_code_takes_its_share_once(world: World, checkout: Opener) -> None:
    session = checkout("price_pro_month")
    with pytest.raises(Refused, match="invalid"):
        world.actions.promote(session.id, "NOTHING")
    assert world.actions.promote(session.id, " welcome20")["amount_total"] == 2_320
    done = world.actions.complete(session.id)
    (invoice,) = world.actions.listed("invoice")
    assert (invoice["subtotal"], invoice["total"], invoice["amount_paid"]) == (2_900, 2_320, 2_320)
    assert invoice["total_discount_amounts"][0]["amount"] == 580
    assert world.actions.renew(done["subscription"])["status"] == "active"
    assert world.actions.listed("invoice")[0]["total"] == 2_900
    assert world.actions.read("WELCOME20")["times_redeemed"] == 1


def test_a_code_can_be_taken_back(world: World, checkout: Opener) -> None:
    session = checkout("price_topup_50")
    world.actions.promote(session.id, "WELCOME20")
    assert world.actions.promote(session.id, "")["amount_total"] == 900


@pytest.mark.parametrize("price", ["price_topup_50", "price_pro_month"])
def test_what_costs_nothing_charges_nobody(
    world: World, client: stripe.StripeClient, checkout: Opener, price: str
) -> None:
    coupon = client.v1.coupons.create(params={"id": "GIFT 100", "percent_off": 100.0})
    assert client.v1.coupons.retrieve(coupon.id).percent_off == 100
    session = checkout(price, allow_promotion_codes=False, discounts=[{"coupon": coupon.id}])
    done = world.actions.complete(session.id)
    assert (done["status"], done["payment_status"]) == ("complete", "no_payment_required")
    assert done["payment_intent"] is None
    assert world.actions.listed("charge") == []
    assert [one["status"] for one in world.actions.listed("invoice")] == ["paid"]
    assert {one["status"] for one in world.actions.listed("subscription")} <= {"active"}


def test_only_what_is_declined_is_declined(world: World, checkout: Opener) -> None:
    session = checkout("price_topup_50")
    with pytest.raises(ValueError, match="is not declined"):
        world.actions.decline(session.id, card="good")
    assert world.actions.read(session.id)["status"] == "open"


def test_tax_is_that_of_the_buyers_country(
    world: World, client: stripe.StripeClient, checkout: Opener
) -> None:
    session = checkout(
        "price_topup_50",
        automatic_tax={"enabled": True},
        customer_update={"address": "auto", "name": "auto"},
        tax_id_collection={"enabled": True},
    )
    assert session.automatic_tax.status == "requires_location_inputs"
    world.actions.complete(session.id, country="de", name="A Buyer")
    done: Any = client.v1.checkout.sessions.retrieve(
        session.id, params={"expand": ["invoice", "total_details.breakdown", "line_items"]}
    )
    assert (done.amount_subtotal, done.total_details.amount_tax, done.amount_total) == (
        900,
        171,
        1_071,
    )
    assert done.total_details.breakdown.taxes[0].rate.percentage == 19
    assert done.invoice.total_taxes[0].amount == 171
    assert (done.invoice.total, done.invoice.total_excluding_tax) == (1_071, 900)
    assert done.line_items.data[0].amount_tax == 171
    assert done.customer_details.address.country == "DE"


def test_a_business_turns_the_tax_round(world: World, checkout: Opener) -> None:
    session = checkout(
        "price_pro_month",
        automatic_tax={"enabled": True},
        customer_update={"address": "auto", "name": "auto"},
        tax_id_collection={"enabled": True},
    )
    done = world.actions.complete(session.id, country="DE", name="GmbH", tax_id="DE123456789")
    (invoice,) = world.actions.listed("invoice")
    assert (done["amount_total"], invoice["total"]) == (2_900, 2_900)
    assert invoice["total_taxes"][0]["taxability_reason"] == "reverse_charge"
    assert invoice["customer_tax_ids"] == [{"type": "eu_vat", "value": "DE123456789"}]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"mode": "payment"}, "line_items[0][price]", "recurring"),
    ({"customer": "cus_nobody"}, "customer", "No such customer"),
    ({"line_items": [{"price": "price_none"}]}, "line_items[0][price]", "No such price"),
    ({"line_items": [{"quantity": 1}]}, "line_items[0][price]", "Missing required param"),
    ({"line_items": []}, "line_items", "Missing required param"),
    ({"mode": "rent"}, "mode", "must be one of payment or subscription"),
    ({"colour": "red"}, "colour", "unknown parameter"),
    ({"customer_email": "a@example.com"}, "customer", "only specify one"),
    ({"discounts": [{"coupon": "WELCOME20"}]}, "allow_promotion_codes", "only specify one"),
    ({"invoice_creation": {"enabled": True}}, "invoice_creation", "can not pass"),
    ({"expires_at": 5}, "expires_at", "30 minutes to 24 hours"),
    ({"tax_id_collection": {"enabled": True}}, "customer_update[name]", "set to `auto`"),
    ({"line_items": [{"price": "price_pro_month", "quantity": 0}]}, "quantity", "between"),
]


@pytest.mark.parametrize(("changes", "param", "says"), REFUSED)
def test_what_stripe_refuses_is_refused(
    checkout: Opener, changes: dict[str, Any], param: str, says: str
) -> None:
    if changes.get("mode") == "payment":
        changes = {**changes, "subscription_data": None}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        checkout("price_pro_month", **changes)
    assert param in (refusal.value.param or "")
    assert says.replace("set to", "").strip() in str(refusal.value)


def test_tax_needs_a_place(checkout: Opener) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        checkout("price_pro_month", automatic_tax={"enabled": True})
    assert refusal.value.code == "customer_tax_location_invalid"
