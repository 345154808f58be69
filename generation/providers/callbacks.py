"""What providers call back: signed, fresh, and read no further than we need it.

Messages follow Standard Webhooks. They say that something changed; how a film really is, its
provider is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

from core.errors import InvalidRequest, NotFound
from generation.providers.protocols import VideoCallback

MOST_BYTES: Final = 256 * 1024
_SECRETS: Final = {"openai": "OPENAI_WEBHOOK_SECRET", "gemini": "GEMINI_WEBHOOK_SECRET"}
_TYPES: Final = {
    "openai": frozenset(["video.completed", "video.failed"]),
    "gemini": frozenset(
        [
            "interaction.completed",
            "interaction.failed",
            "interaction.cancelled",
            "interaction.requires_action",
            "video.generated",
        ]
    ),
}
_TYPE: Final = re.compile(r"[\w.:-]{1,80}", re.ASCII)
_REF: Final = re.compile(r"[!-~]{1,200}")
_ID: Final = re.compile(r"[!-~]{1,200}")


def taken(provider: str, headers: Mapping[str, str], body: bytes) -> VideoCallback:
    """A provider's message about a film; its ``ref`` is "" where it is about something else.

    Raises NotFound where no messages of that provider are expected, and InvalidRequest for
    whatever it did not sign within the last five minutes, or in no form that is known.
    """
    webhook = _webhook_of(provider)
    if len(body) > MOST_BYTES:
        raise _refused("The message is too long.")
    sent = {name.lower(): value for name, value in headers.items()}
    try:
        # It reads the signature after the body's encoding and the headers, and stumbles over
        # each of them in its own way.
        webhook.verify(body, sent, json_parse=False)
        told = json.loads(body)
    except (WebhookVerificationError, ValueError, OverflowError, RecursionError):
        raise _refused("The message is not signed as it should be.") from None
    message_id = sent["webhook-id"]
    kind = told.get("type") if isinstance(told, Mapping) else None
    if not _ID.fullmatch(message_id) or not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise _refused("The message says nothing that is known here.")
    return VideoCallback(message_id, kind, _ref(told) if kind in _TYPES[provider] else "")


def _webhook_of(provider: str) -> Webhook:
    secret: str = getattr(settings, _SECRETS.get(provider, ""), "")
    if secret:
        try:
            return Webhook(secret)
        except (EmptyWebhookSecretError, ValueError):
            secret = ""
    raise NotFound("There is nothing here.")


def _ref(told: Mapping[str, Any]) -> str:
    about = told.get("data")
    ref = about.get("id") if isinstance(about, Mapping) else None
    if not isinstance(ref, str):
        return ""
    ref = ref.removeprefix("interactions/")
    return ref if _REF.fullmatch(ref) else ""


def _refused(words: str) -> InvalidRequest:
    return InvalidRequest(words, fields={"body": [words]})
