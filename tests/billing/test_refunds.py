"""Money that goes back, at Stripe and here: credits, debt, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from billing import refunds
from billing.models import Payment, Subscription
from billing.standin.world import World
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.audit import differences
from credits.models import Account
from notifications.models import Notification
from tests.billing.buying import back, buy, living, pay, session_of, tier_of
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db

Deliver = Callable[..., int]


@pytest.fixture
def person() -> Any:
    return new_person()


def bought(world: World, person: Any, what: int | str = 50) -> Payment:
    """What the person bought, paid and was given."""
    checkout = buy(person, what)
    pay(world, checkout)
    back(person, checkout)
    if isinstance(what, str):
        refresh_payment(person)
    return Payment.objects.get(user=person)


def refresh_payment(person: Any) -> None:
    from billing import invoices
    from billing.gateway import client

    (invoice,) = client().v1.invoices.list().data
    invoices.paid_invoice(invoice_id=invoice.id)


def spend(person: Any, credits: float) -> None:
    """Beyond the month's 18, so that it comes off what was bought."""
    hold = ledger.hold(
        user_id=person.pk,
        amount=int((18 + credits) * CREDIT),
        key=uuid4().hex,
        operation="edit",
        reason="",
        ttl=timedelta(minutes=9),
    )
    ledger.capture(hold_id=hold.pk)


def standing(person: Any) -> tuple[float, float]:
    """Credits that are free, and that are owed."""
    account = Account.objects.get(user=person)
    assert differences(account_id=account.pk) == []
    return queries.balance(person).free / CREDIT, account.debt / CREDIT


def told(person: Any) -> list[tuple[str, str]]:
    """Kind and body of what was told of money that moved, oldest first."""
    rows = Notification.objects.filter(user=person).exclude(kind="billing.tier_changed")
    return [(row.kind, row.body) for row in rows.exclude(kind="billing.topped_up").order_by("id")]


def kinds(person: Any) -> list[str]:
    return [kind.removeprefix("billing.") for kind, _ in told(person)]


def charge_of(world: World, payment: Payment) -> str:
    return str(world.actions.read(payment.payment_intent)["latest_charge"])


def lines(person: Any) -> list[tuple[str, float, str]]:
    rows = queries.with_balances(list(queries.statement(person)))
    return [(row.line.operation, row.change / CREDIT, row.line.reason) for row in rows]


# --- Refunds of credits ------------------------------------------------------------------
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


# --- Banks that take it ------------------------------------------------------------------
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
