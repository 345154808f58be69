"""Messages that were set aside, until somebody looks at them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Least, Now

from notifications.models import DeadLetter

BODY_LONGEST: Final = 100_000
ERROR_LONGEST: Final = 500
MOST_COUNTED: Final = 30_000


def bury(
    *, consumer: str, body: str, error: str, event_id: UUID | None = None, attempts: int = 1
) -> None:
    """Set a message aside; the same again, which nobody looked at yet, is one."""
    kept, words = _clean(body)[:BODY_LONGEST], error_text(error)
    same = DeadLetter.objects.filter(
        consumer=consumer, event_id=event_id, body=kept, replayed_at=None
    )
    counted = Least(F("attempts") + attempts, MOST_COUNTED)
    if not same.update(attempts=counted, error=words, died_at=Now()):
        DeadLetter.objects.create(
            consumer=consumer, event_id=event_id, body=kept, error=words, attempts=attempts
        )


def text_of(body: bytes) -> str:
    """What came, as text that the database keeps."""
    return _clean(body.decode(errors="replace"))


def error_text(error: str) -> str:
    """An error's words, as text that the database keeps."""
    return _clean(error)[:ERROR_LONGEST]


def _clean(text: str) -> str:
    whole = text.encode(errors="replace").decode()  # no half of a surrogate pair
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
