"""Money that goes back: by a refund of ours, or by the bank of who paid.

Stripe is asked anew for the charge and its disputes, outside of any transaction, whoever heard of
it and however often. Of a top-up the share of the credits goes that the money was; a plan's tier
follows from its subscription alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from billing import doubles, invoices, money, notices, purchases, subscriptions
from billing.gateway import asking, client, end_subscription, read
from billing.models import Payment
from billing.notices import LOST, TAKING, WON, Moved
from billing.told import id_of
from core.money import CREDIT, Microcredits
from credits import operations as ledger
from credits.models import Lot

log = logging.getLogger("techpack.billing")

MOST: Final = 100
STEP: Final = CREDIT // 100  # shares of credits are in hundredths, so that they can be read


@dataclass(frozen=True)
class Back:
    """What Stripe says went back of a payment; amounts in the currency's minor unit."""

    refunded: int
    disputed: int  # what banks took
    dispute: str = ""
    dispute_status: str = ""

    @property
    def amount(self) -> int:
        """Everything that went back; it may be said to be more than was paid."""
        return self.refunded + self.disputed

    @property
    def is_taken(self) -> bool:
        """A bank took it, for now or for good."""
        return self.dispute_status in TAKING


def charge_refunded(*, charge_id: str) -> Payment | None:
    """Bring about what follows from the money of a charge that went back, or did not after all.

    None for a charge that is nobody's here, and where a later reader was quicker. Raises
    ProviderUnavailable.
    """
    if (charge := _charge(charge_id)) is None or (payment := _payment_of(charge)) is None:
        return None
    read = _take_number(payment)
    if read is None or (charge := _charge(charge_id)) is None:
        return None
    back = _back(charge, payment)
    applied = _apply(payment, back, read=read)
    if payment.kind == Payment.Kind.PLAN and back.dispute_status in (LOST, WON):
        _dispute_decided(payment, back)
    return applied


def dispute_changed(*, dispute_id: str) -> Payment | None:
    """Bring about what follows from a dispute, begun or decided. See ``charge_refunded``."""
    found = read("dispute", dispute_id, client().v1.disputes.retrieve)
    return None if found is None else charge_refunded(charge_id=id_of(found["charge"]))


# --- What Stripe says --------------------------------------------------------------------
def _charge(charge_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = read("charge", charge_id, client().v1.charges.retrieve)
    return found


def _back(charge: Mapping[str, Any], payment: Payment) -> Back:
    refunded = min(charge["amount_refunded"], payment.amount)
    if not charge["disputed"]:
        return Back(refunded, 0)
    params: Any = {"charge": charge["id"], "limit": MOST}
    with asking("list a charge's disputes"):
        found = [one.to_dict() for one in client().v1.disputes.list(params=params).data]
    taking = [one for one in found if one["status"] in TAKING]
    newest = max(taking or found, key=lambda one: one["created"], default=None)
    if newest is None:
        return Back(refunded, 0)
    disputed = sum(_disputed(one, payment) for one in taking)
    return Back(refunded, disputed, newest["id"], newest["status"])


def _disputed(dispute: Mapping[str, Any], payment: Payment) -> int:
    # Banks may take it in another currency: then it is taken for all.
    is_alike = dispute["currency"] == payment.currency
    amount: int = dispute["amount"]
    return amount if is_alike else payment.amount


# --- Whose payment it is -----------------------------------------------------------------
def _payment_of(charge: Mapping[str, Any]) -> Payment | None:
    """The payment of a charge; what it paid for is settled first, where nobody heard of that."""
    intent = id_of(charge.get("payment_intent"))
    if not intent:
        return None
    known = Payment.objects.filter(payment_intent=intent)
    return known.first() or _settled(intent) or known.first()


def _settled(intent: str) -> Payment | None:
    params: Any = {"payment_intent": intent, "limit": 1}
    with asking("find the checkout of a payment"):
        sessions = client().v1.checkout.sessions.list(params=params).data
    for session in sessions:
        purchases.settle(session_id=session.id)
        return None
    params = {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
    with asking("find the invoice of a payment"):
        paid = client().v1.invoice_payments.list(params=params).data
    for one in paid:
        return invoices.paid_invoice(invoice_id=id_of(one.to_dict()["invoice"]))
    log.info("the payment %s is nobody's here", intent)
    return None


def _take_number(payment: Payment) -> int | None:
    rows = Payment.objects.filter(pk=payment.pk)
    with transaction.atomic():
        rows.update(reads=F("reads") + 1)
        return rows.values_list("reads", flat=True).first()


# --- What follows ------------------------------------------------------------------------
def _apply(payment: Payment, back: Back, *, read: int) -> Payment | None:
    """Write it down, take the credits or give them again, and tell the user: once, at once."""
    with transaction.atomic():
        ledger.lock(user_id=payment.user_id)
        rows = Payment.objects.filter(pk=payment.pk, applied_read__lt=read)
        if (before := rows.first()) is None:
            return None
        told = {"refunded": back.refunded, "dispute": back.dispute}
        told |= {"dispute_status": back.dispute_status}
        if not rows.update(applied_read=read, **told):
            return None
        after = Payment.objects.get(pk=payment.pk)
        moved = _move_credits(after, back) if after.kind == Payment.Kind.TOPUP else Moved()
        notices.money_moved(before, after, moved)
    return after


def _move_credits(payment: Payment, back: Back) -> Moved:
    """Take the share of the credits that the money was, or give it again."""
    before = Lot.objects.get(source_key=payment.source_key)
    after = ledger.revoke(
        source_key=payment.source_key,
        reason=_reason(payment, back),
        amount=_share(payment, back),
    )
    gone = after.revoked - before.revoked
    return Moved(gone=gone, owed=after.taken - before.taken - gone)


def _share(payment: Payment, back: Back) -> Microcredits:
    """µcr of the payment's credits, in the user's favour where it does not divide."""
    granted = payment.credits * CREDIT
    if back.amount >= payment.amount:
        return granted
    return granted * back.amount // payment.amount // STEP * STEP


def _reason(payment: Payment, back: Back) -> str:
    """The line of the statement."""
    amount = money.worded(min(back.amount, payment.amount), payment.currency)
    if back.is_taken:
        return f"{payment.description}: {amount} charged back"
    if not back.amount:
        return f"{payment.description}: nothing was paid back after all"
    return f"{payment.description}: {amount} paid back"


def _dispute_decided(payment: Payment, back: Back) -> None:
    """Who has their bank take a plan's payment back for good does not go on being charged.

    What was bought twice is paid back where the payment stands. Asked for on every look, so that
    what was cut off is made up for; a subscription that has ended stays as it is. What is
    subscribed to later has another name, and goes on.
    """
    invoice = read("invoice", payment.invoice, client().v1.invoices.retrieve) or {}
    stripe_id = id_of(invoices.subscription_of(invoice).get("subscription"))
    if not stripe_id:
        return
    if back.dispute_status == WON:
        if back.refunded < payment.amount:
            intent = payment.payment_intent
            doubles.dispute_won(stripe_id=stripe_id, payment_intent=intent, dispute=back.dispute)
    elif end_subscription(stripe_id):
        log.warning("subscription %s was charged back, and ended", stripe_id)
        subscriptions.refresh(stripe_id=stripe_id)
