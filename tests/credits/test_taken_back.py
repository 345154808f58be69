"""Payments that go back in parts, or not after all: what is taken of their lot, in all."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core.errors import InvalidRequest
from core.models import Event
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.audit import differences
from credits.models import Account, Lot

from .conftest import MakeHold
from .test_lots import debt, free, grant, lot_of, spend_of_a_topup


def take(credits: float | None, *, reason: str = "Refund") -> Lot:
    amount = None if credits is None else int(credits * CREDIT)
    return ledger.revoke(source_key="payment:1", amount=amount, reason=reason)


def lines(user: Any) -> list[tuple[str, str, float, str]]:
    rows = queries.with_balances(list(queries.statement(user)))
    return [
        (row.line.operation, row.line.status, row.change / CREDIT, row.line.reason) for row in rows
    ]


def test_a_part_is_taken_of_what_is_left(user: Any, account: Account, put_aside: MakeHold) -> None:
    lot = spend_of_a_topup(user, put_aside, 20)
    take(10)
    assert lot_of(lot) == {"granted": 50, "available": 20, "consumed": 20, "revoked": 10}
    assert (free(user), debt(account), lot.taken) == (20, 0, 10 * CREDIT)


def test_the_same_sum_is_taken_once(user: Any, put_aside: MakeHold) -> None:
    spend_of_a_topup(user, put_aside, 20)
    for _ in range(3):
        take(10)
    assert free(user) == 20
    assert len(lines(user)) == 4


def test_each_refund_says_the_sum_of_all(user: Any, account: Account, put_aside: MakeHold) -> None:
    lot = spend_of_a_topup(user, put_aside, 20)
    for credits, left, owed in ((10, 20, 0), (25, 5, 0), (40, 0, 10), (50, 0, 20), (None, 0, 20)):
        take(credits)
        assert (free(user), debt(account)) == (left, owed)
    assert lot_of(lot) == {"granted": 50, "consumed": 20, "revoked": 30}


@pytest.mark.parametrize("credits", [-1, 51])
def test_no_more_is_taken_than_was_granted(user: Any, credits: int) -> None:
    grant(user, 50, source_key="payment:1")
    with pytest.raises(InvalidRequest):
        take(credits)
    assert free(user) == 68


def test_the_statement_says_what_was_used_and_is_owed(user: Any, put_aside: MakeHold) -> None:
    spend_of_a_topup(user, put_aside, 20)
    take(10, reason="Refund of $1.80")
    take(None, reason="Refund of $9.00")
    take(0, reason="The bank decided for you")
    assert lines(user)[:3] == [
        ("restore", "granted", 30, "The bank decided for you"),
        ("revoke", "revoked", -20, "Refund of $9.00 (20 credits of it used, and owed)"),
        ("revoke", "revoked", -10, "Refund of $1.80"),
    ]


def test_what_comes_back_pays_what_is_owed_of_its_lot_and_the_rest_is_there(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    lot = spend_of_a_topup(user, put_aside, 20)
    hold = put_aside(30)
    take(12)
    assert (lot_of(lot)["held"], debt(account)) == (30, 12)
    ledger.release(hold_id=hold.pk, reason="failed")
    assert lot_of(lot) == {"granted": 50, "available": 18, "consumed": 20, "revoked": 12}
    assert (free(user), debt(account)) == (18, 0)


def test_a_refund_into_a_lot_that_is_owed_in_part_goes_both_ways_under_one_key(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    lot = grant(user, 50, source_key="payment:1")
    hold = ledger.capture(hold_id=put_aside(68).pk)
    take(12)
    for _ in range(2):
        ledger.refund(hold_id=hold.pk, amount=20 * CREDIT, key="r", reason="")
    assert lot_of(lot) == {"granted": 50, "available": 8, "consumed": 30, "revoked": 12}
    assert (free(user), debt(account)) == (8, 0)


def test_what_comes_back_to_an_expired_lot_pays_first_and_the_rest_has_grace(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    soon = timezone.now() + timedelta(days=1)
    lot = grant(user, 50, kind="grace", source_key="payment:1", expires_at=soon)
    lot.refresh_from_db()
    hold = put_aside(50)
    take(12)
    Lot.objects.filter(pk=lot.pk).update(
        effective_at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(days=1),
    )
    ledger.release(hold_id=hold.pk, reason="failed")
    assert lot_of(lot) == {"granted": 50, "expired": 38, "revoked": 12}
    assert debt(account) == 0
    assert free(user) == 18 + 38


def test_a_part_that_was_taken_and_used_is_paid_by_the_next_grant(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    spend_of_a_topup(user, put_aside, 45)
    take(25)
    assert (free(user), debt(account)) == (0, 20)
    grant(user, 30, source_key="payment:2")
    assert (free(user), debt(account)) == (10, 0)


def test_what_was_taken_is_given_again_as_if_it_never_was(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    lot = spend_of_a_topup(user, put_aside, 20)
    take(None)
    for _ in range(2):
        take(0)
    assert lot_of(lot) == {"granted": 50, "available": 30, "consumed": 20}
    assert (free(user), debt(account), lot.revoked_at) == (30, 0, None)


def test_of_what_was_taken_a_part_is_given_again(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    lot = spend_of_a_topup(user, put_aside, 20)
    take(None)
    take(35)
    assert (free(user), debt(account)) == (0, 5)
    take(10)
    assert lot_of(lot) == {"granted": 50, "available": 20, "consumed": 20, "revoked": 10}
    assert (free(user), debt(account)) == (20, 0)


def test_a_debt_that_another_payment_paid_is_given_again_when_it_is_canceled(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    spend_of_a_topup(user, put_aside, 20)
    take(None)
    grant(user, 15, source_key="payment:2")
    assert (free(user), debt(account)) == (0, 5)
    take(0)
    assert (free(user), debt(account)) == (45, 0), "30 that were left, and the 15"


def test_what_expired_unused_is_not_taken(user: Any, account: Account) -> None:
    soon = timezone.now() + timedelta(days=1)
    lot = grant(user, 50, source_key="payment:1", expires_at=soon)
    past = timezone.now() - timedelta(days=1)
    Lot.objects.filter(pk=lot.pk).update(effective_at=past - timedelta(days=1), expires_at=past)
    ledger.expire_lots()
    take(None)
    take(20)
    assert lot_of(lot) == {"granted": 50, "expired": 50}
    assert debt(account) == 0


def test_what_was_taken_of_a_lot_that_expired_since_comes_back_with_grace(
    user: Any, account: Account
) -> None:
    soon = timezone.now() + timedelta(days=1)
    lot = grant(user, 50, source_key="payment:1", expires_at=soon)
    take(None)
    past = timezone.now() - timedelta(days=1)
    Lot.objects.filter(pk=lot.pk).update(effective_at=past - timedelta(days=1), expires_at=past)
    take(0)
    assert lot_of(lot) == {"granted": 50, "expired": 50}
    assert lot_of(account.lots.get(kind="grace")) == {"granted": 50, "available": 50}


def test_open_pages_hear_what_was_taken_and_given_again(user: Any) -> None:
    grant(user, 50, source_key="payment:1")
    for credits in (10, 10, 0):
        take(credits)
    told = Event.objects.filter(user_id=user.pk, type="credits.changed").order_by("sequence")
    assert [event.data["available"] for event in told] == ["68", "58", "68"]


@pytest.mark.usefixtures("tampering")
def test_lots_that_were_taken_back_before_it_was_counted_are_counted(
    user: Any, put_aside: MakeHold
) -> None:
    lot = spend_of_a_topup(user, put_aside, 20)
    hold = put_aside(5)
    take(None)
    ledger.release(hold_id=hold.pk, reason="failed")
    migration = import_module("credits.migrations.0005_taken_back")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in ("lot_taken_within_granted", "lot_owed_has_nothing_left"):
            cursor.execute(f"ALTER TABLE credits_lot DROP CONSTRAINT {name}")
        cursor.execute("UPDATE credits_lot SET taken = 0")
        assert [each.place for each in differences()] == ["taken"]
        cursor.execute(migration.TAKEN_BEFORE)
    lot.refresh_from_db()
    assert (lot.taken, differences()) == (50 * CREDIT, [])
