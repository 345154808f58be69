"""One thread that does things at their time."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable


class Clock:
    """Calls what it was given, each when it is due, until it is stopped."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._changed = threading.Condition()
        self._count = 0
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Call ``do`` in that many seconds."""
        with self._changed:
            self._count += 1
            heapq.heappush(self._due, (time.monotonic() + seconds, self._count, do))
            if not self._thread.is_alive():
                self._thread.start()
            self._changed.notify_all()

    def stop(self) -> None:
        """Call nothing any more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def _run(self) -> None:
        while (do := self._next()) is not None:
            do()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._is_stopped:
                left_s = self._due[0][0] - time.monotonic() if self._due else None
                if left_s is not None and left_s <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(left_s)
        return None
