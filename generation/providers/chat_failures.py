"""What a vendor's error means: by its code, then its type, then the HTTP status.

Never by the words of its message, and none of them goes on: they may quote a key, an account or
an address.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2
import openai

from generation.errors import Failure, ProviderError, RequestRefused
from generation.providers.chat_request import is_ours, without_ours
from generation.providers.protocols import ChatRequest

_CONTENT_WORDS: Final = (
    "The AI service refused this request under its rules on content. Nothing was charged."
)
_UNBOUGHT_STATUSES: Final = (429, 503)
_REFUSED_STATUSES: Final = (400, 413, 415, 422)
_NAME: Final = re.compile(r"[\w.\[\]$-]{1,120}", re.ASCII)
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)s", re.ASCII)
_QUOTED: Final = re.compile(r'"([^"]+)"')

# Codes of OpenAI, and reasons of Google's ErrorInfo.
_BY_CODE: Final = {
    Failure.QUOTA: "insufficient_quota billing_hard_limit_reached billing_not_active "
    "credit_balance_exhausted",
    Failure.CONFIGURATION: "invalid_api_key account_deactivated invalid_organization "
    "model_not_found unsupported_country_region_territory API_KEY_INVALID API_KEY_SERVICE_BLOCKED "
    "SERVICE_DISABLED BILLING_DISABLED",
    Failure.TRANSIENT: "rate_limit_exceeded slow_down server_is_overloaded server_error",
    Failure.USER_INPUT: "content_policy_violation content_filter moderation_blocked "
    "invalid_prompt SAFETY PROHIBITED_CONTENT BLOCKLIST",
}
# Types of OpenAI, and statuses of Google. ``invalid_request_error`` is not here: it also comes
# with a wrong key and an unknown model, so the HTTP status decides.
_BY_TYPE: Final = {
    Failure.QUOTA: "insufficient_quota billing_error",
    Failure.CONFIGURATION: "authentication_error permission_error not_found_error "
    "UNAUTHENTICATED PERMISSION_DENIED NOT_FOUND FAILED_PRECONDITION",
    Failure.TRANSIENT: "rate_limit_error requests tokens server_error service_unavailable_error "
    "overloaded_error RESOURCE_EXHAUSTED UNAVAILABLE INTERNAL DEADLINE_EXCEEDED",
}
_CODES: Final = {name: kind for kind, names in _BY_CODE.items() for name in names.split()}
_TYPES: Final = {name: kind for kind, names in _BY_TYPE.items() for name in names.split()}


def failure_of(error: Exception, *, vendor: str, request: ChatRequest) -> ProviderError:
    """The ProviderError that an exception of the SDK or of its transport stands for."""
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    match cause:
        case openai.APIStatusError():
            headers, ref = cause.response.headers, cause.request_id or ""
            return _told(cause.body, vendor, request, cause.status_code, headers, ref)
        case openai.APIError():
            return told_inside(cause.body, vendor=vendor, request=request)
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return ProviderError(Failure.TRANSIENT, _line(vendor, cause), can_ask_again=True)
        case httpx2.TimeoutException():
            return ProviderError(Failure.TRANSIENT, _line(vendor, cause))
        case httpx2.UnsupportedProtocol() | httpx2.LocalProtocolError() | httpx2.InvalidURL():
            return ProviderError(Failure.CONFIGURATION, _line(vendor, cause))
        case httpx2.DecodingError() | ValueError() | RecursionError():
            return ProviderError(Failure.MALFORMED_OUTPUT, _line(vendor, cause))
    # The request was on its way, and nobody can say whether it was taken.
    return ProviderError(Failure.AMBIGUOUS, _line(vendor, cause))


def told_inside(body: Any, *, vendor: str, request: ChatRequest) -> ProviderError:
    """The ProviderError for an error object inside an answer that began with success."""
    return _told(body, vendor, request, None, {}, "")


def _told(
    body: Any,
    vendor: str,
    request: ChatRequest,
    status: int | None,
    headers: Mapping[str, str],
    ref: str,
) -> ProviderError:
    error = _error_in(body)
    codes, kind = list(_codes(error)), _name(error.get("type") or error.get("status"))
    message = " ".join([f"{vendor}:", str(status or "in the answer"), *codes, kind]).strip()
    failure = _class_of(codes, kind, status or _number(error.get("code")))
    if failure is None:
        parameter = _parameter(error, request)
        if is_ours(parameter, request):
            return ProviderError(Failure.CONFIGURATION, f"{message} {parameter}", ref=ref)
        return RequestRefused(message, param=without_ours(parameter, request), ref=ref)
    return ProviderError(
        failure,
        message,
        words=_CONTENT_WORDS if failure is Failure.USER_INPUT else "",
        ref=ref,
        retry_after_s=_delay(error, headers),
        can_ask_again=failure is Failure.TRANSIENT and status in _UNBOUGHT_STATUSES,
    )


def _class_of(codes: list[str], kind: str, status: int | None) -> Failure | None:
    """None where the request itself was wrong."""
    for code in codes:
        if code in _CODES:
            return _CODES[code]
    if kind in _TYPES:
        return _TYPES[kind]
    if status in _REFUSED_STATUSES:
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
    if name := _name(error.get("code")):
        yield name
    for detail in _details(error):
        if reason := _name(detail.get("reason")):
            yield reason
        for violation in _objects(detail.get("violations")):
            if "PerDay" in str(violation.get("quotaId")):
                yield "insufficient_quota"


def _parameter(error: Mapping[str, Any], request: ChatRequest) -> str:
    """The parameter that the vendor names; of a description only what the client sent itself."""
    found = [error.get("param")]
    for detail in _details(error):
        for violation in _objects(detail.get("fieldViolations")):
            quoted = _QUOTED.findall(str(violation.get("description")))
            found += [violation.get("field"), *(name for name in quoted if name in request.options)]
    return next(filter(None, map(_name, found)), "")


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
    for detail in _details(error):
        if match := _SECONDS.fullmatch(str(detail.get("retryDelay"))):
            return float(match[1])
    return None


def _details(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _objects(error.get("details"))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]


def _name(value: Any) -> str:
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


def _line(vendor: str, error: BaseException | None) -> str:
    return f"{vendor}: {type(error).__name__}"
