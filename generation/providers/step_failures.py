"""What a vendor's error means for a step: its class, what the user is told, whether to ask again.

A step asks again wherever the vendor answered with a passing error: nothing was made. Where the
request went out and no answer came, nobody knows, and it is never sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generation.errors import NO_PRODUCT, Failure, ProviderError, RequestRefused
from generation.providers.failures import (
    Fault,
    fault_in,
    line_of,
    name_of,
    transport_failure,
)
from generation.providers.protocols import Usage

CONTENT_WORDS: Final = (
    "The AI service refused this picture or its words under its rules on content. "
    "Nothing was charged."
)
CONTENT_SUGGESTIONS: Final = (
    "Use a photo that shows the product alone, without people, logos or text of others",
    "Leave out words that are not about the product",
)
UNREADABLE_WORDS: Final = "The AI service could not read this photo. Nothing was charged."
UNREADABLE_SUGGESTIONS: Final = ("Upload the photo again as a JPEG or PNG",)
TOO_MUCH_WORDS: Final = "This is more than the AI service takes at once. Nothing was charged."
TOO_MUCH_SUGGESTIONS: Final = ("Use fewer views", "Shorten the description")
NOT_POSSIBLE_WORDS: Final = "The AI service cannot make this change. Nothing was charged."
NOT_POSSIBLE_SUGGESTIONS: Final = (
    "Ask for one plain change, for example another colour or background",
    "Correct the outline of the photo first",
)

# About the photo, and about how much there is: the request was made well all the same.
_UNREADABLE: Final = frozenset(
    [
        "invalid_image",
        "invalid_image_format",
        "invalid_base64_image",
        "image_too_large",
        "image_too_small",
        "image_parse_error",
        "invalid_image_mode",
        "image_file_too_large",
        "unsupported_image_media_type",
        "empty_image_file",
        "image_file_not_found",
    ]
)
_TOO_MUCH: Final = frozenset(["context_length_exceeded", "string_above_max_length"])
# The model that was set up cannot do what a step needs.
_UNFIT: Final = frozenset(
    [
        "unsupported_parameter",
        "unsupported_value",
        "unknown_parameter",
        "invalid_model",
        "model_not_supported",
    ]
)


class RequestWrong(ProviderError):
    """The vendor found the request wrong as we made it, and did nothing about it.

    ``param`` is the parameter that it names, "" where it names none.
    """

    param = ""


def refusal_of(
    body: Any,
    *,
    vendor: str,
    status: int | None,
    headers: Mapping[str, str] | None = None,
    ref: str = "",
    usage: Usage | None = None,
) -> ProviderError:
    """The ProviderError for a vendor's error object; ``status`` is None for one in an answer."""
    fault = fault_in(body, status=status, headers=headers or {})
    if fault.code == "edit_not_possible":
        return RequestRefused(
            fault.line(vendor), words=NOT_POSSIBLE_WORDS, suggestions=NOT_POSSIBLE_SUGGESTIONS
        )
    failure = _class_of(fault)
    if status == 501:  # there is no such interface, and there will be none in a minute
        failure = Failure.CONFIGURATION
    words, suggestions = _words(failure, fault)
    has_cost = usage is not None and usage.total_tokens > 0
    is_ours = fault.failure is None and failure in (Failure.BUG, Failure.CONFIGURATION)
    error = (RequestWrong if is_ours else ProviderError)(
        failure,
        fault.line(vendor),
        words=words,
        suggestions=suggestions,
        code=_code(failure, fault),
        usage=usage,
        ref=ref,
        retry_after_s=fault.after_s,
        can_ask_again=failure is Failure.TRANSIENT and not has_cost,
    )
    if isinstance(error, RequestWrong):
        error.param = name_of(fault.error.get("param"))
    return error


def content_refused(
    vendor: str, *, code: str, ref: str = "", usage: Usage | None = None
) -> ProviderError:
    """A refusal of content; ``code`` is the vendor's own, "" where it gave none."""
    return ProviderError(
        Failure.USER_INPUT,
        f"{vendor}: refused {code}".strip(),
        words=CONTENT_WORDS,
        suggestions=CONTENT_SUGGESTIONS,
        code=code,
        ref=ref,
        usage=usage,
    )


def transport_error(error: BaseException | None, *, vendor: str) -> ProviderError:
    """The ProviderError for an error between us and the vendor."""
    failure, is_unsent = transport_failure(error)
    can_ask_again = is_unsent and failure is Failure.TRANSIENT
    return ProviderError(failure, line_of(vendor, error), can_ask_again=can_ask_again)


def _code(failure: Failure, fault: Fault) -> str:
    """The vendor's code; of refusals only one that says that the content was refused."""
    if fault.code == "no_product":
        return NO_PRODUCT
    return fault.content_code if failure is Failure.USER_INPUT else fault.code


def _class_of(fault: Fault) -> Failure:
    """Of a request that was found wrong, the user wrote only the photo and how much there is."""
    if is_unreadable(fault) or is_too_much(fault) or fault.code == "no_product":
        return Failure.USER_INPUT
    if fault.failure is not None:
        return fault.failure
    return Failure.CONFIGURATION if is_unfit(fault) else Failure.BUG


def is_unfit(fault: Fault) -> bool:
    """Whether the model that was set up cannot do what is asked."""
    return fault.code in _UNFIT or fault.error.get("param") == "model"


def is_unreadable(fault: Fault) -> bool:
    """Whether the photo could not be read."""
    return fault.code in _UNREADABLE


def is_too_much(fault: Fault) -> bool:
    """Whether it is more than the vendor takes at once."""
    return fault.code in _TOO_MUCH or (fault.status == 413 and fault.failure is None)


def _words(failure: Failure, fault: Fault) -> tuple[str, tuple[str, ...] | None]:
    if failure is not Failure.USER_INPUT or fault.code == "no_product":
        return "", None
    if is_unreadable(fault):
        return UNREADABLE_WORDS, UNREADABLE_SUGGESTIONS
    if is_too_much(fault):
        return TOO_MUCH_WORDS, TOO_MUCH_SUGGESTIONS
    return CONTENT_WORDS, CONTENT_SUGGESTIONS
