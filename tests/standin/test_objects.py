"""Every object is what the official library's type definitions say, field by field."""

from __future__ import annotations

import time
from collections import Counter

import stripe

from billing.standin.world import World
from tests.standin.conftest import Opener
from tests.standin.typed import faults

DAY_S = 86_400


def everything_done(world: World, client: stripe.StripeClient, checkout: Opener) -> None:
    """Most of what can happen, once."""
    act = world.actions
    subscription = act.complete(checkout("price_pro_month").id, name="A Buyer")["subscription"]
    customer = act.read(subscription)["customer"]
    topup = checkout("price_topup_50")
    act.promote(topup.id, "WELCOME20")
    act.decline(topup.id)
    act.abandon_3ds(topup.id)
    act.finish_3ds(topup.id)
    intent = act.read(topup.id)["payment_intent"]
    act.refund(intent, 100)
    act.decide(act.dispute(intent)["id"], won=True)
    act.expire(checkout("price_topup_50").id)
    act.complete(checkout("price_topup_50").id, card="bank_account")
    act.renew(subscription)
    act.change_price(subscription, "price_pro_year")
    act.replace_card(customer, card="mastercard")
    act.cancel_at_period_end(subscription, feedback="too_expensive")
    client.v1.billing_portal.sessions.create(params={"customer": customer})
    clock = client.v1.test_helpers.test_clocks.create(params={"frozen_time": int(time.time())})
    client.v1.customers.create(params={"test_clock": clock.id})
    feature = client.v1.entitlements.features.create(params={"lookup_key": "f", "name": "F"})
    client.v1.products.features.create("prod_plan", params={"entitlement_feature": feature.id})


def test_every_object_is_as_the_librarys_types_say(
    world: World, client: stripe.StripeClient, checkout: Opener
) -> None:
    everything_done(world, client, checkout)
    found: list[str] = []
    kinds: Counter[str] = Counter()
    for kind in KINDS:
        for thing in world.actions.listed(kind):
            kinds[kind] += 1
            found += faults(thing)
    assert not found, "\n".join(sorted(set(found)))
    assert set(kinds) == set(KINDS), set(KINDS) - set(kinds)


def test_events_hold_such_objects_too(
    world: World, client: stripe.StripeClient, checkout: Opener
) -> None:
    everything_done(world, client, checkout)
    found = [
        f"{event['type']}: {fault}"
        for event in world.actions.listed("event")
        if event["type"] != "invoice.upcoming"
        for fault in faults(event["data"]["object"])
    ]
    assert not found, "\n".join(sorted(set(found)))


KINDS = (
    "balance_transaction",
    "billing_portal.configuration",
    "billing_portal.session",
    "charge",
    "checkout.session",
    "coupon",
    "customer",
    "discount",
    "dispute",
    "entitlements.feature",
    "event",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "line_item",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "product_feature",
    "promotion_code",
    "refund",
    "setup_intent",
    "subscription",
    "subscription_item",
    "test_helpers.test_clock",
)
