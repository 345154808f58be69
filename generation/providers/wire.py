"""One account at a server that speaks OpenAI's interfaces: sends once, reads all, in time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx2
import openai

from generation.errors import Failure, ProviderError
from generation.providers.chat_answers import sound
from generation.providers.step_failures import refusal_of, transport_error

CONNECT_S: Final = 5.0
WRITE_S: Final = 60.0  # pictures go up
MOST_BYTES: Final = 96 * 1024 * 1024  # pictures come down as text
# The SDK wraps most of them while it sends, and few of them while an answer is read.
_VENDOR_ERRORS: Final = (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError)


class Wire:
    """The SDK's client of one account. Threads may share it; a forked process may not."""

    def __init__(self, *, vendor: str, base_url: str, api_key: str, is_openai: bool) -> None:
        self.vendor = vendor
        self._headers = {} if api_key else {"Authorization": openai.omit}
        self.client = openai.OpenAI(
            api_key=api_key or "none",  # the SDK insists; the header is left out then
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(CONNECT_S),
            # A redirected request would be sent, and bought, twice.
            http_client=openai.DefaultHttpxClient(follow_redirects=False),
        )
        if not is_openai:
            # The SDK reads these from the environment for whomever it talks to.
            self.client.organization = self.client.project = None

    def send(self, create: Callable[..., Any], body: Mapping[str, Any], *, timeout_s: float) -> Any:
        """The JSON object that the vendor answers within ``timeout_s`` seconds.

        ``create`` is a method of the SDK's ``with_streaming_response``. Raises ProviderError;
        an error object inside an answer is one too, unless the answer has a ``status`` that
        says so itself.
        """
        due = time.monotonic() + timeout_s
        content = self._content(create, body, due)
        try:
            answer = sound(json.loads(content))
        except (ValueError, RecursionError):
            raise _unreadable() from None
        if isinstance(answer, list) and answer:
            answer = answer[0]
        if not isinstance(answer, dict):
            raise _unreadable()
        if answer.get("error") and "status" not in answer:
            raise refusal_of(answer, vendor=self.vendor, status=None)
        return answer

    def _content(self, create: Callable[..., Any], body: Mapping[str, Any], due: float) -> bytes:
        left_s = max(due - time.monotonic(), 0.001)
        timeout = httpx2.Timeout(
            connect=min(CONNECT_S, left_s),
            pool=min(CONNECT_S, left_s),
            write=min(WRITE_S, left_s),
            read=left_s,
        )
        try:
            with create(**body, timeout=timeout, extra_headers=self._headers) as response:
                return self._read(response.http_response, due)
        except openai.APIStatusError as error:
            raise refusal_of(
                error.body,
                vendor=self.vendor,
                status=error.status_code,
                headers=error.response.headers,
                ref=error.request_id or "",
            ) from None
        except (*_VENDOR_ERRORS, ValueError) as error:
            cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
            raise transport_error(cause, vendor=self.vendor) from None

    def _read(self, response: httpx2.Response, due: float) -> bytes:
        # Reading gets what time is left, not as much again as the whole answer had.
        left_s = due - time.monotonic()
        response.request.extensions["timeout"]["read"] = max(left_s, 0.001)
        read = bytearray()
        for part in response.iter_bytes():
            read += part
            if time.monotonic() > due:
                raise ProviderError(Failure.AMBIGUOUS, f"{self.vendor}: not whole in time")
            if len(read) > MOST_BYTES:
                raise ProviderError(Failure.MALFORMED_OUTPUT, "The answer is too long.")
        return bytes(read)


def _unreadable() -> ProviderError:
    return ProviderError(Failure.MALFORMED_OUTPUT, "The answer could not be read as JSON.")
