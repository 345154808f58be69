"""Why an AI step fails, and what the user is told about it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from core.errors import DomainError, GenerationFailed, InvalidRequest
from generation.providers.protocols import Usage

# Our own code for a photo without a product.
NO_PRODUCT: Final = "NO_PRODUCT"


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
    """A provider's failure, already classified; vendor types do not come this far.

    ``words`` and ``suggestions`` tell the user instead of the class's. ``code`` is the provider's
    own for it, or ours (``NO_PRODUCT``); a refusal of content without one is borderline and never
    charged. ``usage`` and ``ref`` are what was consumed all the same, where the provider said it,
    and ``prompt_version`` what it had been told. ``retry_after_s`` is how long it asked to wait.
    ``can_ask_again``: it surely began nothing, and may begin something the next time.
    """

    def __init__(
        self,
        failure: Failure,
        message: str,
        *,
        words: str = "",
        suggestions: Sequence[str] | None = None,
        code: str = "",
        usage: Usage | None = None,
        ref: str = "",
        retry_after_s: float | None = None,
        can_ask_again: bool = False,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.words = words
        self.suggestions = suggestions
        self.code = code
        self.usage = usage
        self.ref = ref
        self.retry_after_s = retry_after_s
        self.can_ask_again = can_ask_again
        self.prompt_version = ""


class RequestRefused(ProviderError):
    """The provider found the request itself wrong, not its content: the client's mistake.

    ``param`` is the path of the parameter in the client's own request, "" where none is known.
    Such a refusal is answered with 400 and is no warning under the policy on content.
    """

    def __init__(
        self,
        message: str,
        *,
        param: str = "",
        ref: str = "",
        words: str = "",
        suggestions: Sequence[str] | None = None,
    ) -> None:
        super().__init__(Failure.USER_INPUT, message, ref=ref, words=words, suggestions=suggestions)
        self.param = param

    def told(self) -> InvalidRequest:
        """The client's error."""
        free = {"charged": "0"}
        if self.words:
            return InvalidRequest(
                self.words,
                fields={self.param or "body": [self.words]},
                suggestions=self.suggestions or (),
                context=free,
            )
        return InvalidRequest(
            "The model does not take this request. Nothing was charged.",
            fields={self.param or "body": ["The model does not take this as it was sent."]},
            context=free,
            suggestions=[
                f"Change or leave out {self.param}" if self.param else "Leave out unusual options",
                "Ask another model",
            ],
        )


class LeaseLost(Exception):
    """Another worker holds the job now; what this one found is discarded."""


class Canceled(Exception):
    """The user asked to stop."""


def code_of(failure: Failure) -> str:
    """The error code that API clients see."""
    return "CONTENT_REFUSED" if failure is Failure.USER_INPUT else failure.value.upper()


def told(error: ProviderError) -> DomainError:
    """What the user is told of a provider's failure that costs nothing."""
    if isinstance(error, RequestRefused):
        return error.told()
    return failed(error.failure, words=error.words, suggestions=error.suggestions)


def failed(
    failure: Failure,
    *,
    words: str = "",
    suggestions: Sequence[str] | None = None,
    charged: str = "0",
) -> GenerationFailed:
    """The user's error for a class of failure, in its usual words where none are given."""
    message, usual = WORDS[failure]
    return GenerationFailed(
        words or message,
        code=code_of(failure),
        suggestions=usual if suggestions is None else suggestions,
        charged=charged,
    )
