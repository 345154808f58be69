"""What follows from a purchase at Stripe's checkout: whoever hears of it first brings it about."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from billing import leaving, notices, subscriptions
from billing.gateway import client, end_subscription, read
from billing.invoices import paid_invoice
from billing.models import Checkout, Payment
from billing.plans import Sold, sold_as
from billing.told import GIVEN_UP, OVER, id_of
from core.money import CREDIT
from credits import grants

__all__ = ["paid_invoice", "settle"]

log = logging.getLogger("techpack.billing")

PAID: Final = ("paid", "no_payment_required")


def settle(*, session_id: str) -> Checkout | None:
    """Read a session of Stripe's checkout anew, and bring about what follows from it, once.

    None for a session that is nobody's here. Raises ProviderUnavailable.
    """
    if (session := _read(session_id)) is None:
        return None
    checkout = _checkout_of(session)
    sold = sold_as(checkout.sold) if checkout else None
    if checkout is None or sold is None:
        log.info("the checkout %s is nobody's here", session_id)
        leaving.hasten(customer=id_of(session.get("customer")))
        return None
    if session["status"] == "expired":
        _end(checkout, Checkout.State.EXPIRED)
    elif _has_failed(session):
        _give_up(checkout, session, sold)
    elif session["status"] == "complete":
        _complete(checkout, session, sold)
    return Checkout.objects.filter(pk=checkout.pk).first()


def _read(session_id: str) -> dict[str, Any] | None:
    retrieve = client().v1.checkout.sessions.retrieve
    parts = ("payment_intent.latest_charge", "invoice", "subscription")
    found: dict[str, Any] | None = read("checkout", session_id, retrieve, *parts)
    return found


def _has_failed(session: Mapping[str, Any]) -> bool:
    """A bank that takes days said no in the end, or what it was to pay for has ended."""
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        return False
    subscription = session.get("subscription") or {}
    return subscription.get("status") in OVER or _is_refused(session)


def _is_refused(session: Mapping[str, Any]) -> bool:
    intent, invoice = session.get("payment_intent") or {}, session.get("invoice") or {}
    is_untaken = intent.get("status") in ("requires_payment_method", "canceled")
    return is_untaken or invoice.get("status") in GIVEN_UP


def _give_up(checkout: Checkout, session: Mapping[str, Any], sold: Sold) -> None:
    subscription = id_of(session.get("subscription"))
    if subscription and checkout.state == Checkout.State.OPEN:
        end_subscription(subscription)  # Stripe would charge for its next period
        subscriptions.refresh(stripe_id=subscription)
    with transaction.atomic():
        if _end(checkout, Checkout.State.EXPIRED) and _is_refused(session):
            notices.bank_refused(checkout, what=sold.title)


def _complete(checkout: Checkout, session: Mapping[str, Any], sold: Sold) -> None:
    if subscription := id_of(session.get("subscription")):
        subscriptions.refresh(stripe_id=subscription)
    if session["payment_status"] not in PAID:
        # Nobody is led to a checkout that waits for a bank; it is looked at until that is clear.
        Checkout.objects.filter(pk=checkout.pk).update(url="")
    elif sold.topup:
        _top_up(checkout, session, sold)
    else:
        _end(checkout, Checkout.State.COMPLETED)


def _end(checkout: Checkout, state: Checkout.State) -> bool:
    """Whether this call ended it."""
    is_open = Checkout.objects.filter(pk=checkout.pk, state=Checkout.State.OPEN)
    return bool(is_open.update(state=state, ended_at=Now(), look_at=None))


def _top_up(checkout: Checkout, session: Mapping[str, Any], sold: Sold) -> None:
    """The credits, the payment and the end of the checkout, in one transaction."""
    intent = id_of(session.get("payment_intent"))
    source_key = f"topup:{intent or session['id']}"
    user_id = checkout.user_id
    fields = {**_money(session), "kind": Payment.Kind.TOPUP, "payment_intent": intent}
    fields |= {"user_id": user_id, "description": sold.title, "credits": sold.topup}
    with transaction.atomic():
        # The ledger first: it locks the account, so whoever else comes here waits.
        grants.grant(
            user_id=user_id,
            kind="topup",
            amount=sold.topup * CREDIT,
            source_key=source_key,
            reason=f"{sold.title}, bought",
        )
        payment, is_new = Payment.objects.get_or_create(source_key=source_key, defaults=fields)
        if is_new:
            notices.topped_up(payment)
        _end(checkout, Checkout.State.COMPLETED)


def _money(session: Mapping[str, Any]) -> dict[str, Any]:
    """What was paid, as fields of a payment."""
    intent, invoice = session.get("payment_intent"), session.get("invoice")
    charge = intent.get("latest_charge") if isinstance(intent, Mapping) else None
    shown = charge if isinstance(charge, Mapping) else {}
    hosted = invoice.get("hosted_invoice_url") if isinstance(invoice, Mapping) else None
    paid_at = shown.get("created") or session["created"]
    return {
        "invoice": id_of(invoice),
        "amount": session["amount_total"] or 0,
        "tax": (session.get("total_details") or {}).get("amount_tax") or 0,
        "currency": session["currency"],
        "receipt_url": shown.get("receipt_url") or hosted or "",
        "paid_at": datetime.fromtimestamp(paid_at, UTC),
    }


def _checkout_of(session: Mapping[str, Any]) -> Checkout | None:
    """Our row of a session; made again where it was lost and the session names its user."""
    if known := Checkout.objects.filter(session_id=session["id"]).first():
        return known
    named = session.get("metadata") or {}
    sold = sold_as(named.get("sold", ""))
    try:
        pk, user_id = UUID(named["checkout"]), UUID(named["user"])
    except (KeyError, ValueError):
        return None
    if sold is None or not get_user_model().objects.filter(pk=user_id).exists():
        return None
    kind = Checkout.Kind.PLAN if sold.plan else Checkout.Kind.TOPUP
    fields = {"user_id": user_id, "kind": kind, "sold": sold.name}
    try:
        with transaction.atomic():
            Checkout.objects.get_or_create(pk=pk, defaults=fields)
    except IntegrityError:
        return None  # the user is just being deleted
    mine = Checkout.objects.filter(pk=pk, user_id=user_id, sold=sold.name)
    mine.filter(session_id__isnull=True).update(session_id=session["id"])
    return mine.filter(session_id=session["id"]).first()
