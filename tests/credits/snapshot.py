"""An account in full, as the database has it and as the oracle has it, in one shape."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection

from credits.models import Account

from .oracle import NEVER, Oracle
from .oracle_rows import OracleHold, OracleLot

_STATE = """
SELECT json_build_object(
    'account', json_build_array(account.available, account.held, account.debt, account.plan,
                                account.next_grant_at),
    'lots', (SELECT json_agg(json_build_array(
                kind, expires_at, granted, available, held, consumed, expired, revoked,
                taken, revoked_at IS NOT NULL))
             FROM credits_lot WHERE account_id = account.id),
    'holds', (SELECT json_object_agg(hold.key, json_build_array(
                state, amount, open, captured, released, refunded, unlimited, expires_at,
                (SELECT json_agg(json_build_array(lot.kind, part.amount, part.captured,
                                                  part.released, part.refunded)
                                 ORDER BY position)
                 FROM credits_holdpart part JOIN credits_lot lot ON lot.id = part.lot_id
                 WHERE part.hold_id = hold.id)))
              FROM credits_hold hold WHERE account_id = account.id)
)::text FROM credits_account account WHERE id = %s
"""


def stored(account: Account) -> dict[str, Any]:
    """Account, lots and holds as the database has them, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [account.pk])
        found: dict[str, Any] = json.loads(cursor.fetchone()[0])
    found["lots"].sort(key=repr)
    return found


def expected(oracle: Oracle) -> dict[str, Any]:
    """The same as the oracle has it."""
    available = sum(lot.available for lot in oracle.lots)
    ends = _written(oracle.next_month_at)
    return {
        "account": [available, oracle.held, oracle.debt, oracle.plan, ends],
        "lots": sorted((_lot(lot) for lot in oracle.lots), key=repr),
        "holds": {key: _hold(hold) for key, hold in oracle.holds.items()} or None,
    }


def _lot(lot: OracleLot) -> list[Any]:
    places = (lot.granted, lot.available, lot.held, lot.consumed, lot.expired, lot.revoked)
    return [lot.kind, _written(lot.expires_at), *places, lot.claimed, lot.claimed > 0]


def _hold(hold: OracleHold) -> list[Any]:
    parts = [
        [part.lot.kind, part.amount, part.captured, part.released, part.refunded]
        for part in hold.parts
    ]
    amounts = (hold.amount, hold.open, hold.captured, hold.released, hold.refunded)
    return [hold.state, *amounts, hold.by_plan, _written(hold.expires_at), parts or None]


def _written(moment: datetime) -> str | None:
    """A time as PostgreSQL writes it into JSON."""
    return None if moment == NEVER else moment.isoformat()
