"""The ledger's verbs. Whatever moves a credit goes through one of them.

Each works inside the caller's transaction, or in one of its own. Each first locks the account's
row, so a caller that also emits events calls the ledger first. ``hold``, ``capture`` and
``release`` are one call of the database each (``ledger.sql``), and belong to a job, which tells
the user by ``announce``; the others do so themselves. Amounts are microcredits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from accounts.models import ApiKey
from core.errors import Conflict, IdempotencyKeyReused, InsufficientCredits, InvalidRequest
from core.ids import uuid7
from core.money import Microcredits
from credits import queries, refusals, sql
from credits.errors import Alternative, HoldClosed, Shortage, in_credits
from credits.grants import (
    change_plan,
    expire_lots,
    grant,
    grant_due_monthly,
    open_account,
    revoke,
)
from credits.models import CONSUMED, REASON_LONGEST, Account, Entry, Hold, Lot
from credits.posting import Opened, announce, change_hold, lock_account, open_hold
from credits.terms import Terms, count, has_cap, terms_of

__all__ = [
    "HoldClosed",
    "adjust",
    "annotate",
    "announce",
    "capture",
    "change_plan",
    "expire_lots",
    "grant",
    "grant_due_monthly",
    "hold",
    "lock",
    "open_account",
    "refund",
    "release",
    "release_if_open",
    "revoke",
]


Refuse = Callable[[Shortage], InsufficientCredits]


def hold(
    *,
    user_id: UUID,
    amount: Microcredits,
    key: str,
    operation: str,
    reason: str,
    ttl: timedelta,
    job_id: UUID | None = None,
    product_id: UUID | None = None,
    unlimited: bool = False,
    model: str = "",
    api_key: ApiKey | None = None,
    alternatives: Iterable[Alternative] = (),
    refusal: Refuse | None = None,
) -> Hold:
    """Put ``amount`` aside until it is captured or released; it may expire after ``ttl``.

    The same ``key`` returns the same hold, or raises IdempotencyKeyReused when amount,
    operation, model or reason differ. ``unlimited`` asks the plan to pay: nothing is drawn, within
    the plan's fair use a day. ``api_key`` is the key that asked, whose monthly cap counts too.
    Raises InsufficientCredits as ``refusal`` words it; without one, in credits, with those of
    ``alternatives`` that would fit.
    """
    if amount < 0:
        raise InvalidRequest("The amount is negative.", fields={"amount": ["0 or more."]})
    asked = {"amount": amount, "operation": operation, "model": model}
    asked |= {"reason": reason[:REASON_LONGEST]}
    words = asked | {"user": user_id, "hold": uuid7(), "key": key, "ttl": ttl}
    words |= {"job_id": job_id, "product_id": product_id, "api_key": api_key and api_key.pk}
    terms = Terms()
    has_terms = amount > 0 and (unlimited or has_cap(api_key))
    with transaction.atomic(savepoint=False) if has_terms else nullcontext():
        if has_terms:
            terms = terms_of(user_id=user_id, unlimited=unlimited, api_key=api_key)
        words |= {"included": terms.is_included, "cap_left": terms.cap_left}
        opened = open_hold(words)
        if opened.is_new and terms.fair_use:
            count(terms.fair_use, user_id=user_id)
    if opened.hold is not None:
        return opened.hold if opened.is_new else _same(opened.hold, **asked)
    short = _shortage(user_id, opened, operation, model, amount, terms)
    refuse = refusal or partial(in_credits, alternatives=alternatives)
    raise refusals.refused(short, user_id=user_id, refuse=refuse)


def capture(
    *,
    hold_id: UUID,
    amount: Microcredits | None = None,
    reason: str = "",
    penalty: bool = False,
) -> Hold:
    """Charge an open hold: all of it, or ``amount`` with the rest released at once.

    A ``penalty`` on a hold that the plan pays captures nothing. Raises HoldClosed, and
    InvalidRequest where ``amount`` is negative or more than was held.
    """
    if penalty and Hold.objects.filter(pk=hold_id, unlimited=True).exists():
        amount = 0
    return _close(hold_id, state=Hold.State.CAPTURED, amount=amount, reason=reason)


def release(*, hold_id: UUID, reason: str, expired: bool = False) -> Hold:
    """Give an open hold back whole; ``expired`` says that its time ran out, and needs that.

    Raises HoldClosed.
    """
    state = Hold.State.EXPIRED if expired else Hold.State.RELEASED
    return _close(hold_id, state=state, amount=0, reason=reason)


def release_if_open(*, hold_id: UUID, reason: str, by_sweeper: bool = False) -> bool:
    """Give the hold back if it is still open; returns whether it was.

    ``by_sweeper`` ends it as expired where its time is over; nobody else may.
    """
    is_over = by_sweeper and Hold.objects.filter(pk=hold_id, expires_at__lte=Now()).exists()
    try:
        release(hold_id=hold_id, reason=reason, expired=is_over)
    except HoldClosed:
        return False
    return True


def refund(*, hold_id: UUID, key: str, reason: str, amount: Microcredits | None = None) -> Hold:
    """Give back what was captured: all that is left of it, or ``amount``; once per ``key``.

    The lots get it back against the order in which they were drawn. A hold that the plan paid
    stays as it is. Raises HoldClosed where nothing was captured, IdempotencyKeyReused, and
    InvalidRequest for more than is left of what was captured.
    """
    with transaction.atomic(savepoint=False):
        account = lock_account(holds=hold_id)
        target = Hold.objects.get(pk=hold_id)
        before = _refund_of(account, key)
        asked = target.captured - target.refunded if amount is None else amount
        if before is None and not target.unlimited and asked > 0:
            words = {"hold": hold_id, "amount": asked, "key": key}
            refunded, is_done = change_hold(
                sql.REFUND_HOLD, words | {"reason": reason[:REASON_LONGEST]}
            )
            if is_done:
                announce(user_id=account.user_id)
                return refunded
    if before is not None and (before[0] != hold_id or amount not in (None, before[1])):
        raise IdempotencyKeyReused("This key refunded something else before.")
    if before is None and target.state != Hold.State.CAPTURED:
        raise HoldClosed("Nothing was captured under this hold.")
    if before is None and not target.unlimited:
        why = "No more can be refunded than is left of what was charged."
        raise InvalidRequest(why, fields={"amount": [why]})
    return target


def adjust(*, user_id: UUID, amount: Microcredits, key: str, reason: str) -> None:
    """Correct a balance by hand, up or down, once per ``key``; it is on the statement.

    Raises InsufficientCredits where less than that is available, IdempotencyKeyReused, and
    InvalidRequest for nothing.
    """
    if amount == 0:
        raise InvalidRequest("There is nothing to correct.", fields={"amount": ["Not 0."]})
    with transaction.atomic():
        account = lock_account(user_id=user_id)
        source_key, hold_key = f"adjust:{account.pk}:{key}", f"adjust:{key}"
        up, down = account.lots.filter(source_key=source_key), account.holds.filter(key=hold_key)
        if (down if amount > 0 else up).exists():
            raise IdempotencyKeyReused("This key corrected the other way before.")
        if amount < 0:
            _take(user_id=user_id, amount=-amount, key=hold_key, reason=reason)
            return
        kind = Lot.Kind.GRANT
        grant(user_id=user_id, kind=kind, amount=amount, source_key=source_key, reason=reason)


def _take(*, user_id: UUID, amount: Microcredits, key: str, reason: str) -> None:
    taken = hold(
        user_id=user_id,
        amount=amount,
        key=key,
        operation="adjustment",
        reason=reason,
        ttl=timedelta(minutes=1),
    )
    if taken.state == Hold.State.OPEN:
        capture(hold_id=taken.pk, reason=reason)
        announce(user_id=user_id)


def lock(*, user_id: UUID) -> None:
    """Keep the account until the transaction ends: for what is decided by counting its past.

    Every verb waits for it. Raises NotFound.
    """
    lock_account(user_id=user_id)


def annotate(*, hold_id: UUID, product_id: UUID) -> None:
    """Say which product a hold is for, once that is known."""
    Hold.objects.filter(pk=hold_id).update(product_id=product_id)


def _close(hold_id: UUID, *, state: str, amount: Microcredits | None, reason: str) -> Hold:
    if amount is not None and amount < 0:
        raise InvalidRequest("The amount is negative.", fields={"amount": ["0 or more."]})
    verb = "capture" if state == Hold.State.CAPTURED else "release"
    words = {"hold": hold_id, "verb": verb, "state": state, "amount": amount}
    known, is_closed = change_hold(sql.CLOSE_HOLD, words | {"reason": reason[:REASON_LONGEST]})
    if is_closed:
        return known
    if known.state != Hold.State.OPEN:
        raise HoldClosed(f"This hold was {known.state} before.", context={"state": known.state})
    if amount is not None and amount > known.amount:
        why = "No more can be charged than was held."
        raise InvalidRequest(why, fields={"amount": [why]})
    raise Conflict("This hold has not run out yet.", code="HOLD_NOT_EXPIRED")


def _refund_of(account: Account, key: str) -> tuple[UUID, Microcredits] | None:
    found = (
        Entry.objects.filter(account=account, key=key, source=CONSUMED)
        .values_list("hold_id")
        .annotate(total=Sum("amount"))
    )
    return found[0] if found else None


def _same(known: Hold, **asked: Any) -> Hold:
    if any(getattr(known, name) != value for name, value in asked.items()):
        raise IdempotencyKeyReused("This key came with other content before.")
    return known


def _shortage(
    user_id: UUID,
    opened: Opened,
    operation: str,
    model: str,
    amount: Microcredits,
    terms: Terms,
) -> Shortage:
    available = balance = opened.spendable - opened.debt
    key_cap = None
    if terms.cap is not None and terms.used + amount > terms.cap:
        key_cap = {"cap": terms.cap, "used": terms.used}
        available = min(balance, max(0, terms.cap - terms.used))
    fair_use = terms.fair_use
    return Shortage(
        operation=operation,
        model=model or operation,
        required=amount,
        available=available,
        held=opened.held,
        fair_use=fair_use.words() if fair_use and fair_use.limit else None,
        key_cap=key_cap,
        balance=balance,
        debt=opened.debt,
        plan=queries.plan_of(user_id),
    )
