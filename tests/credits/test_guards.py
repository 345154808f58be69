"""What must always hold is held by the database, whoever writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from credits import operations as ledger
from credits.models import Hold

from .conftest import MakeHold

pytestmark = pytest.mark.usefixtures("tampering")


def run(sql: str, params: tuple[Any, ...]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(sql: str, *params: Any) -> str:
    """The constraint or trigger that refuses the statement."""
    with pytest.raises(IntegrityError) as refusal:
        run(sql, params)
    return str(refusal.value)


@pytest.fixture
def hold(put_aside: MakeHold) -> Hold:
    return put_aside(3)


@pytest.mark.parametrize("column", ["available", "held", "debt"])
def test_a_balance_is_never_negative(hold: Hold, column: str) -> None:
    assert f"account_{column}_not_negative" in refused(
        f"UPDATE credits_account SET {column} = -1"  # noqa: S608
    )


@pytest.mark.parametrize(
    "change", ["granted = granted + 1", "available = available - 1", "held = held + 1"]
)
def test_a_lot_adds_up(hold: Hold, change: str) -> None:
    assert "lot_adds_up" in refused(f"UPDATE credits_lot SET {change}")  # noqa: S608


def test_a_lot_has_no_negative_part(hold: Hold) -> None:
    assert "lot_not_negative" in refused(
        "UPDATE credits_lot SET available = available + held + 1, held = -1"
    )


def test_nothing_is_owed_of_a_lot_that_has_something_left(hold: Hold) -> None:
    assert "lot_owed_has_nothing_left" in refused("UPDATE credits_lot SET taken = 1")


@pytest.mark.parametrize(
    "change",
    [
        "revoked = available, available = 0, taken = granted + 1",
        "taken = granted, expired = available, available = 0",
        "revoked = available, available = 0",
    ],
)
def test_what_is_taken_back_was_granted_and_has_not_expired(hold: Hold, change: str) -> None:
    assert "lot_taken_within_granted" in refused(f"UPDATE credits_lot SET {change}")  # noqa: S608


def test_a_grant_has_one_lot(hold: Hold) -> None:
    assert "source_key" in refused(
        "INSERT INTO credits_lot (id, account_id, kind, priority, granted, available, held, "
        "consumed, expired, revoked, taken, effective_at, source_key, reason) "
        "SELECT gen_random_uuid(), account_id, kind, priority, 1, 1, 0, 0, 0, 0, 0, now(), "
        "source_key, '' FROM credits_lot"
    )


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("open = open - 1", "hold_adds_up"),
        ("open = open - 1, captured = 1", "hold_state_agrees"),
        ("open = 0, captured = amount + 1, released = -1", "hold_not_negative"),
        ("refunded = 1", "hold_refund_within_capture"),
        ("state = 'captured'", "hold_state_agrees"),
        ("state = 'lost'", "hold_state_agrees"),
        ("amount = amount + 1, open = open + 1", "a hold keeps its amount and key"),
        ("key = 'other'", "a hold keeps its amount and key"),
        ("unlimited = TRUE", "a hold keeps its amount and key"),
    ],
)
def test_a_hold_adds_up_and_keeps_what_was_asked(hold: Hold, change: str, guard: str) -> None:
    assert guard in refused(f"UPDATE credits_hold SET {change}")  # noqa: S608


@pytest.mark.parametrize(
    "change",
    [
        "state = 'open', open = amount, released = 0, closed_at = NULL",
        "state = 'captured', captured = amount, released = 0",
        "state = 'expired'",
    ],
)
def test_nothing_leaves_a_final_state(hold: Hold, change: str) -> None:
    ledger.release(hold_id=hold.pk, reason="failed")
    assert "a closed hold stays closed" in refused(
        f"UPDATE credits_hold SET {change}"  # noqa: S608
    )


def test_a_key_has_one_hold(hold: Hold) -> None:
    assert "hold_key_once" in refused(
        "INSERT INTO credits_hold (id, account_id, key, operation, reason, model, amount, open, "
        "captured, released, refunded, state, unlimited, expires_at, close_reason) "
        "SELECT gen_random_uuid(), account_id, key, operation, '', '', 1, 1, 0, 0, 0, 'open', "
        "FALSE, now(), '' FROM credits_hold"
    )


def test_a_hold_is_never_deleted(hold: Hold) -> None:
    assert "holds are kept" in refused("DELETE FROM credits_hold")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("captured = 1", "part_adds_up"),
        ("captured = amount + 1, released = -1", "part_not_negative"),
        ("refunded = 1", "part_refund_within_capture"),
        ("amount = 0", "part_positive"),
    ],
)
def test_a_part_adds_up(hold: Hold, change: str, guard: str) -> None:
    assert guard in refused(f"UPDATE credits_holdpart SET {change}")  # noqa: S608


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credits_entry SET amount = amount + 1",
        "UPDATE credits_entry SET reason = 'x'",
        "DELETE FROM credits_entry",
    ],
)
def test_an_entry_never_changes(hold: Hold, statement: str) -> None:
    assert "entries are immutable" in refused(statement)


@pytest.mark.parametrize(
    ("source", "destination", "amount", "guard"),
    [
        ("available", "held", 0, "entry_positive"),
        ("available", "held", -1, "entry_positive"),
        ("available", "pocket", 1, "entry_places_known"),
        ("thin air", "available", 1, "entry_places_known"),
        ("held", "held", 1, "entry_moves_something"),
    ],
)
def test_an_entry_moves_something_from_a_place_to_another(
    hold: Hold, source: str, destination: str, amount: int, guard: str
) -> None:
    assert guard in refused(
        "INSERT INTO credits_entry (operation, account_id, lot_id, line, source, destination, "
        "amount, reason) SELECT 'grant', account_id, id, id, %s, %s, %s, '' FROM credits_lot",
        source,
        destination,
        amount,
    )


@pytest.mark.parametrize("table", ["credits_account", "credits_lot"])
def test_what_has_entries_is_never_deleted(hold: Hold, table: str) -> None:
    assert "foreign key" in refused(f"DELETE FROM {table}")  # noqa: S608


def test_a_deleted_user_leaves_the_ledger_without_a_name(user: Any, hold: Hold) -> None:
    account = user.credit_account
    with transaction.atomic():
        user.delete()
    account.refresh_from_db()
    assert account.user_id is None
    assert account.entries.count() == 2
