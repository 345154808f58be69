"""The ledger's functions in the database (``ledger.sql``), and how they are called.

``ledger.sql`` is their one source. Migrations install it; whoever changes it adds a migration
that does so again, which a test asks for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from credits.models import Hold

SOURCE = Path(__file__).with_name("ledger.sql").read_text(encoding="utf-8")

# In the order in which ``Hold.from_db`` takes them.
HOLD_FIELDS = [field.attname for field in Hold._meta.concrete_fields]
_HOLD = ", ".join(f"(hold).{field.column}" for field in Hold._meta.concrete_fields)

OPEN_HOLD = f"""
SELECT {_HOLD}, is_new, spendable, held, debt FROM credits_open_hold(
    %(user)s, %(hold)s, %(key)s, %(operation)s, %(reason)s, %(model)s,
    %(job_id)s, %(product_id)s, %(api_key)s, %(amount)s, %(included)s, %(cap_left)s, %(ttl)s)
"""  # noqa: S608 - the columns are the model's own

CLOSE_HOLD = f"""
SELECT {_HOLD}, is_closed
FROM credits_close_hold(%(hold)s, %(verb)s, %(state)s, %(amount)s, %(reason)s)
"""  # noqa: S608

REFUND_HOLD = f"""
SELECT {_HOLD}, is_refunded FROM credits_refund_hold(%(hold)s, %(amount)s, %(reason)s, %(key)s)
"""  # noqa: S608

ADD_LOT = """
SELECT credits_add_lot(%(account)s, %(lot)s, %(kind)s, %(amount)s, %(source_key)s, %(reason)s,
                       %(effective_at)s, %(expires_at)s, NULL)
"""

MOVE = """
SELECT credits_move(%(account)s, %(lot)s, NULL, %(line)s, %(verb)s,
                    %(source)s, %(destination)s, %(amount)s, %(note)s)
"""


def install(source: str = SOURCE, *, using: BaseDatabaseWrapper | None = None) -> None:
    """Put the functions of ``source`` in the place of those that the database has."""
    with (using or connection).cursor() as cursor:
        cursor.execute(source)


def ask(statement: str, params: dict[str, Any]) -> tuple[Any, ...]:
    """The one row that a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
