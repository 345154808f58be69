"""``/api/events``."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET
from rest_framework.request import Request
from rest_framework.settings import api_settings

from core.errors import DomainError, PermissionDenied, Unauthenticated
from core.http import envelope, headers_of, status_of, to_domain
from notifications.events import stream

SCOPE = "products:read"


def _who(request: HttpRequest) -> Any:
    """The user behind any of the credentials; raises Unauthenticated, PermissionDenied."""
    asked = Request(
        request,
        authenticators=[one() for one in api_settings.DEFAULT_AUTHENTICATION_CLASSES],
    )
    if not asked.user.is_authenticated:
        raise Unauthenticated("Sign in, or send a valid key.")
    scopes = getattr(asked.auth, "scopes", None)
    if scopes is not None and SCOPE not in scopes:
        raise PermissionDenied(f"This key lacks the scope {SCOPE}.", context={"scope": SCOPE})
    return asked.user


def _checked(request: HttpRequest) -> Any:
    try:
        return _who(request)
    except Exception as error:
        refusal = to_domain(error)
        if refusal is None:
            raise
        return refusal


@require_GET
async def events(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events of the account; ``Last-Event-ID`` continues where one stopped."""
    who = await sync_to_async(_checked)(request)
    if isinstance(who, DomainError):
        return JsonResponse(
            envelope(who, request.request_id),  # type: ignore[attr-defined]
            status=status_of(who),
            headers=headers_of(who),
        )
    last = request.headers.get("Last-Event-ID", "")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
    return StreamingHttpResponse(
        stream(who.pk, after=after),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
