"""Why an AI step fails, and what the user is told about it."""

from __future__ import annotations

from enum import StrEnum

from core.errors import GenerationFailed


class Failure(StrEnum):
    """The class of a failure; decides retries, charges and alerts."""

    TRANSIENT = "transient"
    AMBIGUOUS = "ambiguous"
    QUOTA = "quota"
    CONFIGURATION = "configuration"
    MALFORMED_OUTPUT = "malformed_output"
    USER_INPUT = "user_input"
    BUG = "bug"


WORDS: dict[Failure, tuple[str, tuple[str, ...]]] = {
    Failure.TRANSIENT: (
        "The AI service did not answer. Nothing was charged.",
        ("Try again", "Use fewer views"),
    ),
    Failure.AMBIGUOUS: (
        "The AI service did not answer. Nothing was charged.",
        ("Try again", "Use fewer views"),
    ),
    Failure.QUOTA: ("This service is unavailable right now. Nothing was charged.", ()),
    Failure.CONFIGURATION: ("This service is unavailable right now. Nothing was charged.", ()),
    Failure.MALFORMED_OUTPUT: (
        "The answer was unusable. Nothing was charged.",
        ("Try again",),
    ),
    Failure.USER_INPUT: (
        "No product could be found in this photo. Nothing was charged.",
        (
            "Photograph the product on a plain background, whole and sharp",
            "Draw two strokes on the photo to show where it is",
        ),
    ),
    Failure.BUG: (
        "Something went wrong on our side. Nothing was charged.",
        ("Try again", "Send us the request id if it stays"),
    ),
}


class ProviderError(Exception):
    """A provider's failure, already classified; vendor types do not come this far."""

    def __init__(self, failure: Failure, message: str, *, words: str = "") -> None:
        super().__init__(message)
        self.failure = failure
        self.words = words  # what to tell the user instead of the class's sentence


class LeaseLost(Exception):
    """Another worker holds the job now; what this one found is discarded."""


class Canceled(Exception):
    """The user asked to stop."""


def code_of(failure: Failure) -> str:
    """The error code that API clients see."""
    return "CONTENT_REFUSED" if failure is Failure.USER_INPUT else failure.value.upper()


def failed(failure: Failure, *, words: str = "", charged: str = "0") -> GenerationFailed:
    """The user's error for a class of failure."""
    message, suggestions = WORDS[failure]
    return GenerationFailed(
        words or message, code=code_of(failure), suggestions=suggestions, charged=charged
    )
