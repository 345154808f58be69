"""Static files, sent as they are read by a server that does many things at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from core.streams import BLOCK, Readable


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise, whose files Django would otherwise read whole before the first byte is sent.

    It warns of that, too, in the log of every server.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> FileResponse:
        """The file, the part of it that is asked for, or that it has not changed."""
        response = WhiteNoiseMiddleware.serve(static_file, request)
        if isinstance(request, ASGIRequest):
            response.streaming_content = _in_turn(response.file_to_stream)
        return response


async def _in_turn(file: Readable | None) -> AsyncIterator[bytes]:
    """Blocks of the file; none where there is none to send."""
    while file is not None and (block := await asyncio.to_thread(file.read, BLOCK)):
        yield block
