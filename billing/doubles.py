"""A plan that was bought twice, as by two open tabs: the second is ended and paid back in full.

Only what was bought here is, and later than the one that counts: a subscription that somebody
made by hand at Stripe stays, and so does an older one, which was paid for rightly.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from billing.gateway import client, end_subscription, pay_back, read
from billing.invoices import paid_of, payment_intents
from billing.plans import PRO
from billing.told import PAID, Told
from notifications.operations import notify

log = logging.getLogger("techpack.billing")

TWICE = "Bought twice, and paid back"  # at Stripe, of what was ended for that


def end_others(*, user_id: UUID, best: Told, everything: Iterable[Told]) -> list[str]:
    """End and pay back what runs beside the subscription that counts, and tell; returns their ids.

    Money first: whoever stops in between finds the subscription again. Done twice, it pays back
    once, and whoever ended it tells. Raises ProviderUnavailable.
    """
    if best.status not in PAID:
        return []
    ended = []
    for other in everything:
        if not _is_double(other, best):
            continue
        _pay_back(other.stripe_id)
        if end_subscription(other.stripe_id, comment=TWICE):
            log.warning("subscription %s was a second one, and ended", other.stripe_id)
            ended.append(other.stripe_id)
            _tell(user_id)
    return ended


def dispute_won(*, stripe_id: str, payment_intent: str, dispute: str) -> None:
    """Pay back a second purchase whose payment came again: their bank had it when it was ended.

    Nothing of any other subscription. Raises ProviderUnavailable.
    """
    found = read("subscription", stripe_id, client().v1.subscriptions.retrieve) or {}
    if (found.get("cancellation_details") or {}).get("comment") != TWICE:
        return
    # Under the first key Stripe says again that their bank has it.
    if pay_back(payment_intent, reason="duplicate", key=f"double:{payment_intent}:{dispute}"):
        log.warning("subscription %s was a second one: its dispute is won, so paid back", stripe_id)


def _is_double(other: Told, best: Told) -> bool:
    if other.stripe_id == best.stripe_id:
        return False
    is_later = other.created_at > best.created_at
    # Of two that were bought in the same second the one that does not count.
    is_twin = other.created_at == best.created_at and bool(best.checkout)
    return other.is_living and bool(other.checkout) and (is_later or is_twin)


def _tell(user_id: UUID) -> None:
    name = settings.PLANS[PRO]["name"]
    notify(
        user_id=user_id,
        kind="billing.bought_twice",
        title=f"{name} was bought twice",
        body=f"You paid for {name} a second time. That payment is paid back in full, and what it "
        f"was for has ended. The first one goes on: you stay on {name}.",
        link=reverse("billing:plan"),
        link_label="See your plan",
    )


def _pay_back(stripe_id: str) -> None:
    for invoice in paid_of(subscription=stripe_id):
        for intent in payment_intents(invoice):
            pay_back(intent, reason="duplicate", key=f"double:{intent}")
