"""What every API view shares: scopes, rate limits, idempotency and lists."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import idempotency
from core.errors import InvalidRequest, NotFound, PermissionDenied, Unauthenticated
from core.limits import count_request
from core.wire import CamelJSONRenderer, StrictJSONParser

M = TypeVar("M", bound=Model)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def counted_as(request: Request) -> str:
    """Whose requests are counted together: those of a key, or of a user without one."""
    key = getattr(request.auth, "pk", None)
    return f"key:{key}" if key else f"user:{request.user.pk}"


class Replayed(Exception):
    """The idempotency key was answered before: its answer goes out again."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class OneFormat(DefaultContentNegotiation):
    """Each endpoint answers in its one format, whatever ``Accept`` says (RFC 9110 § 12.5.1).

    A client that asks for application/pdf must still be told in JSON what went wrong.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """The first renderer."""
        first = next(iter(renderers))
        return first, str(first.media_type)


class Endpoint(APIView):
    """An API view that requires a person or a key.

    ``scopes`` names, per method, the scope an API key must have; a method that is not
    named is closed to keys. ``paid`` says that it holds credits and queues a job, ``direct``
    that it holds credits and answers itself; ``conflicts`` names the methods that the object's
    state may forbid. ``exact_keys`` sends answers spelled as they are; ``told`` names headers
    of answers, which a replay has too.
    """

    scopes: ClassVar[dict[str, str]] = {}
    anonymous: ClassVar[bool] = False
    idempotent: ClassVar[bool] = True
    paid: ClassVar[bool] = False
    direct: ClassVar[bool] = False
    conflicts: ClassVar[frozenset[str]] = frozenset()
    exact_keys: ClassVar[bool] = False
    told: ClassVar[tuple[str, ...]] = ()
    content_negotiation_class = OneFormat
    parser_classes = [StrictJSONParser]
    renderer_classes = [CamelJSONRenderer]

    _record: idempotency.IdempotencyRecord | None = None
    _limits: Mapping[str, str] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """401 → 403 → 429 → 413 and syntax → replay."""
        super().initial(request, *args, **kwargs)
        if not self.anonymous and not request.user.is_authenticated:
            raise Unauthenticated(
                "Sign in, or send a valid key.",
                suggestions=["Sign in", "Send Authorization: Bearer tps_live_…"],
            )
        self._check_scope(request)
        if request.user.is_authenticated:
            self._limits = count_request(counted_as(request))
        if request.method == "POST" and not self.anonymous:
            request.data  # noqa: B018 - syntax errors come before the replay
            self._open_key(request)

    def _check_scope(self, request: Request) -> None:
        granted = getattr(request.auth, "scopes", None)
        method = request.method or ""
        if granted is None or method not in self.allowed_methods or method == "OPTIONS":
            return
        needed = self.scopes.get("GET" if method == "HEAD" else method)
        if needed is None:
            raise PermissionDenied("An API key cannot do this; sign in instead.")
        if needed not in granted:
            raise PermissionDenied(
                f"This key lacks the scope {needed}.",
                context={"scope": needed},
                suggestions=[f"Make a key with the scope {needed}"],
            )

    def _open_key(self, request: Request) -> None:
        key = request.headers.get("Idempotency-Key")
        if key is None or not self.idempotent:
            return
        files = dict(request.FILES.items())
        fields = {name: value for name, value in dict(request.data).items() if name not in files}
        record, replayed = idempotency.begin(
            scope=f"{request.user.pk} POST {request.path}"[:400],
            key=key,
            hash_of_body=idempotency.body_hash(fields, files),
            open_for=self.open_for(),
        )
        if not replayed:
            self._record = record
            return
        status, body = idempotency.replay(record)
        response = Response(body, status=status, headers=record.headers)
        response.headers["Idempotency-Replayed"] = "true"
        raise Replayed(response)

    def open_for(self) -> timedelta:
        """How long a call can take at most: until then its idempotency key is not free."""
        return idempotency.OPEN_AT_MOST

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The methods that are answered here, in ``Allow``."""
        return Response(status=204)

    def handle_exception(self, exc: Exception) -> Response:
        """A replay is an answer, not an error."""
        if isinstance(exc, Replayed):
            return exc.response
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the limits' headers; keep the answer under the idempotency key."""
        final = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self._limits.items():
            final.headers[name] = value
        final.exact_keys = self.exact_keys  # type: ignore[attr-defined]
        if self._record is not None and final.streaming:
            idempotency.finish_streamed(self._record)
        elif self._record is not None:
            final.add_post_render_callback(self._keep)
        return final

    def _keep(self, response: Response) -> None:
        if self._record is None:
            return
        body = json.loads(response.rendered_content) if response.content else None
        kept = ("Location", *self.told)
        headers = {name: value for name, value in response.headers.items() if name in kept}
        idempotency.finish(self._record, status=response.status_code, body=body, headers=headers)


def uuid_or_404(text: str) -> UUID:
    """A UUID from a path; raises NotFound where it is malformed."""
    if _UUID.fullmatch(text) is None:  # UUID() takes braces, urn:uuid: and no hyphens, too
        raise NotFound("There is no such thing here.")
    return UUID(text)


def limit_of(request: Request, *, most: int = 100, usual: int = 50) -> int:
    """``?limit=``, 1 to 100; raises InvalidRequest for anything else."""
    given = request.query_params.get("limit")
    if given is None:
        return usual
    is_number = given.isascii() and given.isdigit() and len(given) <= len(str(most))
    if not is_number or not 1 <= int(given) <= most:
        raise InvalidRequest("The limit is wrong.", fields={"limit": [f"Use 1 to {most}."]})
    return int(given)


def _decode_cursor(cursor: str) -> tuple[str, UUID]:
    try:
        direction, _, key = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
        return {"n": "n", "p": "p"}[direction], UUID(key)
    except (ValueError, KeyError):
        raise InvalidRequest(
            "The cursor is wrong.", fields={"cursor": ["Use the next or previous link."]}
        ) from None


def _link(request: Request, direction: str, pk: UUID) -> str:
    cursor = base64.urlsafe_b64encode(f"{direction}:{pk}".encode()).decode()
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _beyond(rows: QuerySet[M], field: str, key: UUID, *, up: bool, by: str) -> Q:
    """The rows behind one, by a field and then by key; raises InvalidRequest where it is gone."""
    word = "gt" if up else "lt"
    if field == by:
        return Q(**{f"{by}__{word}": key})
    row = rows.filter(**{by: key}).values_list(field).first()
    if row is None:
        raise InvalidRequest(
            "The cursor is wrong.", fields={"cursor": ["The row it stood at is gone."]}
        )
    return Q(**{f"{field}__{word}": row[0]}) | Q(**{field: row[0], f"{by}__{word}": key})


def page_of(
    request: Request,
    rows: QuerySet[M],
    present: Callable[[M], Any],
    *,
    order: str | None = None,
    by: str = "pk",
) -> dict[str, Any]:
    """One page of rows as ``{next, previous, results}``, newest first unless ``order`` says.

    ``order`` is a field, with a minus for the largest first; ``by`` is the rows' key, a
    time-ordered UUID that each has alone.
    """
    limit = limit_of(request)
    order = order or f"-{by}"
    field, is_up = order.removeprefix("-"), not order.startswith("-")
    cursor = request.query_params.get("cursor")
    direction, key = _decode_cursor(cursor) if cursor else ("n", None)
    is_back = direction == "p"
    up = is_up != is_back
    wanted = rows.filter(_beyond(rows, field, key, up=up, by=by)) if key else rows
    sign = "" if up else "-"
    found = list(wanted.order_by(f"{sign}{field}", f"{sign}{by}")[: limit + 1])
    shown = found[:limit][::-1] if is_back else found[:limit]
    more_before = len(found) > limit if is_back else key is not None
    more_after = is_back or len(found) > limit
    return {
        "next": _link(request, "n", getattr(shown[-1], by)) if shown and more_after else None,
        "previous": _link(request, "p", getattr(shown[0], by)) if shown and more_before else None,
        "results": [present(row) for row in shown],
    }
