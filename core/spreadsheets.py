"""Tables as CSV, streamed, with cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

BATCH = 500
# The wide ones are what an East Asian keyboard writes; some programs calculate with them, too.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def csv_of(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The rows as CSV, some hundred at a time. Words have to be ``cell``s; numbers need not."""
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        written = io.StringIO()
        csv.writer(written).writerows(batch)
        yield written.getvalue()


def download(
    request: HttpRequest, chunks: Iterator[str], *, name: str, kind: str = "text/csv"
) -> StreamingHttpResponse:
    """A file that is sent as it is made; ``name`` is plain ASCII."""
    is_async = isinstance(request, ASGIRequest)
    response = StreamingHttpResponse(
        _in_turn(chunks) if is_async else chunks, content_type=f"{kind}; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _in_turn(chunks: Iterator[str]) -> AsyncIterator[str]:
    """The chunks, each made in the request's thread when the one before was sent."""
    take: Any = sync_to_async(next)
    while (chunk := await take(chunks, None)) is not None:
        yield chunk
