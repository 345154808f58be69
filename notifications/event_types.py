"""The events that addresses of users' own can be told of."""

from __future__ import annotations

from typing import Final

from notifications.catalogue import EVENTS

TEST: Final = "webhook.test"  # sent on request, whatever types an address is told of
TYPES: Final = tuple(sorted(EVENTS, key=str.lower))
