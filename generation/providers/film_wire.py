"""One account at a server that speaks OpenAI's Videos API: JSON, and films piece by piece.

Nothing is bought by looking or fetching, so where no answer comes to it, it may be asked again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final

import httpx2
from openai._models import FinalRequestOptions

from generation.errors import Failure, ProviderError
from generation.providers.film_failures import (
    FilmGone,
    film_error,
    film_refusal,
    film_transport,
)
from generation.providers.wire import Wire

PIECE_BYTES: Final = 64 * 1024  # which the transport reads at once, at most
STALLED_S: Final = 15.0  # without a byte of a film that has begun to come


class FilmWire(Wire):
    """The SDK's client of one account; what goes wrong has one of our six codes."""

    def look(self, path: str, *, timeout_s: float) -> Any:
        """The JSON object at an address. Raises ProviderError."""
        with _asked_again():
            return self._answer(_request("get", path), timeout_s)

    def remove(self, path: str, *, timeout_s: float) -> None:
        """Have what is at an address deleted. Raises ProviderError."""
        with _asked_again():
            self._content(_request("delete", path), time.monotonic() + timeout_s)

    @contextmanager
    def pieces(self, path: str, *, timeout_s: float) -> Iterator[Iterator[bytes]]:
        """The bytes at an address, at most ``PIECE_BYTES`` at a time.

        The last comes within ``timeout_s`` seconds, and an error at most ``STALLED_S`` later.
        Raises ProviderError, on entering and with each piece.
        """
        due = time.monotonic() + timeout_s
        # A squeezed piece could become any number of bytes at once.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        with _asked_again(), self._classified():
            response = self._begun(_request("get", path, headers), due)
        with closing(response):
            yield self._whole(response, due)

    def _answer(self, request: FinalRequestOptions, timeout_s: float) -> Any:
        try:
            return super()._answer(request, timeout_s)
        except ProviderError as error:
            if error.code:
                raise
            raise film_error(error.failure, str(error)) from None

    def _whole(self, response: httpx2.Response, due: float) -> Iterator[bytes]:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise film_error(Failure.MALFORMED_OUTPUT, f"{self.vendor}: the film is squeezed")
        left_s = max(due - time.monotonic(), 0.001)
        response.request.extensions["timeout"]["read"] = min(STALLED_S, left_s)
        # As they come: were pieces filled up, one that trickles would never be seen to be late.
        pieces = response.iter_raw()
        while True:
            with _asked_again(), self._classified():
                piece = next(pieces, b"")
            if not piece:
                return
            if time.monotonic() > due:
                error = film_error(Failure.TRANSIENT, f"{self.vendor}: not whole in time")
                error.can_ask_again = True
                raise error
            yield piece

    def _cut_off(self, error: BaseException | None) -> ProviderError:
        return film_transport(error, vendor=self.vendor)

    def _refusal(
        self,
        body: Any,
        *,
        status: int | None,
        headers: Mapping[str, str] | None = None,
        ref: str = "",
    ) -> ProviderError:
        return film_refusal(body, vendor=self.vendor, status=status, headers=headers, ref=ref)


def _request(
    method: str, path: str, headers: Mapping[str, str] | None = None
) -> FinalRequestOptions:
    return FinalRequestOptions.construct(method=method, url=path, headers=headers or {})


@contextmanager
def _asked_again() -> Iterator[None]:
    """An error in here leaves nothing begun: what passes, may be asked again."""
    try:
        yield
    except ProviderError as error:
        if error.failure is Failure.AMBIGUOUS:
            error.failure = Failure.TRANSIENT
        if isinstance(error, FilmGone):
            error.failure = Failure.MALFORMED_OUTPUT
        error.can_ask_again = error.failure is Failure.TRANSIENT
        raise
