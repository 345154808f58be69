"""Reading who pays for what; ownership is part of each query."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from billing.models import Checkout, Payment, Subscription
from core.errors import NotFound


def subscription_of(user: Any) -> Subscription:
    """The user's subscription; one of nothing, which is not stored, where there is none."""
    found = Subscription.objects.filter(user_id=user.pk).first()
    return found or Subscription(user_id=user.pk)


def payments_of(user: Any) -> QuerySet[Payment]:
    """What the user paid, newest first."""
    return Payment.objects.filter(user_id=user.pk).order_by("-paid_at", "-id")


def checkout_of(user: Any, checkout_id: UUID) -> Checkout:
    """A purchase that the user began. Raises NotFound."""
    found = Checkout.objects.filter(user_id=user.pk, pk=checkout_id).first()
    if found is None:
        raise NotFound("There is no such purchase.")
    return found


def checkout_by_session(user: Any, session_id: str) -> Checkout:
    """The same by Stripe's name of it. Raises NotFound."""
    named = Checkout.objects.filter(user_id=user.pk, session_id=session_id)
    if not session_id or (found := named.first()) is None:
        raise NotFound("There is no such purchase.")
    return found
