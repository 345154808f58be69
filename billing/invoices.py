"""Invoices of plans that were paid, written down as payments."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from billing.customers import owner_of
from billing.gateway import asking, client, read
from billing.models import Payment
from billing.plans import Sold, sold_at
from billing.told import id_of, sold_by

log = logging.getLogger("techpack.billing")

MOST: Final = 100


def paid_invoice(*, invoice_id: str) -> Payment | None:
    """Write down what an invoice of a plan brought, once.

    None where it is not paid, brought nothing, or is for something else. Raises
    ProviderUnavailable.
    """
    invoice = read("invoice", invoice_id, client().v1.invoices.retrieve, "payments")
    return None if invoice is None else _written(invoice)


def note_missing(*, stripe_id: str, newest: str) -> None:
    """Write down what a subscription's invoices brought whose webhooks were lost.

    Nothing is asked where ``newest``, its latest invoice, is known. Raises ProviderUnavailable.
    """
    if not newest or Payment.objects.filter(source_key=f"invoice:{newest}").exists():
        return
    for invoice in reversed(paid_of(subscription=stripe_id)):
        _written(invoice)


def paid_of(**whose: str) -> list[dict[str, Any]]:
    """Stripe's newest paid invoices of a ``subscription`` or a ``customer``, with what paid them.

    At most a hundred, the newest first. Raises NotFound, ProviderUnavailable.
    """
    params: Any = {**whose, "status": "paid", "limit": MOST, "expand": ["data.payments"]}
    with asking("list what was paid"):
        return [one.to_dict() for one in client().v1.invoices.list(params=params).data]


def _written(invoice: Mapping[str, Any]) -> Payment | None:
    if invoice["status"] != "paid" or not invoice["amount_paid"]:
        return None
    if known := Payment.objects.filter(source_key=f"invoice:{invoice['id']}").first():
        return known
    if (sold := _plan_of(invoice)) is None:
        return None
    of_plan = subscription_of(invoice)
    named = (of_plan.get("metadata") or {}).get("user", "")
    user_id = owner_of(id_of(invoice.get("customer")), named=named)
    return None if user_id is None else _note(user_id, invoice, sold)


def subscription_of(invoice: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an invoice says of its subscription, as ``{subscription, metadata}``; else empty."""
    return (invoice.get("parent") or {}).get("subscription_details") or {}


def payment_intents(invoice: Mapping[str, Any]) -> Iterator[str]:
    """What paid an invoice that was read with its payments; some were tried and given up."""
    for one in (invoice.get("payments") or {}).get("data", []):
        if one["status"] == "paid" and (intent := id_of(one["payment"].get("payment_intent"))):
            yield intent


def tax_of(invoice: Mapping[str, Any]) -> int:
    """The tax in what was paid of it, in the currency's minor unit.

    The rest was paid by what was left of another plan.
    """
    tax: int = sum(tax["amount"] for tax in invoice.get("total_taxes") or ())
    paid, total = invoice["amount_paid"], invoice["total"]
    return tax * paid // total if paid < total else tax


def _plan_of(invoice: Mapping[str, Any]) -> Sold | None:
    """The plan that is paid for; of a change of plans the new one, which costs something."""
    if not subscription_of(invoice):
        return None
    lines = sorted(invoice["lines"]["data"], key=lambda line: line["amount"], reverse=True)
    for line in lines:
        price = ((line.get("pricing") or {}).get("price_details") or {}).get("price")
        sold = _sold_at(id_of(price))
        if sold is not None and sold.plan:
            return sold
    return None


def _sold_at(price_id: str) -> Sold | None:
    if not price_id:
        return None
    if (sold := sold_at(price_id)) is not None:
        return sold
    price = read("price", price_id, client().v1.prices.retrieve)
    return None if price is None else sold_by(price)


def _note(user_id: UUID, invoice: Mapping[str, Any], sold: Sold) -> Payment | None:
    paid_at = (invoice.get("status_transitions") or {}).get("paid_at") or invoice["created"]
    fields = {
        "user_id": user_id,
        "kind": Payment.Kind.PLAN,
        "payment_intent": next(payment_intents(invoice), ""),
        "invoice": invoice["id"],
        "description": sold.title,
        "amount": invoice["amount_paid"],
        "tax": tax_of(invoice),
        "currency": invoice["currency"],
        "receipt_url": invoice.get("hosted_invoice_url") or "",
        "paid_at": datetime.fromtimestamp(paid_at, UTC),
    }
    try:
        with transaction.atomic():
            payment, _ = Payment.objects.get_or_create(
                source_key=f"invoice:{invoice['id']}", defaults=fields
            )
    except IntegrityError:
        log.info("the user who paid %s is gone", invoice["id"])
        return None
    return payment
