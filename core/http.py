"""The edge's translation: domain errors to status codes and the error envelope."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework import exceptions as drf
from rest_framework.response import Response

from core import errors
from core.ids import uuid7
from core.wire import camel

log = logging.getLogger("techpack.http")

STATUS: dict[type[errors.DomainError], int] = {
    errors.Unauthenticated: 401,
    errors.InsufficientCredits: 402,
    errors.PermissionDenied: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.PayloadTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.InvalidRequest: 400,
    errors.IdempotencyKeyReused: 422,
    errors.RateLimited: 429,
    errors.GenerationFailed: 500,
    errors.ProviderUnavailable: 503,
}
STREAM_TYPE = "text/event-stream"
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def status_of(error: errors.DomainError) -> int:
    """The HTTP status of a domain error; 500 where none is named."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def envelope(error: errors.DomainError, request_id: str) -> dict[str, Any]:
    """The one shape that every error has, as documented; ``request_id`` only where known."""
    body: dict[str, Any] = {
        "type": error.type,
        "code": error.code,
        "status": status_of(error),
        "message": error.message,
        "detail": error.detail,
        "suggestions": error.suggestions,
        "context": error.context,
    }
    if error.fields and status_of(error) in (400, 413, 415, 422):
        body["fields"] = error.fields
    if request_id:
        body["request_id"] = request_id
    return {"error": body}


class InternalError(errors.DomainError):
    """Our own fault."""

    type = "internal_error"


def bug() -> errors.DomainError:
    """What a user is told when the fault is ours."""
    return InternalError(
        "Something went wrong on our side. Nothing was charged.",
        suggestions=["Try again in a moment", "Send us the request id if it stays"],
    )


def _from_drf(exc: drf.APIException) -> errors.DomainError:
    words = (
        str(exc.detail) if not isinstance(exc.detail, dict | list) else "The input is not valid."
    )
    match exc:
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return errors.Unauthenticated(
                "Sign in, or send a valid key.",
                suggestions=["Sign in", "Send Authorization: Bearer tps_live_…"],
            )
        case drf.PermissionDenied():
            return errors.PermissionDenied(words)
        case drf.NotFound():
            return errors.NotFound("There is no such thing here.")
        case drf.MethodNotAllowed():
            return errors.MethodNotAllowed(words)
        case drf.UnsupportedMediaType():
            return errors.UnsupportedMediaType(words)
        case drf.Throttled():
            return errors.RateLimited(words, retry_after_s=int(getattr(exc, "wait", None) or 1))
        case drf.ValidationError():
            return errors.InvalidRequest("The input is not valid.", fields=_paths(exc.detail))
        case drf.ParseError():  # of a form: JSON has a parser of our own
            return errors.InvalidRequest(
                "The body could not be read.", fields={"body": ["This is not a whole form."]}
            )
    return bug()


def _paths(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Flatten DRF's nested errors to ``{"revisionIds.0": ["…"]}``."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            key = "" if name == "non_field_errors" else camel(str(name))
            found |= _paths(inner, ".".join(part for part in (prefix, key) if part))
        return found
    if isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        found = {}
        for index, inner in enumerate(detail):
            if inner:
                found |= _paths(inner, f"{prefix}.{index}".strip("."))
        return found
    words = detail if isinstance(detail, list) else [detail]
    return {prefix or "body": [str(word) for word in words]}


def to_domain(exc: Exception) -> errors.DomainError | None:
    """The domain error that an exception stands for; ``None`` for a bug."""
    match exc:
        case errors.DomainError():
            return exc
        case drf.APIException():
            return _from_drf(exc)
        case Http404():
            return errors.NotFound("There is no such thing here.")
        case DjangoPermissionDenied():
            return errors.PermissionDenied("This is not allowed.")
        case RequestDataTooBig():
            return errors.PayloadTooLarge("The body is larger than is taken here.")
        case SuspiciousOperation():  # as a form of a thousand files
            why = {"body": ["This is not a form that is sent here."]}
            return errors.InvalidRequest("The request is not valid.", fields=why)
    return None


def headers_of(error: errors.DomainError) -> dict[str, str]:
    """Extra headers of an error answer."""
    if isinstance(error, errors.RateLimited):
        wait = {"Retry-After": str(error.retry_after_s)}
        if error.limit is None:
            return wait
        return wait | {
            "RateLimit-Limit": str(error.limit),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(error.retry_after_s),
        }
    if isinstance(error, errors.ProviderUnavailable) and error.retry_after_s is not None:
        return {"Retry-After": str(error.retry_after_s)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, errors.Unauthenticated) else {}


def api_error(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler."""
    request = context["request"]
    error = to_domain(exc)
    if error is None:
        log.exception("bug", exc_info=exc)
        error = bug()
    return Response(
        envelope(error, getattr(request, "request_id", "")),
        status=status_of(error),
        headers=headers_of(error),
    )


def request_id_of(given: str) -> str:
    """The request's id: the one that the client sent where it is safe, else a new one."""
    return given if SAFE_REQUEST_ID.fullmatch(given) else f"req_{uuid7().hex}"


class RequestIdMiddleware:
    """Take or make the request's id; put it on the answer and on every log line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request_id_of(request.headers.get("X-Request-ID", ""))
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
        response.headers["X-Request-ID"] = request_id
        return response


def is_api(path: str) -> bool:
    """Whether errors at this address are answered in the envelope."""
    return f"{path}/".startswith(("/api/", "/v1/", "/webhooks/", "/_allauth/"))


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks, which puts the part of a page that is answered in its place."""
    return bool(getattr(request, "htmx", False))


def in_envelope(error: errors.DomainError, request: HttpRequest) -> JsonResponse:
    """The error as JSON."""
    return JsonResponse(
        envelope(error, getattr(request, "request_id", "")),
        status=status_of(error),
        headers=headers_of(error),
    )


def told(error: errors.DomainError, request: HttpRequest) -> HttpResponse:
    """The error as this address tells it: in the envelope, or as a page that says what to do."""
    if is_api(request.path):
        return in_envelope(error, request)
    status = status_of(error)
    page = render(request, "errors/domain.html", {"error": error, "status": status}, status=status)
    for name, value in headers_of(error).items():
        page.headers[name] = value
    return page


def refused_unless_safe(request: HttpRequest) -> JsonResponse | None:
    """405 in the envelope for anything but GET and HEAD; ``None`` for these.

    For plain views under ``/api/``; they are exempt from CSRF, as they change nothing.
    """
    return _refused_unless(request, "GET", "HEAD")


def refused_unless_posted(request: HttpRequest) -> JsonResponse | None:
    """405 in the envelope for anything but POST; ``None`` for that. For what others call back."""
    return _refused_unless(request, "POST")


def _refused_unless(request: HttpRequest, *methods: str) -> JsonResponse | None:
    if request.method in methods:
        return None
    words = f"There is no {request.method} here."
    response = in_envelope(errors.MethodNotAllowed(words), request)
    response.headers["Allow"] = ", ".join(methods)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler400``: what Django itself finds suspicious."""
    if is_api(request.path):
        error = to_domain(exception) or errors.InvalidRequest("The request is not valid.")
        return in_envelope(error, request)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler403``."""
    if is_api(request.path):
        return in_envelope(errors.PermissionDenied("This is not allowed."), request)
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler404``."""
    if is_api(request.path):
        return in_envelope(errors.NotFound("There is no such address."), request)
    return defaults.page_not_found(request, exception)


def nothing_here(request: HttpRequest) -> HttpResponse:
    """An address that a library offers and that this product does not use."""
    raise Http404


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500``: rendered without the context processors, which may be what failed."""
    if is_api(request.path):
        return in_envelope(bug(), request)
    known = {"request": {"request_id": getattr(request, "request_id", "")}}
    return HttpResponse(render_to_string("500.html", known), status=500)


class DomainErrorMiddleware:
    """Pages raise domain errors too; they become a page that says what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Refuse NUL in queries and forms, which PostgreSQL cannot store or look for."""
        forms = [request.GET] if is_api(request.path) else [request.GET, request.POST]
        fields = {
            name: ["Text may not hold NUL characters."]
            for form in forms
            for name, values in form.lists()
            if any("\0" in text for text in (name, *values))
        }
        if not fields:
            return None
        return self.process_exception(
            request, errors.InvalidRequest("The input is not valid.", fields=fields)
        )

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Render a domain error; leave everything else to Django."""
        return told(exc, request) if isinstance(exc, errors.DomainError) else None
