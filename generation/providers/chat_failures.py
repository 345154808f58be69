"""What a vendor's error means for a chat: which class, whose mistake, whether to ask again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx2
import openai

from generation.errors import Failure, ProviderError, RequestRefused
from generation.providers.chat_request import is_ours, without_ours
from generation.providers.failures import (
    Fault,
    details_of,
    fault_in,
    line_of,
    name_of,
    objects_in,
    transport_failure,
)
from generation.providers.protocols import ChatRequest

_CONTENT_WORDS: Final = (
    "The AI service refused this request under its rules on content. Nothing was charged."
)
_UNBOUGHT_STATUSES: Final = (429, 503)
_QUOTED: Final = re.compile(r'"([^"]+)"')


def failure_of(error: Exception, *, vendor: str, request: ChatRequest) -> ProviderError:
    """The ProviderError that an exception of the SDK or of its transport stands for."""
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, openai.APIStatusError):
        headers, ref = cause.response.headers, cause.request_id or ""
        fault = fault_in(cause.body, status=cause.status_code, headers=headers)
        return _told(fault, vendor, request, ref)
    if isinstance(cause, openai.APIError):
        return told_inside(cause.body, vendor=vendor, request=request)
    failure, is_unsent = transport_failure(cause)
    if isinstance(cause, httpx2.TimeoutException):
        failure = Failure.TRANSIENT  # who waits for a chat is told to try again
    can_ask_again = is_unsent and failure is Failure.TRANSIENT
    return ProviderError(failure, line_of(vendor, cause), can_ask_again=can_ask_again)


def told_inside(body: Any, *, vendor: str, request: ChatRequest) -> ProviderError:
    """The ProviderError for an error object inside an answer that began with success."""
    return _told(fault_in(body, status=None, headers={}), vendor, request, "")


def _told(fault: Fault, vendor: str, request: ChatRequest, ref: str) -> ProviderError:
    message = fault.line(vendor)
    if fault.failure is None:
        parameter = _parameter(fault.error, request)
        if is_ours(parameter, request):
            return ProviderError(Failure.CONFIGURATION, f"{message} {parameter}", ref=ref)
        return RequestRefused(message, param=without_ours(parameter, request), ref=ref)
    is_transient = fault.failure is Failure.TRANSIENT
    return ProviderError(
        fault.failure,
        message,
        words=_CONTENT_WORDS if fault.failure is Failure.USER_INPUT else "",
        ref=ref,
        retry_after_s=fault.after_s,
        can_ask_again=is_transient and fault.status in _UNBOUGHT_STATUSES,
    )


def _parameter(error: Mapping[str, Any], request: ChatRequest) -> str:
    """The parameter that the vendor names; of a description only what the client sent itself."""
    found = [error.get("param")]
    for detail in details_of(error):
        for violation in objects_in(detail.get("fieldViolations")):
            quoted = _QUOTED.findall(str(violation.get("description")))
            found += [violation.get("field"), *(name for name in quoted if name in request.options)]
    return next(filter(None, map(name_of, found)), "")
