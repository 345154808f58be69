"""Somebody is deleted here: what they subscribed to ends, and Stripe deletes what it knows of them.

What is to be done is written down in the transaction that deletes them, and tried until Stripe
did it; what comes of their money meanwhile goes back. The ledger stays, without a name.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from djstripe.models import Customer as Mirrored

from billing import late
from billing.gateway import asking, client, end_subscription
from billing.models import Customer, FormerCustomer
from billing.told import OVER
from core.errors import NotFound, ProviderUnavailable

log = logging.getLogger("techpack.billing")

AT_ONCE: Final = 50
MOST: Final = 100
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)


def remember(sender: Any, instance: Any, **_: Any) -> None:
    """Before a user is deleted: write down whom Stripe knows them as."""
    found = Customer.objects.filter(user_id=instance.pk)
    for stripe_id in found.values_list("stripe_id", flat=True):
        FormerCustomer.objects.get_or_create(stripe_id=stripe_id)


def end_due() -> int:
    """End and delete at Stripe who left; returns how many. What fails is due again later."""
    if not settings.PAYMENTS.sells:
        return 0
    ended = 0
    due = FormerCustomer.objects.filter(due_at__lte=Now()).order_by("due_at")
    for row in list(due[:AT_ONCE]):
        mine = FormerCustomer.objects.filter(pk=row.pk, attempts=row.attempts)
        if not mine.update(attempts=F("attempts") + 1, due_at=Now() + _pause(row.attempts)):
            continue
        try:
            is_over = _end(row)
        except ProviderUnavailable:
            log.warning("customer %s is deleted at Stripe later", row.stripe_id)
            continue
        if is_over:
            FormerCustomer.objects.filter(pk=row.pk).delete()
            ended += 1
    return ended


def hasten(*, customer: str) -> None:
    """Stripe told something of who left: they are looked at soon."""
    FormerCustomer.objects.filter(stripe_id=customer).update(due_at=Now())


def _pause(attempts: int) -> timedelta:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts, 10))


def _end(row: FormerCustomer) -> bool:
    """Whether that was all: not while a bank is still paying.

    Each step may have been done before; a customer who is deleted has no subscriptions.
    """
    stripe_id = row.stripe_id
    try:
        _end_subscriptions(stripe_id)
        _close_checkouts(stripe_id)
        if not late.pay_back_all(stripe_id, since=row.left_at):
            log.info("customer %s is deleted at Stripe once their bank has paid, or not", stripe_id)
            return False
        with asking("delete a customer"):
            client().v1.customers.delete(stripe_id)
    except NotFound:
        log.info("Stripe has no customer %s any more", stripe_id)
    Mirrored.objects.filter(id=stripe_id).delete()
    return True


def _end_subscriptions(stripe_id: str) -> None:
    params: Any = {"customer": stripe_id, "status": "all", "limit": MOST}
    with asking("list the subscriptions of who left"):
        found = client().v1.subscriptions.list(params=params).data
    for one in found:
        if one.status not in OVER:
            end_subscription(one.id)


def _close_checkouts(stripe_id: str) -> None:
    """Nobody pays for somebody who is gone."""
    params: Any = {"customer": stripe_id, "status": "open", "limit": MOST}
    with asking("list the checkouts of who left"):
        found = client().v1.checkout.sessions.list(params=params).data
    for one in found:
        with asking("close the checkout of who left"):
            client().v1.checkout.sessions.expire(one.id)
