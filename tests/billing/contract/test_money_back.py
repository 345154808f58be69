"""Refunds and disputes: what the product reads of a charge that went back."""

from __future__ import annotations

from typing import Any

import pytest

from billing import late, refunds, unheard
from billing.gateway import client
from billing.models import Customer, Payment
from core.money import CREDIT
from credits import operations as ledger
from credits.models import Lot
from tests.billing.buying import buy, session_of
from tests.billing.contract.side import Side
from tests.runtime.processes import wait_for


def bought(side: Side, person: Any, *, card: str = "pm_card_visa") -> tuple[Payment, str]:
    """A top-up of 50 credits that was paid by a card, as a checkout leaves it; and its charge."""
    intent = side.pay_once(side.customer_of(person), 900, card)
    key = f"topup:{intent['id']}"
    ledger.grant(
        user_id=person.pk, kind=Lot.Kind.TOPUP, amount=50 * CREDIT, source_key=key, reason="bought"
    )
    payment = Payment.objects.create(
        user=person,
        kind=Payment.Kind.TOPUP,
        source_key=key,
        payment_intent=intent["id"],
        description="50 credits",
        credits=50,
        amount=900,
        currency="usd",
        paid_at=person.date_joined,
    )
    return payment, str(intent["latest_charge"])


def test_a_refund_is_read_from_its_charge_in_part_and_whole(side: Side, person: Any) -> None:
    payment, charge = bought(side, person)
    part: Any = {"charge": charge, "amount": 450}
    client().v1.refunds.create(params=part)
    refunds.charge_refunded(charge_id=charge)
    payment.refresh_from_db()
    assert payment.refunded == 450
    assert Lot.objects.get(source_key=payment.source_key).revoked == 25 * CREDIT
    rest: Any = {"payment_intent": payment.payment_intent, "reason": "duplicate"}
    client().v1.refunds.create(params=rest)
    refunds.charge_refunded(charge_id=charge)
    payment.refresh_from_db()
    assert payment.refunded == 900
    assert Lot.objects.get(source_key=payment.source_key).revoked == 50 * CREDIT


def test_a_refund_of_which_nobody_told_is_found_in_the_list(side: Side, person: Any) -> None:
    payment, charge = bought(side, person)
    part: Any = {"charge": charge, "amount": 450}
    client().v1.refunds.create(params=part)
    assert unheard.look() >= 1
    payment.refresh_from_db()
    assert payment.refunded == 450


@pytest.mark.parametrize(("evidence", "status"), [("winning", "won"), ("losing", "lost")])
def test_a_dispute_is_read_with_what_became_of_it(
    side: Side, person: Any, evidence: str, status: str
) -> None:
    payment, charge = bought(side, person, card="pm_card_createDispute")
    listed: Any = {"charge": charge, "limit": 1}
    (dispute,) = wait_for(
        lambda: client().v1.disputes.list(params=listed).data, within_s=30, what="the dispute"
    )
    refunds.dispute_changed(dispute_id=dispute.id)
    payment.refresh_from_db()
    assert (payment.dispute, payment.dispute_status) == (dispute.id, "needs_response")
    assert Lot.objects.get(source_key=payment.source_key).revoked == 50 * CREDIT

    decided: Any = {"evidence": {"uncategorized_text": f"{evidence}_evidence"}, "submit": True}
    client().v1.disputes.update(dispute.id, params=decided)
    wait_for(lambda: client().v1.disputes.retrieve(dispute.id).status == status, within_s=30)
    refunds.dispute_changed(dispute_id=dispute.id)
    payment.refresh_from_db()
    assert payment.dispute_status == status
    gone = Lot.objects.get(source_key=payment.source_key).revoked
    assert gone == (0 if status == "won" else 50 * CREDIT)


def test_what_stripe_does_not_know_went_back_from_nobody(side: Side) -> None:
    assert refunds.charge_refunded(charge_id="ch_nothing") is None
    assert refunds.dispute_changed(dispute_id="dp_nothing") is None


def test_what_was_paid_and_never_had_is_found_and_paid_back_once(side: Side, person: Any) -> None:
    checkout = buy(person, 50)
    customer = Customer.objects.get(user=person).stripe_id
    side.made.append(customer)
    side.pay(session_of(checkout), checkout.url)
    for _ in range(2):
        assert late.pay_back_all(customer, since=person.date_joined), "no bank is still paying"
    theirs: Any = {"customer": customer}
    (paid,) = client().v1.payment_intents.list(params=theirs).data
    assert (paid.status, paid.amount_received) == ("succeeded", 900)
    of_it: Any = {"payment_intent": paid.id}
    (back,) = client().v1.refunds.list(params=of_it).data
    assert (back.amount, back.reason) == (900, "requested_by_customer")
