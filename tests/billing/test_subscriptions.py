"""Whose subscription is read, which of several counts, and readers that meet."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from billing import subscriptions
from billing.gateway import client
from billing.models import Customer, Payment, Subscription, TierChange
from billing.standin.world import World
from core.errors import NotFound
from core.models import Event
from tests.billing.buying import back, buy, by_hand, living, pay, tier_of
from tests.billing.words import new_person, pro_lots
from tests.videos.at_once import at_once

pytestmark = pytest.mark.django_db
CARD = "pm_card_visa"


@pytest.fixture
def person() -> Any:
    return new_person()


def customer_of(person: Any) -> str:
    """The person's customer at Stripe, made as for a purchase."""
    buy(person, 50)
    return Customer.objects.get(user=person).stripe_id


def stranger(**other: Any) -> str:
    """A customer whom nobody here knows."""
    params: Any = {"email": f"{uuid4().hex}@example.com", **other}
    return client().v1.customers.create(params=params).id


def price(**other: Any) -> str:
    """Another price of the plan's product."""
    product = client().v1.prices.retrieve("price_pro_month").product
    params: Any = {
        "product": product,
        "currency": "usd",
        "unit_amount": 1900,
        "recurring": {"interval": "month"},
        **other,
    }
    return client().v1.prices.create(params=params).id


# --- Whose -----------------------------------------------------------------------------------
def test_one_made_by_hand_for_a_customer_counts(stripe_world: World, person: Any) -> None:
    made = by_hand(customer_of(person), default_payment_method=CARD)
    assert subscriptions.refresh(stripe_id=made) is not None
    assert (tier_of(person), pro_lots(person)) == ("pro", 1)
    assert Payment.objects.get(user=person, kind="plan").amount == 2900


def test_one_whose_metadata_name_somebody_is_theirs(stripe_world: World, person: Any) -> None:
    customer = stranger()
    named = {"user": str(person.pk)}
    made = by_hand(customer, default_payment_method=CARD, metadata=named)
    assert subscriptions.refresh(stripe_id=made) is not None
    assert tier_of(person) == "pro"
    assert Customer.objects.get(user=person).stripe_id == customer


def test_a_customer_of_ours_is_believed_before_metadata(stripe_world: World, person: Any) -> None:
    other = new_person()
    named = {"user": str(other.pk)}
    made = by_hand(customer_of(person), default_payment_method=CARD, metadata=named)
    subscriptions.refresh(stripe_id=made)
    assert (tier_of(person), tier_of(other)) == ("pro", "free")


@pytest.mark.parametrize("named", [{}, {"user": "x"}, {"user": str(uuid4())}])
def test_one_of_a_stranger_is_nobodys(stripe_world: World, named: dict[str, str]) -> None:
    made = by_hand(stranger(), default_payment_method=CARD, metadata=named)
    assert subscriptions.refresh(stripe_id=made) is None
    assert subscriptions.refresh(stripe_id="sub_unknown") is None
    assert not Subscription.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_of_somebody_who_is_gone_is_nobodys(stripe_world: World) -> None:
    person = new_person()
    made = by_hand(customer_of(person), default_payment_method=CARD)
    subscriptions.refresh(stripe_id=made)
    user_id = person.pk
    person.delete()
    assert subscriptions.refresh(stripe_id=made) is None
    assert subscriptions.refresh_of(user_id=user_id) is None


# --- Which -----------------------------------------------------------------------------------
def test_a_price_that_is_not_ours_gives_nothing(stripe_world: World, person: Any) -> None:
    made = by_hand(customer_of(person), price(), default_payment_method=CARD)
    subscriptions.refresh(stripe_id=made)
    assert (tier_of(person), TierChange.objects.count()) == ("free", 0)
    assert not Payment.objects.filter(kind="plan").exists()


def test_a_former_price_of_ours_still_counts(stripe_world: World, person: Any) -> None:
    former = price(metadata={"sold": "pro_month"})
    made = by_hand(customer_of(person), former, default_payment_method=CARD)
    subscriptions.refresh(stripe_id=made)
    assert (tier_of(person), Payment.objects.get(kind="plan").amount) == ("pro", 1900)


def test_a_new_one_counts_and_late_words_of_the_old_change_nothing(
    stripe_world: World, person: Any
) -> None:
    first = buy(person, "month")
    pay(stripe_world, first)
    back(person, first)
    (old,) = living(stripe_world)
    stripe_world.actions.cancel_now(old)
    subscriptions.refresh(stripe_id=old)
    assert tier_of(person) == "free"
    second = buy(person, "year")
    pay(stripe_world, second)
    back(person, second)
    assert subscriptions.refresh(stripe_id=old) is not None
    row = Subscription.objects.get(user=person)
    assert (tier_of(person), row.interval, row.stripe_id != old) == ("pro", "year", True)
    reasons = TierChange.objects.order_by("number").values_list("reason", flat=True)
    assert list(reasons) == ["upgraded", "ended", "upgraded"]
    assert pro_lots(person) == 2


def test_the_one_that_is_paid_for_counts_when_its_customer_was_replaced(
    stripe_world: World, person: Any
) -> None:
    """As after a customer was deleted by hand, and the person bought something again."""
    made = by_hand(customer_of(person), default_payment_method=CARD)
    subscriptions.refresh(stripe_id=made)
    Customer.objects.filter(user=person).update(stripe_id=stranger())
    subscriptions.refresh_of(user_id=person.pk)
    assert tier_of(person) == "pro"


@pytest.mark.parametrize("is_live", [False, True])
def test_one_that_stripe_forgot_ends_in_test_mode_only(
    stripe_world: World, person: Any, settings: Any, is_live: bool
) -> None:
    made = by_hand(customer_of(person), default_payment_method=CARD)
    subscriptions.refresh(stripe_id=made)
    Customer.objects.all().delete()
    Subscription.objects.update(stripe_id="sub_forgotten")
    settings.STRIPE_LIVE_MODE = is_live
    if is_live:
        with pytest.raises(NotFound):
            subscriptions.refresh_of(user_id=person.pk)
        assert tier_of(person) == "pro"
    else:
        subscriptions.refresh_of(user_id=person.pk)
        assert tier_of(person) == "free"


# --- Since when a payment is due -------------------------------------------------------------
def test_the_oldest_open_invoice_says_since_when_a_payment_is_due(
    stripe_world: World, person: Any
) -> None:
    pay(stripe_world, buy(person, "month"), card="fails_later")
    (made,) = living(stripe_world)
    stripe_world.actions.renew(made)
    row = subscriptions.refresh(stripe_id=made)
    assert row is not None
    # The clock of the test is ahead: it is due since it was heard of, and stays so.
    assert (row.status, row.tier) == ("past_due", "pro")
    again = subscriptions.refresh(stripe_id=made)
    assert again is not None
    assert again.past_due_since == row.past_due_since
    stripe_world.actions.replace_card(Customer.objects.get(user=person).stripe_id)
    recovered = subscriptions.refresh(stripe_id=made)
    assert recovered is not None
    assert (recovered.status, recovered.past_due_since) == ("active", None)
    assert Payment.objects.filter(user=person, kind="plan").count() == 2


def test_an_invoice_from_before_the_last_that_was_paid_takes_no_grace_away() -> None:
    invoices: list[dict[str, Any]] = [
        {"status": status, "created": created, "status_transitions": {"finalized_at": at}}
        for status, created, at in (
            ("draft", 60, None),
            ("open", 50, 55),
            ("void", 45, 46),
            ("open", 40, None),
            ("paid", 30, 31),
            ("open", 10, 11),
        )
    ]
    assert subscriptions._oldest_due(invoices) == datetime.fromtimestamp(40, UTC)
    assert subscriptions._oldest_due(invoices[4:]) is None


# --- Readers that meet -----------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_readers_that_meet_turn_the_tier_once(stripe_world: World) -> None:
    person = new_person()
    pay(stripe_world, buy(person, "month"))
    (made,) = living(stripe_world)
    found = at_once(*[lambda: subscriptions.refresh(stripe_id=made)] * 6)
    assert not [one for one in found if isinstance(one, Exception)], found
    assert (tier_of(person), pro_lots(person)) == ("pro", 1)
    assert TierChange.objects.count() == 1
    assert Event.objects.filter(type="SubscriptionTierChanged").count() == 1
    assert Payment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_asked_before_the_end_does_not_undo_it(
    stripe_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow reader has its answer, then the plan ends and a quick one reads, then it goes on."""
    person = new_person()
    pay(stripe_world, buy(person, "month"))
    (made,) = living(stripe_world)
    has_answer, may_go_on = threading.Event(), threading.Event()
    read = subscriptions._of_customer

    def slowly(customer: str) -> Any:
        answer = read(customer)
        if threading.current_thread() is not threading.main_thread():
            has_answer.set()
            assert may_go_on.wait(30)
        return answer

    monkeypatch.setattr(subscriptions, "_of_customer", slowly)

    def quick() -> None:
        assert has_answer.wait(30)
        stripe_world.actions.cancel_now(made)
        monkeypatch.setattr(subscriptions, "_of_customer", read)
        subscriptions.refresh(stripe_id=made)
        may_go_on.set()

    late, quickly = at_once(lambda: subscriptions.refresh(stripe_id=made), quick)
    assert (late, quickly) == (None, None)
    assert tier_of(person) == "free"
    assert TierChange.objects.count() == 0
