"""A person's subscriptions at Stripe, and readers of them who come and finish in any order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from billing import tiers
from billing.models import Subscription, TierChange
from billing.serializers import present_subscription
from billing.told import Told, best_of
from core.models import Event
from core.wire import to_camel
from credits.models import Account
from credits.posting import database_now
from tests.billing.words import new_person, next_read, pro_lots, said
from tests.credits.machine import Draw
from tests.credits.travel import days_pass

STATUSES: Final = (
    "active",
    "trialing",
    "past_due",
    "past_due",
    "unpaid",
    "paused",
    "incomplete",
    "canceled",
    "incomplete_expired",
)
GRACE_DAYS: Final = 7
TO_AND_FRO: Final = (("free", "pro"), ("pro", "free"))
VERBS: Final = (
    "somebody_subscribes",
    "a_status_changes",
    "a_status_changes",
    "the_interval_changes",
    "it_is_canceled_for_later_or_not_any_more",
    "days_go_by",
    "somebody_asks",
    "somebody_asks",
    "somebody_is_done",
    "somebody_is_done",
    "the_clock_asks",
    "the_clock_asks",
)
statuses = st.sampled_from(STATUSES)
intervals = st.sampled_from(["month", "year"])


@dataclass
class Kept:
    """One subscription as Stripe keeps it; times in days before now."""

    name: str
    made: float
    status: str
    interval: str = "month"
    due: float = 0.0
    is_canceled: bool = False

    def told(self, now: datetime) -> Told:
        made = now - timedelta(days=self.made)
        return said(
            self.status,
            stripe_id=self.name,
            interval=self.interval,
            created_at=made,
            started_at=made,
            ends_at=now + timedelta(days=9) if self.is_canceled else None,
        )


@dataclass
class Reader:
    """Somebody who asked: the number taken before, and what Stripe said then."""

    number: int
    heard: list[Kept] = field(default_factory=list)


def tier_by_hand(heard: list[Kept]) -> str:
    """The rule in plain words, from the specification and not from the code."""
    if any(one.status in ("active", "trialing") for one in heard):
        return "pro"
    due = sorted((one for one in heard if one.status == "past_due"), key=lambda one: -one.made)
    return "pro" if due and due[0].due < GRACE_DAYS else "free"


class TierMachine(RuleBasedStateMachine):
    """What was met in all runs is counted in ``met``."""

    met: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.person: Any = new_person()
        self.stripe: list[Kept] = []
        self.readers: list[Reader] = []
        self.applied, self.tier, self.turns, self.names = 0, "free", 0, 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        # One rule: of many, Hypothesis switches most off in each run.
        getattr(self, data.draw(st.sampled_from(VERBS), label="verb"))(data.draw)

    # --- What happens at Stripe ----------------------------------------------------------

    def somebody_subscribes(self, draw: Draw) -> None:
        self.names += 1
        made = 1.0 - self.names / 1000  # in their order
        self.stripe.append(Kept(f"sub_{self.names}", made, draw(statuses), draw(intervals)))

    def a_status_changes(self, draw: Draw) -> None:
        if self.stripe:
            one, status = draw(st.sampled_from(self.stripe)), draw(statuses)
            one.due = one.due if one.status == status == "past_due" else 0.0
            one.status = status

    def the_interval_changes(self, draw: Draw) -> None:
        if self.stripe:
            draw(st.sampled_from(self.stripe)).interval = draw(intervals)

    def it_is_canceled_for_later_or_not_any_more(self, draw: Draw) -> None:
        if self.stripe:
            draw(st.sampled_from(self.stripe)).is_canceled = draw(st.booleans())

    def days_go_by(self, draw: Draw) -> None:
        """Whoever asked before that is gone."""
        days = draw(st.sampled_from([1, 3, 8]))
        self.readers.clear()
        for one in self.stripe:
            one.made += days
            one.due += days
        by = timedelta(days=days)
        Subscription.objects.update(past_due_since=F("past_due_since") - by)
        TierChange.objects.update(changed_at=F("changed_at") - by)
        days_pass(Account.objects.get(user=self.person), days)

    # --- Who reads -----------------------------------------------------------------------

    def somebody_asks(self, draw: Draw) -> None:
        heard = [Kept(**vars(one)) for one in self.stripe]
        self.readers.append(Reader(next_read(self.person), heard))

    def somebody_is_done(self, draw: Draw) -> None:
        if self.readers:
            self._apply(self.readers.pop(draw(st.integers(0, len(self.readers) - 1))))

    def the_clock_asks(self, draw: Draw) -> None:
        for _ in range(draw(st.integers(1, 2))):
            self.somebody_asks(draw)
            self._apply(self.readers.pop())
            assert self.tier == tier_by_hand(self.stripe)

    def _apply(self, reader: Reader) -> None:
        now = database_now()  # which stands still in a transaction
        best = best_of([one.told(now) for one in reader.heard])
        due = next((one.due for one in reader.heard if best and one.name == best.stripe_id), 0.0)
        row = tiers.apply(
            user_id=self.person.pk,
            read=reader.number,
            told=best,
            due_since=now - timedelta(days=due),
        )
        if reader.number <= self.applied:
            self.met["came too late"] += 1
            assert row is None
        else:
            assert row is not None
            self._count(reader, best.status if best else "nothing")
        self._everybody_agrees_on_the_tier()
        self._each_turn_is_told_once()
        self._pages_were_told_how_it_stands()
        self._an_upgrade_grants_at_most_once()

    def _count(self, reader: Reader, status: str) -> None:
        self.applied = reader.number
        should = tier_by_hand(reader.heard)
        self.turns += should != self.tier
        self.met[f"{self.tier} to {should}"] += 1
        self.met[f"read {status}"] += 1
        self.tier = should

    # --- What always holds ---------------------------------------------------------------

    def _everybody_agrees_on_the_tier(self) -> None:
        self.person.refresh_from_db()
        account = Account.objects.get(user=self.person)
        row = Subscription.objects.filter(user=self.person).first()
        stored = row.tier if row else "free"
        assert stored == self.person.tier == account.plan == self.tier

    def _each_turn_is_told_once(self) -> None:
        turns = list(TierChange.objects.filter(user=self.person).order_by("number"))
        assert [turn.number for turn in turns] == list(range(1, self.turns + 1))
        went = [(turn.from_tier, turn.to_tier) for turn in turns]
        assert went == [TO_AND_FRO[number % 2] for number in range(len(went))]
        rows = Event.objects.filter(user_id=self.person.pk, type="SubscriptionTierChanged")
        told = [row.data for row in rows.order_by("sequence")]
        assert told == [
            {
                "fromTier": turn.from_tier,
                "toTier": turn.to_tier,
                "interval": turn.interval,
                "reason": turn.reason,
            }
            for turn in turns
        ]

    def _pages_were_told_how_it_stands(self) -> None:
        rows = Event.objects.filter(user_id=self.person.pk, type="subscription.changed")
        last = rows.order_by("sequence").last()
        row = Subscription.objects.filter(user=self.person).first()
        if last is not None and row is not None:
            shown = to_camel(present_subscription(row))
            assert (last.data["tier"], last.data["status"]) == (shown["tier"], shown["status"])

    def _an_upgrade_grants_at_most_once(self) -> None:
        turns = TierChange.objects.filter(user=self.person, to_tier="pro")
        assert pro_lots(self.person) <= turns.count()
        assert bool(pro_lots(self.person)) == turns.exists()
