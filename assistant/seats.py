"""How many answers a process makes at once."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings

from core.errors import RateLimited


class Seats:
    """A bounded count that never waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self) -> None:
        """Take one; raises RateLimited where all are taken."""
        with self._lock:
            if self._taken >= settings.CHATS_AT_ONCE:
                raise RateLimited(
                    "Too many answers are being made right now.",
                    retry_after_s=2,
                    suggestions=["Try again in a moment"],
                )
            self._taken += 1

    def leave(self) -> None:
        """Give it back."""
        with self._lock:
            self._taken -= 1

    def __enter__(self) -> None:
        self.take()

    def __exit__(self, *_: Any) -> None:
        self.leave()


seats = Seats()
