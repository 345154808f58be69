"""The whole way through dj-stripe: what the stand-in's webhooks bring is mirrored and followed."""

from __future__ import annotations

from typing import Any

import pytest
from djstripe import models as mirror

from accounts.models import User
from billing import operations
from billing.models import Payment, StripeEvent
from billing.standin.world import World
from tests.billing.conftest import Deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> Any:
    return User.objects.create_user(email="buyer@example.com", password="not used here 1")


def test_somebody_who_pays_for_a_plan_has_it_by_the_webhooks_alone(
    stripe_world: World, deliver: Deliver, user: User
) -> None:
    checkout = operations.start_checkout(user=user, plan="pro", interval="month")
    stripe_world.actions.complete(str(checkout.session_id))
    assert deliver() >= 10
    user.refresh_from_db()
    assert user.tier == "pro"
    assert set(deliver.statuses) == {200}
    assert not StripeEvent.objects.filter(processed_at=None).exists()
    subscription = mirror.Subscription.objects.get()
    assert subscription.stripe_data["status"] == "active"
    assert mirror.Invoice.objects.get().stripe_data["status"] == "paid"
    assert mirror.Charge.objects.get().balance_transaction.net == 2_900 - 114
    assert mirror.Customer.objects.get().subscriber == user


def test_a_topup_with_a_code_is_a_payment_of_what_was_paid(
    stripe_world: World, deliver: Deliver, user: User
) -> None:
    checkout = operations.start_checkout(user=user, topup=50)
    stripe_world.actions.promote(str(checkout.session_id), "welcome20")
    stripe_world.actions.complete(str(checkout.session_id))
    deliver()
    payment = Payment.objects.get()
    assert (payment.amount, payment.credits, payment.kind) == (720, 50, "topup")
    assert mirror.Discount.objects.get().stripe_data["source"]["coupon"] == "WELCOME20"


@pytest.mark.thorough
def test_whatever_happens_at_the_stand_in_is_mirrored(
    stripe_world: World, deliver: Deliver, user: User
) -> None:
    act = stripe_world.actions
    plan = act.complete(
        str(operations.start_checkout(user=user, plan="pro", interval="month").session_id)
    )
    topup = operations.start_checkout(user=user, topup=200)
    act.decline(str(topup.session_id))
    act.abandon_3ds(str(topup.session_id))
    paid = act.finish_3ds(str(topup.session_id))
    deliver()
    late = operations.start_checkout(user=user, topup=50)
    act.complete(str(late.session_id), card="bank_account")
    deliver()
    act.settle_later(str(late.session_id), paid=True)
    act.refund(paid["payment_intent"], 1_000)
    deliver()
    act.decide(act.dispute(act.read(late.session_id or "")["payment_intent"])["id"], won=True)
    act.renew(plan["subscription"])
    deliver()
    act.fail_payments(plan["customer"])
    act.renew(plan["subscription"])
    act.replace_card(plan["customer"])
    act.change_price(plan["subscription"], "price_pro_year")
    deliver()
    act.cancel_at_period_end(plan["subscription"])
    act.resume(plan["subscription"])
    act.cancel_now(plan["subscription"])
    deliver()
    assert set(deliver.statuses) == {200}
    for model, kind in ((mirror.Charge, "charge"), (mirror.Invoice, "invoice")):
        there = {one["id"]: one["status"] for one in act.listed(kind)}
        here = {one.id: one.stripe_data["status"] for one in model.objects.all()}
        assert here == there
    assert mirror.Subscription.objects.get().stripe_data["status"] == "canceled"
    assert mirror.Dispute.objects.get().status == "won"
    user.refresh_from_db()
    assert user.tier == "free"
