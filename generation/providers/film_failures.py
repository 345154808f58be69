"""What a vendor's error means for a film: its class, one of our six codes, what the user is told.

Only what surely began nothing may be asked for again: a request that was turned away because of
too many others, or that never went out. A gateway that gave up waiting says nothing of the film.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from generation.errors import Failure, ProviderError
from generation.providers.failures import (
    Fault,
    fault_in,
    is_content_code,
    line_of,
    name_of,
    transport_failure,
)
from generation.providers.protocols import VideoCode, VideoState
from generation.providers.step_failures import is_too_much, is_unfit, is_unreadable

CODES: Final[tuple[VideoCode, ...]] = get_args(VideoCode)
WORDS: Final[Mapping[VideoCode, tuple[str, tuple[str, ...]]]] = {
    "moderation_blocked": (
        "Your request was blocked by our moderation system.",
        (
            "Describe the product and how it is shown, without people, brands or text of others",
            "Use a photo that shows the product alone",
        ),
    ),
    "invalid_request": (
        "The AI service does not take this request. Nothing was charged.",
        ("Shorten the description", "Choose another length or size", "Use another photo"),
    ),
    "rate_limit_exceeded": (
        "The AI service has too much to do right now. Nothing was charged.",
        ("Try again in a minute",),
    ),
    "insufficient_quota": (
        "This service is unavailable right now. Nothing was charged.",
        ("Choose another model",),
    ),
    "server_error": (
        "The AI service could not make this film. Nothing was charged.",
        ("Try again", "Choose another model"),
    ),
    "timeout": (
        "The AI service did not answer in time. Nothing was charged.",
        ("Try again", "Choose a shorter film"),
    ),
}
# Of a model that films photos as they are: what was wished is none of what it can do.
NOT_POSSIBLE: Final = "film_not_possible"
NOT_POSSIBLE_WORDS: Final = "The AI service cannot film this. Nothing was charged."
NOT_POSSIBLE_SUGGESTIONS: Final = (
    "Ask for a turn, a pan, a zoom or close-ups on a plain backdrop",
    "Choose a product with photos",
)
# Where a vendor's code is one of ours, this is its class.
CLASS_OF: Final[Mapping[VideoCode, Failure]] = {
    "moderation_blocked": Failure.USER_INPUT,
    "invalid_request": Failure.USER_INPUT,
    "rate_limit_exceeded": Failure.TRANSIENT,
    "insufficient_quota": Failure.QUOTA,
    "server_error": Failure.TRANSIENT,
    "timeout": Failure.AMBIGUOUS,
}
CODE_OF: Final[Mapping[Failure, VideoCode]] = {
    Failure.TRANSIENT: "server_error",
    Failure.AMBIGUOUS: "timeout",
    Failure.QUOTA: "insufficient_quota",
    Failure.CONFIGURATION: "server_error",
    Failure.MALFORMED_OUTPUT: "server_error",
    Failure.USER_INPUT: "invalid_request",
    Failure.BUG: "invalid_request",
}
_TOO_MANY: Final = frozenset(
    [
        "rate_limit_exceeded",
        "rate_limit_error",
        "slow_down",
        "requests",
        "tokens",
        "RESOURCE_EXHAUSTED",
    ]
)
_USERS: Final = ("prompt", "input_reference", "seconds", "size")  # what of a request people chose
_UNBEGUN: Final = (429, 503)
_GAVE_UP: Final = (502, 504, 520, 521, 522, 523, 524)
_TIMEOUTS: Final = (408, 504, 522, 524)


class FilmGone(ProviderError):
    """The vendor knows no such film, or no longer; said of itself, not by a gateway before it."""


def film_refusal(
    body: Any,
    *,
    vendor: str,
    status: int | None,
    headers: Mapping[str, str] | None = None,
    ref: str = "",
) -> ProviderError:
    """The ProviderError for a vendor's error object; ``status`` is None for one in an answer."""
    fault = fault_in(body, status=status, headers=headers or {})
    failure, code = verdict(fault)
    kind = FilmGone if _is_gone(fault) else ProviderError
    error = film_error(failure, fault.line(vendor), code=code, ref=ref, kind=kind)
    if NOT_POSSIBLE in fault.codes:
        error.words, error.suggestions = NOT_POSSIBLE_WORDS, NOT_POSSIBLE_SUGGESTIONS
    error.retry_after_s = fault.after_s
    error.can_ask_again = failure is Failure.TRANSIENT and status in _UNBEGUN
    return error


def film_transport(error: BaseException | None, *, vendor: str) -> ProviderError:
    """The ProviderError for an error between us and the vendor."""
    failure, is_unsent = transport_failure(error)
    found = film_error(failure, line_of(vendor, error))
    found.can_ask_again = is_unsent and failure is Failure.TRANSIENT
    return found


def film_error(
    failure: Failure,
    line: str,
    *,
    code: VideoCode | None = None,
    ref: str = "",
    kind: type[ProviderError] = ProviderError,
) -> ProviderError:
    """A ProviderError in the words of its code, which is its class's where none is given.

    ``line`` is for our log.
    """
    code = code or CODE_OF[failure]
    words, suggestions = WORDS[code]
    return kind(failure, line, words=words, suggestions=suggestions, code=code, ref=ref)


def failed_film(ref: str, error: Any, *, vendor: str) -> VideoState:
    """The state of a film that failed with a vendor's error object, whatever that is."""
    fault = fault_in(error, status=None, headers={})
    _, code = verdict(fault)
    words = NOT_POSSIBLE_WORDS if NOT_POSSIBLE in fault.codes else WORDS[code][0]
    return VideoState(ref, "failed", code=code, words=words, message=fault.line(vendor))


def verdict(fault: Fault) -> tuple[Failure, VideoCode]:
    """The class of a vendor's error, and our code for it."""
    if any(is_content_code(code) for code in fault.codes):
        return Failure.USER_INPUT, "moderation_blocked"
    if fault.failure is Failure.QUOTA:
        return Failure.QUOTA, "insufficient_quota"
    own = next((code for code in CODES if code in fault.codes), None)
    if own is not None:
        return CLASS_OF[own], own
    if NOT_POSSIBLE in fault.codes:
        return Failure.USER_INPUT, "invalid_request"
    failure = _class_of(fault)
    return failure, _code_of(failure, fault)


def _is_gone(fault: Fault) -> bool:
    is_ours = is_unfit(fault) or fault.code == "model_not_found"
    return fault.status in (404, 410) and "message" in fault.error and not is_ours


def _class_of(fault: Fault) -> Failure:
    """Of a request that was found wrong, people chose the words, the photo, length and size."""
    if is_unreadable(fault) or is_too_much(fault):
        return Failure.USER_INPUT
    if fault.status == 501:  # there is no such interface, and there will be none in a minute
        return Failure.CONFIGURATION
    if fault.status in _GAVE_UP and not (fault.codes or fault.kind):
        return Failure.AMBIGUOUS
    if fault.failure is not None:
        return fault.failure
    param = name_of(fault.error.get("param"))
    if param.startswith(_USERS):
        return Failure.USER_INPUT
    return Failure.CONFIGURATION if is_unfit(fault) else Failure.BUG


def _code_of(failure: Failure, fault: Fault) -> VideoCode:
    is_waiting = failure in (Failure.TRANSIENT, Failure.AMBIGUOUS)
    if is_waiting and (fault.status == 429 or _TOO_MANY & {*fault.codes, fault.kind}):
        return "rate_limit_exceeded"
    if is_waiting:
        return "timeout" if fault.status in _TIMEOUTS else "server_error"
    return CODE_OF[failure]
