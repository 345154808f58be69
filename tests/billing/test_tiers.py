"""Which tier follows from what Stripe says, and what follows from a change of the tier."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from billing import tiers
from billing.models import Subscription, TierChange
from core.models import Event
from core.money import CREDIT
from credits import operations as ledger
from credits.models import Account, Lot
from tests.billing.words import new_person, next_read, pro_lots, said
from tests.credits.travel import days_pass

pytestmark = pytest.mark.django_db

FREE_STATES = ("canceled", "unpaid", "incomplete", "incomplete_expired", "paused")


@pytest.fixture
def person() -> Any:
    return new_person()


def tell(person: Any, status: str | None, **other: Any) -> Subscription | None:
    due_since = other.pop("due_since", None)
    told = None if status is None else said(status, **other)
    read = next_read(person)
    return tiers.apply(user_id=person.pk, read=read, told=told, due_since=due_since)


def tier_of(person: Any) -> str:
    person.refresh_from_db()
    row = Subscription.objects.get(user=person)
    account = Account.objects.get(user=person)
    assert row.tier == person.tier == account.plan
    return row.tier


def events(person: Any, type: str = "SubscriptionTierChanged") -> list[Any]:
    rows = Event.objects.filter(user_id=person.pk, type=type).order_by("sequence")
    return [row.data for row in rows]


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_what_is_paid_for_is_pro(person: Any, status: str) -> None:
    tell(person, status)
    assert tier_of(person) == "pro"
    assert events(person) == [
        {"fromTier": "free", "toTier": "pro", "interval": "month", "reason": "upgraded"}
    ]
    assert pro_lots(person) == 1


@pytest.mark.parametrize("status", FREE_STATES)
def test_what_is_not_paid_for_is_free(person: Any, status: str) -> None:
    tell(person, status)
    assert (tier_of(person), events(person)) == ("free", [])
    tell(person, "active")
    tell(person, status)
    assert tier_of(person) == "free"
    assert [event["toTier"] for event in events(person)] == ["pro", "free"]


def test_the_same_word_twice_changes_nothing(person: Any) -> None:
    for _ in range(3):
        tell(person, "active")
    assert TierChange.objects.filter(user=person).count() == len(events(person)) == 1
    assert len(events(person, "subscription.changed")) == 1
    assert pro_lots(person) == 1


def test_what_was_asked_for_earlier_is_not_applied_later(person: Any) -> None:
    early, late = next_read(person), next_read(person)
    assert tiers.apply(user_id=person.pk, read=late, told=said("canceled")) is not None
    assert tiers.apply(user_id=person.pk, read=early, told=said("active")) is None
    assert (tier_of(person), events(person)) == ("free", [])


def test_pages_are_told_of_each_change_that_shows(person: Any) -> None:
    tell(person, "active")
    ends_at = said("active").period_ends_at
    tell(person, "active", ends_at=ends_at)
    first, second = events(person, "subscription.changed")
    assert (first["tier"], first["cancelAtPeriodEnd"], first["endsAt"]) == ("pro", False, None)
    assert (second["tier"], second["cancelAtPeriodEnd"]) == ("pro", True)
    assert second["endsAt"] is not None
    assert len(events(person)) == 1


class TestAFailedPayment:
    def test_leaves_the_tier_for_the_days_of_grace(self, person: Any) -> None:
        tell(person, "active")
        since = said("active").created_at
        tell(person, "past_due", due_since=since)
        assert tier_of(person) == "pro"
        assert Subscription.objects.get(user=person).past_due_since == since

    def test_is_asked_after_when_the_grace_ends(self, person: Any) -> None:
        since = said("active").created_at - timedelta(days=1, hours=12)
        tell(person, "past_due", due_since=since)
        row = Subscription.objects.get(user=person)
        assert row.look_at == since + tiers.grace() + tiers.AFTER_GRACE

    def test_ends_the_tier_after_them(self, person: Any) -> None:
        tell(person, "active")
        tell(person, "past_due", due_since=said("active").created_at)
        assert tier_of(person) == "pro"
        tell(person, "past_due", due_since=said("active").created_at - tiers.grace())
        assert tier_of(person) == "free"
        assert events(person)[-1]["reason"] == "unpaid"

    def test_is_dated_by_stripe_but_never_in_the_future(self, person: Any) -> None:
        tell(person, "past_due", due_since=said("active").created_at + timedelta(days=400))
        row = Subscription.objects.get(user=person)
        assert row.past_due_since is not None
        assert row.past_due_since <= row.updated_at
        assert tier_of(person) == "pro"

    def test_is_dated_once_where_stripe_says_no_date(self, person: Any) -> None:
        tell(person, "past_due")
        by = tiers.grace() + timedelta(seconds=1)
        Subscription.objects.filter(user=person).update(past_due_since=F("past_due_since") - by)
        tell(person, "past_due")
        assert tier_of(person) == "free"

    def test_is_forgotten_when_it_comes_after_all(self, person: Any) -> None:
        tell(person, "past_due")
        tell(person, "active")
        assert Subscription.objects.get(user=person).past_due_since is None
        assert [event["reason"] for event in events(person)] == ["upgraded"]

    def test_that_comes_when_the_tier_was_lost_brings_it_back(self, person: Any) -> None:
        tell(person, "active")
        tell(person, "unpaid")
        tell(person, "active")
        assert tier_of(person) == "pro"
        assert [event["reason"] for event in events(person)] == ["upgraded", "unpaid", "recovered"]


class TestCredits:
    def test_stay_when_the_plan_ends(self, person: Any) -> None:
        bought = f"topup:{person.pk}"
        ledger.grant(user_id=person.pk, kind="topup", amount=50 * CREDIT, source_key=bought)
        tell(person, "active")
        tell(person, "canceled")
        lots = Lot.objects.filter(account__user=person)
        assert lots.get(kind="topup").available == 50 * CREDIT
        assert lots.get(reason__contains="Pro").available == 200 * CREDIT

    def test_are_counted_from_the_start_of_the_subscription(self, person: Any) -> None:
        tell(person, "active")
        account = Account.objects.get(user=person)
        assert account.cycle_started_at == said("active").started_at

    def test_are_not_counted_from_a_day_to_come(self, person: Any) -> None:
        tell(person, "active", started_at=said("active").created_at + timedelta(days=99))
        assert pro_lots(person) == 1

    def test_of_a_year_come_by_the_month(self, person: Any) -> None:
        tell(person, "active", interval="year")
        for _ in range(3):
            days_pass(Account.objects.get(user=person), 31)
            ledger.grant_due_monthly()
        assert pro_lots(person) == 4

    def test_of_a_month_are_not_granted_again_when_it_is_paid_late(self, person: Any) -> None:
        tell(person, "active")
        tell(person, "unpaid")
        tell(person, "active")
        assert (tier_of(person), pro_lots(person)) == ("pro", 1)
        days_pass(Account.objects.get(user=person), 31)
        ledger.grant_due_monthly()
        assert pro_lots(person) == 2

    def test_of_another_month_are_granted_when_it_is_paid_late(self, person: Any) -> None:
        tell(person, "active", started_at=said("active").started_at - timedelta(days=60))
        tell(person, "unpaid", started_at=said("active").started_at - timedelta(days=60))
        earlier = F("changed_at") - timedelta(days=31)
        TierChange.objects.filter(user=person).update(changed_at=earlier)
        tell(person, "active", started_at=said("active").started_at - timedelta(days=60))
        assert pro_lots(person) == 2

    def test_of_a_month_that_is_not_paid_for_any_more_do_not_come(self, person: Any) -> None:
        """The month is over, and with it the plan; Stripe has not told of that yet."""
        ends_at = said("active").period_ends_at
        tell(person, "active", ends_at=ends_at)
        account = Account.objects.get(user=person)
        days_pass(account, 31)
        Subscription.objects.update(ends_at=Now() + timedelta(minutes=1))
        assert (ledger.grant_due_monthly(), pro_lots(person)) == (0, 1)
        tell(person, "canceled", ends_at=said("active").created_at)
        assert (tier_of(person), pro_lots(person)) == ("free", 1)
        days_pass(account, 31)
        assert ledger.grant_due_monthly() == 1, "on Free they come"

    def test_of_the_next_month_come_to_who_takes_it_back(self, person: Any) -> None:
        tell(person, "active", ends_at=said("active").created_at)
        days_pass(Account.objects.get(user=person), 31)
        assert ledger.grant_due_monthly() == 0
        tell(person, "active")
        assert (ledger.grant_due_monthly(), pro_lots(person)) == (1, 2)

    def test_come_again_with_another_subscription(self, person: Any) -> None:
        tell(person, "active")
        tell(person, "canceled")
        tell(person, "active", stripe_id="sub_2", started_at=said("active").period_ends_at)
        assert pro_lots(person) == 2
        assert events(person)[-1]["reason"] == "upgraded"


def test_a_subscription_that_is_gone_at_stripe_is_none(person: Any) -> None:
    tell(person, "active")
    tell(person, None)
    row = Subscription.objects.get(user=person)
    assert (tier_of(person), row.stripe_id, row.status, row.look_at) == ("free", "", "", None)
    assert events(person)[-1]["reason"] == "ended"


def test_dunning_that_ends_a_subscription_is_told_as_unpaid(person: Any) -> None:
    tell(person, "active")
    tell(person, "canceled", ended_unpaid=True)
    assert events(person)[-1]["reason"] == "unpaid"
