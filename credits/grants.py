"""How credits come in, run out and are taken back: the verbs that work on lots."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from core.errors import IdempotencyKeyReused, InvalidRequest
from core.ids import uuid7
from core.money import Microcredits, worded
from credits import sql
from credits.models import (
    AVAILABLE,
    CLAWBACK,
    DEBT,
    EXPIRED,
    REASON_LONGEST,
    REVOKED,
    Account,
    Lot,
)
from credits.months import months_after, whole_months
from credits.posting import (
    Movement,
    announce,
    database_now,
    lock_account,
    move,
)

FREE = "free"
GRACE = timedelta(days=7)

DebtPaid = Callable[[UUID, Lot, Microcredits, Microcredits], None]

_debt_listeners: list[DebtPaid] = []

PlanEnds = Callable[[UUID, datetime], bool]

_plan_ends: list[PlanEnds] = []


def on_debt_paid(listener: DebtPaid) -> None:
    """Call ``listener(user_id, lot, paid, left)`` in the transaction of a lot that pays a debt.

    Amounts are µcr; ``left`` is what is owed still.
    """
    if listener not in _debt_listeners:
        _debt_listeners.append(listener)


def begin_no_month_where(plan_ends: PlanEnds) -> None:
    """Have no month begin where the user's plan ends by then: what comes next grants its own."""
    _plan_ends[:] = [plan_ends]


def open_account(*, user: Any) -> Account:
    """The user's account; made, with the first month's free credits, where there was none."""
    with transaction.atomic():
        now = database_now()
        account, created = Account.objects.get_or_create(
            user=user, defaults={"cycle_started_at": now, "next_grant_at": now}
        )
        if created:
            grant_month(account, now=now)
    return account


def grant(
    *,
    user_id: UUID,
    kind: str,
    amount: Microcredits,
    source_key: str,
    reason: str = "",
    expires_at: datetime | None = None,
) -> Lot:
    """Add a lot of credits, once per ``source_key``; a debt is paid from it first.

    The same key with the same kind and amount returns the lot there is. Raises
    IdempotencyKeyReused for other content, InvalidRequest unless the amount is positive and
    the date to come.
    """
    _check_amount(amount)
    with transaction.atomic():
        account = lock_account(user_id=user_id)
        lot, created = credit(
            account,
            kind=kind,
            amount=amount,
            source_key=source_key,
            reason=reason,
            expires_at=expires_at,
        )
        if created:
            announce(user_id=account.user_id)
    if not created and (lot.account_id, lot.kind, lot.granted) != (account.pk, kind, amount):
        raise IdempotencyKeyReused("This grant was made before, with other content.")
    return lot


def credit(
    account: Account,
    *,
    kind: str,
    amount: Microcredits,
    source_key: str,
    reason: str = "",
    effective_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> tuple[Lot, bool]:
    """A lot for an account that is locked: ``(lot, whether it is new)``. Raises InvalidRequest."""
    debt = Account.objects.values_list("debt", flat=True).get(pk=account.pk)
    paid = min(debt, amount)
    note = f"{reason} ({worded(paid)} of it paid a debt)" if paid else reason
    words = {"account": account.pk, "lot": uuid7(), "kind": kind, "amount": amount}
    words |= {"source_key": source_key, "reason": note[:REASON_LONGEST]}
    words |= {"effective_at": effective_at or database_now(), "expires_at": expires_at}
    (is_new,) = sql.ask(sql.ADD_LOT, words)
    if is_new is None:
        why = "These credits would have expired already."
        raise InvalidRequest(why, fields={"expires_at": [why]})
    lot = Lot.objects.get(source_key=source_key)
    if is_new and paid and account.user_id is not None:
        for listener in _debt_listeners:
            listener(account.user_id, lot, paid, debt - paid)
    return lot, is_new


def grant_month(account: Account, *, now: datetime) -> None:
    """The plan's credits of the current month, to an account that is locked.

    Months that passed unseen (the server was off) are not granted: they would be expired.
    """
    plan = settings.PLANS[account.plan]
    months = whole_months(account.cycle_started_at, now)
    month = account.cycle_first_month + months
    ends_at = months_after(account.cycle_started_at, months + 1)
    credit(
        account,
        kind=Lot.Kind.MONTHLY,
        amount=plan["monthly_credits"],
        source_key=f"monthly:{account.pk}:{month}",
        reason=f"Monthly credits, {plan['name']} plan",
        effective_at=months_after(account.cycle_started_at, months),
        expires_at=ends_at,
    )
    account.next_month, account.next_grant_at = month + 1, ends_at
    account.save(update_fields=["next_month", "next_grant_at"])


def grant_due_monthly() -> int:
    """Grant the monthly credits that are due; returns to how many accounts.

    Where the plan ends with the month, nothing is granted: ``change_plan`` comes in a moment.
    """
    due = Account.objects.filter(next_grant_at__lte=Now(), user__isnull=False)
    granted = 0
    for account_id in due.values_list("pk", flat=True):
        with transaction.atomic():
            account = lock_account(pk=account_id)
            now = database_now()
            # Another beat may have been here.
            if account.next_grant_at <= now and not _ends(account.plan, account.user_id, now):
                grant_month(account, now=now)
                announce(user_id=account.user_id)
                granted += 1
    return granted


def next_monthly(*, user_id: UUID, plan: str, at: datetime) -> Microcredits:
    """What the month that begins then brings: Free's, where the plan ends with the present one."""
    name = FREE if _ends(plan, user_id, at) else plan
    amount: Microcredits = settings.PLANS[name]["monthly_credits"]
    return amount


def _ends(plan: str, user_id: UUID | None, by: datetime) -> bool:
    if plan == FREE or user_id is None:
        return False
    return any(ends(user_id, by) for ends in _plan_ends)


def change_plan(*, user_id: UUID, plan: str, started_at: datetime) -> None:
    """From ``started_at`` on the months are counted by another plan; once per start.

    Lots that are there stay until they expire. The first month is granted at once when
    ``started_at`` has come, else by ``grant_due_monthly``.
    """
    with transaction.atomic():
        account = lock_account(user_id=user_id)
        if (account.plan, account.cycle_started_at) == (plan, started_at):
            return
        account.plan, account.cycle_started_at = plan, started_at
        account.cycle_first_month, account.next_grant_at = account.next_month, started_at
        account.save(
            update_fields=["plan", "cycle_started_at", "cycle_first_month", "next_grant_at"]
        )
        now = database_now()
        if started_at <= now:
            grant_month(account, now=now)
            announce(user_id=account.user_id)


def expire_lots() -> int:
    """Expire what is left of lots whose date has come; returns how many lots."""
    due = Lot.objects.filter(expires_at__lte=Now(), available__gt=0)
    expired = 0
    for account_id in due.order_by().values_list("account_id", flat=True).distinct():
        with transaction.atomic():
            account = lock_account(pk=account_id)
            lots = list(due.filter(account=account).order_by("id"))
            for lot in lots:
                movement = Movement(lot.pk, AVAILABLE, EXPIRED, lot.available)
                note = f"{lot.get_kind_display()} credits, unused"
                move(account, [movement], verb="expire", line=uuid7(), note=note)
            if lots:
                announce(user_id=account.user_id)
            expired += len(lots)
    return expired


def revoke(*, source_key: str, reason: str, amount: Microcredits | None = None) -> Lot:
    """Of a lot whose payment went back ``amount`` is taken back in all; None: the whole lot.

    What is left of the lot goes first; what is in use or used becomes debt. Where more than
    ``amount`` is taken back already, the rest is given again. So doing it again changes nothing,
    and of several refunds each says their sum. Raises NotFound for an unknown ``source_key``,
    InvalidRequest for more than was granted.
    """
    with transaction.atomic():
        account = lock_account(lots__source_key=source_key)
        lot = Lot.objects.get(source_key=source_key)
        if amount is not None and not 0 <= amount <= lot.granted:
            why = "Only what was granted can be taken back."
            raise InvalidRequest(why, fields={"amount": [why]})
        there_is = lot.granted - lot.expired
        more = (there_is if amount is None else min(amount, there_is)) - lot.taken
        if more > 0:
            _take_back(account, lot, more, reason=reason)
        elif more < 0:
            _give_again(account, lot, -more, reason=reason)
        if more:
            announce(user_id=account.user_id)
    lot.refresh_from_db()
    return lot


def _take_back(account: Account, lot: Lot, amount: Microcredits, *, reason: str) -> None:
    # What is held counts as used: when it is released, the debt shrinks.
    left = min(lot.available, amount)
    owed = amount - left
    note = f"{reason} ({worded(owed)} of it used, and owed)" if owed else reason
    movements = [
        Movement(lot.pk, AVAILABLE, REVOKED, left),
        Movement(lot.pk, CLAWBACK, DEBT, owed),
    ]
    _move_some(account, movements, verb="revoke", line=uuid7(), note=note)
    Lot.objects.filter(pk=lot.pk).update(revoked_at=Now())


def _give_again(account: Account, lot: Lot, amount: Microcredits, *, reason: str) -> None:
    """What is owed of the lot is no longer owed; the rest is there again."""
    owed = min(amount, lot.taken - lot.revoked)
    unpaid, back = min(account.debt, owed), amount - owed
    is_over = lot.expires_at is not None and lot.expires_at <= database_now()
    words: dict[str, Any] = {"verb": "restore", "line": uuid7(), "note": reason}
    _move_some(account, [Movement(lot.pk, DEBT, CLAWBACK, unpaid)], **words)
    if owed > unpaid:
        _undo_payment_of_debt(account, owed - unpaid, reason=reason)
    movements = [
        Movement(lot.pk, DEBT, CLAWBACK, owed - unpaid),
        Movement(lot.pk, REVOKED, EXPIRED if is_over else AVAILABLE, back),
    ]
    _move_some(account, movements, **words)
    if is_over and back:
        _grace(account, back, reason=reason)
    if lot.taken == amount:
        Lot.objects.filter(pk=lot.pk).update(revoked_at=None)


def _undo_payment_of_debt(account: Account, amount: Microcredits, *, reason: str) -> None:
    """A later grant had paid it: the user gets that again, and for a moment owes it again."""
    key = f"overpaid:{uuid7()}"
    lot, _ = credit(account, kind=Lot.Kind.GRANT, amount=amount, source_key=key, reason=reason)
    again = Movement(lot.pk, CLAWBACK, DEBT, amount)
    move(account, [again], verb="grant", line=lot.pk, note=reason)


def _grace(account: Account, amount: Microcredits, *, reason: str) -> None:
    now = database_now()
    credit(
        account,
        kind=Lot.Kind.GRACE,
        amount=amount,
        source_key=f"grace:{uuid7()}",
        reason=reason,
        effective_at=now,
        expires_at=now + GRACE,
    )


def _move_some(account: Account, movements: list[Movement], **words: Any) -> None:
    move(account, [movement for movement in movements if movement.amount], **words)


def _check_amount(amount: Microcredits) -> None:
    if amount <= 0:
        raise InvalidRequest("The amount must be positive.", fields={"amount": ["Above 0."]})
