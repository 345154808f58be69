"""A bounded queue between threads, whose reader may also be a coroutine."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """Nobody wants what the channel carries any more."""


class Late(Exception):
    """The time was over first."""


class Channel(Generic[T]):
    """One writer, one reader, ``room`` items between them.

    ``close`` is for either side that goes away: from then on both raise Closed.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._reader: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def put(self, item: T, *, until: float = math.inf) -> None:
        """Add an item when there is room; raises Closed, and Late at ``until`` (monotonic)."""
        with self._changed:
            self._wait(lambda: len(self._items) < self._room, until)
            self._items.append(item)
            self._tell()

    def put_last(self, item: T) -> None:
        """Add an item beyond the room: the reader gets it however late it is, if it is there."""
        with self._changed:
            if not self._is_closed:
                self._items.append(item)
                self._tell()

    def get(self, *, until: float = math.inf) -> T:
        """The next item; raises Closed, and Late at ``until`` (monotonic)."""
        with self._changed:
            self._wait(lambda: bool(self._items), until)
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    async def anext(self, *, keep: bool = False) -> T:
        """The next item, for a coroutine; ``keep`` leaves it there. Raises Closed."""
        loop, rung = asyncio.get_running_loop(), asyncio.Event()
        try:
            while True:
                with self._changed:
                    if self._is_closed:
                        raise Closed
                    if self._items:
                        item = self._items[0] if keep else self._items.popleft()
                        self._changed.notify_all()
                        return item
                    self._reader = (loop, rung)
                await rung.wait()
                rung.clear()
        finally:
            # Its loop may be another one the next time.
            self._reader = None

    @property
    def is_closed(self) -> bool:
        """One side has gone away."""
        return self._is_closed

    def close(self) -> None:
        """Drop what is in it and let nobody wait any longer."""
        with self._changed:
            self._is_closed = True
            self._items.clear()
            self._tell()

    def _wait(self, ready: Callable[[], bool], until: float) -> None:
        left = until - time.monotonic()
        is_in_time = self._changed.wait_for(
            lambda: self._is_closed or ready(), timeout=min(max(left, 0), threading.TIMEOUT_MAX)
        )
        if self._is_closed:
            raise Closed
        if not is_in_time:
            raise Late

    def _tell(self) -> None:
        self._changed.notify_all()
        if self._reader is None:
            return
        loop, rung = self._reader
        try:
            loop.call_soon_threadsafe(rung.set)
        except RuntimeError:  # the loop has ended, and its coroutine with it
            self._is_closed = True
