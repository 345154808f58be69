"""Buying by one tab or several, once or twice: nobody pays for the same thing again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from billing import doubles, invoices, subscriptions, tiers
from billing.models import Checkout, Customer, Subscription
from billing.standin.world import World
from billing.told import best_of
from core.errors import Conflict
from notifications.models import Notification
from tests.billing.buying import (
    a_minute_later,
    back,
    buy,
    by_hand,
    living,
    pay,
    second_session,
    session_of,
    tier_of,
    topups,
)
from tests.billing.words import new_person, next_read, pro_lots, said
from tests.videos.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return new_person()


def test_an_open_checkout_is_handed_out_again(stripe_world: World, person: Any) -> None:
    first, second = buy(person, "month", back_to="/a"), buy(person, "month", back_to="/b")
    assert (first.pk, first.url) == (second.pk, second.url)
    assert Checkout.objects.get().back_to == "/b"
    assert buy(person, 50).pk != first.pk
    assert buy(new_person(), "month").pk != first.pk


def test_one_that_was_paid_in_is_settled_and_another_begun(
    stripe_world: World, person: Any
) -> None:
    first = buy(person, 50)
    pay(stripe_world, first)
    second = buy(person, 50)
    assert second.pk != first.pk
    assert topups(person) == [50]
    first.refresh_from_db()
    assert (first.state, second.state) == ("completed", "open")


def test_one_that_expired_is_not_handed_out(stripe_world: World, person: Any) -> None:
    first = buy(person, "month")
    stripe_world.actions.expire(session_of(first))
    second = buy(person, "month")
    assert second.pk != first.pk
    first.refresh_from_db()
    assert first.state == "expired"


def test_the_plan_is_not_bought_twice(stripe_world: World, person: Any) -> None:
    checkout = buy(person, "month")
    pay(stripe_world, checkout)
    # No webhook came, and nobody came back: Stripe is asked before another is sold.
    with pytest.raises(Conflict) as refusal:
        buy(person, "month")
    assert refusal.value.code == "ALREADY_SUBSCRIBED"
    assert tier_of(person) == "pro"


def test_the_other_interval_closes_the_checkout_that_was_open(
    stripe_world: World, person: Any
) -> None:
    first = buy(person, "month")
    second = buy(person, "year")
    assert stripe_world.actions.read(session_of(first))["status"] == "expired"
    assert stripe_world.actions.read(session_of(second))["status"] == "open"
    first.refresh_from_db()
    assert first.state == "expired"


def test_an_old_tab_of_the_same_plan_is_closed_too(stripe_world: World, person: Any) -> None:
    first = buy(person, "month")
    Checkout.objects.filter(pk=first.pk).update(created_at=Now() - timedelta(minutes=31))
    second = buy(person, "month")
    assert second.pk != first.pk
    assert stripe_world.actions.read(session_of(first))["status"] == "expired"


def test_who_has_the_plan_is_led_to_change_its_interval(stripe_world: World, person: Any) -> None:
    pay(stripe_world, buy(person, "month"))
    change = buy(person, "year", back_to="/products")
    assert change._state.adding
    assert "/portal/" in change.url
    (portal,) = stripe_world.actions.listed("billing_portal.session")
    flow = portal["flow"]
    assert flow["type"] == "subscription_update_confirm"
    (item,) = flow["subscription_update_confirm"]["items"]
    assert item["price"] == "price_pro_year"
    assert flow["after_completion"]["redirect"]["return_url"].endswith("/products")
    (subscription,) = living(stripe_world)
    stripe_world.actions.change_price(subscription, "price_pro_year")
    subscriptions.refresh(stripe_id=subscription)
    assert Subscription.objects.get(user=person).interval == "year"
    assert (tier_of(person), pro_lots(person)) == ("pro", 1)


def test_who_owes_a_payment_is_not_sold_another_plan(stripe_world: World, person: Any) -> None:
    checkout = buy(person, "month")
    pay(stripe_world, checkout, card="fails_later")
    (subscription,) = living(stripe_world)
    stripe_world.actions.renew(subscription)
    with pytest.raises(Conflict) as refusal:
        buy(person, "month")
    assert refusal.value.code == "PAYMENT_DUE"


def test_two_tabs_that_both_paid_pay_once(stripe_world: World, person: Any) -> None:
    """The second tab's session was made before the first was paid, by another server."""
    first = buy(person, "month")
    second = second_session(stripe_world, person, first)
    pay(stripe_world, first)
    pay(stripe_world, second)
    back(person, first)
    back(person, second)
    kept = Subscription.objects.get(user=person).stripe_id
    assert living(stripe_world) == [kept]
    (refund,) = stripe_world.actions.listed("refund")
    assert (refund["amount"], refund["reason"]) == (2900, "duplicate")
    subscriptions.refresh_of(user_id=person.pk)
    assert len(stripe_world.actions.listed("refund")) == 1
    (told,) = Notification.objects.filter(user=person, kind="billing.bought_twice")
    assert "paid back in full" in told.body
    assert (tier_of(person), pro_lots(person)) == ("pro", 1)


def test_a_second_one_that_a_bank_pays_days_later_is_paid_back_then(
    stripe_world: World, person: Any
) -> None:
    first = buy(person, "month")
    second = second_session(stripe_world, person, first)
    pay(stripe_world, first)
    pay(stripe_world, second, card="bank_account")
    back(person, first)
    back(person, second)
    assert len(living(stripe_world)) == 2, "there is nothing to pay back yet"
    stripe_world.actions.settle_later(session_of(second), paid=True)
    back(person, second)
    (refund,) = stripe_world.actions.listed("refund")
    assert (refund["amount"], len(living(stripe_world))) == (2900, 1)


def test_a_second_one_whose_payment_a_bank_took_back_is_ended(
    stripe_world: World, person: Any
) -> None:
    """Who sees that they paid twice may go to their bank first; Stripe refuses a refund then."""
    first = buy(person, "month")
    second = second_session(stripe_world, person, first)
    pay(stripe_world, first)
    a_minute_later(stripe_world, person)  # of two in the same second, chance says which counts
    pay(stripe_world, second)
    newest = stripe_world.actions.listed("payment_intent")[0]
    stripe_world.actions.dispute(newest["id"])
    back(person, second)
    kept = Subscription.objects.get(user=person).stripe_id
    assert (living(stripe_world), stripe_world.actions.listed("refund")) == ([kept], [])


def test_a_subscription_made_by_hand_is_never_ended(stripe_world: World, person: Any) -> None:
    pay(stripe_world, buy(person, "month"))
    subscriptions.refresh_of(user_id=person.pk)
    customer = Customer.objects.get(user=person).stripe_id
    by_hand(customer, default_payment_method="pm_card_visa")
    subscriptions.refresh_of(user_id=person.pk)
    assert len(living(stripe_world)) == 2
    assert stripe_world.actions.listed("refund") == []


def test_what_was_bought_before_one_made_by_hand_stays(stripe_world: World, person: Any) -> None:
    pay(stripe_world, buy(person, "month"), card="fails_later")
    (bought,) = living(stripe_world)
    stripe_world.actions.renew(bought)
    subscriptions.refresh_of(user_id=person.pk)
    assert Subscription.objects.get(user=person).status == "past_due"
    customer = Customer.objects.get(user=person).stripe_id
    made = by_hand(customer, default_payment_method="pm_card_visa")
    subscriptions.refresh_of(user_id=person.pk)
    assert Subscription.objects.get(user=person).stripe_id == made
    assert stripe_world.actions.read(bought)["status"] == "past_due"
    assert stripe_world.actions.listed("refund") == []


@pytest.mark.django_db(transaction=True)
def test_readers_that_meet_pay_a_second_purchase_back_once(stripe_world: World) -> None:
    person = new_person()
    first = buy(person, "month")
    second = second_session(stripe_world, person, first)
    pay(stripe_world, first)
    pay(stripe_world, second)
    found = at_once(*[lambda: subscriptions.refresh_of(user_id=person.pk)] * 4)
    assert not [one for one in found if isinstance(one, Exception)], found
    assert len(living(stripe_world)) == len(stripe_world.actions.listed("refund")) == 1
    assert Notification.objects.filter(kind="billing.bought_twice").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_checkout(stripe_world: World) -> None:
    person = new_person()
    found = at_once(*[lambda: buy(person, "month")] * 4)
    assert len({one.pk for one in found}) == len({one.url for one in found}) == 1, found
    assert len(stripe_world.actions.listed("checkout.session")) == 1
    assert len(stripe_world.actions.listed("customer")) == 1


@pytest.mark.parametrize("status", ["active", "past_due", "incomplete", "canceled"])
def test_of_two_of_the_same_second_whoever_reads_takes_the_same(status: str) -> None:
    twins = [said(status, stripe_id=name, checkout="c") for name in ("sub_1", "sub_2")]
    assert best_of(twins) == best_of(reversed(twins))


@pytest.mark.parametrize("first", ["sub_1", "sub_2"])
def test_of_two_of_the_same_second_the_one_that_counts_goes_on_counting(
    person: Any, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever has the lower id, it is the one that was heard of before that was paid rightly."""
    twins = [said("active", stripe_id=name, checkout="c") for name in ("sub_1", "sub_2")]
    other = next(one for one in twins if one.stripe_id != first)
    seen = [one for one in twins if one is not other]
    paid_back: list[str] = []
    monkeypatch.setattr(subscriptions, "_read", lambda *_, **__: seen)
    monkeypatch.setattr(invoices, "note_missing", lambda **_: None)
    monkeypatch.setattr(doubles, "_pay_back", paid_back.append)
    monkeypatch.setattr(doubles, "end_subscription", lambda stripe_id, comment: True)
    subscriptions.refresh_of(user_id=person.pk)
    seen = twins
    subscriptions.refresh_of(user_id=person.pk)
    assert Subscription.objects.get(user=person).stripe_id == first
    assert paid_back == [other.stripe_id]


def test_a_reader_who_asked_before_anything_counted_keeps_what_counts_by_then(person: Any) -> None:
    twins = [said("active", stripe_id=name, checkout="c") for name in ("sub_1", "sub_2")]
    early, late = next_read(person), next_read(person)
    tiers.apply(user_id=person.pk, read=early, told=twins[1])
    row = tiers.apply(user_id=person.pk, read=late, told=twins[0], twins=twins)
    assert row is not None
    assert (row.stripe_id, pro_lots(person)) == ("sub_2", 1)


@pytest.mark.parametrize(
    ("status", "days_later", "is_bought", "is_ended"),
    [
        ("active", 1, True, True),
        ("past_due", 1, True, True),
        ("active", 0, True, True),
        ("canceled", 1, True, False),
        ("active", 1, False, False),
        ("past_due", -1, True, False),
    ],
)
def test_what_counts_as_bought_twice(
    status: str, days_later: int, is_bought: bool, is_ended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(doubles, "_pay_back", asked.append)
    monkeypatch.setattr(doubles, "end_subscription", lambda stripe_id, comment: False)
    best = said("active", checkout="first")
    other = said(
        status,
        stripe_id="sub_2",
        created_at=best.created_at + timedelta(days=days_later),
        checkout="second" if is_bought else "",
    )
    doubles.end_others(user_id=uuid4(), best=best, everything=[best, other])
    assert asked == (["sub_2"] if is_ended else [])
