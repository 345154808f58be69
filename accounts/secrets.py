"""The text of an API key and what is kept of it."""

import hashlib
import secrets

PREFIX = "tps_live_"
SHOWN_CHARACTERS = 6


def new_secret() -> str:
    """A fresh key: the prefix and 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def shown_part(secret: str) -> str:
    """The start of a key, enough for its owner to tell it from others."""
    return secret[: len(PREFIX) + SHOWN_CHARACTERS]


def hash_of(secret: str) -> str:
    """SHA-256 in hex.

    No salt and no slow hash: a key is 256 random bits, so there is nothing to guess.
    Keys are found by this hash, hence timing tells nothing about a stored one.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
