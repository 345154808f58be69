"""Every call of the product's at Stripe, and every one of dj-stripe's, has its answer here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe
from djstripe import models as mirror

from billing.standin.world import World
from billing.standin.world.endpoints import ACCOUNT
from tests.standin.conftest import Opener
from tests.standin.typed import faults

PRODUCT = Path(__file__).parents[2]
ROOMS = ("accounts", "billing", "config", "credits", "notifications")
CALL = re.compile(r"\bv1\.([a-z_]+(?:\.[a-z_]+)*)\(")


def called() -> set[str]:
    """The product's calls by the library's names."""
    found: set[str] = set()
    for room in ROOMS:
        for path in (PRODUCT / room).rglob("*.py"):
            found |= set(CALL.findall(path.read_text()))
    return found


class Shop:
    """Everything that a call may be about, made once."""

    def __init__(self, world: World, client: stripe.StripeClient, checkout: Opener) -> None:
        self.v1: Any = client.v1
        act = world.actions
        self.session = act.complete(checkout("price_topup_50").id)
        self.plan = act.complete(checkout("price_pro_month").id)
        self.customer = self.plan["customer"]
        self.subscription = act.read(self.plan["subscription"])
        self.item = self.subscription["items"]["data"][0]["id"]
        self.invoice = self.subscription["latest_invoice"]
        self.intent = self.session["payment_intent"]
        self.charge = act.read(self.intent)["latest_charge"]
        self.dispute = act.dispute(act.read(self.invoice)["id"])
        self.open = checkout("price_topup_50").id
        self.endpoint = self.v1.webhook_endpoints.create(
            params={"url": "https://example.com/hook", "enabled_events": ["*"]}
        ).id
        self.configuration = act.listed("billing_portal.configuration")[0]["id"]


CALLS: dict[str, Callable[[Shop], Any]] = {
    "billing_portal.configurations.create": lambda s: s.v1.billing_portal.configurations.create(
        params={
            "features": {"invoice_history": {"enabled": True}},
            "default_return_url": "https://x",
        }
    ),
    "billing_portal.configurations.list": lambda s: s.v1.billing_portal.configurations.list(
        params={"active": True, "limit": 100}
    ),
    "billing_portal.configurations.update": lambda s: s.v1.billing_portal.configurations.update(
        s.configuration, params={"features": {"invoice_history": {"enabled": False}}}
    ),
    "billing_portal.sessions.create": lambda s: s.v1.billing_portal.sessions.create(
        params={"customer": s.customer, "return_url": "https://x"}
    ),
    "charges.retrieve": lambda s: s.v1.charges.retrieve(
        s.charge, params={"expand": ["refunds", "payment_intent"]}
    ),
    "checkout.sessions.create": lambda s: s.v1.checkout.sessions.create(
        params={
            "mode": "payment",
            "customer": s.customer,
            "line_items": [{"price": "price_topup_50", "quantity": 1}],
            "success_url": "https://x",
        }
    ),
    "checkout.sessions.expire": lambda s: s.v1.checkout.sessions.expire(s.open),
    "checkout.sessions.list": lambda s: s.v1.checkout.sessions.list(
        params={"payment_intent": s.intent}
    ),
    "checkout.sessions.retrieve": lambda s: s.v1.checkout.sessions.retrieve(
        s.session["id"], params={"expand": ["payment_intent.latest_charge", "invoice"]}
    ),
    "customers.create": lambda s: s.v1.customers.create(params={"email": "x@example.com"}),
    "customers.delete": lambda s: s.v1.customers.delete(s.customer),
    "customers.list": lambda s: s.v1.customers.list(params={"limit": 1}),
    "customers.retrieve": lambda s: s.v1.customers.retrieve(s.customer),
    "customers.update": lambda s: s.v1.customers.update(s.customer, params={"name": "X"}),
    "disputes.list": lambda s: s.v1.disputes.list(params={"charge": s.dispute["charge"]}),
    "disputes.retrieve": lambda s: s.v1.disputes.retrieve(s.dispute["id"]),
    "invoice_payments.list": lambda s: s.v1.invoice_payments.list(
        params={"payment": {"type": "payment_intent", "payment_intent": s.intent}}
    ),
    "charges.list": lambda s: s.v1.charges.list(params={"customer": s.customer}),
    "events.list": lambda s: s.v1.events.list(params={"type": "invoice.paid"}),
    "invoices.create_preview": lambda s: s.v1.invoices.create_preview(
        params={"subscription": s.subscription["id"]}
    ),
    "invoices.list": lambda s: s.v1.invoices.list(
        params={"subscription": s.subscription["id"], "expand": ["data.payments"]}
    ),
    "invoices.retrieve": lambda s: s.v1.invoices.retrieve(
        s.invoice, params={"expand": ["payments"]}
    ),
    "payment_intents.list": lambda s: s.v1.payment_intents.list(params={"customer": s.customer}),
    "payment_intents.retrieve": lambda s: s.v1.payment_intents.retrieve(s.intent),
    "payment_methods.list": lambda s: s.v1.payment_methods.list(params={"customer": s.customer}),
    "prices.create": lambda s: s.v1.prices.create(
        params={
            "currency": "usd",
            "product": "prod_plan",
            "unit_amount": 500,
            "recurring": {"interval": "month"},
            "tax_behavior": "exclusive",
        }
    ),
    "prices.list": lambda s: s.v1.prices.list(
        params={"lookup_keys": ["pro_month"], "active": True}
    ),
    "prices.retrieve": lambda s: s.v1.prices.retrieve("price_pro_month"),
    "products.create": lambda s: s.v1.products.create(params={"id": "prod_x", "name": "X"}),
    "prices.update": lambda s: s.v1.prices.update("price_topup_50", params={"nickname": "50"}),
    "products.update": lambda s: s.v1.products.update("prod_plan", params={"name": "Pro"}),
    "products.retrieve": lambda s: s.v1.products.retrieve("prod_plan"),
    "refunds.create": lambda s: s.v1.refunds.create(
        params={"payment_intent": s.intent, "reason": "duplicate", "metadata": {"why": "twice"}}
    ),
    "refunds.list": lambda s: s.v1.refunds.list(params={"charge": s.charge}),
    "subscriptions.cancel": lambda s: s.v1.subscriptions.cancel(
        s.subscription["id"], params={"prorate": False}
    ),
    "subscriptions.list": lambda s: s.v1.subscriptions.list(
        params={"customer": s.customer, "status": "all", "limit": 100}
    ),
    "subscriptions.retrieve": lambda s: s.v1.subscriptions.retrieve(s.subscription["id"]),
    "subscriptions.update": lambda s: s.v1.subscriptions.update(
        s.subscription["id"], params={"cancel_at_period_end": True}
    ),
    "webhook_endpoints.create": lambda s: s.v1.webhook_endpoints.create(
        params={"url": "https://x", "enabled_events": ["*"], "api_version": stripe.api_version}
    ),
    "webhook_endpoints.list": lambda s: s.v1.webhook_endpoints.list(params={"limit": 100}),
    "webhook_endpoints.update": lambda s: s.v1.webhook_endpoints.update(
        s.endpoint, params={"enabled_events": ["invoice.paid"]}
    ),
}


def test_each_call_of_the_product_is_tried_here() -> None:
    assert len(called()) > 15
    assert called() <= set(CALLS)


def test_each_call_is_answered(world: World, client: stripe.StripeClient, checkout: Opener) -> None:
    shop = Shop(world, client, checkout)
    last = ("expire", "cancel", "delete")  # in this order, since the one ends the other's object
    in_order = sorted(
        CALLS, key=lambda name: last.index(end) if (end := name.rpartition(".")[2]) in last else -1
    )
    kinds: set[type] = set()
    for name in in_order:
        answer = CALLS[name](shop)
        kinds.add(type(answer))
        if name.endswith("list"):
            assert answer.data or name == "refunds.list", name
        else:
            assert answer.id, name
    assert stripe.StripeObject not in kinds  # each has a class of its own


MIRRORED: list[tuple[Any, str]] = [
    (mirror.BalanceTransaction, "balance_transaction"),
    (mirror.Charge, "charge"),
    (mirror.Coupon, "coupon"),
    (mirror.Customer, "customer"),
    (mirror.Dispute, "dispute"),
    (mirror.Event, "event"),
    (mirror.Feature, "entitlements.feature"),
    (mirror.Invoice, "invoice"),
    (mirror.InvoiceItem, "invoiceitem"),
    (mirror.PaymentIntent, "payment_intent"),
    (mirror.PaymentMethod, "payment_method"),
    (mirror.Price, "price"),
    (mirror.Product, "product"),
    (mirror.PromotionCode, "promotion_code"),
    (mirror.Refund, "refund"),
    (mirror.Session, "checkout.session"),
    (mirror.SetupIntent, "setup_intent"),
    (mirror.Subscription, "subscription"),
    (mirror.SubscriptionItem, "subscription_item"),
    (mirror.TaxRate, "tax_rate"),
]


def test_what_dj_stripe_mirrors_can_be_asked_for_as_it_asks(
    world: World, client: stripe.StripeClient, checkout: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "api_base", world.base)
    shop = Shop(world, client, checkout)
    shop.v1.entitlements.features.create(params={"lookup_key": "f", "name": "F"})
    world.actions.replace_card(shop.customer)
    world.actions.refund(shop.charge, 100)
    taxed = checkout(
        "price_topup_50",
        automatic_tax={"enabled": True},
        customer_update={"address": "auto"},
    )
    world.actions.complete(taxed.id, country="FR")
    for model, kind in MIRRORED:
        for thing in world.actions.listed(kind)[:3]:
            found = model.stripe_class.retrieve(
                id=thing["id"],
                api_key=world.secret_key,
                stripe_version=stripe.api_version,
                expand=model.expand_fields,
                stripe_account=ACCOUNT,
            )
            assert model.is_valid_object(found), thing["id"]
        assert world.actions.listed(kind), kind
    account = stripe.Account.retrieve(api_key=world.secret_key)
    assert (account.id, account.settings is not None) == (ACCOUNT, True)
    listed = stripe.Product.list_features("prod_plan", api_key=world.secret_key)
    assert listed.data == []


def test_who_pays_for_a_plan_is_entitled_to_its_features(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription
) -> None:
    feature = client.v1.entitlements.features.create(params={"lookup_key": "pro", "name": "Pro"})
    client.v1.products.features.create("prod_plan", params={"entitlement_feature": feature.id})
    listed = client.v1.entitlements.active_entitlements.list
    customer: Any = {"customer": str(subscribed.customer)}
    (mine,) = listed(params=customer).data
    assert (mine.lookup_key, mine.feature) == ("pro", feature.id)
    assert not faults(mine.to_dict())
    assert listed(params=customer).data[0].id == mine.id
    world.actions.cancel_now(subscribed.id)
    assert listed(params=customer).data == []
