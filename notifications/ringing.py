"""Ringing for the relay after events were committed, without keeping anybody waiting.

A thread of each process sends the ring, at most one a second, so that neither a crowd of events
nor a broker that is slow to answer is felt where the events come from. A ring that is lost is
made good by beat, which rings every five seconds.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from notifications.tasks import relay

log = logging.getLogger("techpack.events")

APART_S: Final = 1.0
# A ring that nobody took by then: beat has rung since.
EXPIRES_S: Final = 5


class Ringer:
    """Sends rings from a thread of its own, which begins with the first."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._never = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Ring soon; quick, and from any thread."""
        if not self._wanted.is_set():
            self._wanted.set()
        if self._thread is None or not self._thread.is_alive():  # a fork leaves threads behind
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send, name="ringer", daemon=True)
                self._thread.start()

    def _send(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            try:
                relay.apply_async(expires=EXPIRES_S)
            except relay.OperationalError as error:
                log.warning("the broker did not take a ring: %s", type(error).__name__)
            self._never.wait(APART_S)


ringer = Ringer()
