"""Banks that take a payment back, for a while or for good."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from billing import refunds
from billing.models import Subscription
from billing.standin.world import World
from core.money import CREDIT
from credits import operations as ledger
from tests.billing.buying import (
    a_minute_later,
    back,
    buy,
    living,
    pay,
    second_session,
    session_of,
    tier_of,
)
from tests.billing.going_back import Deliver, bought, charge_of, kinds, lines, spend, standing
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return new_person()


# --- Credits -----------------------------------------------------------------------------
def test_a_chargeback_takes_the_credits_and_a_dispute_won_gives_them_again(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    spend(person, 20)
    dispute = stripe_world.actions.dispute(payment.payment_intent)
    deliver()
    assert standing(person) == (0, 20)
    payment.refresh_from_db()
    assert (payment.dispute, payment.dispute_status) == (dispute["id"], "needs_response")
    stripe_world.actions.decide(dispute["id"], won=True)
    deliver()
    for _ in range(2):
        refunds.dispute_changed(dispute_id=dispute["id"])
    assert standing(person) == (30, 0)
    assert kinds(person) == ["charged_back", "dispute_won"]
    assert [line[:2] for line in lines(person)[:2]] == [("restore", 30), ("revoke", -30)]


@pytest.mark.thorough
def test_what_another_payment_paid_of_the_debt_comes_again_when_the_dispute_is_won(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    spend(person, 20)
    dispute = stripe_world.actions.dispute(payment.payment_intent)
    deliver()
    ledger.grant(user_id=person.pk, kind="grant", amount=50 * CREDIT, source_key="gift")
    assert standing(person) == (30, 0)
    stripe_world.actions.decide(dispute["id"], won=True)
    deliver()
    assert standing(person) == (80, 0)


@pytest.mark.thorough
def test_a_lost_dispute_takes_nothing_more(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    dispute = stripe_world.actions.dispute(payment.payment_intent)
    deliver()
    stripe_world.actions.decide(dispute["id"], won=False)
    deliver()
    assert standing(person) == (18, 0)
    assert kinds(person) == ["charged_back", "dispute_lost"]


def test_what_was_refunded_in_part_and_then_charged_back_goes_once(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    spend(person, 25)
    stripe_world.actions.refund(payment.payment_intent, 450)
    deliver()
    assert standing(person) == (0, 0)
    dispute = stripe_world.actions.dispute(payment.payment_intent)
    deliver()
    assert standing(person) == (0, 25)
    stripe_world.actions.decide(dispute["id"], won=True)
    deliver()
    assert standing(person) == (0, 0), "the refund stays"
    assert kinds(person) == ["refunded", "charged_back", "dispute_won"]


def test_a_refund_and_a_chargeback_of_the_whole_payment_take_it_once(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = bought(stripe_world, person)
    spend(person, 25)
    both = refunds.Back(900, 900, "du_1", "lost")
    monkeypatch.setattr(refunds, "_back", lambda *_: both)
    refunds.charge_refunded(charge_id=charge_of(stripe_world, payment))
    assert standing(person) == (0, 25)


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_closed", "prevented"])
def test_a_question_of_the_bank_takes_nothing(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    payment = bought(stripe_world, person)
    charge = {"amount_refunded": 0, "disputed": True, "id": charge_of(stripe_world, payment)}
    asked = {"id": "du_1", "status": status, "amount": 900, "currency": "usd", "created": 1}
    disputes_are(monkeypatch, asked)
    found = refunds._back(charge, payment)
    assert (found.amount, found.dispute, found.is_taken) == (0, "du_1", False)


def test_of_several_disputes_the_sum_counts_and_another_currency_is_all(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = bought(stripe_world, person)
    charge = {"amount_refunded": 100, "disputed": True, "id": charge_of(stripe_world, payment)}
    won = {"id": "du_3", "status": "won", "amount": 300, "currency": "usd", "created": 3}
    lost = {"id": "du_1", "status": "lost", "amount": 200, "currency": "usd", "created": 1}
    new = {"id": "du_2", "status": "under_review", "amount": 50, "currency": "usd", "created": 2}
    disputes_are(monkeypatch, won, lost, new)
    assert refunds._back(charge, payment) == refunds.Back(100, 250, "du_2", "under_review")
    disputes_are(monkeypatch, {**lost, "currency": "eur"})
    assert refunds._back(charge, payment).disputed == 900


def disputes_are(monkeypatch: pytest.MonkeyPatch, *found: dict[str, Any]) -> None:
    class Listed:
        def __init__(self, found: dict[str, Any]) -> None:
            self.to_dict = lambda: found

    class Client:
        class v1:
            class disputes:
                @staticmethod
                def list(params: Any) -> Any:
                    return type("Page", (), {"data": [Listed(one) for one in found]})

    monkeypatch.setattr(refunds, "client", Client)


# --- Any order ---------------------------------------------------------------------------
@pytest.mark.thorough
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_webhooks_in_any_order_and_twice_lead_to_the_same(
    stripe_world: World, person: Any, order: tuple[int, ...]
) -> None:
    """A refund in part, a chargeback of the rest, which is won: every word comes late."""
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    intent = stripe_world.actions.read(session_of(checkout))["payment_intent"]
    charge = stripe_world.actions.read(intent)["latest_charge"]
    stripe_world.actions.refund(intent, 450)
    dispute = stripe_world.actions.dispute(intent)["id"]
    words: list[Callable[[], object]] = [
        lambda: back(person, checkout),
        lambda: refunds.charge_refunded(charge_id=charge),
        lambda: refunds.dispute_changed(dispute_id=dispute),
        lambda: (
            stripe_world.actions.read(dispute)["status"] == "won"
            or stripe_world.actions.decide(dispute, won=True)
        ),
    ]
    for number in (*order, *order):
        words[number]()
    refunds.dispute_changed(dispute_id=dispute)
    assert standing(person) == (18 + 25, 0)


# --- Plans -------------------------------------------------------------------------------
def test_a_disputed_payment_of_a_plan_ends_it_only_when_the_dispute_is_lost(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person, "month")
    dispute = stripe_world.actions.dispute(payment.payment_intent)
    deliver()
    assert tier_of(person) == "pro"
    stripe_world.actions.decide(dispute["id"], won=False)
    deliver()
    assert (tier_of(person), living(stripe_world)) == ("free", [])
    assert Subscription.objects.get(user=person).status == "canceled"
    assert kinds(person) == ["charged_back", "dispute_lost"]


@pytest.mark.thorough
def test_who_subscribes_again_after_a_lost_dispute_keeps_that(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person, "month")
    dispute = stripe_world.actions.dispute(payment.payment_intent)["id"]
    stripe_world.actions.decide(dispute, won=False)
    deliver()
    checkout = buy(person, "month")
    pay(stripe_world, checkout)
    back(person, checkout)
    refunds.dispute_changed(dispute_id=dispute)
    assert (tier_of(person), len(living(stripe_world))) == ("pro", 1)


@pytest.mark.thorough
def test_a_plan_whose_dispute_is_won_goes_on(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person, "month")
    dispute = stripe_world.actions.dispute(payment.payment_intent)["id"]
    stripe_world.actions.decide(dispute, won=True)
    deliver()
    assert (tier_of(person), len(living(stripe_world))) == ("pro", 1)


def test_what_was_bought_twice_is_paid_back_when_its_dispute_is_won(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    """Stripe pays nothing back while the bank has it."""
    first = buy(person, "month")
    second = second_session(stripe_world, person, first)
    pay(stripe_world, first)
    a_minute_later(stripe_world, person)
    pay(stripe_world, second)
    newest = stripe_world.actions.listed("payment_intent")[0]["id"]
    dispute = stripe_world.actions.dispute(newest)["id"]
    deliver()
    assert (len(living(stripe_world)), stripe_world.actions.listed("refund")) == (1, [])
    stripe_world.actions.decide(dispute, won=True)
    deliver()
    for _ in range(2):
        refunds.dispute_changed(dispute_id=dispute)
    (refund,) = stripe_world.actions.listed("refund")
    assert (refund["payment_intent"], refund["amount"]) == (newest, 2900)
    assert (tier_of(person), len(living(stripe_world))) == ("pro", 1)
    assert kinds(person)[-2:] == ["dispute_won", "refunded"]


@pytest.mark.thorough
def test_what_was_ended_otherwise_is_not_paid_back_when_its_dispute_is_won(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person, "month")
    stripe_world.actions.cancel_now(living(stripe_world)[0])
    dispute = stripe_world.actions.dispute(payment.payment_intent)["id"]
    stripe_world.actions.decide(dispute, won=True)
    deliver()
    assert stripe_world.actions.listed("refund") == []
