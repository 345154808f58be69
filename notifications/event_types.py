"""The events that addresses of users' own can be told of."""

from __future__ import annotations

from typing import Final

TEST: Final = "webhook.test"  # sent on request, whatever types an address is told of
TYPES: Final[tuple[str, ...]] = (
    "credits.changed",
    "job.updated",
    "notification.created",
    "product.updated",
    "subscription.changed",
    "SubscriptionTierChanged",
)
