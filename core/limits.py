"""Requests a minute, counted in the cache by fixed windows."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache

from core.errors import RateLimited

WINDOW_S = 60


def count_request(who: str) -> dict[str, str]:
    """Count one request of a user or key; returns the ``RateLimit-*`` headers.

    Raises RateLimited beyond ``settings.REQUESTS_PER_MINUTE``.
    """
    most = settings.REQUESTS_PER_MINUTE
    now = int(time.time())
    reset = WINDOW_S - now % WINDOW_S
    key = f"rate:{who}:{now // WINDOW_S}"
    cache.add(key, 0, WINDOW_S * 2)
    try:
        used = cache.incr(key)
    except ValueError:  # evicted between the two calls
        used = 1
    if used > most:
        raise RateLimited(
            f"More than {most} requests in a minute.",
            retry_after_s=reset,
            limit=most,
            suggestions=[f"Wait {reset} seconds"],
        )
    return {
        "RateLimit-Limit": str(most),
        "RateLimit-Remaining": str(most - used),
        "RateLimit-Reset": str(reset),
    }
