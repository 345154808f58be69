"""Identifiers: UUID version 7 (RFC 9562), ordered by the time they were made."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = (0, 0)


def uuid7() -> UUID:
    """A time-ordered UUID: 48 bits of Unix milliseconds, a 12-bit counter, 62 random bits.

    Within one process later calls sort after earlier ones (RFC 9562, § 6.2, method 1).
    """
    global _last
    with _lock:
        millis = time.time_ns() // 1_000_000
        last_millis, counter = _last
        if millis > last_millis:
            counter = int.from_bytes(os.urandom(2), "big") & 0x3FF
        else:
            millis, counter = last_millis, counter + 1
            if counter > 0xFFF:
                millis, counter = millis + 1, 0
        _last = (millis, counter)
    random_part = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=millis << 80 | 7 << 76 | counter << 64 | 2 << 62 | random_part)
