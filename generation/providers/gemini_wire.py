"""One account at the Gemini API: asks once, reads all, in time."""

from __future__ import annotations

import time
from typing import Any, Final

import httpx2
from google import genai
from google.genai import errors, types

from generation.errors import ProviderError
from generation.providers.step_failures import refusal_of, transport_error

VENDOR: Final = "gemini"
API_VERSION: Final = "v1beta"
CONNECT_S: Final = 5.0
WRITE_S: Final = 60.0  # pictures go up
MOST_BYTES: Final = 96 * 1024 * 1024  # pictures come down as text


class GeminiWire:
    """The SDK's client of one account. Threads may share it; a forked process may not."""

    def __init__(self, url: str, key: str) -> None:
        # The client is kept: one that nobody holds closes its connections while it is asked.
        self._client = account(url, key, InTime(follow_redirects=False))

    def ask(
        self,
        *,
        model: str,
        parts: list[types.Part],
        config: types.GenerateContentConfig,
        timeout_s: float,
    ) -> types.GenerateContentResponse:
        """The answer to one question, within ``timeout_s`` seconds; raises ProviderError."""
        terms = {
            "http_options": types.HttpOptions(timeout=max(1, round(timeout_s * 1000))),
            # Both would ask again by themselves, and buy again.
            "automatic_continuation": False,
            "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True),
        }
        try:
            return self._client.models.generate_content(
                model=model,
                contents=types.Content(role="user", parts=parts),
                config=config.model_copy(update=terms),
            )
        except errors.APIError as error:
            raise _refusal(error) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RecursionError) as error:
            raise transport_error(error, vendor=VENDOR) from None


def account(url: str, key: str, connections: httpx2.Client) -> genai.Client:
    """The SDK's client of an account, which asks once over these connections."""
    return genai.Client(
        vertexai=False,
        api_key=key,
        http_options=types.HttpOptions(
            base_url=url.rstrip("/"),
            api_version=API_VERSION,
            retry_options=types.HttpRetryOptions(attempts=1),
            httpx_client=connections,
        ),
    )


def _refusal(error: errors.APIError) -> ProviderError:
    headers = getattr(error.response, "headers", None) or {}
    return refusal_of(error.details, vendor=VENDOR, status=error.code, headers=headers)


class InTime(httpx2.Client):
    """A client whose timeout is that of the whole answer, and which connects quickly or not."""

    def send(self, request: httpx2.Request, **more: Any) -> httpx2.Response:
        """Send, and read all before the time is over; raises httpx2's errors."""
        due = time.monotonic() + hurry(request)
        return whole(super().send(request, **{**more, "stream": True}), due)


def hurry(request: httpx2.Request) -> float:
    """How many seconds the request's answer may take; its parts are given less."""
    limits = request.extensions["timeout"]
    left_s: float = limits["read"] or WRITE_S
    for part, most_s in (("connect", CONNECT_S), ("pool", CONNECT_S), ("write", WRITE_S)):
        limits[part] = min(most_s, left_s)
    return left_s


def whole(response: httpx2.Response, due: float) -> httpx2.Response:
    """The answer with all of its body, read before ``due``; raises httpx2's errors."""
    try:
        content = _read(response, due)
    finally:
        response.close()
    headers = [
        (name, value)
        for name, value in response.headers.items()
        if name not in ("content-encoding", "content-length", "transfer-encoding")
    ]
    return httpx2.Response(
        response.status_code, headers=headers, content=content, request=response.request
    )


def _read(response: httpx2.Response, due: float) -> bytes:
    # Reading gets what time is left, not as much again as the whole answer had.
    response.request.extensions["timeout"]["read"] = max(due - time.monotonic(), 0.001)
    read = bytearray()
    for part in response.iter_bytes():
        read += part
        if time.monotonic() > due:
            raise httpx2.ReadTimeout("not whole in time", request=response.request)
        if len(read) > MOST_BYTES:
            raise httpx2.DecodingError("too long an answer", request=response.request)
    return bytes(read)
