"""One account at a server that speaks OpenAI's interfaces: sends once, reads all, in time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, TypeAlias

import httpx2
import openai
from openai._models import FinalRequestOptions

from generation.errors import Failure, ProviderError
from generation.providers.chat_answers import sound
from generation.providers.step_failures import refusal_of, transport_error

CONNECT_S: Final = 5.0
WRITE_S: Final = 60.0  # pictures go up
MOST_BYTES: Final = 96 * 1024 * 1024  # pictures come down as text
# The SDK wraps most of them while it sends, and few of them while an answer is read.
_VENDOR_ERRORS: Final = (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError)

# Field, then name, bytes and media type.
Files: TypeAlias = Sequence[tuple[str, tuple[str, bytes, str]]]


class Wire:
    """The SDK's client of one account. Threads may share it; a forked process may not."""

    def __init__(self, *, vendor: str, base_url: str, api_key: str, is_openai: bool) -> None:
        self.vendor = vendor
        self._headers = {} if api_key else {"Authorization": openai.omit}
        self._client = openai.OpenAI(
            api_key=api_key or "none",  # the SDK insists; the header is left out then
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(CONNECT_S),
        )
        if not is_openai:
            # The SDK reads these from the environment for whomever it talks to.
            self._client.organization = self._client.project = None

    def send(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        timeout_s: float,
        files: Files = (),
        is_form: bool = False,
    ) -> Any:
        """The JSON object that the vendor answers within ``timeout_s`` seconds.

        With ``files`` the request is a form too. Raises ProviderError; an error object inside an
        answer is one too, unless the answer has a ``status`` that says so itself.
        """
        form = {"Content-Type": "multipart/form-data"} if files or is_form else {}
        request = FinalRequestOptions.construct(
            method="post", url=path, json_data=body, files=list(files) or None, headers=form
        )
        return self._answer(request, timeout_s)

    def _answer(self, request: FinalRequestOptions, timeout_s: float) -> Any:
        """The JSON object that is answered to a request."""
        content = self._content(request, time.monotonic() + timeout_s)
        try:
            answer = sound(json.loads(content))
        except (ValueError, RecursionError):
            raise _unreadable() from None
        if isinstance(answer, list) and answer:
            answer = answer[0]
        if not isinstance(answer, dict):
            raise _unreadable()
        if answer.get("error") and "status" not in answer:
            raise self._refusal(answer, status=None)
        return answer

    def _content(self, request: FinalRequestOptions, due: float) -> bytes:
        with self._classified(), closing(self._begun(request, due)) as response:
            return self._read(response, due)

    @contextmanager
    def _classified(self) -> Iterator[None]:
        """What goes wrong with the vendor inside leaves as a ProviderError."""
        try:
            yield
        except openai.APIStatusError as error:
            raise self._refusal(
                error.body,
                status=error.status_code,
                headers=error.response.headers,
                ref=error.request_id or "",
            ) from None
        except (*_VENDOR_ERRORS, ValueError) as error:
            cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
            raise self._cut_off(cause) from None

    def _cut_off(self, error: BaseException | None) -> ProviderError:
        """What an error between us and the vendor means."""
        return transport_error(error, vendor=self.vendor)

    def _refusal(
        self,
        body: Any,
        *,
        status: int | None,
        headers: Mapping[str, str] | None = None,
        ref: str = "",
    ) -> ProviderError:
        """What a vendor's error object means; ``status`` is None for one in an answer."""
        return refusal_of(body, vendor=self.vendor, status=status, headers=headers, ref=ref)

    def _begun(self, request: FinalRequestOptions, due: float) -> httpx2.Response:
        """The answer, accepted and not yet read.

        By the SDK's own way to any address: its typed methods walk through the whole body, which
        takes longer than sending it.
        """
        left_s = max(due - time.monotonic(), 0.001)
        request.headers = {**self._headers, **(request.headers or {})}
        # A redirected request would be sent, and bought, twice.
        request.follow_redirects = False
        request.timeout = httpx2.Timeout(
            connect=min(CONNECT_S, left_s),
            pool=min(CONNECT_S, left_s),
            write=min(WRITE_S, left_s),
            read=left_s,
        )
        return self._client.request(httpx2.Response, request, stream=True, stream_cls=None)

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
