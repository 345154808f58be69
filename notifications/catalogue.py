"""Every type of event that there is, the key it is routed by, and its form on the wire.

``docs/events/{routing key}.schema.json`` describes each message. A change that its readers would
not understand gets the next version, with a key and a schema of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from core.models import Event

Message = dict[str, Any]

EVENTS: Final[dict[str, str]] = {
    "SubscriptionTierChanged": "subscription.tier_changed.v1",
    "credits.changed": "credits.changed.v1",
    "job.updated": "job.updated.v1",
    "notification.created": "notification.created.v1",
    "product.updated": "product.updated.v1",
    "subscription.changed": "subscription.changed.v1",
}
SCHEMAS: Final[Path] = settings.BASE_DIR / "docs" / "events"
_VERSION: Final = re.compile(r"\.v([1-9][0-9]*)$")


def message_of(event: Event) -> Message:
    """An event as others read it: ``{id, type, version, occurredAt, userId, data}``."""
    return {
        "id": str(event.pk),
        "type": event.type,
        "version": event.version,
        "occurredAt": event.occurred_at.isoformat(),
        "userId": str(event.user_id),
        "data": event.data,
    }


def version_of(type: str) -> int | None:
    """The version that events of a type have now; None for a type that there is not."""
    found = _VERSION.search(EVENTS.get(type, ""))
    return int(found[1]) if found else None


def keys_of(types: Collection[str]) -> list[str]:
    """The routing keys of types. Raises KeyError for one that there is not."""
    return sorted(EVENTS[type] for type in types)


@cache
def schema_of(key: str) -> dict[str, Any]:
    """The JSON Schema of the messages with a routing key."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{key}.schema.json").read_text())
    return found
