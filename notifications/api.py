"""``/api/events`` and ``/api/notifications``."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from core.api import Endpoint, counted_as, page_of, uuid_or_404
from core.errors import (
    DomainError,
    InvalidRequest,
    PermissionDenied,
    RateLimited,
    Unauthenticated,
)
from core.http import STREAM_HEADERS, STREAM_TYPE, in_envelope, refused_unless_safe, to_domain
from core.limits import count_request
from core.openapi import described
from core.shape import checked
from notifications import operations, queries
from notifications.events import newest, stream
from notifications.inputs import PreferencesInput
from notifications.mail import address_of
from notifications.serializers import (
    AllRead,
    NotificationPage,
    NotificationShape,
    PreferencesShape,
)
from notifications.subjects import SUBJECTS, ways_of

SCOPE = "products:read"


@dataclass(frozen=True)
class Listener:
    """Who listens, from which event on, and whose place in the limits is told."""

    user_id: UUID
    after: int
    watching: UUID | None
    limits: Mapping[str, str]


def _who(request: HttpRequest) -> Request:
    """The request with the user behind any of the credentials.

    Raises Unauthenticated, PermissionDenied.
    """
    credentials: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    asked = Request(request, authenticators=[one() for one in credentials])
    if not asked.user.is_authenticated:
        raise Unauthenticated("Sign in, or send a valid key.")
    scopes = getattr(asked.auth, "scopes", None)
    if scopes is not None and SCOPE not in scopes:
        raise PermissionDenied(f"This key lacks the scope {SCOPE}.", context={"scope": SCOPE})
    return asked


def _is_allowed(request: HttpRequest) -> bool:
    """Whether who opened a stream may hear it still: the session and the key are read anew."""
    again: Any = copy(request)
    again.session = type(again.session)(again.session.session_key)
    again.user = get_user(again)
    try:
        _who(again)
    except Exception as error:
        if to_domain(error) is None:
            raise
        return False
    return True


def _checked(request: HttpRequest) -> Listener | DomainError:
    """Who listens, or the refusal."""
    try:
        asked = _who(request)
        limits = count_request(counted_as(asked))
        watching = _watching(request)
    except Exception as error:
        refusal = to_domain(error)
        if refusal is None:
            raise
        return refusal
    # Asked before the answer begins: who sees it begin misses nothing that comes then.
    user: Any = asked.user
    return Listener(user.pk, _from(request, newest(user.pk)), watching, limits)


def _from(request: HttpRequest, last: int) -> int:
    """The event that who listens heard last, of those up to ``last``; which it is if unknown.

    By ``Last-Event-ID``, else by ``?after=``: a page's script cannot send a header.
    """
    given = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    is_number = given.isascii() and given.isdigit() and len(given) < 19
    # A number from before a backup was restored would be waited for in silence.
    return min(int(given), last) if is_number else last


def _watching(request: HttpRequest) -> UUID | None:
    """``?watching=``; raises InvalidRequest for what is no id."""
    if not (given := request.GET.get("watching", "")):
        return None
    try:
        return UUID(given)
    except ValueError:
        raise InvalidRequest(
            "The input is not valid.", fields={"watching": ["Send a product's id."]}
        ) from None


@described(
    operationId="events",
    description="Server-sent events of the account: `job.updated`, `credits.changed`, "
    "`notification.created`, …; "
    "`data` holds `{id, type, version, occurredAt, userId, data}`.",
    tags=["events"],
    parameters=[
        {
            "name": "Last-Event-ID",
            "in": "header",
            "description": "Continue after this event.",
            "schema": {"type": "string"},
        },
        {
            "name": "after",
            "in": "query",
            "description": "Continue after this event, for who cannot send the header, which wins.",
            "schema": {"type": "string"},
        },
        {
            "name": "watching",
            "in": "query",
            "description": "The product that the listening page shows: while it listens, the "
            "inbox is not told how this product's jobs ended.",
            "schema": {"type": "string", "format": "uuid"},
        },
    ],
    security=[{"apiKey": [SCOPE]}, {"sessionToken": []}, {"cookie": []}],
    responses={
        "200": {
            "description": "A stream that ends with its credential.",
            "content": {STREAM_TYPE: {"schema": {"type": "string"}}},
        }
    },
    refusals=[400, 401, 403, 429],
)
@csrf_exempt
async def events(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events of the account; ``Last-Event-ID`` continues where one stopped."""
    if (refusal := refused_unless_safe(request)) is not None:
        return refusal
    found = await sync_to_async(_checked)(request)
    if isinstance(found, DomainError):
        return in_envelope(found, request)
    headers = {**STREAM_HEADERS, **found.limits}
    if request.method == "HEAD":
        return HttpResponse(content_type=STREAM_TYPE, headers=headers)
    try:
        frames = await stream(
            found.user_id,
            after=found.after,
            watching=found.watching,
            is_allowed=partial(_is_allowed, request),
        )
    except RateLimited as full:
        return in_envelope(full, request)
    return StreamingHttpResponse(frames, content_type=STREAM_TYPE, headers=headers)


class Notifications(Endpoint):
    """The inbox."""

    scopes = {"GET": SCOPE}

    @extend_schema(
        operation_id="notifications_list",
        parameters=[
            OpenApiParameter("unread", int, enum=[1], description="only what is not read yet")
        ],
        responses=NotificationPage,
    )
    def get(self, request: Request) -> Response:
        """What the account was told, newest first."""
        unread = request.query_params.get("unread") == "1"
        rows = queries.inbox_of(request.user, unread=unread)
        return Response(page_of(request, rows, lambda row: NotificationShape(row).data))


class ReadNotification(Endpoint):
    """Reading one."""

    scopes = {"POST": "account"}

    @extend_schema(operation_id="notifications_read", request=None, responses=NotificationShape)
    def post(self, request: Request, notification_id: str) -> Response:
        """Mark a notification as read; a second time changes nothing."""
        found = operations.mark_read(
            user=request.user, notification_id=uuid_or_404(notification_id)
        )
        return Response(NotificationShape(found).data)


class ReadAllNotifications(Endpoint):
    """Reading all."""

    scopes = {"POST": "account"}

    @extend_schema(operation_id="notifications_read_all", request=None, responses=AllRead)
    def post(self, request: Request) -> Response:
        """Mark everything in the inbox as read."""
        return Response({"read": operations.mark_all_read(user=request.user)})


class Preferences(Endpoint):
    """What the account is told of, and how."""

    scopes = {"GET": "account", "PUT": "account"}

    @extend_schema(operation_id="notification_preferences_read", responses=PreferencesShape)
    def get(self, request: Request) -> Response:
        """Every subject that the account can be told of, with how it is told of each."""
        return Response(_preferences(request.user))

    @extend_schema(
        operation_id="notification_preferences_change",
        request=PreferencesInput,
        responses=PreferencesShape,
    )
    def put(self, request: Request) -> Response:
        """Choose how to be told of the subjects that are named; the others stay as they are."""
        given = checked(PreferencesInput, request.data)
        operations.choose(user=request.user, ways=given.ways())
        return Response(_preferences(request.user))


def _preferences(user: Any) -> dict[str, Any]:
    return {
        "address": address_of(user) or None,
        "subjects": [
            {
                "subject": name,
                "title": SUBJECTS[name].title,
                "description": SUBJECTS[name].words,
                "inbox": way.inbox,
                "email": way.email,
                "always_in_inbox": SUBJECTS[name].always or None,
            }
            for name, way in ways_of(user).items()
        ],
    }
