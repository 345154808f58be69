"""Any order of verbs, with time passing, leaves the ledger where an independent oracle stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.errors import InsufficientCredits
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.audit import differences
from credits.models import Account, Hold, Lot

from .oracle import NEVER, Oracle, Refused
from .travel import days_pass

amounts = st.integers(1, 40).map(lambda quarters: quarters * CREDIT // 4)
kinds = st.sampled_from(["monthly", "topup", "grant"])
lifetimes = st.sampled_from([3.0, 10.0, 30.0, NEVER])


class LedgerMachine(RuleBasedStateMachine):
    """Every verb against one account, compared with the oracle after each step."""

    holds = Bundle("holds")
    captured = Bundle("captured")
    lots = Bundle("lots")

    def __init__(self) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.oracle = Oracle()
        self.ids: dict[str, Any] = {}
        self.names = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    @initialize()
    def sign_up(self) -> None:
        self.user = get_user_model()(email=f"{uuid4().hex}@example.com")
        self.user.set_unusable_password()
        self.user.save()
        self.account = Account.objects.get(user=self.user)
        month = self.account.lots.get()
        assert month.expires_at
        days = (month.expires_at - month.effective_at) / timedelta(days=1)
        self.oracle.grant(month.source_key, "monthly", 18 * CREDIT, days)

    @rule(target=lots, kind=kinds, amount=amounts, days=lifetimes)
    def grant(self, kind: str, amount: int, days: float) -> str:
        name = f"{self.account.pk}:{self.name()}"
        expires_at = None if days == NEVER else timezone.now() + timedelta(days=days)
        for _ in range(2):
            ledger.grant(
                user_id=self.user.pk,
                kind=kind,
                amount=amount,
                source_key=name,
                expires_at=expires_at,
            )
        self.oracle.grant(name, kind, amount, days)
        return name

    @rule(target=holds, amount=st.one_of(st.just(0), amounts), days=st.sampled_from([0.5, 2.0]))
    def hold(self, amount: int, days: float) -> Any:
        key = self.name()
        asked: dict[str, Any] = {
            "user_id": self.user.pk,
            "amount": amount,
            "key": key,
            "operation": "edit",
            "reason": "",
            "ttl": timedelta(days=days),
        }
        try:
            self.oracle.hold(key, amount, days)
        except Refused:
            with pytest.raises(InsufficientCredits):
                ledger.hold(**asked)
            return multiple()
        made = ledger.hold(**asked)
        assert ledger.hold(**asked).pk == made.pk
        self.ids[key] = made.pk
        return key

    @rule(target=captured, key=consumes(holds), share=st.sampled_from([0, 25, 50, 99, 100]))
    def capture(self, key: str, share: int) -> Any:
        amount = self.oracle.holds[key].amount * share // 100
        ledger.capture(hold_id=self.ids[key], amount=None if share == 100 else amount)
        self.oracle.close(key, "captured", amount)
        return key if amount else multiple()

    @rule(key=consumes(holds))
    def release(self, key: str) -> None:
        is_late = self.oracle.holds[key].expires_on <= self.oracle.today
        ledger.release(hold_id=self.ids[key], reason="", expired=is_late)
        self.oracle.close(key, "expired" if is_late else "released", 0)
        assert not ledger.release_if_open(hold_id=self.ids[key], reason="")

    @rule(key=captured, share=st.sampled_from([10, 50, 100]))
    def refund(self, key: str, share: int) -> None:
        hold = self.oracle.holds[key]
        amount = (hold.captured - hold.refunded) * share // 100
        if not amount:
            return
        again = self.name()
        for _ in range(2):
            ledger.refund(hold_id=self.ids[key], amount=amount, key=again, reason="")
        self.oracle.refund(key, amount)

    @rule(days=st.sampled_from([1.0, 4.0, 8.0]))
    def time_passes(self, days: float) -> None:
        days_pass(self.account, days)
        self.oracle.today += days

    @rule()
    def expire(self) -> None:
        ledger.expire_lots()
        self.oracle.expire_lots()

    @rule(name=lots)
    def revoke(self, name: str) -> None:
        ledger.revoke(source_key=name, reason="")
        self.oracle.revoke(name)

    @invariant()
    @precondition(lambda self: hasattr(self, "account"))
    def agrees_with_the_oracle(self) -> None:
        self.account.refresh_from_db(fields=["available", "held", "debt"])
        stored = {name: getattr(self.account, name) for name in ("available", "held", "debt")}
        assert stored == self.oracle.totals()
        columns = ("kind", "available", "held", "consumed", "expired", "revoked")
        rows = sorted(Lot.objects.filter(account=self.account).values_list(*columns))
        assert rows == self.oracle.shape()
        for key, hold in self.oracle.holds.items():
            row = Hold.objects.get(pk=self.ids[key])
            assert (row.state, row.captured, row.refunded) == (
                hold.state,
                hold.captured,
                hold.refunded,
            )

    @invariant()
    @precondition(lambda self: hasattr(self, "account"))
    def adds_up(self) -> None:
        assert differences(account_id=self.account.pk) == []
        lines = queries.with_balances(list(queries.statement(self.user)))
        assert sum(line.change for line in lines) == lines[0].balance_after


@pytest.mark.django_db
def test_the_ledger_agrees_with_an_independent_oracle() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
