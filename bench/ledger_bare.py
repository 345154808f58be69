"""A hold and its capture as an expert would write them by hand: the yardstick of the ledger.

Bare SQL through the same driver, on the same tables, whose constraints, triggers and indexes it
pays as the ledger does: prepared statements, and of each transaction two round trips, by the
driver's pipeline. It writes the very rows that the verbs write, but knows only this one way: no
idempotent repeats, no caps, no plans, no partial captures, no lots that expire meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import TupleRow

from core.ids import uuid7

LOCK_OF_USER = "SELECT id, debt FROM credits_account WHERE user_id = %s FOR NO KEY UPDATE"
LOTS = """
    SELECT lot.id, lot.available
    FROM credits_lot lot JOIN credits_account account ON account.id = lot.account_id
    WHERE account.user_id = %s AND lot.available > 0
      AND (lot.expires_at IS NULL OR lot.expires_at > now())
    ORDER BY lot.priority, lot.expires_at NULLS LAST, lot.id
"""
MAKE_HOLD = """
    INSERT INTO credits_hold (id, account_id, key, operation, reason, model, amount, open,
        captured, released, refunded, state, unlimited, expires_at, close_reason, created_at)
    VALUES (%s, %s, %s, %s, %s, '', %s, %s, 0, 0, 0, 'open', FALSE,
            now() + interval '20 minutes', '', clock_timestamp())
"""
MAKE_PART = """
    INSERT INTO credits_holdpart (hold_id, lot_id, position, amount, captured, released, refunded)
    VALUES (%s, %s, %s, %s, 0, 0, 0)
"""
HOLD_IN_LOT = "UPDATE credits_lot SET available = available - %s, held = held + %s WHERE id = %s"
HOLD_IN_ACCOUNT = (
    "UPDATE credits_account SET available = available - %s, held = held + %s WHERE id = %s"
)
LOCK_OF_HOLD = """
    SELECT account.id FROM credits_account account
    JOIN credits_hold hold ON hold.account_id = account.id
    WHERE hold.id = %s FOR NO KEY UPDATE OF account
"""
CAPTURE = """
    UPDATE credits_hold SET state = 'captured', open = 0, captured = amount,
        closed_at = clock_timestamp()
    WHERE id = %s AND state = 'open'
"""
CAPTURE_PARTS = """
    UPDATE credits_holdpart SET captured = amount WHERE hold_id = %s RETURNING lot_id, amount
"""
CAPTURE_IN_LOT = "UPDATE credits_lot SET held = held - %s, consumed = consumed + %s WHERE id = %s"
CAPTURE_IN_ACCOUNT = "UPDATE credits_account SET held = held - %s WHERE id = %s"
ENTRY = """
    INSERT INTO credits_entry (operation, account_id, lot_id, hold_id, line, source, destination,
        amount, reason, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '', clock_timestamp())
"""

Connection = psycopg.Connection[TupleRow]


def connect(url: str) -> Connection:
    """A connection that prepares each statement when it first meets it."""
    return psycopg.connect(url, autocommit=True, prepare_threshold=0)


def hold_and_capture(bare: Connection, *, user_id: UUID, amount: int) -> None:
    """Put ``amount`` µcr aside, then charge it: two transactions."""
    hold_id = uuid7()
    _hold(bare, user_id, hold_id, amount)
    _capture(bare, hold_id, amount)


def _hold(bare: Connection, user_id: UUID, hold_id: UUID, amount: int) -> None:
    with bare.pipeline():
        bare.execute("BEGIN")
        locked = bare.execute(LOCK_OF_USER, [user_id])
        lots = bare.execute(LOTS, [user_id])
        account_id, debt = locked.fetchone() or (None, 0)
        parts = _drawn(lots.fetchall(), amount, debt)
        bare.execute(MAKE_HOLD, [hold_id, account_id, uuid4().hex, "edit", "Edit", amount, amount])
        for position, (lot_id, share) in enumerate(parts, 1):
            bare.execute(MAKE_PART, [hold_id, lot_id, position, share])
            bare.execute(HOLD_IN_LOT, [share, share, lot_id])
            bare.execute(
                ENTRY,
                ["hold", account_id, lot_id, hold_id, hold_id, "available", "held", share],
            )
        bare.execute(HOLD_IN_ACCOUNT, [amount, amount, account_id])
        bare.execute("COMMIT")


def _drawn(lots: Sequence[TupleRow], amount: int, debt: int) -> list[tuple[UUID, int]]:
    if sum(available for _, available in lots) < amount + debt:
        raise ValueError("not enough credits")
    parts = []
    for lot_id, available in lots:
        share = min(available, amount)
        parts.append((lot_id, share))
        amount -= share
        if not amount:
            break
    return parts


def _capture(bare: Connection, hold_id: UUID, amount: int) -> None:
    with bare.pipeline():
        bare.execute("BEGIN")
        locked = bare.execute(LOCK_OF_HOLD, [hold_id])
        captured = bare.execute(CAPTURE, [hold_id])
        parts = bare.execute(CAPTURE_PARTS, [hold_id])
        (account_id,) = locked.fetchone() or (None,)
        if captured.rowcount != 1:
            raise ValueError("the hold is not open")
        for lot_id, share in parts.fetchall():
            bare.execute(CAPTURE_IN_LOT, [share, share, lot_id])
            bare.execute(
                ENTRY,
                ["capture", account_id, lot_id, hold_id, hold_id, "held", "consumed", share],
            )
        bare.execute(CAPTURE_IN_ACCOUNT, [amount, account_id])
        bare.execute("COMMIT")
