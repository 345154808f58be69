"""Every verb of the ledger against one account, in an order that Hypothesis chooses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.errors import NotFound
from core.money import CREDIT
from credits import operations as ledger

from .oracle_rows import OracleLot
from .pair import PASTS, Pair

T = TypeVar("T")
AUDIT_EVERY = 10
CLOSED = ("captured", "released", "expired")

quarters = st.integers(1, 48).map(lambda quarters: quarters * CREDIT // 4)
amounts = st.one_of(quarters, st.integers(1, 15 * CREDIT))
kinds = st.sampled_from(["monthly", "topup", "grant"])
lifetimes = st.sampled_from([3, 10, 30, None])
one_more = st.sampled_from([0, 0, 1])
starts = st.sampled_from(
    [
        datetime(2031, 1, 31, 10, tzinfo=UTC),
        datetime(2031, 5, 15, tzinfo=UTC),
        datetime(2031, 12, 30, 23, 59, tzinfo=UTC),
        datetime(2032, 2, 29, 12, tzinfo=UTC),
    ]
)


class Draw(Protocol):
    """Let Hypothesis choose."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T: ...


class LedgerMachine(RuleBasedStateMachine):
    """One account and its oracle; what was met in all runs is counted in ``met``."""

    met: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.pair: Pair | None = None
        self.names = self.steps = 0

    def teardown(self) -> None:
        if self.pair is not None:
            self.met.update(self.pair.oracle.happened)
            self.met.update(self.pair.refusals)
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    @initialize(start=starts, past=st.sampled_from(PASTS))
    def begin(self, start: datetime, past: Callable[[Pair], None]) -> None:
        self.pair = Pair(start)
        past(self.pair)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        # One rule: of many, Hypothesis switches most off in each run, and a run of one verb
        # says little.
        assert self.pair is not None
        verb = data.draw(st.sampled_from(VERBS), label="verb")
        self.met[verb] += 1
        getattr(self, verb)(self.pair, data.draw)

    @invariant()
    def agrees_with_the_oracle(self) -> None:
        if self.pair is None:
            return
        self.steps += 1
        self.pair.agree()
        if self.steps % AUDIT_EVERY == 0:
            self.pair.read_alike()

    # --- What there is to choose from ----------------------------------------------------

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def a_lot(self, pair: Pair, draw: Draw, *, in_use: bool = False) -> OracleLot | None:
        paid = {lot.name: lot for lot in pair.oracle.lots if lot.is_payment}
        held = [name for name, lot in paid.items() if lot.held]
        used = [name for name, lot in paid.items() if lot.held or lot.consumed]
        names = (in_use and (held or used)) or list(paid)
        return paid[draw(st.sampled_from(names))] if names else None

    def a_hold(self, pair: Pair, draw: Draw, *states: str) -> str | None:
        """One in one of these states, where there is one; else a new one."""
        some = [key for key, hold in pair.oracle.holds.items() if hold.state in states]
        return draw(st.sampled_from(some)) if some else self.hold(pair, draw)

    def a_price(self, pair: Pair, draw: Draw) -> int:
        """Often a large share of what there is, so that lots are used up and runs get short."""
        share = draw(st.sampled_from([None, 30, 70, 100, 100, 0]))
        if share is None:
            return draw(amounts)
        whole = pair.oracle.free
        if pair.oracle.debt and draw(st.booleans()):
            whole = pair.oracle.usable
        return whole * share // 100 + (draw(one_more) if share == 100 else 0)

    # --- Credits come in -----------------------------------------------------------------

    def grant(self, pair: Pair, draw: Draw) -> None:
        pair.grant(f"payment {self.name()}", draw(kinds), draw(amounts), draw(lifetimes))

    def grant_again(self, pair: Pair, draw: Draw) -> None:
        if lot := self.a_lot(pair, draw):
            kind = draw(st.sampled_from([lot.kind, lot.kind, "topup"]))
            pair.grant(lot.name, kind, lot.granted + draw(one_more), draw(lifetimes))

    def grant_nothing(self, pair: Pair, draw: Draw) -> None:
        pair.grant("nothing", draw(kinds), draw(st.integers(-CREDIT, 0)))
        pair.grant("too late", draw(kinds), draw(amounts), draw(st.sampled_from([0, -1])))

    def grant_due_monthly(self, pair: Pair, draw: Draw) -> None:
        pair.grant_due_monthly()

    def change_plan(self, pair: Pair, draw: Draw) -> None:
        plan = draw(st.sampled_from(["pro", "pro", "free"]))
        start = pair.oracle.now + timedelta(days=draw(st.sampled_from([0, -1, -40, 3])))
        for _ in range(2):  # as two webhooks would tell it
            pair.change_plan(plan, start)

    def adjust(self, pair: Pair, draw: Draw) -> None:
        pair.adjust(self.name(), draw(amounts) * draw(st.sampled_from([1, -1])))

    def adjust_again(self, pair: Pair, draw: Draw) -> None:
        if pair.oracle.adjustments:
            key, before = draw(st.sampled_from(sorted(pair.oracle.adjustments.items())))
            pair.adjust(key, draw(st.sampled_from([before, before, -before, before + 1, 0])))

    # --- A hold and its end --------------------------------------------------------------

    def hold(self, pair: Pair, draw: Draw) -> str | None:
        key = self.name()
        pair.hold(
            key,
            self.a_price(pair, draw),
            days=draw(st.sampled_from([0.5, 2.0])),
            unlimited=draw(st.booleans()),
            api_key=draw(st.sampled_from([None, "capped", "free"])),
        )
        return key if key in pair.oracle.holds else None

    def hold_again(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, "open", *CLOSED):
            operation = draw(st.sampled_from(["edit", "edit", "regenerate"]))
            amount = pair.oracle.holds[key].amount + draw(one_more)
            pair.hold(key, amount, operation=operation, unlimited=draw(st.booleans()))

    def hold_less_than_nothing(self, pair: Pair, draw: Draw) -> None:
        pair.hold("nothing", draw(st.integers(-CREDIT, -1)))

    def work_all_day(self, pair: Pair, draw: Draw) -> None:
        pair.did_today(draw(st.sampled_from([499, 498, 500])))
        for _ in range(2):
            pair.hold(self.name(), self.a_price(pair, draw), unlimited=True)

    def capture(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, "open"):
            share = draw(st.sampled_from([100, 100, 99, 40, 0]))
            amount = None if share == 100 else pair.oracle.holds[key].amount * share // 100
            pair.capture(key, amount, penalty=draw(st.booleans()))

    def capture_too_much_or_little(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, "open"):
            pair.capture(key, draw(st.sampled_from([-1, pair.oracle.holds[key].amount + 1])))

    def capture_again(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, *CLOSED):
            pair.capture(key, pair.oracle.holds[key].amount)

    def release(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, "open"):
            pair.release(key)

    def release_again(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, *CLOSED):
            pair.release(key, expired=draw(st.booleans()))

    def give_up(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, "open", *draw(st.sampled_from([(), CLOSED]))):
            pair.release_if_open(key, by_sweeper=draw(st.booleans()))

    def sweep(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, "open"):
            pair.release(key, expired=True)

    def refund(self, pair: Pair, draw: Draw) -> None:
        several = [key for key, hold in pair.oracle.holds.items() if hold.is_over_several_lots]
        key = draw(st.sampled_from(several)) if several else self.a_hold(pair, draw, "captured")
        if key:
            left = pair.oracle.holds[key].refundable
            some = [None, left // 3, left // 2, left]
            pair.refund(key, draw(st.sampled_from(some)), again=self.name())

    def refund_too_much_or_little(self, pair: Pair, draw: Draw) -> None:
        if key := self.a_hold(pair, draw, "captured", "open", "released"):
            some = [-1, 0, pair.oracle.holds[key].refundable + 1]
            pair.refund(key, draw(st.sampled_from(some)), again=self.name())

    def refund_again(self, pair: Pair, draw: Draw) -> None:
        if pair.oracle.refunds:
            again, (key, known) = draw(st.sampled_from(sorted(pair.oracle.refunds.items())))
            other = draw(st.sampled_from(sorted(pair.oracle.holds)))
            pair.refund(key, draw(st.sampled_from([None, known, known + 1])), again=again)
            pair.refund(other, known, again=again)

    # --- Time, payments taken back, and what users set -----------------------------------

    def time_passes(self, pair: Pair, draw: Draw) -> None:
        pair.pass_hours(draw(st.sampled_from([1, 13, 24, 100, 200, 750])))

    def expire_lots(self, pair: Pair, draw: Draw) -> None:
        pair.expire_lots()

    def revoke(self, pair: Pair, draw: Draw) -> None:
        if lot := self.a_lot(pair, draw, in_use=True):
            pair.revoke(lot.name)

    def revoke_a_part(self, pair: Pair, draw: Draw) -> None:
        if lot := self.a_lot(pair, draw, in_use=True):
            share = draw(st.sampled_from([20, 50, 70, 100, 0]))
            for _ in range(2):  # as two webhooks would tell it
                pair.revoke(lot.name, lot.granted * share // 100)

    def revoke_too_much_or_little(self, pair: Pair, draw: Draw) -> None:
        if lot := self.a_lot(pair, draw):
            pair.revoke(lot.name, draw(st.sampled_from([-1, lot.granted + 1])))

    def revoke_what_never_was(self, pair: Pair, draw: Draw) -> None:
        with pytest.raises(NotFound):
            ledger.revoke(source_key="never", reason="")

    def cap_the_key(self, pair: Pair, draw: Draw) -> None:
        pair.cap(draw(st.sampled_from([20 * CREDIT, 5 * CREDIT, 0, None])))


# How often each comes, as a share.
WEIGHTS = {
    "hold": 10,
    "capture": 8,
    "grant": 5,
    "refund": 5,
    "time_passes": 5,
    "release": 4,
    "change_plan": 3,
    "revoke": 2,
    "revoke_a_part": 4,
    "grant_due_monthly": 2,
    "expire_lots": 2,
    "adjust": 2,
    "sweep": 2,
    "give_up": 2,
    "work_all_day": 2,
    "hold_again": 2,
    "cap_the_key": 1,
    "grant_again": 1,
    "adjust_again": 1,
    "refund_again": 1,
    "capture_again": 1,
    "release_again": 1,
    "capture_too_much_or_little": 1,
    "refund_too_much_or_little": 1,
    "hold_less_than_nothing": 1,
    "grant_nothing": 1,
    "revoke_too_much_or_little": 1,
    "revoke_what_never_was": 1,
}
VERBS = [verb for verb, weight in WEIGHTS.items() for _ in range(weight)]
