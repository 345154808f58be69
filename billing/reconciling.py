"""Asking Stripe by ourselves, as a webhook may be lost and people may not come back.

Each row says in ``look_at`` when it is due. Whoever moves that on looks; where Stripe cannot be
asked, the rest waits for the next time.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from billing import checkout, purchases, subscriptions, tiers
from billing.models import Checkout, Subscription
from core.errors import NotFound, ProviderUnavailable

log = logging.getLogger("techpack.billing")

AT_ONCE: Final = 100
AGAIN: Final = timedelta(minutes=10)
# Webhooks come within seconds, or were lost; a session expires within a day.
LOOKS: Final = (
    checkout.FIRST_LOOK,
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(days=1),
)


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
    due = Checkout.objects.filter(look_at__lte=Now(), session_id__isnull=False)
    looked = 0
    for one in due.annotate(now=Now()).order_by("look_at")[:AT_ONCE]:
        if due.filter(pk=one.pk).update(look_at=_next_look(one.created_at, one.now)):
            purchases.settle(session_id=one.session_id or "")
            looked += 1
    return looked


def _next_look(created_at: datetime, now: datetime) -> datetime:
    """One that is over is not looked at again; it says so itself."""
    rest = [created_at + look for look in LOOKS if created_at + look > now]
    return rest[0] if rest else now + LOOKS[-1]


def _look_at_subscriptions() -> int:
    # What waits for longer was written when a period's end was waited for.
    is_due = Q(look_at__lte=Now()) | Q(look_at__gt=Now() + tiers.DAILY)
    due = Subscription.objects.filter(is_due)
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
