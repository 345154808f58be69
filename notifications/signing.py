"""Signing what is sent to users' own addresses, as Standard Webhooks has it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 24


def new_secret() -> str:
    """A fresh secret: the prefix and 192 random bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    *, message_id: str, at: datetime, body: str, secrets: Sequence[str]
) -> list[tuple[str, str]]:
    """The three headers; one signature for each secret, the present one first.

    ``at`` is the time of this attempt, aware of its zone. A receiver takes whichever signature
    it knows the secret of, so that a secret can be changed without losing a message.
    """
    moment = at.astimezone(UTC)
    signatures = [Webhook(secret).sign(message_id, moment, body) for secret in secrets]
    return [
        ("webhook-id", message_id),
        ("webhook-timestamp", str(int(moment.timestamp()))),
        ("webhook-signature", " ".join(signatures)),
    ]
