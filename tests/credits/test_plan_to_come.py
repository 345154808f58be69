"""A plan that begins later: until then the present month goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import ApiKey
from core.errors import InsufficientCredits
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.models import Account

from .conftest import MakeHold
from .travel import days_pass


@pytest.fixture
def to_come(user: Any, account: Account) -> Account:
    """The user's account, ten days before it goes to Pro, on the fifth day of its month."""
    days_pass(account, 5)
    later = account.cycle_started_at + timedelta(days=15)
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=later)
    account.refresh_from_db()
    return account


def test_the_month_that_is_running_is_the_present_one(user: Any, to_come: Account) -> None:
    found = queries.balance(user)
    assert found.period_started_at == to_come.lots.get().effective_at
    assert found.period_ends_at == to_come.cycle_started_at
    days_pass(to_come, 11)
    assert ledger.grant_due_monthly() == 1
    to_come.refresh_from_db()
    assert queries.balance(user).period_started_at == to_come.cycle_started_at


def test_a_keys_cap_counts_what_was_drawn_before(
    user: Any, to_come: Account, put_aside: MakeHold
) -> None:
    api_key = ApiKey.objects.create(
        user=user, name="k", key_hash=uuid4().hex, scopes=[], monthly_cap=3 * CREDIT
    )
    ledger.capture(hold_id=put_aside(3, api_key=api_key).pk)
    with pytest.raises(InsufficientCredits):
        put_aside(1, api_key=api_key)
