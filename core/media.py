"""Serving stored files, whole or in part."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import PurePath

from django.core.files import File
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request
from rest_framework.serializers import CharField

from core import storage
from core.errors import NotFound
from core.storage import BLOCK

MAX_AGE_S = 600
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_SHOWN = ("image/", "video/")


@extend_schema_field({"type": "string", "format": "uri-reference"})
class MediaField(CharField):
    """A file's signed address, from the ``/`` of this site on; it opens for ten minutes at most."""


@require_safe
def serve(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file that a signed URL opens: 200, 206, 304, 404, 412 or 416."""
    try:
        ticket = storage.redeem(token)
        return stored(request, ticket.key, name=ticket.name)
    except NotFound as error:
        return HttpResponse(error.message, status=404, content_type="text/plain; charset=utf-8")


def stored(
    request: HttpRequest | Request, key: str, *, name: str | None = None
) -> HttpResponseBase:
    """A stored file, or the part of it that is asked for: 200, 206, 304, 412 or 416.

    With ``name`` the browser saves it under that. What is stored never changes, so the key is the
    entity tag. Nothing in it may run: no sniffing, no script, no frame. Raises NotFound.
    """
    # Only Django's own request tells whether blocks are to be sent as they are read.
    plain = request._request if isinstance(request, Request) else request
    size = storage.size(key)
    etag = f'"{PurePath(key).stem}"'
    response = get_conditional_response(plain, etag=etag) or _answer(plain, key, size, etag)
    for field, value in _headers(key, name, etag).items():
        response.headers[field] = value
    return response


def _headers(key: str, name: str | None, etag: str) -> dict[str, str]:
    headers = {
        "Content-Type": storage.media_type(key),
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": f"private, max-age={MAX_AGE_S}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    is_shown = name is None and headers["Content-Type"].startswith(_SHOWN)
    disposition = content_disposition_header(not is_shown, name or "")
    return {**headers, "Content-Disposition": disposition} if disposition else headers


def _answer(request: HttpRequest, key: str, size: int, etag: str) -> HttpResponseBase:
    start, end, status = 0, size, 200
    given = request.headers.get("Range", "")
    if request.method == "GET" and request.headers.get("If-Range", etag) == etag:
        wanted = _range_of(given, size)
        if wanted is not None:
            (start, end), status = wanted, 206
    if status == 206 and start >= end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers = {"Content-Length": str(end - start)}
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    file = storage.open(key)
    stream = _stream_async if isinstance(request, ASGIRequest) else _stream
    return StreamingHttpResponse(stream(file, start, end), status=status, headers=headers)


def _range_of(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last (RFC 9110 § 14); empty: cannot be satisfied.

    ``None`` for what is to be ignored: no range, a malformed one, or several.
    """
    found = _RANGE.fullmatch(header)
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        return max(0, size - int(found[2])), size
    start = int(found[1])
    if found[2] == "":
        return start, size
    return (start, min(int(found[2]) + 1, size)) if int(found[2]) >= start else None


def _stream(file: File[bytes], start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < end and (block := file.read(min(BLOCK, end - start))):
            start += len(block)
            yield block


async def _stream_async(file: File[bytes], start: int, end: int) -> AsyncIterator[bytes]:
    with file:
        await asyncio.to_thread(file.seek, start)
        while start < end:
            block = await asyncio.to_thread(file.read, min(BLOCK, end - start))
            if not block:
                return
            start += len(block)
            yield block
