"""Asking Stripe by ourselves, as a webhook may be lost and people may not come back.

Each row says in ``look_at`` when it is due. Whoever moves that on looks; where Stripe cannot be
asked, the rest waits for the next time.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models.functions import Now

from billing import checkout, purchases, subscriptions
from billing.models import Checkout, Subscription
from core.errors import NotFound, ProviderUnavailable

log = logging.getLogger("techpack.billing")

AT_ONCE: Final = 100
AGAIN: Final = timedelta(minutes=10)


def look_due() -> int:
    """Ask Stripe about each purchase and subscription whose time it is; returns how many."""
    if not settings.PAYMENTS.sells:
        return 0
    try:
        return _look_at_checkouts() + _look_at_subscriptions()
    except ProviderUnavailable:
        log.warning("Stripe does not answer, so the rest of what is due is asked later")
        return 0


def _look_at_checkouts() -> int:
    looked = 0
    for one in Checkout.objects.filter(look_at__lte=Now()).order_by("look_at")[:AT_ONCE]:
        if one.session_id and checkout.put_off(one):
            purchases.settle(session_id=one.session_id)
            looked += 1
    return looked


def _look_at_subscriptions() -> int:
    due = Subscription.objects.filter(look_at__lte=Now())
    looked = 0
    for pk, user_id in due.order_by("look_at").values_list("pk", "user_id")[:AT_ONCE]:
        if not due.filter(pk=pk).update(look_at=Now() + AGAIN):
            continue
        try:
            subscriptions.refresh_of(user_id=user_id)
        except NotFound:
            log.exception("Stripe does not know a subscription that it told of")
        looked += 1
    return looked
