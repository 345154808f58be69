"""Chat completions in OpenAI's wire format, which several vendors speak, by OpenAI's SDK.

What the client sent goes on as it came, and what the vendor answered comes back as it came.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, Final

import httpx2
import openai

from generation.errors import Failure, ProviderError
from generation.providers.chat_answers import Pieces, completion_of
from generation.providers.chat_failures import failure_of, told_inside
from generation.providers.chat_request import Dialect, body_of
from generation.providers.protocols import ChatRequest, Chunk, Completion
from generation.providers.resending import Deadline, until_accepted

CONNECT_S: Final = 5.0
WRITE_S: Final = 30.0
MOST_BYTES: Final = 32 * 1024 * 1024
_END: Final = object()
# The SDK wraps most of them while it sends, and few of them while an answer is read.
_VENDOR_ERRORS: Final = (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError)


class WireChat:
    """A Chat over one vendor's account. Threads may share it; a forked process may not."""

    is_resubmittable = False

    def __init__(self, dialect: Dialect, *, pause: Callable[[float], None] = time.sleep) -> None:
        self.name = dialect.name
        self._dialect = dialect
        self._pause = pause
        self._client = _client(dialect)

    def complete(self, request: ChatRequest, *, timeout_s: float) -> Completion:
        """The whole answer within ``timeout_s`` seconds; raises ProviderError."""
        deadline = Deadline(timeout_s)
        response = self._send(request, deadline, is_stream=False)
        with closing(response), self._told(request):
            answer = json.loads(_read(response, deadline))
            self._check(answer, request)
            return completion_of(answer, thoughts_apart=self._dialect.counts_thoughts_apart)

    def stream(self, request: ChatRequest, *, timeout_s: float) -> Generator[Chunk, None, None]:
        """The answer piece by piece, all of it within ``timeout_s`` seconds.

        The request is sent when the first piece is asked for. Closing the generator hangs up,
        and the vendor stops. Where several pieces carry usage, the last one counts. Raises
        ProviderError, with the usage told so far.
        """
        deadline = Deadline(timeout_s)
        response = self._send(request, deadline, is_stream=True)
        pieces = Pieces(thoughts_apart=self._dialect.counts_thoughts_apart)
        with closing(response):
            if request.on_begun is not None:
                request.on_begun(partial(_hang_up, response))
            with self._told(request):
                events = self._events(response, deadline)
            while True:
                with self._told(request, pieces):
                    event = next(events, _END)
                    if event is _END:
                        return pieces.end()
                    deadline.check()
                    self._check(event, request)
                    chunk = pieces.take(event)
                yield chunk

    def _send(
        self, request: ChatRequest, deadline: Deadline, *, is_stream: bool
    ) -> httpx2.Response:
        """The vendor's answer, accepted and not yet read."""
        body = body_of(request, self._dialect, is_stream=is_stream)

        def ask() -> httpx2.Response:
            try:
                return self._post(body, deadline.left_s)
            except _VENDOR_ERRORS as error:
                raise failure_of(error, vendor=self.name, request=request) from None

        response = until_accepted(ask, deadline, pause=self._pause)
        # Reading gets what time is left, not as much again as the whole answer had.
        response.request.extensions["timeout"]["read"] = max(deadline.left_s, 0.001)
        return response

    def _post(self, body: Mapping[str, Any], left_s: float) -> httpx2.Response:
        return self._client.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            body=body,
            options={
                "headers": {} if self._dialect.api_key else {"Authorization": openai.omit},
                "follow_redirects": False,
                "timeout": httpx2.Timeout(
                    connect=min(CONNECT_S, left_s),
                    pool=min(CONNECT_S, left_s),
                    write=min(WRITE_S, left_s),
                    read=left_s,
                ),
            },
            stream=True,
            stream_cls=None,
        )

    def _events(self, response: httpx2.Response, deadline: Deadline) -> Iterator[Any]:
        """What comes, event by event; an answer that is no stream is a single one."""
        if response.headers.get("content-type", "").startswith("application/json"):
            return iter([json.loads(_read(response, deadline))])
        return iter(openai.Stream(cast_to=object, response=response, client=self._client))

    def _check(self, answer: Any, request: ChatRequest) -> None:
        """Raise ProviderError for an error that came with status 200."""
        told = answer[0] if isinstance(answer, list) and answer else answer
        if isinstance(told, Mapping) and told.get("error"):
            raise told_inside(told, vendor=self.name, request=request)

    @contextmanager
    def _told(self, request: ChatRequest, pieces: Pieces | None = None) -> Iterator[None]:
        """Translate what goes wrong while an answer is read; add what was consumed till then."""
        try:
            yield
            return
        except ProviderError as error:
            failed = error
        except (*_VENDOR_ERRORS, ValueError, RecursionError) as error:
            failed = failure_of(error, vendor=self.name, request=request)
        if pieces is not None:
            failed.usage = failed.usage or pieces.usage
            failed.ref = failed.ref or pieces.ref
        raise failed from None


def _client(dialect: Dialect) -> openai.OpenAI:
    client = openai.OpenAI(
        api_key=dialect.api_key or "none",  # the SDK insists; the header is left out then
        base_url=dialect.base_url,
        max_retries=0,
        timeout=httpx2.Timeout(CONNECT_S),
    )
    if not dialect.is_openai:
        # The SDK reads these from the environment for whomever it talks to.
        client.organization = client.project = None
    return client


def _hang_up(response: httpx2.Response) -> None:
    """End the connection under a thread that reads from it, which then meets its end."""
    if response.is_closed:  # its connection may serve another answer by now
        return
    connection = response.extensions["network_stream"].get_extra_info("socket")
    try:
        # By a descriptor of our own: TLS is left alone, as it is that thread's.
        with socket.socket(fileno=os.dup(connection.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError):  # it has ended by itself
        return


def _read(response: httpx2.Response, deadline: Deadline) -> bytes:
    body = bytearray()
    for part in response.iter_bytes():
        deadline.check()
        body += part
        if len(body) > MOST_BYTES:
            raise ProviderError(Failure.MALFORMED_OUTPUT, "the answer is too long")
    return bytes(body)
