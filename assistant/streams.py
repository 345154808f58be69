"""A streamed answer: one thread listens to the provider, one passes on and settles.

The provider's thread may hang in a read; the other one never does, so that a client that hangs
up is charged for what it was sent and gets the rest back at once. Both keep a few pieces ahead
of the client, and wait for it.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from structlog.contextvars import bound_contextvars

from assistant import settling
from assistant.answers import Face, estimated_usage, shown_credits, written_bytes
from assistant.channel import Channel, Closed, Late
from assistant.reserving import Reserved
from assistant.seats import seats
from core.errors import Conflict, DomainError
from core.http import envelope
from generation.errors import Canceled, Failure, ProviderError
from generation.providers.protocols import Chunk, Usage

log = logging.getLogger("techpack.assistant")
PIECES_AHEAD = 8
LOOK_EVERY_S = 1.0
# A response that nobody began to read by then was for a client that had gone.
READ_WITHIN_S = 3.0
DONE = b"data: [DONE]\n\n"
_END = b""


def frame(body: Mapping[str, Any]) -> bytes:
    """One server-sent event; ASCII, as some clients split lines at any of Unicode's."""
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


class Stream:
    """The frames of a streamed answer, for one reader: iterate it, or ``close`` it.

    ``headers`` are about credits, as they stand after the hold.
    """

    def __init__(self, reserved: Reserved, *, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        self.job = reserved.run.job
        self._talk = Talk(reserved)
        self._talk.start()

    async def until_first(self) -> None:
        """Wait for the first piece; raises what went wrong where none ever came."""
        await self._next(keep=True)
        self._talk.note_ready()
        if (failed := self._talk.failed) is not None:
            raise failed

    def wait_for_first(self) -> None:
        """``until_first`` for a view's thread, which keeps no connection meanwhile."""
        if not connection.in_atomic_block:
            connection.close()  # the answer may take long, and this thread with it
        # On the server's loop, so that a client who hangs up meanwhile ends the waiting.
        async_to_sync(self.until_first)()

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> bytes:
        data, written = await self._next()
        if data == _END:
            raise StopAsyncIteration
        self._talk.note_sent(written)
        return data

    async def _next(self, *, keep: bool = False) -> tuple[bytes, int]:
        try:
            return await self._talk.frames.anext(keep=keep)
        except Closed:
            return _END, 0
        except BaseException:  # cancelled: the client hung up, or the server stops
            self.close()
            raise

    def close(self) -> None:
        """Nobody reads any more: what was sent is charged, the rest given back."""
        self._talk.hang_up()


class Talk:
    """The making of one streamed answer."""

    def __init__(self, reserved: Reserved) -> None:
        self.frames: Channel[tuple[bytes, int]] = Channel(PIECES_AHEAD)
        self.failed: DomainError | None = None
        self._pieces: Channel[Chunk | Exception | None] = Channel(PIECES_AHEAD)
        self._reserved = reserved
        self._question = reserved.question
        self._face = Face(reserved.run.job, reserved.question.model)
        self._ends_at = time.monotonic() + settings.CHAT_DEADLINE_S
        self._read_by = self._ends_at
        self._made = self._sent = 0  # bytes of the model's words, and of those the client took
        self._usage: Usage | None = None
        self._ref = ""
        self._ends: dict[int, str] = {}
        self._is_begun = False
        self._end_provider: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin both threads; the process ends only when the one that settles has."""
        threading.Thread(target=self._listen, name="chat-listen", daemon=True).start()
        threading.Thread(target=self._pass_on, name="chat-pass-on", daemon=False).start()

    # --- The reader's side, on the event loop ------------------------------------------------
    def note_ready(self) -> None:
        """The answer is about to be read."""
        self._read_by = min(self._ends_at, time.monotonic() + READ_WITHIN_S)

    def note_sent(self, written: int) -> None:
        """A piece was taken to be sent."""
        self._read_by = self._ends_at
        self._sent += written

    def hang_up(self) -> None:
        """Nobody reads any more."""
        self.frames.close()
        self._stop_listening()

    # --- The provider's side -----------------------------------------------------------------
    def _listen(self) -> None:
        request = self._question.request(self._reserved.max_tokens, on_begun=self._note_begun)
        last: Exception | None = None
        try:
            pieces = self._question.chat.stream(request, timeout_s=settings.CHAT_DEADLINE_S)
            with closing(pieces):
                for piece in pieces:
                    self._pieces.put(piece)
        except Closed:
            log.info("%s was hung up on", self._question.model)
        except Exception as error:
            last = error
        finally:
            self._end_provider = None
            seats.leave()
            with suppress(Closed):
                self._pieces.put(last)

    def _note_begun(self, end_provider: Callable[[], None]) -> None:
        self._end_provider = end_provider
        if self._pieces.is_closed:
            end_provider()

    def _stop_listening(self) -> None:
        self._pieces.close()
        if (end_provider := self._end_provider) is not None:
            end_provider()

    # --- Between them ------------------------------------------------------------------------
    def _pass_on(self) -> None:
        with bound_contextvars(request_id=self._question.request_id):
            try:
                with self._reserved.run.kept_alive():
                    self._until_the_end()
            except Exception:
                log.exception("job %s was not settled", self._reserved.run.job.pk)
            finally:
                connection.close()
                self._stop_listening()
                self.frames.put_last((_END, 0))

    def _until_the_end(self) -> None:
        try:
            while (piece := self._next()) is not None:
                self._take(piece)
            settled = settling.settle(
                self._reserved,
                self._usage or self._estimated(self._made),
                ref=self._ref,
                ends=[self._ends[index] for index in sorted(self._ends)],
                is_whole=True,
            )
        except Closed:
            self._settle_what_was_sent()
        except Canceled:
            self._settle_what_was_sent()
            self._tell(Conflict("This answer was cancelled.", code="CANCELED"))
        except Exception as error:
            self._tell(settling.give_back(self._reserved, error))
        else:
            self._say_goodbye(settled)

    def _next(self) -> Chunk | None:
        """The provider's next piece, None at its end; raises Closed where nobody reads."""
        while True:
            self._reserved.run.check()
            now = time.monotonic()
            if now >= self._ends_at:
                raise ProviderError(Failure.TRANSIENT, "no answer in time")
            if now >= self._read_by:
                raise Closed
            with suppress(Late):
                piece = self._pieces.get(until=now + LOOK_EVERY_S)
                break
        if isinstance(piece, Exception):
            raise piece
        return piece

    def _take(self, piece: Chunk) -> None:
        self._usage = piece.usage or self._usage
        self._ref = piece.ref or self._ref
        ended = {
            choice.get("index", 0): choice["finish_reason"]
            for choice in piece.choices
            if choice.get("finish_reason")
        }
        self._ends |= ended
        if not piece.choices and piece.usage is not None:
            return
        wants_usage = self._question.given.wants_usage
        body = self._face.chunk(piece, wants_usage=wants_usage)
        is_last = bool(ended) and len(self._ends) >= self._question.choices
        if is_last and not wants_usage and self._reserved.warnings:
            body["warnings"] = list(self._reserved.warnings)
        written = written_bytes(piece.choices)
        self._made += written
        self._put(frame(body), written)

    def _say_goodbye(self, settled: settling.Settled) -> None:
        if self._question.given.wants_usage:
            body = self._face.usage_chunk(settled.usage)
            body["credits"] = shown_credits(self._question.user, used=settled.charged)
            if warnings := [*self._reserved.warnings, *settled.warnings]:
                body["warnings"] = warnings
            self.frames.put_last((frame(body), 0))
        self.frames.put_last((DONE, 0))

    def _settle_what_was_sent(self) -> None:
        settling.settle(
            self._reserved,
            self._usage or self._estimated(self._sent),
            ref=self._ref,
            ends=[],
            is_whole=False,
        )

    def _tell(self, error: DomainError) -> None:
        """As the answer's status where nothing of it was made yet, else in the stream."""
        if not self._is_begun:
            self.failed = error
            return
        told = envelope(error, self._question.request_id)["error"]
        self.frames.put_last((frame({"error": told}), 0))

    def _estimated(self, written: int) -> Usage:
        return estimated_usage(input_tokens=self._question.input_tokens, written=written)

    def _put(self, data: bytes, written: int = 0) -> None:
        """Hand a frame to the reader; raises Closed where none takes it in time."""
        while time.monotonic() < self._read_by:
            with suppress(Late):
                self.frames.put((data, written), until=time.monotonic() + LOOK_EVERY_S)
                self._is_begun = True
                return
        raise Closed
