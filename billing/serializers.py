"""The shapes of the billing API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework import serializers

from billing.models import INTERVALS, TIERS, Subscription
from billing.plans import FREE, PRO
from billing.told import LIVING


class UrlShape(serializers.Serializer[Any]):
    """Where to go on."""

    url = serializers.URLField(help_text="a page of the payment service, to open in a browser")


class SubscriptionShape(serializers.Serializer[Any]):
    """The plan that is subscribed to, and the tier that follows from it."""

    plan = serializers.ChoiceField(TIERS, help_text="what is subscribed to, paid or not")
    tier = serializers.ChoiceField(TIERS, help_text="what the account has now")
    status = serializers.CharField(
        allow_null=True,
        help_text="Stripe's word, such as `active`, `past_due` or `canceled`; null before the first"
        " subscription",
    )
    interval = serializers.ChoiceField(INTERVALS, allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    period_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="when it is paid for again"
    )
    ends_at = serializers.DateTimeField(
        allow_null=True, help_text="when it ends, or ended; null while it goes on"
    )
    cancel_at_period_end = serializers.BooleanField(help_text="canceled, and still running")
    past_due_since = serializers.DateTimeField(
        allow_null=True, help_text="since when a payment is due"
    )
    grace_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="when the tier is lost unless the payment comes"
    )


def present_subscription(row: Subscription) -> dict[str, Any]:
    """A subscription as SubscriptionShape."""
    is_living = row.status in LIVING
    grace = timedelta(days=settings.BILLING_GRACE_DAYS)
    due_since = row.past_due_since
    return {
        "plan": PRO if is_living else FREE,
        "tier": row.tier,
        "status": row.status or None,
        "interval": row.interval or None,
        "started_at": row.started_at,
        "period_ends_at": row.period_ends_at,
        "ends_at": row.ends_at,
        "cancel_at_period_end": is_living and row.ends_at is not None,
        "past_due_since": due_since,
        "grace_ends_at": due_since + grace if due_since is not None else None,
    }
