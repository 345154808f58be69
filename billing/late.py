"""Money that comes when whoever paid it is gone here: it goes back in full.

Some banks take days to pay, and cannot be stopped meanwhile. So Stripe's customer is kept until
nothing is on its way any more, and looked at: a webhook may be lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from billing.gateway import asking, client, pay_back, read
from billing.invoices import paid_of, payment_intents, subscription_of
from billing.told import id_of
from credits.models import Lot

log = logging.getLogger("techpack.billing")

MOST: Final = 100  # of each kind, the newest: what is paid late was begun lately
ON_ITS_WAY: Final = "processing"


def pay_back_all(customer: str, *, since: datetime) -> bool:
    """Pay back what a customer who left at ``since`` got nothing for; whether that is all.

    False while a bank is still at it: ask again later. Raises NotFound for a customer whom Stripe
    does not know, and ProviderUnavailable.
    """
    # Asked first, so that what comes in between is found below.
    is_coming = _is_coming(customer)
    for intent in {*_for_plans(customer, since), *_for_credits(customer)}:
        _pay_back(intent)
    return not is_coming


def _is_coming(customer: str) -> bool:
    params: Any = {"customer": customer, "limit": MOST}
    with asking("list the payments of who left"):
        found = client().v1.payment_intents.list(params=params).data
    return any(one.status == ON_ITS_WAY for one in found)


def _for_plans(customer: str, since: datetime) -> Iterator[str]:
    """What paid for a plan once it had ended; Stripe tells the time in whole seconds."""
    for invoice in paid_of(customer=customer):
        paid_at = (invoice.get("status_transitions") or {}).get("paid_at") or 0
        if subscription_of(invoice) and paid_at >= int(since.timestamp()):
            yield from payment_intents(invoice)


def _for_credits(customer: str) -> Iterator[str]:
    """What paid for credits that never came; the ledger knows, as it outlives who left."""
    params: Any = {"customer": customer, "status": "complete", "limit": MOST}
    with asking("list the purchases of who left"):
        found = [one.to_dict() for one in client().v1.checkout.sessions.list(params=params).data]
    for session in found:
        is_ours = session["mode"] == "payment" and "checkout" in (session.get("metadata") or {})
        intent = id_of(session.get("payment_intent"))
        is_paid = is_ours and session["payment_status"] == "paid" and intent
        if is_paid and not Lot.objects.filter(source_key=f"topup:{intent}").exists():
            yield intent


def _pay_back(intent: str) -> None:
    retrieve = client().v1.payment_intents.retrieve
    paid = read("payment", intent, retrieve, "latest_charge") or {}
    if (paid.get("latest_charge") or {}).get("refunded"):
        return
    if pay_back(intent, reason="requested_by_customer", key=f"late:{intent}"):
        log.warning("the payment %s came when who paid it was gone, and was paid back", intent)
