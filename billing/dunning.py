"""Invoices that were not paid when they were due: the user is told, with the way to pay.

Once per attempt of Stripe's, and at most once a day, however often its events come.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from billing import money, notices
from billing.customers import owner_of
from billing.gateway import client, read
from billing.invoices import subscription_of
from billing.models import Subscription
from billing.told import id_of
from notifications.models import Notification

log = logging.getLogger("techpack.billing")

DAILY: Final = timedelta(days=1)
ACTION: Final = "requires_action"


def invoice_due(*, invoice_id: str) -> bool:
    """Tell the owner of a plan's invoice that it waits for them; whether they were told.

    Stripe is asked anew, so what was paid meanwhile is not told of. Raises ProviderUnavailable.
    """
    invoice = _read(invoice_id)
    if invoice is None or not _waits(invoice):
        return False
    named = (subscription_of(invoice).get("metadata") or {}).get("user", "")
    user_id = owner_of(id_of(invoice.get("customer")), named=named)
    return user_id is not None and _tell(user_id, invoice)


def _read(invoice_id: str) -> dict[str, Any] | None:
    retrieve, part = client().v1.invoices.retrieve, "payments.data.payment.payment_intent"
    found: dict[str, Any] | None = read("invoice", invoice_id, retrieve, part)
    return found


def _waits(invoice: Mapping[str, Any]) -> bool:
    """Of a subscription that goes on; the first one is paid in a checkout, which says it all."""
    is_renewal = invoice.get("billing_reason") != "subscription_create"
    is_plan = bool(subscription_of(invoice))
    return invoice["status"] == "open" and invoice["attempt_count"] > 0 and is_renewal and is_plan


def _wants_word(invoice: Mapping[str, Any]) -> bool:
    """Its bank asks the holder of the card."""
    payments = (invoice.get("payments") or {}).get("data", [])
    intents = [one["payment"].get("payment_intent") for one in payments]
    return any(isinstance(one, Mapping) and one["status"] == ACTION for one in intents)


def _tell(user_id: UUID, invoice: Mapping[str, Any]) -> bool:
    tell: Callable[..., Notification]
    tell = notices.card_needed if _wants_word(invoice) else notices.payment_failed
    context = {"invoice": invoice["id"], "attempt": invoice["attempt_count"]}
    with transaction.atomic():
        # Locked, so that of two who heard of it one tells.
        rows = Subscription.objects.select_for_update(no_key=True).filter(user_id=user_id)
        row = rows.first()
        if row is None or _is_told(user_id, context):
            return False
        amount = money.worded(invoice["amount_remaining"], invoice["currency"])
        tell(row, amount=amount, context=context)
    return True


def _is_told(user_id: UUID, context: Mapping[str, Any]) -> bool:
    """Of this attempt already, or of any of the invoice's within a day."""
    told = Notification.objects.filter(
        user_id=user_id,
        kind__in=("billing.payment_failed", "billing.card_needed"),
        context__invoice=context["invoice"],
    )
    since = Q(context__attempt__gte=context["attempt"]) | Q(created_at__gt=Now() - DAILY)
    return told.filter(since).exists()
