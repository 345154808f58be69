"""The ledger and its oracle, doing the same: each verb once on either side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model

from accounts.models import ApiKey
from core.errors import (
    Conflict,
    DomainError,
    IdempotencyKeyReused,
    InsufficientCredits,
    InvalidRequest,
)
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.audit import differences
from credits.models import Account

from . import oracle
from .oracle import NEVER, Oracle
from .snapshot import expected, stored
from .travel import jobs_were_done, set_clock

T = TypeVar("T")

REFUSALS: dict[type[Exception], type[DomainError]] = {
    oracle.Refused: InsufficientCredits,
    oracle.Reused: IdempotencyKeyReused,
    oracle.Closed: ledger.HoldClosed,
    oracle.Wrong: InvalidRequest,
    oracle.TooEarly: Conflict,
}
LINE = ("operation", "status", "held", "captured", "released", "refunded", "included")


class Pair:
    """A new user's account in both worlds, at ``start``; ``refusals`` counts what was refused."""

    def __init__(self, start: datetime) -> None:
        set_clock(start)
        self.oracle = Oracle(start)
        self.user: Any = get_user_model()(email=f"{uuid4().hex}@example.com")
        self.user.set_unusable_password()
        self.user.save()
        self.account = Account.objects.get(user=self.user)
        self.oracle.caps = {"capped": 20 * CREDIT, "free": None}
        self.keys = {
            name: ApiKey.objects.create(
                user=self.user, name=name, key_hash=uuid4().hex, scopes=[], monthly_cap=cap
            )
            for name, cap in self.oracle.caps.items()
        }
        self.ids: dict[str, UUID] = {}
        self.refusals: Counter[str] = Counter()

    def _alike(self, should: Callable[[], object], does: Callable[[], T]) -> T | None:
        """Do it on both sides; what the oracle refuses, the ledger must refuse likewise."""
        try:
            should()
        except tuple(REFUSALS) as refusal:
            self.refusals[type(refusal).__name__] += 1
            with pytest.raises(REFUSALS[type(refusal)]):
                does()
            return None
        return does()

    # --- What is compared ----------------------------------------------------------------

    def agree(self) -> None:
        """Account, lots and holds are the same, to the microcredit."""
        assert stored(self.account) == expected(self.oracle)

    def read_alike(self) -> None:
        """Balance and statement read the same, and the ledger's own audit finds nothing."""
        found, should = queries.balance(self.user), self.oracle
        balance = (found.available, found.held, found.debt, found.free, found.period_started_at)
        assert balance == (
            should.usable,
            should.held,
            should.debt,
            should.free,
            should.month_started_at,
        )
        lines = queries.with_balances(list(queries.statement(self.user)))
        assert lines[-1].balance_after == lines[-1].change
        rows = [(*(getattr(each.line, name) for name in LINE), each.change) for each in lines]
        assert sorted(rows) == should.statement()
        assert differences(account_id=self.account.pk) == []

    # --- The verbs -----------------------------------------------------------------------

    def grant(self, name: str, kind: str, amount: int, days: int | None = None) -> None:
        ends = self.oracle.now + timedelta(days=days) if days is not None else NEVER
        self._alike(
            lambda: self.oracle.grant(name, kind, amount, ends),
            lambda: ledger.grant(
                user_id=self.user.pk,
                kind=kind,
                amount=amount,
                source_key=self._source(name),
                expires_at=None if ends == NEVER else ends,
            ),
        )

    def revoke(self, name: str, amount: int | None = None) -> None:
        self._alike(
            lambda: self.oracle.revoke(name, amount),
            lambda: ledger.revoke(source_key=self._source(name), amount=amount, reason=""),
        )

    def _source(self, name: str) -> str:
        return f"{self.account.pk} {name}"

    def change_plan(self, plan: str, start: datetime) -> None:
        self.oracle.change_plan(plan, start)
        ledger.change_plan(user_id=self.user.pk, plan=plan, started_at=start)

    def adjust(self, key: str, amount: int) -> None:
        self._alike(
            lambda: self.oracle.adjust(key, amount),
            lambda: ledger.adjust(user_id=self.user.pk, amount=amount, key=key, reason=""),
        )
        if (held := f"adjust:{key}") in self.oracle.holds and held not in self.ids:
            self.ids[held] = self.account.holds.get(key=held).pk

    def hold(
        self,
        key: str,
        amount: int,
        *,
        days: float = 1.0,
        operation: str = "edit",
        unlimited: bool = False,
        api_key: str | None = None,
    ) -> None:
        ttl = timedelta(days=days)
        made = self._alike(
            lambda: self.oracle.hold(
                key, amount, ttl, operation=operation, unlimited=unlimited, api_key=api_key
            ),
            lambda: ledger.hold(
                user_id=self.user.pk,
                amount=amount,
                key=key,
                operation=operation,
                reason="",
                ttl=ttl,
                unlimited=unlimited,
                api_key=self.keys[api_key] if api_key else None,
            ),
        )
        if made is not None:
            assert self.ids.setdefault(key, made.pk) == made.pk

    def capture(self, key: str, amount: int | None = None, *, penalty: bool = False) -> None:
        self._alike(
            lambda: self.oracle.capture(key, amount, penalty=penalty),
            lambda: ledger.capture(hold_id=self.ids[key], amount=amount, penalty=penalty),
        )

    def release(self, key: str, *, expired: bool = False) -> None:
        self._alike(
            lambda: self.oracle.release(key, expired=expired),
            lambda: ledger.release(hold_id=self.ids[key], reason="", expired=expired),
        )

    def release_if_open(self, key: str, *, by_sweeper: bool) -> None:
        was_open = self.oracle.release_if_open(key, by_sweeper=by_sweeper)
        pk = self.ids[key]
        assert ledger.release_if_open(hold_id=pk, reason="", by_sweeper=by_sweeper) == was_open

    def refund(self, key: str, amount: int | None, *, again: str) -> None:
        self._alike(
            lambda: self.oracle.refund(key, amount, again=again),
            lambda: ledger.refund(hold_id=self.ids[key], amount=amount, key=again, reason=""),
        )

    # --- What beat, time and users do ----------------------------------------------------

    def expire_lots(self) -> None:
        assert ledger.expire_lots() == self.oracle.expire_lots()

    def grant_due_monthly(self) -> None:
        should = self.oracle.grant_due_month()
        assert ledger.grant_due_monthly() == should

    def pass_hours(self, hours: int) -> None:
        self.oracle.now += timedelta(hours=hours)
        set_clock(self.oracle.now)

    def did_today(self, count: int) -> None:
        """So many paid jobs were submitted today already."""
        self.oracle.jobs_of_day = self.oracle.now.date(), count
        jobs_were_done(self.account, day=self.oracle.now.date(), count=count)

    def cap(self, amount: int | None) -> None:
        self.oracle.caps["capped"] = self.keys["capped"].monthly_cap = amount
        self.keys["capped"].save(update_fields=["monthly_cap"])


# --- Pasts: where a run may begin, as chance alone seldom gets there ---------------------


def nothing_yet(pair: Pair) -> None:
    """The day of sign-up."""


def in_debt(pair: Pair) -> None:
    pair.grant("payment", "topup", 50 * CREDIT)
    pair.hold("old", 38 * CREDIT)
    pair.capture("old")
    pair.grant("another payment", "topup", 30 * CREDIT)
    pair.revoke("payment")


def charged_back_while_held(pair: Pair) -> None:
    """The debt of what was held is paid; then the hold comes back."""
    pair.grant("payment", "topup", 50 * CREDIT)
    pair.hold("old", 28 * CREDIT, days=40)
    pair.revoke("payment")
    pair.grant("another payment", "topup", 50 * CREDIT)


def refunded_in_part_while_held(pair: Pair) -> None:
    """More comes back than is owed of the lot."""
    pair.grant("payment", "topup", 30 * CREDIT, 30)
    pair.hold("old", 40 * CREDIT, days=40)
    pair.revoke("payment", 15 * CREDIT)


def held_beyond_the_month(pair: Pair) -> None:
    pair.hold("old", 10 * CREDIT, days=60)
    pair.pass_hours(31 * 24 + 1)


def on_the_last_of_fair_use(pair: Pair) -> None:
    pair.change_plan("pro", pair.oracle.now)
    pair.did_today(499)


def of_many_lots(pair: Pair) -> None:
    for number, days in enumerate((9, 3, 20, None), 1):
        pair.grant(f"payment {number}", "grant", number * CREDIT, days)
    pair.hold("old", 27 * CREDIT)
    pair.capture("old")


PASTS = (
    nothing_yet,
    in_debt,
    charged_back_while_held,
    refunded_in_part_while_held,
    held_beyond_the_month,
    on_the_last_of_fair_use,
    of_many_lots,
)
