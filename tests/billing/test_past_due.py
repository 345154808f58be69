"""A card that fails at a renewal: told, waited for, the plan's end, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from billing import dunning, tiers
from billing.models import Subscription, TierChange
from billing.standin.world import World
from core.money import CREDIT
from credits import operations as ledger
from credits.models import Account
from notifications.models import Notification
from notifications.relaying import relay
from tests.billing.buying import back, buy, pay, tier_of
from tests.billing.words import new_person, pro_lots
from tests.credits.travel import days_pass

pytestmark = pytest.mark.django_db

Deliver = Callable[..., int]
DUE = ("billing.payment_failed", "billing.card_needed")


@pytest.fixture
def person() -> Any:
    return new_person()


@pytest.fixture
def subscription(stripe_world: World, person: Any, deliver: Deliver) -> str:
    """Somebody on Pro by the month, with 50 bought credits; the subscription's id."""
    for what in (50, "month"):
        checkout = buy(person, what)
        pay(stripe_world, checkout)
        back(person, checkout)
    deliver()
    return Subscription.objects.get(user=person).stripe_id


def fall_due(world: World, subscription: str, deliver: Deliver) -> str:
    """The card fails at the renewal; the invoice's id."""
    found = world.actions.read(subscription)
    world.actions.fail_payments(found["customer"])
    assert world.actions.renew(subscription)["status"] == "past_due"
    deliver()
    (invoice,) = world.actions.listed("invoice", status="open")
    return str(invoice["id"])


def told(person: Any, *kinds: str) -> list[Notification]:
    rows = Notification.objects.filter(user=person, kind__in=kinds or DUE)
    return list(rows.order_by("id"))


def until(person: Any, days: int) -> str:
    since = Subscription.objects.get(user=person).past_due_since
    assert since is not None
    return f"{since + timedelta(days=days):%-d %B %Y}"


def days_pass_for(person: Any, days: int) -> None:
    """Everything that is known of the person is that much older."""
    days_pass(Account.objects.get(user=person), days)
    by = timedelta(days=days)
    Subscription.objects.filter(user=person).update(
        past_due_since=F("past_due_since") - by, started_at=F("started_at") - by
    )
    TierChange.objects.filter(user=person).update(changed_at=F("changed_at") - by)
    Notification.objects.filter(user=person).update(created_at=F("created_at") - by)


# --- Telling -----------------------------------------------------------------------------
def test_a_card_that_fails_is_told_once_with_the_way_to_change_it(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    invoice = fall_due(stripe_world, subscription, deliver)
    for _ in range(3):
        dunning.invoice_due(invoice_id=invoice)
    (row,) = told(person)
    assert (row.kind, row.title) == ("billing.payment_failed", "The payment for Pro failed")
    assert row.body == (
        f"29.00 USD could not be taken from your card. You stay on Pro until {until(person, 7)}. "
        "Change the card, and it is tried again."
    )
    assert (row.link, row.link_label) == ("/billing", "Change the card")
    assert row.context == {"invoice": invoice, "attempt": 1}
    assert row.email_due_at is not None
    assert tier_of(person) == "pro"


@pytest.mark.thorough
def test_each_attempt_is_told_but_at_most_one_a_day(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    invoice = fall_due(stripe_world, subscription, deliver)
    tried_again(stripe_world, invoice)
    deliver()
    assert [row.context["attempt"] for row in told(person)] == [1]
    days_pass_for(person, 2)
    dunning.invoice_due(invoice_id=invoice)
    dunning.invoice_due(invoice_id=invoice)
    assert [row.context["attempt"] for row in told(person)] == [1, 2]
    days_pass_for(person, 2)
    dunning.invoice_due(invoice_id=invoice)
    assert [row.context["attempt"] for row in told(person)] == [1, 2], "no new attempt"


def tried_again(world: World, invoice: str) -> None:
    found = world.actions.read(invoice)
    world.actions.advance(found["customer"], found["next_payment_attempt"] + 1)
    assert world.actions.read(invoice)["attempt_count"] == 2


@pytest.mark.thorough
def test_a_bank_that_wants_the_holders_word_is_told_as_that(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    invoice = fall_due(stripe_world, subscription, deliver)
    days_pass_for(person, 2)
    stripe_world.actions.pay_invoice(invoice, card="three_d_secure")
    deliver()
    row = told(person)[-1]
    assert row.kind == "billing.card_needed"
    assert row.title == "Your bank asks you to confirm the payment for Pro"
    assert (row.link, row.link_label) == ("/billing", "Confirm the payment")


@pytest.mark.thorough
def test_what_was_paid_meanwhile_is_not_told_of(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    invoice = fall_due(stripe_world, subscription, deliver)
    Notification.objects.all().delete()
    stripe_world.actions.recover(subscription)
    assert not dunning.invoice_due(invoice_id=invoice)
    assert told(person) == []


@pytest.mark.thorough
def test_a_first_payment_that_fails_is_the_checkouts_own_matter(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    checkout = buy(person, "month")
    assert checkout.session_id
    stripe_world.actions.decline(checkout.session_id)
    deliver()
    for invoice in stripe_world.actions.listed("invoice"):
        assert not dunning.invoice_due(invoice_id=invoice["id"])
    assert told(person) == []


def test_an_invoice_that_stripe_does_not_know_is_nobodys(stripe_world: World) -> None:
    assert not dunning.invoice_due(invoice_id="in_none")


# --- The whole way -----------------------------------------------------------------------
@pytest.mark.thorough
def test_unpaid_for_too_long_is_free_and_keeps_what_was_bought(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    fall_due(stripe_world, subscription, deliver)
    days_pass_for(person, 6)
    assert (tiers.end_grace(), tier_of(person)) == (0, "pro")
    days_pass_for(person, 2)
    assert (tiers.end_grace(), tier_of(person)) == (1, "free")
    assert tiers.end_grace() == 0
    relay()
    (row,) = told(person, "billing.tier_changed")[1:]
    assert (row.title, row.link_label) == ("Pro has ended: it was not paid", "Pay")
    assert row.context["reason"] == "unpaid"
    assert Account.objects.get(user=person).lots.get(kind="topup").available == 50 * CREDIT


def test_paid_after_all_is_pro_again_with_one_grant_of_the_month(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    fall_due(stripe_world, subscription, deliver)
    days_pass_for(person, 8)
    tiers.end_grace()
    assert (tier_of(person), pro_lots(person)) == ("free", 1)
    for _ in range(2):
        stripe_world.actions.recover(subscription)
        deliver()
    ledger.grant_due_monthly()
    assert (tier_of(person), pro_lots(person)) == ("pro", 1)
    relay()
    assert [row.title for row in told(person, "billing.tier_changed")] == [
        "You are on Pro",
        "Pro has ended: it was not paid",
        "You are on Pro again",
    ]


@pytest.mark.thorough
def test_paid_within_the_grace_nothing_changes(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    fall_due(stripe_world, subscription, deliver)
    days_pass_for(person, 3)
    stripe_world.actions.recover(subscription)
    deliver()
    days_pass_for(person, 8)
    assert (tiers.end_grace(), tier_of(person)) == (0, "pro")
    row = Subscription.objects.get(user=person)
    assert (row.past_due_since, row.changes) == (None, 1)


@pytest.mark.thorough
def test_the_grace_is_as_long_as_it_is_set(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver, settings: Any
) -> None:
    settings.BILLING_GRACE_DAYS = 2
    fall_due(stripe_world, subscription, deliver)
    assert f"until {until(person, 2)}." in told(person)[0].body
    days_pass_for(person, 3)
    assert (tiers.end_grace(), tier_of(person)) == (1, "free")


@pytest.mark.thorough
def test_a_subscription_that_stripe_gives_up_is_free(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    fall_due(stripe_world, subscription, deliver)
    assert stripe_world.actions.give_up(subscription)["status"] == "canceled"
    deliver()
    assert tier_of(person) == "free"
    assert TierChange.objects.filter(user=person).latest("number").reason == "unpaid"


# --- Canceled, and kept after all --------------------------------------------------------
def test_canceling_and_keeping_it_are_told(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    for act in ("cancel_at_period_end", "resume"):
        getattr(stripe_world.actions, act)(subscription)
        deliver()
        deliver()
    canceled, kept = told(person, "billing.cancel_scheduled", "billing.cancel_undone")
    ends = Subscription.objects.get(user=person).period_ends_at
    assert ends is not None
    assert ends > timezone.now()
    assert canceled.title == f"Pro ends on {ends:%-d %B %Y}"
    assert (kept.title, kept.body) == (
        "Pro goes on",
        f"You kept Pro. It renews on {ends:%-d %B %Y}.",
    )


@pytest.mark.thorough
def test_the_end_of_a_canceled_plan_is_told_once_as_an_end(
    stripe_world: World, person: Any, subscription: str, deliver: Deliver
) -> None:
    stripe_world.actions.cancel_at_period_end(subscription)
    deliver()
    stripe_world.actions.renew(subscription)
    deliver()
    relay()
    assert tier_of(person) == "free"
    last = told(person, "billing.tier_changed")[-1]
    assert (last.title, last.body) == (
        "Pro has ended",
        "You are on Free, with 18 credits a month. Credits that you bought stay.",
    )
    assert len(told(person, "billing.cancel_scheduled")) == 1
    assert Account.objects.get(user=person).lots.get(kind="topup").available == 50 * CREDIT
