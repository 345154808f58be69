"""Webhooks that are lost and people who do not come back: the clock asks Stripe by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from billing import reconciling, subscriptions, tasks, tiers
from billing.models import Checkout, Payment, Subscription, TierChange
from billing.standin.world import World
from config.payments import Payments
from tests.billing.buying import back, buy, living, pay, session_of, tier_of, topups
from tests.billing.words import new_person, next_read, pro_lots, said
from tests.videos.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return new_person()


def make_due() -> None:
    """The time of everything that is to be looked at has come."""
    earlier = Now() - timedelta(seconds=1)
    for model in (Checkout, Subscription):
        model._default_manager.filter(look_at__isnull=False).update(look_at=earlier)


def subscribed(world: World, person: Any, **how: Any) -> str:
    checkout = buy(person, "month")
    pay(world, checkout, **how)
    back(person, checkout)
    return living(world)[0]


def test_who_never_came_back_gets_what_they_paid_for(stripe_world: World, person: Any) -> None:
    plan, credits = buy(person, "month"), buy(person, 50)
    pay(stripe_world, plan)
    pay(stripe_world, credits)
    assert reconciling.look_due() == 0  # webhooks have two minutes
    make_due()
    assert tasks.look_due() == 2
    assert (tier_of(person), pro_lots(person), topups(person)) == ("pro", 1, [50])
    assert set(Checkout.objects.values_list("state", "look_at")) == {("completed", None)}
    assert Payment.objects.count() == 2


def test_a_checkout_that_nobody_pays_is_asked_after_less_and_less(
    stripe_world: World, person: Any
) -> None:
    checkout = buy(person, 50)
    for minutes, after in ((0, 2), (3, 10), (11, 60), (61, 24 * 60)):
        began = Now() - timedelta(minutes=minutes)
        Checkout.objects.filter(pk=checkout.pk).update(created_at=began)
        make_due()
        reconciling.look_due()
        row = Checkout.objects.get()
        assert row.look_at == row.created_at + timedelta(minutes=after), minutes
    stripe_world.actions.expire(session_of(checkout))
    make_due()
    reconciling.look_due()
    row = Checkout.objects.get()
    assert (row.state, row.look_at) == ("expired", None)


def test_a_plan_that_ended_unheard_ends_here(stripe_world: World, person: Any) -> None:
    made = subscribed(stripe_world, person)
    stripe_world.actions.cancel_now(made)
    assert tier_of(person) == "pro"
    make_due()
    assert reconciling.look_due() == 1
    assert tier_of(person) == "free"
    assert Subscription.objects.get().look_at is None


def test_each_subscription_is_asked_after_daily_and_when_its_period_ends(person: Any) -> None:
    for ends_in, looked_at in (
        (timedelta(days=25), tiers.DAILY),
        (timedelta(hours=5), timedelta(hours=6)),
        (-timedelta(days=1), timedelta(hours=1)),
    ):
        ends_at = timezone.now() + ends_in
        read = next_read(person)
        row = tiers.apply(user_id=person.pk, read=read, told=said("active", period_ends_at=ends_at))
        assert row is not None
        assert row.look_at is not None
        row.refresh_from_db()
        assert abs(row.look_at - row.updated_at - looked_at) < timedelta(minutes=30), ends_in


def test_what_waited_for_the_end_of_its_year_is_asked_after_too(
    stripe_world: World, person: Any
) -> None:
    made = subscribed(stripe_world, person)
    stripe_world.actions.cancel_now(made)
    assert reconciling.look_due() == 0
    Subscription.objects.update(look_at=Now() + timedelta(days=300))
    assert reconciling.look_due() == 1
    assert tier_of(person) == "free"


def test_those_that_were_asked_after_longest_ago_come_first(
    stripe_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "AT_ONCE", 2)
    people = [new_person() for _ in range(3)]
    for hours, person in enumerate(people):
        on_pro(person)
        Subscription.objects.filter(user=person).update(look_at=Now() - timedelta(hours=hours))
    asked: list[Any] = []
    monkeypatch.setattr(subscriptions, "refresh_of", lambda *, user_id: asked.append(user_id))
    assert reconciling.look_due() == 2
    assert asked == [people[2].pk, people[1].pk]
    assert reconciling.look_due() == 1
    assert asked[2:] == [people[0].pk]


def on_pro(person: Any) -> None:
    tiers.apply(user_id=person.pk, read=next_read(person), told=said("active"))


def test_a_renewal_that_was_not_heard_of_is_found(stripe_world: World, person: Any) -> None:
    made = subscribed(stripe_world, person)
    before = Subscription.objects.get()
    assert before.period_ends_at is not None
    stripe_world.actions.renew(made)
    make_due()
    reconciling.look_due()
    after = Subscription.objects.get()
    assert after.period_ends_at is not None
    assert after.period_ends_at > before.period_ends_at
    assert Payment.objects.filter(kind="plan").count() == 2
    assert TierChange.objects.count() == 1


def test_grace_ends_by_the_clock(stripe_world: World, person: Any) -> None:
    made = subscribed(stripe_world, person, card="fails_later")
    stripe_world.actions.renew(made)
    make_due()
    reconciling.look_due()
    assert (tier_of(person), tasks.end_grace()) == ("pro", 0)
    Subscription.objects.update(past_due_since=F("past_due_since") - tiers.grace())
    assert tasks.end_grace() == 1
    assert tier_of(person) == "free"
    assert TierChange.objects.get(number=2).reason == "unpaid"
    assert tasks.end_grace() == 0


def test_grace_does_not_end_where_the_payment_came_unheard(
    stripe_world: World, person: Any
) -> None:
    made = subscribed(stripe_world, person, card="fails_later")
    stripe_world.actions.renew(made)
    make_due()
    reconciling.look_due()
    Subscription.objects.update(past_due_since=F("past_due_since") - tiers.grace())
    stripe_world.actions.replace_card(stripe_world.actions.read(made)["customer"])
    assert tasks.end_grace() == 0
    assert tier_of(person) == "pro"


def test_a_subscription_of_other_keys_does_not_prolong_the_grace_of_others(
    stripe_world: World, person: Any, settings: Any
) -> None:
    made = subscribed(stripe_world, person, card="fails_later")
    stripe_world.actions.renew(made)
    make_due()
    reconciling.look_due()
    other = new_person()
    past = Subscription.objects.get().past_due_since
    rows = {"tier": "pro", "status": "past_due", "past_due_since": past}
    Subscription.objects.create(user=other, stripe_id="sub_of_other_keys", **rows)
    earlier = F("past_due_since") - tiers.grace()
    Subscription.objects.update(past_due_since=earlier)
    Subscription.objects.filter(user=other).update(past_due_since=earlier)
    settings.STRIPE_LIVE_MODE = True
    assert tasks.end_grace() == 1
    assert tier_of(person) == "free"


def test_while_stripe_is_away_nothing_changes(
    person: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.gateway.RETRIES", 0)
    settings.PAYMENTS = Payments("standin", uuid4().hex, "http://127.0.0.1:9", "x")
    past = said("past_due").created_at - tiers.grace()
    tiers.apply(user_id=person.pk, read=next_read(person), told=said("active"))
    Subscription.objects.update(status="past_due", past_due_since=past)
    Checkout.objects.create(user=person, kind="topup", sold="topup_50", session_id="cs_1")
    Checkout.objects.update(look_at=Now())
    make_due()
    assert (reconciling.look_due(), tasks.end_grace()) == (0, 0)
    assert tier_of(person) == "pro"
    assert not Checkout.objects.filter(look_at__lte=Now()).exists()  # it is asked again later
    assert Checkout.objects.get().state == "open"


def test_where_nothing_is_sold_nobody_is_asked(person: Any, settings: Any) -> None:
    settings.PAYMENTS = Payments("off")
    Checkout.objects.create(user=person, kind="topup", sold="topup_50", session_id="cs_1")
    Checkout.objects.update(look_at=Now())
    assert (reconciling.look_due(), tasks.end_grace()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_clocks_that_strike_together_share_the_work(stripe_world: World) -> None:
    people = [new_person() for _ in range(4)]
    for person in people:
        pay(stripe_world, buy(person, 50))
    make_due()
    found = at_once(*[reconciling.look_due] * 3)
    assert sum(found) == len(people), found
    assert [topups(person) for person in people] == [[50]] * len(people)
