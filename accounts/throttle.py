"""Wrong keys and locked sign-ins: what is counted, and what is answered."""

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from accounts.addresses import client_address
from core.errors import RateLimited
from core.http import told

WRONG_KEYS_ALLOWED = 20
WRONG_KEYS_WINDOW_S = 600


def refuse_guessing(request: HttpRequest, credential: str) -> None:
    """Count a wrong key, each once; raise RateLimited where its address has tried too many.

    A right key is never refused for it: many people may share an address. Nor is a client that
    goes on with the one key that was revoked: that is no guessing.
    """
    address = _hash(client_address(request))
    counter, known = f"wrong-keys:{address}", f"wrong-key:{address}:{_hash(credential)}"
    if cache.get(known):
        return
    if cache.get(counter, 0) >= WRONG_KEYS_ALLOWED:
        raise RateLimited(
            "Too many wrong keys from this address.",
            retry_after_s=WRONG_KEYS_WINDOW_S,
            limit=WRONG_KEYS_ALLOWED,
        )
    cache.set(known, True, WRONG_KEYS_WINDOW_S)
    cache.add(counter, 0, WRONG_KEYS_WINDOW_S)
    try:
        cache.incr(counter)
    except ValueError:  # evicted between the two calls
        cache.set(counter, 1, WRONG_KEYS_WINDOW_S)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def locked_out(
    request: HttpRequest, original: HttpResponse, credentials: object = None
) -> HttpResponse:
    """The answer while sign-in is locked after too many wrong passwords: 429."""
    wait_s = int(settings.AXES_COOLOFF_TIME.total_seconds())
    error = RateLimited(
        "Too many wrong passwords. Sign-in is locked for this address and account.",
        retry_after_s=wait_s,
        suggestions=[f"Wait {wait_s // 60} minutes", "Reset the password by mail"],
    )
    return told(error, request)
