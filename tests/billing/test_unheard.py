"""Webhooks about money that went back are lost: Stripe is looked at by the clock."""

from __future__ import annotations

from typing import Any

import pytest

from billing import unheard
from billing.models import Payment
from billing.standin.world import World
from config.payments import Payments
from core.errors import ProviderUnavailable
from credits import queries
from tests.billing.buying import back, buy, pay
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(stripe_world: World) -> Payment:
    """50 credits that somebody bought."""
    person = new_person()
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    back(person, checkout)
    return Payment.objects.get()


def free(payment: Payment) -> int:
    return queries.balance(payment.user).free // 1_000_000


def test_a_refund_that_nobody_told_of_is_found_once(stripe_world: World, payment: Payment) -> None:
    assert unheard.look() == 0
    for cents, left in ((450, 25), (90, 20)):
        stripe_world.actions.refund(payment.payment_intent, cents)
        assert [unheard.look() for _ in range(2)] == [1, 0]
        assert free(payment) == 18 + left


def test_a_dispute_that_nobody_told_of_is_found_and_its_end_too(
    stripe_world: World, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispute = stripe_world.actions.dispute(payment.payment_intent)["id"]
    assert [unheard.look() for _ in range(2)] == [1, 0]
    assert free(payment) == 18
    monkeypatch.setattr(unheard, "_disputed", lambda: iter(()))  # it began months ago
    assert unheard.look() == 0
    stripe_world.actions.decide(dispute, won=True)
    assert [unheard.look() for _ in range(2)] == [1, 0]
    assert free(payment) == 68


def test_what_stripe_does_not_know_does_not_hide_the_rest(
    stripe_world: World, payment: Payment
) -> None:
    """A dispute of test mode is not decided for ever where the keys are live ones now."""
    other = buy(payment.user, 50)
    pay(stripe_world, other)
    back(payment.user, other)
    undecided = {"dispute": "du_of_other_keys", "dispute_status": "needs_response"}
    Payment.objects.exclude(pk=payment.pk).update(**undecided)
    stripe_world.actions.refund(payment.payment_intent)
    assert unheard.look() == 1
    assert free(payment) == 68


def test_money_of_others_is_not_asked_after(stripe_world: World, payment: Payment) -> None:
    stripe_world.actions.refund(payment.payment_intent)
    payment.delete()
    assert unheard.look() == 0


def test_while_stripe_is_away_it_is_looked_at_later(
    stripe_world: World, payment: Payment, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    stripe_world.actions.refund(payment.payment_intent)

    def away() -> Any:
        raise ProviderUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(unheard, "client", away)
        assert unheard.look() == 0
    sells, settings.PAYMENTS = settings.PAYMENTS, Payments("off")
    assert unheard.look() == 0
    settings.PAYMENTS = sells
    assert unheard.look() == 1
