"""What a vendor's error means: by its code, then its type, then the HTTP status.

Never by the words of its message, and none of them goes on: they may quote a key, an account or
an address. Chat and steps read an error here; what they make of it differs (``chat_failures``,
``step_failures``).
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2

from generation.errors import Failure

REFUSED_STATUSES: Final = (400, 413, 415, 422)
_NAME: Final = re.compile(r"[\w.\[\]$-]{1,120}", re.ASCII)
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)s", re.ASCII)

# Codes of OpenAI, and reasons of Google's ErrorInfo and of its refused content.
_BY_CODE: Final = {
    Failure.QUOTA: "insufficient_quota billing_hard_limit_reached billing_not_active "
    "credit_balance_exhausted",
    Failure.CONFIGURATION: "invalid_api_key account_deactivated invalid_organization "
    "model_not_found unsupported_country_region_territory data_residency_mismatch "
    "API_KEY_INVALID API_KEY_SERVICE_BLOCKED SERVICE_DISABLED BILLING_DISABLED",
    Failure.TRANSIENT: "rate_limit_exceeded slow_down server_is_overloaded server_error "
    "vector_store_timeout",
    Failure.USER_INPUT: "content_policy_violation image_content_policy_violation content_filter "
    "moderation_blocked invalid_prompt bio_policy misalignment_policy_violation SAFETY "
    "PROHIBITED_CONTENT BLOCKLIST SPII RECITATION IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT "
    "IMAGE_RECITATION",
}
# Types of OpenAI, and statuses of Google. ``invalid_request_error`` is not here: it also comes
# with a wrong key and an unknown model, so the HTTP status decides.
_BY_TYPE: Final = {
    Failure.QUOTA: "insufficient_quota billing_error",
    Failure.CONFIGURATION: "authentication_error permission_error not_found_error "
    "UNAUTHENTICATED PERMISSION_DENIED NOT_FOUND FAILED_PRECONDITION",
    Failure.TRANSIENT: "rate_limit_error requests tokens server_error service_unavailable_error "
    "overloaded_error RESOURCE_EXHAUSTED UNAVAILABLE INTERNAL DEADLINE_EXCEEDED",
    Failure.USER_INPUT: "image_generation_user_error",
}
_CODES: Final = {name: kind for kind, names in _BY_CODE.items() for name in names.split()}
_TYPES: Final = {name: kind for kind, names in _BY_TYPE.items() for name in names.split()}


@dataclass(frozen=True)
class Fault:
    """An error as a vendor told it, without its words.

    ``failure`` is None where the request itself was wrong. ``names`` are its codes and its type,
    each a bare identifier; ``status`` is the HTTP status, None for an error inside an answer.
    ``after_s`` is how many seconds it asks to wait.
    """

    failure: Failure | None
    codes: tuple[str, ...]
    kind: str
    status: int | None
    after_s: float | None
    error: Mapping[str, Any] = field(repr=False)

    @property
    def code(self) -> str:
        """The code that decided, else the first one, else the type."""
        return next((code for code in self.codes if code in _CODES), "") or (
            self.codes[0] if self.codes else self.kind
        )

    @property
    def content_code(self) -> str:
        """The code by which the content was refused; "" where none says so."""
        return next(filter(is_content_code, self.codes), "")

    def line(self, vendor: str) -> str:
        """One line for our log: vendor, status, codes, type."""
        words = [f"{vendor}:", str(self.status or "in the answer"), *self.codes, self.kind]
        return " ".join(words).strip()


def fault_in(body: Any, *, status: int | None, headers: Mapping[str, str]) -> Fault:
    """Read the error object in an answer's body; never raises, whatever the body is."""
    error = _error_in(body)
    codes, kind = tuple(_codes(error)), name_of(error.get("type") or error.get("status"))
    failure = _class_of(codes, kind, status or _number(error.get("code")))
    return Fault(failure, codes, kind, status, _delay(error, headers), error)


def is_content_code(name: str) -> bool:
    """Whether a vendor's name for why it stopped says that it refused the content."""
    return _CODES.get(name) is Failure.USER_INPUT


def transport_failure(error: BaseException | None) -> tuple[Failure, bool]:
    """The class of an error between us and the vendor, and whether surely nothing was sent."""
    match error:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return Failure.TRANSIENT, True
        case httpx2.UnsupportedProtocol() | httpx2.LocalProtocolError() | httpx2.InvalidURL():
            return Failure.CONFIGURATION, True
        case httpx2.DecodingError() | ValueError() | RecursionError():
            return Failure.MALFORMED_OUTPUT, False
    # The request was on its way, and nobody can say whether it was taken.
    return Failure.AMBIGUOUS, False


def line_of(vendor: str, error: BaseException | None) -> str:
    """One line for our log about an error of the transport."""
    return f"{vendor}: {type(error).__name__}"


def _class_of(codes: tuple[str, ...], kind: str, status: int | None) -> Failure | None:
    """None where the request itself was wrong."""
    for code in codes:
        if code in _CODES:
            return _CODES[code]
    if kind in _TYPES:
        return _TYPES[kind]
    if status in REFUSED_STATUSES:
        return None
    if status is None:
        is_request = kind in ("invalid_request_error", "INVALID_ARGUMENT")
        return None if is_request else Failure.TRANSIENT
    if status == 402:
        return Failure.QUOTA
    is_passing = status >= 500 or status in (408, 409, 425, 429)
    return Failure.TRANSIENT if is_passing else Failure.CONFIGURATION


def _error_in(body: Any) -> Mapping[str, Any]:
    """The error object: bare, under ``error``, or, as Google sends it, in a list."""
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, Mapping) and isinstance(body.get("error"), Mapping):
        body = body["error"]
    return body if isinstance(body, Mapping) else {}


def _codes(error: Mapping[str, Any]) -> Iterator[str]:
    if name := name_of(error.get("code")):
        yield name
    for detail in details_of(error):
        if reason := name_of(detail.get("reason")):
            yield reason
        for violation in objects_in(detail.get("violations")):
            if "PerDay" in str(violation.get("quotaId")):
                yield "insufficient_quota"


def _delay(error: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    """How many seconds the vendor asks to wait, by its headers or Google's RetryInfo."""
    if (thousandths := _float(headers.get("retry-after-ms"))) is not None:
        return thousandths / 1000
    given = headers.get("retry-after")
    if (seconds := _float(given)) is not None:
        return seconds
    if given:
        try:
            return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
        except ValueError:
            return None
    for detail in details_of(error):
        if match := _SECONDS.fullmatch(str(detail.get("retryDelay"))):
            return float(match[1])
    return None


def details_of(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Google's ``details``."""
    return objects_in(error.get("details"))


def objects_in(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list, of whatever came."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]


def name_of(value: Any) -> str:
    """A vendor's identifier, where it is one: never a sentence, never a number."""
    is_name = isinstance(value, str) and _NAME.fullmatch(value) and not value.isdigit()
    return str(value) if is_name else ""


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdigit() and 400 <= int(text) <= 599 else None


def _float(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
