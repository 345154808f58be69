"""How a film fails: one of six codes, and the words that its user is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.errors import GenerationFailed
from generation import errors
from generation.errors import Failure, ProviderError
from generation.providers.film_failures import CLASS_OF, CODE_OF, CODES, WORDS
from generation.providers.protocols import VideoCode, VideoState

ERROR_CODE: Final = "errorCode"  # where a job's error keeps the code, in its context

# A bug in here is our own fault; towards a vendor it is a request that was found wrong.
_OF_FAILURE: Final[Mapping[Failure, VideoCode]] = {**CODE_OF, Failure.BUG: "server_error"}
_OF_JOB: Final[Mapping[str, VideoCode]] = {
    **{errors.code_of(failure): code for failure, code in _OF_FAILURE.items()},
    "NOT_FOUND": "invalid_request",
    "INVALID_FIELD": "invalid_request",
}
# What a job's error says in words that are fit for a film; the others are those of a photo.
_FIT: Final = frozenset({"BUG", "NOT_FOUND", "INVALID_FIELD"})


def code_of(error: ProviderError) -> VideoCode:
    """The code of a provider's failure: its own where that is one of the six."""
    if (known := next((code for code in CODES if code == error.code), None)) is not None:
        return known
    is_content = error.failure is Failure.USER_INPUT and bool(error.code)
    return "moderation_blocked" if is_content else _OF_FAILURE[error.failure]


def told(error: ProviderError) -> GenerationFailed:
    """What the user is told of a provider's failure; nothing is charged."""
    code = code_of(error)
    return worded(code, failure=error.failure, words=error.words, suggestions=error.suggestions)


def worded(
    code: VideoCode, *, failure: Failure | None = None, words: str = "", suggestions: Any = None
) -> GenerationFailed:
    """The error of a film that failed with ``code``, in its usual words where none are given.

    What is refused for its content is always told in the same words.
    """
    message, usual = WORDS[code]
    return GenerationFailed(
        message if code == "moderation_blocked" else words or message,
        code=errors.code_of(failure or CLASS_OF[code]),
        suggestions=usual if suggestions is None else suggestions,
        context={ERROR_CODE: code},
    )


def error_of(state: VideoState) -> ProviderError:
    """The failure that a provider told of a film; one that it stopped by itself has failed."""
    code: VideoCode = state.code or "server_error"
    return ProviderError(
        CLASS_OF[code],
        state.message or f"the film {state.status}",
        words=state.words,
        code=code,
        usage=state.usage,
        ref=state.ref,
    )


def lost(ref: str, message: str) -> ProviderError:
    """The failure of a film that its provider does not know any more."""
    return ProviderError(Failure.TRANSIENT, message, code="server_error", ref=ref)


def of_job(error: Mapping[str, Any] | None, *, is_overdue: bool) -> GenerationFailed | None:
    """What a job's error has to become where it does not name one of the six codes yet."""
    known = error or {}
    context: Mapping[str, Any] = known.get("context") or {}
    if context.get(ERROR_CODE) in CODES:
        return None
    name = str(known.get("code") or "")
    code: VideoCode = "timeout" if is_overdue else _OF_JOB.get(name, "server_error")
    if name not in _FIT or is_overdue:
        return worded(code)
    told = worded(code, words=str(known.get("message")), suggestions=known.get("suggestions"))
    told.code = name
    return told
