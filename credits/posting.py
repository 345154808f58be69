"""Posting: the account's lock, movements, and the word to the user. For the verbs only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from core.errors import NotFound
from core.money import Microcredits, format_credits
from core.outbox import emit
from credits import sql
from credits.models import REASON_LONGEST, Account, Hold


class Movement(NamedTuple):
    """``amount`` µcr of a lot, from a source to a destination."""

    lot: UUID
    source: str
    destination: str
    amount: Microcredits


def lock_account(**where: Any) -> Account:
    """The account, locked until the transaction ends. Raises NotFound."""
    # NO KEY: foreign keys to the account, checked by other sessions, need not wait.
    account = Account.objects.select_for_update(no_key=True, of=("self",)).filter(**where).first()
    if account is None:
        raise NotFound("There is no credit account.")
    return account


def database_now() -> datetime:
    """The database's ``now()``: lots and holds live by its clock only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    return now


class Opened(NamedTuple):
    """A hold that was asked for: new, known by its key, or None where it is not covered.

    Beside it what the account had at that moment, in µcr; ``spendable`` is before debt.
    """

    hold: Hold | None
    is_new: bool
    spendable: Microcredits
    held: Microcredits
    debt: Microcredits


def open_hold(words: dict[str, Any]) -> Opened:
    """Ask the database for a hold. Raises NotFound where there is no account."""
    hold, rest = _hold_and_rest(sql.OPEN_HOLD, words)
    opened = Opened(hold, *rest)
    if opened.debt is None:
        raise NotFound("There is no credit account.")
    return opened


def change_hold(statement: str, words: dict[str, Any]) -> tuple[Hold, bool]:
    """The hold as it is now, and whether the statement changed it. Raises NotFound."""
    hold, (is_changed,) = _hold_and_rest(statement, words)
    if hold is None:
        raise NotFound("There is no such hold.")
    return hold, is_changed


def _hold_and_rest(statement: str, words: dict[str, Any]) -> tuple[Hold | None, tuple[Any, ...]]:
    row = sql.ask(statement, words)
    columns, rest = row[: len(sql.HOLD_FIELDS)], row[len(sql.HOLD_FIELDS) :]
    is_there = columns[0] is not None
    return Hold.from_db(connection.alias, sql.HOLD_FIELDS, columns) if is_there else None, rest


def move(
    account: Account, movements: Iterable[Movement], *, verb: str, line: UUID, note: str = ""
) -> None:
    """Write movements of an account that is locked, with their entries and balances."""
    words = {"account": account.pk, "verb": verb, "line": line, "note": note[:REASON_LONGEST]}
    for movement in movements:
        sql.ask(sql.MOVE, words | movement._asdict())


def announce(*, user_id: UUID | None) -> None:
    """Tell the user's open pages the balance, in the transaction that changed it.

    None is a user who is deleted: nobody is told.
    """
    if user_id is None:
        return
    names = ("available", "held", "debt")
    for amounts in Account.objects.filter(user_id=user_id).values_list(*names):
        data = dict(zip(names, map(format_credits, amounts), strict=True))
        emit(type="credits.changed", user_id=user_id, data=data)
