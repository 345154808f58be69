"""What follows from a change of tier, told as an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.operations import follow_tier
from billing import notices
from notifications import consuming

TIER_CHANGED = "SubscriptionTierChanged"


def permissions(message: Mapping[str, Any]) -> None:
    """What the user may do follows their tier."""
    follow_tier(user_id=UUID(message["userId"]))


def register_all() -> None:
    """Have the consumers told."""
    consuming.register("permissions", [TIER_CHANGED], permissions)
    consuming.register("notification", [TIER_CHANGED], notices.tier_changed)
