"""One LISTEN connection per process, fanned out to who waits in it.

PostgreSQL's NOTIFY only rings the bell; the rows are the truth, so a lost ring costs
a waiter at most ``RECHECK_S``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connection

from core.outbox import CHANNEL

log = logging.getLogger("techpack.bell")
RECHECK_S = 2.0

Listener = Callable[[], None]


class Bell:
    """Listeners by topic (``job:<id>``, ``user:<id>``); thread-safe."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def subscribe(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each ring of the topic; returns how to stop."""
        with self._lock:
            self._listeners[topic].add(listener)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="bell", daemon=True)
                self._thread.start()

        def stop() -> None:
            with self._lock:
                self._listeners[topic].discard(listener)
                if not self._listeners[topic]:
                    del self._listeners[topic]

        return stop

    def _ring(self, topics: list[str]) -> None:
        with self._lock:
            called = [one for topic in topics for one in self._listeners.get(topic, ())]
        for listener in called:
            listener()

    def _listen(self) -> None:
        retry = threading.Event()
        while True:
            try:
                self._listen_once()
            except psycopg.Error as error:
                log.warning("the bell lost its connection: %s", type(error).__name__)
                retry.wait(1.0)

    def _listen_once(self) -> None:
        params = connection.get_connection_params()
        params.pop("cursor_factory", None)
        params.pop("context", None)
        with psycopg.connect(**params, autocommit=True) as listening:
            listening.execute(f"LISTEN {CHANNEL}")
            with self._lock:
                topics = list(self._listeners)
            self._ring(topics)  # what rang while nobody listened
            for note in listening.notifies():
                self._ring([f"{kind}:{key}" for kind, key in json.loads(note.payload).items()])


bell = Bell()


def wait_until(topic: str, ready: Callable[[], Any], *, timeout_s: float) -> Any:
    """Check ``ready`` now and at each ring, until it is truthy or the time is over.

    Returns the last answer of ``ready``.
    """
    rung = threading.Event()
    stop = bell.subscribe(topic, rung.set)
    deadline = time.monotonic() + timeout_s
    try:
        while True:
            rung.clear()
            found = ready()
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            rung.wait(min(left, RECHECK_S))
    finally:
        stop()


class AsyncRing:
    """The bell for a coroutine: ``async with AsyncRing("user:…") as ring: await ring.wait(15)``."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._event = asyncio.Event()

    async def __aenter__(self) -> AsyncRing:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._event.set)

        self._stop = bell.subscribe(self._topic, wake)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._stop()

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a ring; false when the time is over."""
        try:
            await asyncio.wait_for(self._event.wait(), timeout_s)
        except TimeoutError:
            return False
        self._event.clear()
        return True
