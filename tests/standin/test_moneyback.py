"""Refunds and disputes: events, balances, and limits."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from billing.standin.world import Refused, World
from tests.standin.conftest import Opener, told


@pytest.fixture
def paid(world: World, checkout: Opener) -> str:
    """A payment of 9.00; its intent."""
    return str(world.actions.complete(checkout("price_topup_50").id)["payment_intent"])


def charge_of(client: stripe.StripeClient, intent: str) -> Any:
    found: Any = client.v1.payment_intents.retrieve(
        intent, params={"expand": ["latest_charge.refunds"]}
    )
    return found.latest_charge


def balance(world: World) -> int:
    return sum(one["amount"] for one in world.actions.listed("balance_transaction"))


def test_a_refund_in_parts_is_the_whole_in_the_end(
    world: World, client: stripe.StripeClient, paid: str
) -> None:
    before = len(told(world))
    world.actions.refund(paid, 250)
    assert told(world)[before:] == ["refund.created", "charge.refunded", "refund.updated"]
    charge = charge_of(client, paid)
    assert (charge.amount_refunded, charge.refunded) == (250, False)
    client.v1.refunds.create(params={"payment_intent": paid, "reason": "requested_by_customer"})
    charge = charge_of(client, paid)
    assert (charge.amount_refunded, charge.refunded) == (900, True)
    assert [one.amount for one in charge.refunds.data] == [650, 250]
    assert balance(world) == 0


def test_nothing_is_refunded_twice(world: World, client: stripe.StripeClient, paid: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create(params={"payment_intent": paid, "amount": 901})
    world.actions.refund(paid)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create(params={"payment_intent": paid})
    assert refusal.value.code == "charge_already_refunded"
    with pytest.raises(stripe.InvalidRequestError, match="should be provided"):
        client.v1.refunds.create(params={"amount": 5})
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.refunds.create(params={"charge": "ch_none"})
    assert missing.value.code == "resource_missing"


def test_a_plans_invoice_is_refunded_by_its_id(
    world: World, subscribed: stripe.Subscription
) -> None:
    refund = world.actions.refund(str(subscribed.latest_invoice), 1_000)
    assert (refund["amount"], refund["status"]) == (1_000, "succeeded")
    assert world.actions.read(str(subscribed.latest_invoice))["status"] == "paid"


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_takes_the_money_until_it_is_won(
    world: World, client: stripe.StripeClient, paid: str, won: bool
) -> None:
    dispute = world.actions.dispute(paid)
    assert told(world)[-3:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.updated",
    ]
    assert charge_of(client, paid).disputed is True
    assert balance(world) == -1_500
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create(params={"payment_intent": paid})
    assert refusal.value.code == "charge_disputed"
    decided = world.actions.decide(dispute["id"], won=won)
    assert decided["status"] == ("won" if won else "lost")
    assert told(world)[-1] == "charge.dispute.closed"
    assert ("charge.dispute.funds_reinstated" in told(world)) is won
    assert balance(world) == (900 if won else -1_500)
    with pytest.raises(Refused):
        world.actions.decide(dispute["id"], won=True)
    found = client.v1.disputes.retrieve(dispute["id"])
    assert (found.charge, found.payment_intent) == (charge_of(client, paid).id, paid)
    assert len(found.balance_transactions) == 1 + won


def test_what_was_refunded_is_not_disputed(world: World, paid: str) -> None:
    world.actions.refund(paid)
    with pytest.raises(Refused):
        world.actions.dispute(paid)


def test_a_dispute_may_be_for_a_part(world: World, client: stripe.StripeClient, paid: str) -> None:
    dispute = world.actions.dispute(paid, 300)
    evidence: Any = {"uncategorized_text": "They used it."}
    answered = client.v1.disputes.update(dispute["id"], params={"evidence": evidence})
    assert (answered.amount, answered.status) == (300, "under_review")
    assert client.v1.disputes.close(dispute["id"]).status == "lost"
    assert [one.id for one in client.v1.disputes.list(params={"payment_intent": paid})] == [
        dispute["id"]
    ]
