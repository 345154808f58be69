"""What each of Stripe's events leads to, and that dj-stripe's copy comes first."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import stripe
from django.db.models.functions import Now
from djstripe import models as mirror

from billing import deliveries, receivers, subscriptions
from billing.models import StripeEvent, Subscription
from billing.standin.world import World
from tests.billing.letters import event, post
from tests.billing.orders import Upgrade, receive, upgrade

SUB = {"object": "subscription", "id": "sub_1", "customer": "cus_1"}
INVOICE = {
    "object": "invoice",
    "id": "in_1",
    "customer": "cus_1",
    "parent": {"subscription_details": {"subscription": "sub_1"}},
}
REFRESHED = ("subscriptions.refresh", {"stripe_id": "sub_1"})
SETTLED = ("purchases.settle", {"session_id": "cs_1"})
NOTED = ("purchases.paid_invoice", {"invoice_id": "in_1"})
DUE = ("dunning.invoice_due", {"invoice_id": "in_1"})
REFUNDED = ("refunds.charge_refunded", {"charge_id": "ch_1"})
DISPUTED = ("refunds.dispute_changed", {"dispute_id": "du_1"})
CASES: list[tuple[str, dict[str, Any], list[Any]]] = [
    *[(kind, SUB, [REFRESHED]) for kind in receivers.SUBSCRIPTIONS],
    *[
        (kind, {"object": "checkout.session", "id": "cs_1"}, [SETTLED])
        for kind in receivers.CHECKOUTS
    ],
    ("invoice.paid", INVOICE, [NOTED, REFRESHED]),
    ("invoice.paid", INVOICE | {"parent": None}, [NOTED]),
    ("invoice.voided", INVOICE, [REFRESHED]),
    ("invoice.marked_uncollectible", INVOICE, [REFRESHED]),
    ("invoice.payment_failed", INVOICE, [REFRESHED, DUE]),
    ("invoice.payment_action_required", INVOICE, [REFRESHED, DUE]),
    (
        "invoice.voided",
        INVOICE | {"parent": {"subscription_details": {"subscription": {"id": "sub_1"}}}},
        [REFRESHED],
    ),
    ("charge.refunded", {"object": "charge", "id": "ch_1"}, [REFUNDED]),
    *[
        (kind, {"object": "refund", "id": "re_1", "charge": "ch_1"}, [REFUNDED])
        for kind in ("charge.refund.updated", "refund.created", "refund.updated", "refund.failed")
    ],
    ("refund.created", {"object": "refund", "id": "re_1", "charge": None}, []),
    *[(kind, {"object": "dispute", "id": "du_1"}, [DISPUTED]) for kind in receivers.DISPUTES],
    ("product.updated", {"object": "product", "id": "prod_1"}, []),
    ("terminal.reader.sang", {"object": "terminal.reader", "id": "tmr_1"}, []),
]


@pytest.mark.parametrize(("kind", "about", "leads_to"), CASES)
def test_what_an_event_leads_to(
    monkeypatch: pytest.MonkeyPatch, kind: str, about: dict[str, Any], leads_to: list[Any]
) -> None:
    done: list[Any] = []
    for name, _ in (REFRESHED, SETTLED, NOTED, DUE, REFUNDED, DISPUTED):
        monkeypatch.setattr(f"billing.{name}", lambda name=name, **ids: done.append((name, ids)))
    told = event(kind, **about)
    with receivers.gathering() as effects:
        receivers.follow(mirror.Event(type=kind, data=told["data"]))
        assert done == [], "gathered, not done"
    for effect in effects:
        effect()
    key = json.dumps
    assert sorted(done, key=key) == sorted(leads_to, key=key)


def test_stripe_is_asked_for_every_type_that_leads_to_something() -> None:
    assert set(receivers._followers) == set(receivers.EVERY_TYPE)
    assert {kind for kind, _, leads_to in CASES if leads_to} == set(receivers.EVERY_TYPE)


# --- With Stripe -------------------------------------------------------------------------
@pytest.fixture
def bought(db: None, stripe_world: World) -> Upgrade:
    return upgrade(stripe_world)


def only() -> StripeEvent:
    return StripeEvent.objects.get()


def again() -> None:
    StripeEvent.objects.filter(due_at__isnull=False).update(due_at=Now())
    deliveries.take_due()


def test_the_copy_is_there_when_the_effect_follows(
    bought: Upgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def look(*, stripe_id: str) -> None:
        copy = mirror.Subscription.objects.get(id=stripe_id)
        seen.append(copy.stripe_data["status"])

    monkeypatch.setattr(subscriptions, "refresh", look)
    receive([bought.letters["customer.subscription.created"]])
    assert seen == ["active"]


def test_a_type_that_nobody_knows_is_kept_and_changes_nothing(bought: Upgrade) -> None:
    receive([json.dumps(event("terminal.reader.sang", object="terminal.reader")).encode()])
    assert (only().error, only().attempts) == ("", 1)
    assert only().processed_at is not None
    assert mirror.Event.objects.get().type == "terminal.reader.sang"
    assert not Subscription.objects.exclude(status="").exists()


def test_an_effect_that_failed_is_done_again_though_the_event_is_in_the_copy(
    bought: Upgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: str) -> None:
        raise RuntimeError("not yet")

    with monkeypatch.context() as patch:
        patch.setattr(subscriptions, "refresh", fail)
        receive([bought.letters["customer.subscription.updated"]])
    assert only().error == "RuntimeError: not yet"
    assert mirror.Event.objects.count() == 1
    bought.user.refresh_from_db()
    assert bought.user.tier == "free"
    again()
    bought.user.refresh_from_db()
    assert (bought.user.tier, only().error) == ("pro", "")
    assert mirror.Event.objects.count() == 1


def test_while_stripe_is_away_nothing_is_lost(
    bought: Upgrade, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "http://127.0.0.1:9"
    there = settings.PAYMENTS
    with monkeypatch.context() as patch:
        patch.setattr(stripe, "max_network_retries", 0)
        patch.setattr(stripe, "api_base", nobody)
        settings.PAYMENTS = replace(there, api_base=nobody)
        receive([bought.letters["invoice.paid"]])
    assert only().error.startswith("APIConnectionError")
    assert not mirror.Event.objects.exists()
    settings.PAYMENTS = there
    again()
    bought.user.refresh_from_db()
    assert (bought.user.tier, only().error) == ("pro", "")


def test_a_key_that_was_replaced_is_not_asked_with_any_more(
    bought: Upgrade, stripe_world: World, settings: Any
) -> None:
    receive([bought.letters["invoice.paid"]])
    account = mirror.Account.objects.get()
    mirror.APIKey.objects.all().delete()
    mirror.APIKey.objects.create(
        secret=f"sk_test_{'old' * 9}", type="secret", livemode=False, djstripe_owner_account=account
    )
    receive([bought.letters["customer.subscription.updated"]])
    assert not StripeEvent.objects.exclude(error="").exists()
    assert [key.secret for key in mirror.APIKey.objects.all()] == [stripe_world.secret_key]


def test_what_stripe_knows_no_more_is_no_failure(bought: Upgrade) -> None:
    told = event("customer.subscription.updated", **(SUB | {"customer": None}))
    receive([json.dumps(told).encode()])
    assert (only().error, post(json.dumps(told).encode()).status_code) == ("", 200)
