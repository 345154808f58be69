"""Clients of providers: one per process and account, made on first use and kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Clients by provider, address and key, as ``make`` makes them; threads share one."""

    def __init__(self, make: Callable[[str, str, str], T]) -> None:
        self._make = make
        self._begin()
        # A forked child must not write into its parent's connections.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._made: dict[tuple[str, str, str], T] = {}
        self._making = threading.Lock()

    def of(self, provider: str, url: str, key: str) -> T:
        """The client of an account. Raises what ``make`` raises."""
        account = (provider, url, key)
        with self._making:
            if account not in self._made:
                self._made[account] = self._make(*account)
            return self._made[account]
