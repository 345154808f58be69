"""Asking Stripe how a user's subscription stands: whoever heard of it, at whatever moment.

A webhook, the page people come back to and the clock all come here. The events' own words are
never believed: all that a user has is read anew, outside of any transaction, and applied unless
somebody who asked later was quicker.
"""

from __future__ import annotations

import logging
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from billing import doubles, invoices, tiers
from billing.customers import owner_of
from billing.gateway import asking, client, read
from billing.models import Customer, Subscription
from billing.told import PAST_DUE, Told, best_of, id_of, moment, told, twins_of
from core.errors import NotFound

log = logging.getLogger("techpack.billing")

MOST = 100  # subscriptions of one customer that are looked at


def refresh(*, stripe_id: str) -> Subscription | None:
    """Read anew what the owner of a subscription has, and apply it.

    None for a subscription that is nobody's here, and where a later reader was quicker. Raises
    ProviderUnavailable.
    """
    user_id = _owner_of(stripe_id)
    return None if user_id is None else refresh_of(user_id=user_id, also=stripe_id)


def refresh_of(*, user_id: UUID, also: str = "") -> Subscription | None:
    """Read anew what a user has, ``also`` this subscription, and apply it.

    None where a later reader was quicker, or the user is gone. Raises ProviderUnavailable.
    """
    if (row := _take_number(user_id)) is None:
        return None
    everything = _read(user_id, known=row.stripe_id, also=also)
    found = best_of(everything)
    applied = tiers.apply(
        user_id=user_id,
        read=row.reads,
        told=found,
        due_since=_due_since(found),
        twins=twins_of(found, everything),
    )
    if applied is None:  # a later reader sees to it
        return None
    best = next((one for one in everything if one.stripe_id == applied.stripe_id), None)
    if best is not None:
        invoices.note_missing(stripe_id=best.stripe_id, newest=best.latest_invoice)
        doubles.end_others(user_id=user_id, best=best, everything=everything)
    return applied


def _owner_of(stripe_id: str) -> UUID | None:
    known = Subscription.objects.filter(stripe_id=stripe_id).values_list("user_id", flat=True)
    if (user_id := known.first()) is not None:
        return user_id
    if (found := _retrieve(stripe_id)) is None:
        return None
    metadata = found.get("metadata") or {}
    return owner_of(id_of(found["customer"]), named=metadata.get("user", ""))


def _take_number(user_id: UUID) -> Subscription | None:
    """The user's row with a new number in ``reads``; None for a user who is gone."""
    try:
        with transaction.atomic():
            Subscription.objects.get_or_create(user_id=user_id)
            rows = Subscription.objects.filter(user_id=user_id)
            rows.update(reads=F("reads") + 1)
            return rows.first()
    except IntegrityError:
        log.info("the user of a subscription is gone")
        return None


def _read(user_id: UUID, *, known: str, also: str) -> list[Told]:
    """Every subscription to a plan that the user has or had."""
    customers = Customer.objects.filter(user_id=user_id).values_list("stripe_id", flat=True)
    found = {one["id"]: one for customer in customers for one in _of_customer(customer)}
    for stripe_id in {known, also} - {"", *found}:
        if (one := _retrieve(stripe_id)) is not None:
            found[stripe_id] = one
        elif settings.STRIPE_LIVE_MODE and stripe_id == known:
            # Stripe forgets no subscription but those of tests: these keys are another account's.
            raise NotFound("The payment service does not know this subscription any more.")
    return [ours for one in found.values() if (ours := told(one)) is not None]


def _of_customer(customer: str) -> list[dict[str, Any]]:
    params: Any = {"customer": customer, "status": "all", "limit": MOST}
    params["expand"] = ["data.latest_invoice"]
    try:
        with asking("list subscriptions"):
            listed = client().v1.subscriptions.list(params=params)
    except NotFound:
        return []
    return [one.to_dict() for one in listed.data]


def _retrieve(stripe_id: str) -> dict[str, Any] | None:
    retrieve = client().v1.subscriptions.retrieve
    found: dict[str, Any] | None = read("subscription", stripe_id, retrieve, "latest_invoice")
    return found


def _due_since(best: Told | None) -> datetime | None:
    """Since when a payment is due; None where none is."""
    if best is None or best.status != PAST_DUE:
        return None
    params: Any = {"subscription": best.stripe_id, "limit": MOST}
    with asking("list invoices"):
        listed = client().v1.invoices.list(params=params).data
    return _oldest_due([invoice.to_dict() for invoice in listed])


def _oldest_due(listed: list[dict[str, Any]]) -> datetime | None:
    """When the oldest that is open since the last that was paid was asked for; newest first."""
    unpaid = takewhile(lambda one: one["status"] != "paid", listed)
    found = [one for one in unpaid if one["status"] == "open"]
    asked_at = [(one.get("status_transitions") or {}).get("finalized_at") for one in found]
    dates = [at or one["created"] for at, one in zip(asked_at, found, strict=True)]
    return moment(min(dates, default=None))
