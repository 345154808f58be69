"""Posting: the account's lock, movements, and the word to the user. For the verbs only."""

from __future__ import annotations

from collections.abc import Sequence
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

    lot_id: UUID
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


def post_params(
    account: Account,
    *,
    verb: str,
    line: UUID,
    hold: UUID | None = None,
    note: str = "",
    key: str | None = None,
) -> dict[str, Any]:
    """What every statement of ``credits.sql`` writes on its entries."""
    return {
        "account": account.pk,
        "verb": verb,
        "line": line,
        "hold": hold,
        "note": note[:REASON_LONGEST],
        "entry_key": key,
    }


def run_on_hold(statement: str, params: dict[str, Any]) -> Hold | None:
    """Run one of the hold statements; the hold as it is now, or None where nothing applied."""
    return next(iter(Hold.objects.raw(statement, params)), None)


def move(movements: Sequence[Movement], *, params: dict[str, Any]) -> None:
    """Write listed movements, entries and balances in one statement."""
    lots, sources, destinations, amounts = zip(*movements, strict=True)
    listed = {
        "lots": list(lots),
        "sources": list(sources),
        "destinations": list(destinations),
        "amounts": list(amounts),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.MOVE, params | listed)


def announce(account: Account) -> None:
    """Tell the user's open pages that the balance changed."""
    if account.user_id is None:
        return
    account.refresh_from_db(fields=["available", "held", "debt"])
    emit(
        type="credits.changed",
        user_id=account.user_id,
        data={
            "available": format_credits(account.available),
            "held": format_credits(account.held),
            "debt": format_credits(account.debt),
        },
    )
