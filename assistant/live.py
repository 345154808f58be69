"""An answer in the panel while it is being written: pieces of HTML as server-sent events.

htmx reads them from the answer of its own request: each piece goes to where the answer grows,
and the last event is the whole panel.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection

from assistant import conversation
from assistant.markdown import html_of
from assistant.models import Message
from assistant.streams import Stream
from core.errors import DomainError, GenerationFailed

# Often enough to be read along, seldom enough that a long answer is not set again all the time.
SHOWN_EVERY_S = 0.1
GROWS = "#growing"  # made by chat.js


@dataclass
class Told:
    """What the stream told so far."""

    text: str = ""
    warnings: tuple[str, ...] = ()
    error: DomainError | None = None

    def take(self, frame: bytes) -> None:
        """Read a frame as ``assistant.streams`` writes it."""
        data = frame.removeprefix(b"data: ").strip()
        if data == b"[DONE]":
            return
        body: dict[str, Any] = json.loads(data)
        for choice in body.get("choices", ())[:1]:
            self.text += (choice.get("delta") or {}).get("content") or ""
        self.warnings += tuple(body.get("warnings", ()))
        if "error" in body:
            told = body["error"]
            self.error = GenerationFailed(told["message"], suggestions=told["suggestions"])


async def events(
    question: Message, stream: Stream, *, panel: Callable[[Told], str]
) -> AsyncIterator[bytes]:
    """The answer's HTML as it grows, at last the panel that ``panel`` sets.

    What was written before the reader left is kept, as it is charged.
    """
    told = Told()
    try:
        async for text in _growing(stream, told):
            html = html_of(text, answer=0)
            yield event(f'<hx-partial hx-target="{GROWS}" hx-swap="innerMorph">{html}</hx-partial>')
    finally:
        stream.close()
        # The reader may be gone and this task cancelled: what was paid for is written anyway.
        await asyncio.shield(_aside(_write, question, stream, told))
    yield event(await _aside(panel, told))


async def _growing(stream: Stream, told: Told) -> AsyncIterator[str]:
    """The text so far, as often as ``SHOWN_EVERY_S`` and never later than that."""
    shown, shown_at = "", 0.0
    coming: asyncio.Task[bytes | None] | None = None
    try:
        while True:
            coming = coming or asyncio.create_task(_next(stream))
            due_s = shown_at + SHOWN_EVERY_S - time.monotonic()
            await asyncio.wait({coming}, timeout=None if told.text == shown else max(0, due_s))
            if coming.done():
                frame, coming = coming.result(), None
                if frame is None:
                    return
                told.take(frame)
            if told.text != shown and time.monotonic() >= shown_at + SHOWN_EVERY_S:
                shown, shown_at = told.text, time.monotonic()
                yield shown
    finally:
        if coming is not None:
            coming.cancel()


async def _next(stream: Stream) -> bytes | None:
    return await anext(stream, None)


def event(html: str) -> bytes:
    """One server-sent event of HTML."""
    lines = html.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"data: {line}\n" for line in lines).encode() + b"\n"


def _write(question: Message, stream: Stream, told: Told) -> None:
    if told.error or not told.text:
        conversation.forget(question)
    else:
        conversation.keep(question, told.text, stream.job)


async def _aside(work: Callable[..., Any], *given: Any) -> Any:
    """Run in a thread of its own, whose connection ends with it."""

    def run() -> Any:
        try:
            return work(*given)
        finally:
            connection.close()

    return await sync_to_async(run, thread_sensitive=False)()
