"""What must always hold, where several rules meet."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import transaction

from core.errors import InvalidRequest, NotFound
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.models import Account, Entry, HoldPart, Lot

from .conftest import MakeHold
from .travel import days_pass

ROOMS = ("accounts", "assistant", "config", "core", "generation", "notifications", "techpack")
WRITES = re.compile(
    r"credits_(account|lot|hold|holdpart|entry)\b"
    r"|\b(Account|Lot|Hold|HoldPart|Entry)\.objects|\bcredit_account\.save"
)


def grant(user: Any, credits: int, **more: Any) -> Lot:
    words = {"kind": "topup", "source_key": uuid4().hex} | more
    return ledger.grant(user_id=user.pk, amount=credits * CREDIT, **words)


def free(user: Any) -> float:
    return queries.balance(user).free / CREDIT


def debt(account: Account) -> float:
    account.refresh_from_db()
    return account.debt / CREDIT


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_outside_the_ledger_reaches_into_its_tables(room: str) -> None:
    for path in (Path(django_settings.BASE_DIR) / room).rglob("*.py"):
        found = WRITES.search(path.read_text(encoding="utf-8"))
        assert found is None or found[0] == "credits_account", f"{path}: {found}"


@pytest.mark.parametrize("state", ["captured", "released", "expired"])
def test_capturing_what_is_not_open_says_how_it_ended(put_aside: MakeHold, state: str) -> None:
    hold = put_aside(3, ttl=timedelta(seconds=-1))
    if state == "captured":
        ledger.capture(hold_id=hold.pk)
    else:
        ledger.release(hold_id=hold.pk, reason="", expired=state == "expired")
    with pytest.raises(ledger.HoldClosed) as refused:
        ledger.capture(hold_id=hold.pk)
    assert refused.value.context == {"state": state}


def test_a_hold_past_its_time_is_charged_as_long_as_nobody_expired_it(
    user: Any, put_aside: MakeHold
) -> None:
    hold = put_aside(3, ttl=timedelta(seconds=-1))
    assert ledger.capture(hold_id=hold.pk).state == "captured"
    assert free(user) == 15


def test_only_the_sweepers_end_of_a_late_hold_is_called_expired(put_aside: MakeHold) -> None:
    late, early = put_aside(1, ttl=timedelta(seconds=-1)), put_aside(1)
    other = put_aside(1, ttl=timedelta(seconds=-1))
    assert ledger.release_if_open(hold_id=late.pk, reason="", by_sweeper=True)
    assert ledger.release_if_open(hold_id=early.pk, reason="", by_sweeper=True)
    assert ledger.release_if_open(hold_id=other.pk, reason="")
    for hold, state in ((late, "expired"), (early, "released"), (other, "released")):
        hold.refresh_from_db()
        assert hold.state == state


def test_without_an_account_or_a_hold_there_is_nothing_to_move(db: None) -> None:
    asked: dict[str, Any] = {"operation": "edit", "reason": "", "ttl": timedelta(hours=1)}
    for amount in (0, CREDIT):
        with pytest.raises(NotFound), transaction.atomic():
            ledger.hold(user_id=uuid4(), amount=amount, key="k", **asked)
    for verb in (ledger.capture, ledger.release, ledger.refund):
        words: dict[str, Any] = {"key": "r"} if verb is ledger.refund else {}
        with pytest.raises(NotFound), transaction.atomic():
            verb(hold_id=uuid4(), reason="", **words)
    assert not Entry.objects.exists()


def test_a_hold_draws_from_as_many_lots_as_it_needs(user: Any, put_aside: MakeHold) -> None:
    lots = [grant(user, 1) for _ in range(40)]
    hold = put_aside(18 + 39.5)
    parts = list(HoldPart.objects.filter(hold=hold).order_by("position"))
    assert [part.position for part in parts] == list(range(1, 42))
    assert [part.lot_id for part in parts[1:]] == [lot.pk for lot in lots]
    assert [part.amount for part in parts[-2:]] == [CREDIT, CREDIT // 2]
    captured = ledger.capture(hold_id=hold.pk, amount=hold.amount - 2 * CREDIT)
    assert (captured.released, free(user)) == (2 * CREDIT, 2.5)


def test_a_refund_that_meets_gone_lots_is_split_between_them(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    """Of 18 monthly, 10 bought and charged back, and 5 bought later: expired, revoked, live."""
    grant(user, 10, source_key="payment:1")
    live = grant(user, 5)
    hold = ledger.capture(hold_id=put_aside(33).pk)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    assert debt(account) == 10
    days_pass(account, 32)
    ledger.refund(hold_id=hold.pk, key="r", reason="all of it")
    live.refresh_from_db()
    assert (live.available, debt(account)) == (5 * CREDIT, 0)
    assert account.lots.get(kind="grace").available == 18 * CREDIT
    assert free(user) == 23


def test_a_lot_that_expired_and_was_revoked_gives_no_grace(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    now = account.cycle_started_at
    grant(user, 10, source_key="payment:1", expires_at=now + timedelta(days=1))
    hold = ledger.capture(hold_id=put_aside(28).pk)
    days_pass(account, 2)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    ledger.refund(hold_id=hold.pk, amount=10 * CREDIT, key="r", reason="")
    assert not account.lots.filter(kind="grace").exists()
    assert debt(account) == 0


def test_the_monthly_grant_pays_a_debt_too(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    grant(user, 50, source_key="payment:1")
    ledger.capture(hold_id=put_aside(18 + 20).pk)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    days_pass(account, 32)
    ledger.grant_due_monthly()
    assert (free(user), debt(account)) == (0, 2)


def test_a_grant_asked_for_again_is_found_after_it_expired(user: Any, account: Account) -> None:
    dies = account.cycle_started_at + timedelta(days=1)
    first = grant(user, 5, source_key="gift", expires_at=dies)
    days_pass(account, 3)
    again = grant(user, 5, source_key="gift", expires_at=dies - timedelta(days=3))
    assert again == first
    assert account.lots.count() == 2


def test_a_grant_that_would_have_expired_is_refused(user: Any, account: Account) -> None:
    with pytest.raises(InvalidRequest), transaction.atomic():
        grant(user, 5, expires_at=account.cycle_started_at - timedelta(days=1))
    assert account.lots.count() == 1
