"""What a user is told when an answer could not be made."""

from __future__ import annotations

from core.errors import DomainError
from credits.operations import HoldClosed
from generation import errors
from generation.errors import Failure, LeaseLost, ProviderError, RequestRefused

AGAIN = ("Try again",)
WORDS: dict[Failure, tuple[str, tuple[str, ...]]] = {
    Failure.TRANSIENT: ("The AI service did not answer. Nothing was charged.", AGAIN),
    Failure.AMBIGUOUS: ("The AI service did not answer. Nothing was charged.", AGAIN),
    Failure.USER_INPUT: (
        "The AI service refused to answer this. Nothing was charged.",
        ("Say it in other words",),
    ),
}


def told(error: Exception) -> DomainError:
    """The domain error behind whatever ended an answer; nothing of the vendor's words in it."""
    if isinstance(error, HoldClosed | LeaseLost):
        return failed(Failure.TRANSIENT)
    if isinstance(error, DomainError):
        return error
    if isinstance(error, RequestRefused):
        return error.told()
    if isinstance(error, ProviderError):
        return failed(error.failure, words=error.words)
    return failed(Failure.BUG)


def failed(failure: Failure, *, words: str = "") -> DomainError:
    """A class of failure in the assistant's words."""
    usual, suggestions = WORDS.get(failure, ("", None))
    return errors.failed(failure, words=words or usual, suggestions=suggestions)
