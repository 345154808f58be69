"""The ledger's verbs. Whatever moves a credit goes through one of them.

Each works inside the caller's transaction, or in one of its own. Each first locks the account's
row, then touches the hold, then the lots: always in this order, so that two of them wait for
each other and never deadlock. A caller that also emits events calls the ledger first. ``hold``,
``capture`` and ``release`` belong to a job, which tells the user; the others emit
``credits.changed`` themselves. Amounts are microcredits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from accounts.models import ApiKey
from core.errors import Conflict, IdempotencyKeyReused, InsufficientCredits, InvalidRequest
from core.ids import uuid7
from core.money import Microcredits, format_credits
from credits import metrics, queries, sql
from credits.errors import (
    Alternative,
    HoldClosed,
    Shortage,
    insufficient_credits_for_operation,
)
from credits.grants import (
    change_plan,
    credit,
    expire_lots,
    grant,
    grant_due_monthly,
    open_account,
    revoke,
)
from credits.models import CLAWBACK, CONSUMED, DEBT, REASON_LONGEST, Account, Entry, Hold, Lot
from credits.posting import (
    Movement,
    announce,
    database_now,
    lock_account,
    move,
    post_params,
    run_on_hold,
)

__all__ = [
    "HoldClosed",
    "adjust",
    "annotate",
    "capture",
    "change_plan",
    "expire_lots",
    "grant",
    "grant_due_monthly",
    "hold",
    "open_account",
    "refund",
    "release",
    "release_if_open",
    "revoke",
]

log = logging.getLogger("techpack.credits")
GRACE = timedelta(days=7)

Refuse = Callable[[Shortage], InsufficientCredits]


class FairUse(NamedTuple):
    """How many operations of a UTC day the plan has paid, and how many it pays at most."""

    day: date
    used: int
    limit: int

    @property
    def is_left(self) -> bool:
        """The plan pays one more."""
        return self.used < self.limit

    def words(self) -> dict[str, int]:
        """For a 402's context."""
        return {"used": self.used, "limit": self.limit}


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
    operation or reason differ. ``unlimited`` asks the plan to pay: nothing is drawn, within
    the plan's fair use a day. ``api_key`` is the key that asked, whose monthly cap counts too.
    Raises InsufficientCredits as ``refusal`` words it; without one, in credits, with those of
    ``alternatives`` that would fit.
    """
    if amount < 0:
        raise InvalidRequest("The amount is negative.", fields={"amount": ["0 or more."]})
    hold_id = uuid7()
    asked = {"amount": amount, "operation": operation, "reason": reason[:REASON_LONGEST]}
    with transaction.atomic(savepoint=False):
        account = lock_account(user_id=user_id)
        fair_use = _fair_use(account) if unlimited and amount else None
        by_plan = bool(fair_use and fair_use.is_left)
        cap = None if by_plan or not amount else _key_cap(account, api_key)
        params = post_params(account, verb="hold", line=hold_id, hold=hold_id) | asked
        params |= {"key": key, "job_id": job_id, "product_id": product_id, "ttl": ttl}
        params |= {"unlimited": by_plan, "debt": account.debt, "model": model}
        params |= {"api_key": api_key and api_key.pk}
        fits_cap = cap is None or cap["used"] + amount <= cap["cap"]
        made = run_on_hold(sql.HOLD, params) if fits_cap else None
        if made is None:
            known = Hold.objects.filter(account=account, key=key).first()
        elif fair_use:
            Account.objects.filter(pk=account.pk).update(
                fair_use_day=fair_use.day, fair_use_count=fair_use.used + 1
            )
    if made is not None:
        return made
    if known is not None:
        return _same(known, **asked)
    short = _shortage(account, operation, model, amount, fair_use, None if fits_cap else cap)
    _note(short, account)
    raise (refusal or partial(_in_credits, alternatives))(short)


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


def release_if_open(*, hold_id: UUID, reason: str, expired: bool = False) -> bool:
    """Give the hold back if it is still open; returns whether it was."""
    try:
        release(hold_id=hold_id, reason=reason, expired=expired)
    except HoldClosed:
        return False
    return True


def refund(*, hold_id: UUID, key: str, reason: str, amount: Microcredits | None = None) -> Hold:
    """Give back what was captured: all that is left of it, or ``amount``; once per ``key``.

    The lots get it back against the order in which they were drawn. A hold that the plan paid
    stays as it is. Raises HoldClosed where nothing was captured, IdempotencyKeyReused, and
    InvalidRequest for more than is left of what was captured.
    """
    refunded = None
    with transaction.atomic(savepoint=False):
        account = lock_account(holds=hold_id)
        target = Hold.objects.get(pk=hold_id)
        before = _refund_of(account, key)
        asked = target.captured - target.refunded if amount is None else amount
        if before is None and not target.unlimited and asked > 0:
            params = post_params(
                account, verb="refund", line=hold_id, hold=hold_id, note=reason, key=key
            )
            refunded = run_on_hold(sql.REFUND, params | {"amount": asked})
        if refunded is not None:
            _settle_given_back(account, refunded)
            announce(account)
    if refunded is not None:
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
    if amount >= 0:
        grant(
            user_id=user_id,
            kind=Lot.Kind.GRANT,
            amount=amount,
            source_key=f"adjust:{key}",
            reason=reason,
        )
        return
    with transaction.atomic():
        taken = hold(
            user_id=user_id,
            amount=-amount,
            key=f"adjust:{key}",
            operation="adjustment",
            reason=reason,
            ttl=timedelta(minutes=1),
        )
        if taken.state == Hold.State.OPEN:
            capture(hold_id=taken.pk, reason=reason)
            announce(lock_account(user_id=user_id))


def annotate(*, hold_id: UUID, product_id: UUID) -> None:
    """Say which product a hold is for, once that is known."""
    Hold.objects.filter(pk=hold_id).update(product_id=product_id)


def _close(hold_id: UUID, *, state: str, amount: Microcredits | None, reason: str) -> Hold:
    if amount is not None and amount < 0:
        raise InvalidRequest("The amount is negative.", fields={"amount": ["0 or more."]})
    verb = "capture" if state == Hold.State.CAPTURED else "release"
    with transaction.atomic(savepoint=False):
        account = lock_account(holds=hold_id)
        params = post_params(account, verb=verb, line=hold_id, hold=hold_id)
        closed = run_on_hold(
            sql.CLOSE,
            params | {"state": state, "amount": amount, "reason": reason[:REASON_LONGEST]},
        )
        if closed is not None:
            _settle_given_back(account, closed)
    if closed is not None:
        return closed
    known = Hold.objects.get(pk=hold_id)
    if known.state != Hold.State.OPEN:
        raise HoldClosed(f"This hold was {known.state} before.", context={"state": known.state})
    if amount is not None and amount > known.amount:
        why = "No more can be charged than was held."
        raise InvalidRequest(why, fields={"amount": [why]})
    raise Conflict("This hold has not run out yet.", code="HOLD_NOT_EXPIRED")


def _settle_given_back(account: Account, closed: Any) -> None:
    """What came back to lots that are gone: a grace lot, or a smaller debt.

    ``closed`` is a hold with ``back_to_expired`` and ``back_to_revoked``, as the statement
    that moved them counted.
    """
    if closed.back_to_expired:
        credit(
            account,
            kind=Lot.Kind.GRACE,
            amount=closed.back_to_expired,
            source_key=f"grace:{uuid7()}",
            reason="Came back after it had expired",
            expires_at=database_now() + GRACE,
            hold_id=closed.pk,
        )
    if closed.back_to_revoked:
        _reduce_debt(account, closed)


def _reduce_debt(account: Account, closed: Any) -> None:
    paid = min(account.debt, closed.back_to_revoked)
    if paid:
        lot_id = closed.parts.filter(lot__revoked_at__isnull=False).values_list(
            "lot_id", flat=True
        )[0]
        params = post_params(account, verb="release", line=closed.pk, hold=closed.pk)
        move([Movement(lot_id, DEBT, CLAWBACK, paid)], params=params)
    # A later grant had paid that part of the debt already: the user gets it again.
    if over := closed.back_to_revoked - paid:
        credit(
            account,
            kind=Lot.Kind.GRANT,
            amount=over,
            source_key=f"overpaid:{uuid7()}",
            reason="A debt that was paid turned out smaller",
            hold_id=closed.pk,
        )


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


def _fair_use(account: Account) -> FairUse:
    today = database_now().date()
    used = account.fair_use_count if account.fair_use_day == today else 0
    return FairUse(today, used, settings.PLANS[account.plan]["fair_use_per_day"])


def _key_cap(account: Account, api_key: ApiKey | None) -> dict[str, Microcredits] | None:
    if api_key is None or api_key.monthly_cap is None:
        return None
    since = queries.period_start_of(account)
    used = queries.used_by_key(api_key.pk, since=since)
    return {"cap": api_key.monthly_cap, "used": used}


def _shortage(
    account: Account,
    operation: str,
    model: str,
    amount: Microcredits,
    fair_use: FairUse | None,
    key_cap: dict[str, Microcredits] | None,
) -> Shortage:
    available = max(0, queries.spendable(account) - account.debt)
    if key_cap is not None:
        available = min(available, max(0, key_cap["cap"] - key_cap["used"]))
    return Shortage(
        operation=operation,
        model=model or operation,
        required=amount,
        available=available,
        held=account.held,
        fair_use=fair_use.words() if fair_use and fair_use.limit else None,
        key_cap=key_cap,
    )


def _note(short: Shortage, account: Account) -> None:
    metrics.count_refusal(short.model, short.required - short.available)
    log.warning(
        "Insufficient credits for user %s: need %s, have %s",
        account.user_id,
        format_credits(short.required),
        format_credits(short.available),
        extra={"operation": short.operation},
    )


def _in_credits(alternatives: Iterable[Alternative], short: Shortage) -> InsufficientCredits:
    return insufficient_credits_for_operation(
        operation=short.operation,
        required=short.required,
        available=short.available,
        alternatives=alternatives,
        held=short.held,
        fair_use=short.fair_use,
    )
