"""Money that went back without anybody hearing of it, as a webhook may be lost.

Stripe tries to tell for three days. What it lists of the last days is held against our payments,
and what differs is read anew; so are disputes that are not decided yet.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from django.conf import settings

from billing import refunds
from billing.gateway import asking, client, read
from billing.models import Payment
from billing.told import id_of
from core.errors import ProviderUnavailable

log = logging.getLogger("techpack.billing")

SINCE: Final = timedelta(days=4)
MOST: Final = 1000
UNDECIDED: Final = (
    "needs_response",
    "under_review",
    "warning_needs_response",
    "warning_under_review",
)


def look() -> int:
    """Read anew each charge of which Stripe lists something that is not known here; how many."""
    if not settings.PAYMENTS.sells:
        return 0
    try:
        charges = {*_refunded(), *_disputed(), *_undecided()}
        for charge_id in sorted(charges):
            refunds.charge_refunded(charge_id=charge_id)
    except ProviderUnavailable:
        log.warning("Stripe does not answer, so what went back is looked for later")
        return 0
    return len(charges)


def _refunded() -> Iterator[str]:
    """Charges with a refund of late of which another sum went back than is known."""
    with asking("list refunds"):
        listed = client().v1.refunds.list(params=_lately()).auto_paging_iter()
        found = {id_of(one.payment_intent): id_of(one.charge) for one in islice(listed, MOST)}
    for intent, refunded in _payments(*found).values_list("payment_intent", "refunded"):
        charge = read("charge", found[intent], client().v1.charges.retrieve)
        if charge is not None and charge["amount_refunded"] != refunded:
            yield found[intent]


def _disputed() -> Iterator[str]:
    """Charges of which a dispute is not known, or known otherwise."""
    found: dict[str, tuple[str, str, str]] = {}
    with asking("list disputes"):
        for one in islice(client().v1.disputes.list(params=_lately()).auto_paging_iter(), MOST):
            if intent := id_of(one.payment_intent):
                found.setdefault(intent, (one.id, one.status, id_of(one.charge)))
    rows = _payments(*found).values_list("payment_intent", "dispute", "dispute_status")
    return (found[intent][2] for intent, *known in rows if found[intent][:2] != tuple(known))


def _undecided() -> Iterator[str]:
    """Charges of disputes that were not decided when we last heard: banks take months."""
    rows = Payment.objects.filter(dispute_status__in=UNDECIDED).values_list("dispute", flat=True)
    for dispute_id in rows[:MOST]:
        dispute = read("dispute", dispute_id, client().v1.disputes.retrieve)
        if dispute is None:  # of other keys, as of test mode
            continue
        known = Payment.objects.filter(dispute=dispute_id, dispute_status=dispute["status"])
        if not known.exists():
            yield id_of(dispute["charge"])


def _payments(*intents: str) -> Any:
    return Payment.objects.filter(payment_intent__in=intents)


def _lately() -> Any:
    return {"created": {"gte": int(time.time() - SINCE.total_seconds())}, "limit": 100}
