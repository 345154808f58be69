"""Money that is paid back, at Stripe and here: credits, debt, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from billing import refunds
from billing.models import Payment
from billing.standin.world import World
from core.money import CREDIT
from credits import operations as ledger
from credits.models import Account
from notifications.models import Notification
from tests.billing.buying import back, buy, pay, session_of, tier_of
from tests.billing.going_back import Deliver, bought, charge_of, kinds, lines, spend, standing, told
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return new_person()


def test_who_bought_credits_is_told_with_the_receipt(stripe_world: World, person: Any) -> None:
    payment = bought(stripe_world, person)
    row = Notification.objects.get(kind="billing.topped_up")
    assert row.title == "50 credits arrived"
    assert row.body == "You paid 9.00 USD. Credits that you bought do not expire."
    assert row.link == f"/billing/receipts/{payment.pk}"


def test_of_a_refunded_top_up_the_rest_goes_and_what_is_used_is_owed(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    spend(person, 25)
    stripe_world.actions.refund(payment.payment_intent)
    deliver()
    assert standing(person) == (0, 25)
    payment.refresh_from_db()
    assert payment.refunded == payment.amount == 900
    assert told(person) == [
        (
            "billing.refunded",
            "It was paid for “50 credits”. 25 credits went back with it. 25 credits that it paid "
            "for are used already: you owe them, and the next credits that come pay for them "
            "first.",
        )
    ]
    assert lines(person)[0] == (
        "revoke",
        -25,
        "50 credits: 9.00 USD paid back (25 credits of it used, and owed)",
    )


def test_the_next_credits_pay_the_debt_and_that_is_told_and_on_the_statement(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    spend(person, 50)
    stripe_world.actions.refund(payment.payment_intent)
    deliver()
    assert standing(person) == (0, 50)
    account = Account.objects.get(user=person)
    ledger.grant(user_id=person.pk, kind="grant", amount=20 * CREDIT, source_key="gift")
    assert standing(person) == (0, 30)
    checkout = buy(person, 200)
    pay(stripe_world, checkout)
    back(person, checkout)
    assert standing(person) == (170, 0)
    assert told(person)[1:] == [
        (
            "credits.debt_paid",
            "20 credits came (granted), and 20 credits of it paid for what was used of a payment "
            "that went back. 30 credits are owed still.",
        ),
        (
            "credits.debt_paid",
            "200 credits came (top-up), and 30 credits of it paid for what was used of a payment "
            "that went back. Nothing is owed any more.",
        ),
    ]
    assert lines(person)[0] == ("topup", 170, "200 credits, bought (30 credits of it paid a debt)")
    assert account.lots.filter(kind="topup").count() == 2


def test_partial_refunds_take_their_shares_one_after_the_other(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    spend(person, 25)
    for cents, free, owed in ((180, 15, 0), (270, 0, 0), (300, 0, 16.66), (150, 0, 25)):
        stripe_world.actions.refund(payment.payment_intent, cents)
        deliver()
        assert standing(person) == (free, owed)
    assert kinds(person) == ["refunded"] * 4
    payment.refresh_from_db()
    assert payment.refunded == 900


@pytest.mark.thorough
def test_two_partial_refunds_that_are_heard_of_at_once_are_told_as_their_sum(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    for _ in range(2):
        stripe_world.actions.refund(payment.payment_intent, 90)
    deliver()
    assert standing(person) == (18 + 40, 0)
    assert [row.title for row in Notification.objects.filter(kind="billing.refunded")] == [
        "1.80 USD were paid back"
    ]


@pytest.mark.thorough
def test_hearing_of_it_again_changes_nothing(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person)
    stripe_world.actions.refund(payment.payment_intent, 450)
    deliver()
    for _ in range(3):
        refunds.charge_refunded(charge_id=charge_of(stripe_world, payment))
    assert standing(person) == (18 + 25, 0)
    assert kinds(person) == ["refunded"]


def test_a_reader_who_asked_earlier_does_not_undo_what_a_later_one_wrote(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = bought(stripe_world, person)
    charge_id = charge_of(stripe_world, payment)
    read = refunds._back

    def slow(charge: Any, payment: Payment) -> refunds.Back:
        found = read(charge, payment)
        monkeypatch.setattr(refunds, "_back", read)
        stripe_world.actions.refund(payment.payment_intent)
        refunds.charge_refunded(charge_id=charge_id)
        return found

    monkeypatch.setattr(refunds, "_back", slow)
    assert refunds.charge_refunded(charge_id=charge_id) is None
    assert standing(person) == (18, 0)
    assert kinds(person) == ["refunded"]


def test_a_refund_that_is_heard_of_before_the_purchase_settles_that_first(
    stripe_world: World, person: Any
) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    intent = stripe_world.actions.read(session_of(checkout))["payment_intent"]
    charge = stripe_world.actions.read(intent)["latest_charge"]
    stripe_world.actions.refund(intent, 450)
    refunds.charge_refunded(charge_id=charge)
    assert standing(person) == (18 + 25, 0)
    assert kinds(person) == ["refunded"]
    back(person, checkout)
    assert standing(person) == (18 + 25, 0)


def test_a_refund_that_the_bank_sent_back_gives_the_credits_again(
    stripe_world: World, person: Any, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = bought(stripe_world, person)
    spend(person, 30)
    stripe_world.actions.refund(payment.payment_intent)
    deliver()
    assert standing(person) == (0, 30)
    read = refunds._charge

    def sent_back(charge_id: str) -> dict[str, Any] | None:
        return {**(read(charge_id) or {}), "amount_refunded": 0}

    monkeypatch.setattr(refunds, "_charge", sent_back)
    refunds.charge_refunded(charge_id=charge_of(stripe_world, payment))
    assert standing(person) == (20, 0)
    assert told(person)[1:] == [
        (
            "billing.refund_failed",
            "Your bank sent it back to us. 20 credits are there again. The 30 credits that "
            "you owed for it are canceled; what later credits paid of that is yours again.",
        )
    ]


@pytest.mark.parametrize("verb", ["charge_refunded", "dispute_changed"])
def test_what_stripe_does_not_know_is_nobodys(stripe_world: World, verb: str) -> None:
    name = {"charge_refunded": "charge_id", "dispute_changed": "dispute_id"}[verb]
    assert getattr(refunds, verb)(**{name: "none_1"}) is None


@pytest.mark.thorough
def test_a_refund_of_a_plans_payment_ends_no_plan_and_is_told(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    payment = bought(stripe_world, person, "month")
    free = standing(person)
    stripe_world.actions.refund(payment.payment_intent)
    deliver()
    payment.refresh_from_db()
    assert (tier_of(person), payment.refunded, standing(person)) == ("pro", 2900, free)
    assert told(person) == [
        (
            "billing.refunded",
            "It was paid for “Pro, monthly”. Your plan is what your subscription says; this does "
            "not end it.",
        )
    ]
