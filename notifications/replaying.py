"""Giving what was set aside to its consumer again, once its cause is mended."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least, Now

from core.errors import Conflict
from notifications.consuming import Unreadable, consumer, hand_over, read
from notifications.dead_letters import MOST_COUNTED, error_text
from notifications.models import DeadLetter


def replay(*, letter: DeadLetter) -> bool:
    """Do now what could not be done then; false where the consumer had that event meanwhile.

    Other events of the user may have been had before it. Raises Conflict where it was replayed
    already, or failed again: then it stays as it was, with the new error.
    """
    try:
        with transaction.atomic():
            open_ones = DeadLetter.objects.filter(pk=letter.pk, replayed_at=None)
            if not open_ones.update(replayed_at=Now()):
                raise Conflict("It was replayed already.")
            return hand_over(consumer(letter.consumer), read(letter.body.encode()))
    except Conflict:
        raise
    except (Unreadable, LookupError) as error:
        raise _failed_again(letter, str(error)) from error
    except Exception as error:
        raise _failed_again(letter, f"{type(error).__name__}: {error}") from error


def _failed_again(letter: DeadLetter, words: str) -> Conflict:
    counted = Least(F("attempts") + 1, MOST_COUNTED)
    DeadLetter.objects.filter(pk=letter.pk).update(attempts=counted, error=error_text(words))
    return Conflict(f"It failed again: {error_text(words)}")
