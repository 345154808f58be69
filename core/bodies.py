"""A limit on request bodies, before Django spools them to disk whole; and their length."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from core.http import envelope, is_api, request_id_of
from core.images import LARGEST_FILE
from core.streams import MB, too_large

Message = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Eight photos in one form, and the form around them; each photo has its own limit.
LARGEST_BODY = 8 * LARGEST_FILE + MB


class BodyLimit:
    """ASGI middleware: 413 by the stated length at once, else while counting.

    A body that comes in chunks, without a length, gets its length when it is there.
    """

    def __init__(self, app: App, limit: int = LARGEST_BODY) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, cut off once more than ``limit`` bytes have come."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _stated_length(scope) > self.limit:
            await self._refuse(scope, send)
            return
        passed_on, is_stated = scope, _is_length_stated(scope)
        if not is_stated:
            passed_on = {**scope, "headers": _without_length(scope)}
        counted = 0

        async def counting() -> Message:
            nonlocal counted
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > self.limit:
                # To Django the client has gone, so it drops what it spooled and says nothing.
                return {"type": "http.disconnect"}
            is_end = message["type"] == "http.request" and not message.get("more_body")
            if counted and is_end and not is_stated:
                # Django reads the headers after the body, and without a length reads no body.
                passed_on["headers"].append((b"content-length", str(counted).encode()))
            return message

        await self.app(passed_on, counting, send)
        if counted > self.limit:
            await self._refuse(scope, send)

    async def _refuse(self, scope: Scope, send: Send) -> None:
        error = too_large(self.limit, what="The request")
        body, kind = error.message.encode(), b"text/plain; charset=utf-8"
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = request_id_of(given.decode("latin-1"))
        if is_api(scope["path"]):
            body = json.dumps(envelope(error, request_id)).encode()
            kind = b"application/json"
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (b"x-request-id", request_id.encode()),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _is_length_stated(scope: Scope) -> bool:
    names = {name for name, _ in scope["headers"]}
    return b"content-length" in names and b"transfer-encoding" not in names


def _without_length(scope: Scope) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in scope["headers"] if name != b"content-length"]


def _stated_length(scope: Scope) -> int:
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    return int(stated) if stated.isdigit() and len(stated) < 19 else 0
