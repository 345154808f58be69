"""Films of one account at the Gemini API: its interactions and its files, each asked for once.

The SDK sends; what comes back is read here, piece by piece, because an interaction may hold a
whole film.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import httpx2

from generation.errors import Failure, ProviderError
from generation.providers.failures import line_of
from generation.providers.film_failures import FilmGone, film_error, film_transport
from generation.providers.gemini_video_failures import refusal
from generation.providers.gemini_wire import API_VERSION, VENDOR, account, hurry, whole
from generation.providers.skimming import skimmed

STALL_S: Final = 10.0  # without a byte
MOST_REDIRECTS: Final = 3
_BROKEN: Final = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RecursionError)
# Google's files may lie with its storage; whoever else serves the interface serves its files too.
_GOOGLE: Final = ".googleapis.com"
_GOOGLE_FILES: Final = (_GOOGLE, ".googleusercontent.com")


class GeminiVideoWire:
    """The SDK's client of one account. Threads may share it; a forked process may not."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = httpx2.URL(url.rstrip("/")), key
        self._connections = _Connections(follow_redirects=False)
        self._client = account(url, key, self._connections)
        # Here, because the SDK takes seconds to load them, and no film's deadline should pay that.
        self._interactions = self._client.interactions.with_streaming_response

    def create(self, body: Mapping[str, Any], *, timeout_s: float) -> Mapping[str, Any]:
        """The new interaction. Raises ProviderError; only one that can be asked again began none.

        What was answered and cannot be read may have begun one.
        """
        call = self._interactions.create
        try:
            with self._opened(lambda left_s: call(**body, timeout=left_s), _due(timeout_s)) as it:
                return _object(it)
        except ProviderError as error:
            if error.failure is Failure.MALFORMED_OUTPUT:
                raise film_error(Failure.AMBIGUOUS, str(error), code="server_error") from None
            raise

    def interaction(self, ref: str, *, due: float) -> Mapping[str, Any]:
        """An interaction, without its long strings; ``due`` by the monotonic clock."""
        with _only_looking(), self.pieces_of(ref, due=due) as pieces:
            return _object(pieces)

    @contextmanager
    def pieces_of(self, ref: str, *, due: float) -> Iterator[Iterator[bytes]]:
        """An interaction's JSON as it comes."""
        call = self._interactions.get
        with ExitStack() as stack:
            with _only_looking():
                opened = self._opened(lambda left_s: call(ref, timeout=left_s), due)
                pieces = stack.enter_context(opened)
            yield _looking(pieces)

    def cancel(self, ref: str, *, timeout_s: float) -> None:
        """Ask an interaction to stop."""
        call = self._interactions.cancel
        opened = self._opened(lambda left_s: call(ref, timeout=left_s), _due(timeout_s))
        with _only_looking(), opened:
            return

    def file(self, name: str, *, due: float) -> Mapping[str, Any]:
        """What is known of a file."""
        with _only_looking(), self._gotten(f"files/{name}", due) as pieces:
            return _object(pieces)

    @contextmanager
    def download(self, name: str, *, due: float) -> Iterator[Iterator[bytes]]:
        """A file as it comes."""
        address = f"files/{name}:download?alt=media"
        with self._gotten(address, due, is_film=True) as pieces:
            yield _looking(pieces)

    @contextmanager
    def _opened(self, call: Callable[[float], Any], due: float) -> Iterator[Iterator[bytes]]:
        with ExitStack() as stack:
            try:
                answer = stack.enter_context(call(_left_s(due)))
            except ProviderError as error:
                raise error from None
            except (TypeError, ValueError) as error:  # the SDK could not write the request
                raise film_error(Failure.BUG, line_of(VENDOR, error)) from None
            response = answer.http_response
            if response.status_code != 200:
                raise _moved(response.status_code)
            yield _in_time(response, due)

    @contextmanager
    def _gotten(
        self, address: str, due: float, *, is_film: bool = False
    ) -> Iterator[Iterator[bytes]]:
        """What lies at an address of the account, or where that leads to."""
        url = httpx2.URL(f"{self._url}/{API_VERSION}/{address}")
        for _ in range(MOST_REDIRECTS + 1):
            with _only_looking():
                response = self._connections.send(self._request(url, due))
            try:
                if response.status_code == 200:
                    if (
                        is_film
                        and response.headers.get("content-encoding", "identity") != "identity"
                    ):
                        # A squeezed piece could become any number of bytes at once.
                        raise film_error(Failure.MALFORMED_OUTPUT, f"{VENDOR}: a squeezed film")
                    yield _in_time(response, due)
                    return
                if not response.has_redirect_location:
                    raise _moved(response.status_code)
                url = self._led(url, response.headers["location"])
            finally:
                response.close()
        raise _moved(response.status_code)

    def _request(self, url: httpx2.URL, due: float) -> httpx2.Request:
        headers = {"Accept-Encoding": "identity"}
        if _origin(url) == _origin(self._url):
            headers["x-goog-api-key"] = self._key
        timeout = httpx2.Timeout(_left_s(due))
        return self._connections.build_request("GET", url, headers=headers, timeout=timeout)

    def _led(self, url: httpx2.URL, location: str) -> httpx2.URL:
        """Where a redirect leads; raises ProviderError where nobody may be led to."""
        try:
            led = url.join(location)
        except (httpx2.InvalidURL, ValueError):
            raise _led_away() from None
        is_googles = self._url.host.endswith(_GOOGLE) and led.host.endswith(_GOOGLE_FILES)
        is_safe = led.scheme == "https" and is_googles and led.port in (None, 443)
        if _origin(led) == _origin(self._url) or is_safe:
            return led.copy_with(userinfo=b"")
        raise _led_away()


class _Connections(httpx2.Client):
    """Leaves an answer unread, and raises ProviderError for whatever is none.

    The SDK lets that through; its own errors are private, and lose some of Google's bodies.
    """

    def send(self, request: httpx2.Request, **more: Any) -> httpx2.Response:
        """Send once."""
        due = time.monotonic() + hurry(request)
        try:
            response = super().send(request, **{**more, "stream": True})
            if response.status_code < 400:
                return response
            response = whole(response, due)
        except _BROKEN as error:
            raise film_transport(error, vendor=VENDOR) from None
        raise refusal(response)


def _in_time(response: httpx2.Response, due: float) -> Iterator[bytes]:
    response.request.extensions["timeout"]["read"] = min(STALL_S, _left_s(due))
    try:
        for piece in response.iter_bytes():
            if time.monotonic() > due:
                raise httpx2.ReadTimeout("not whole in time", request=response.request)
            yield piece
    except _BROKEN as error:
        raise film_transport(error, vendor=VENDOR) from None


def _object(pieces: Iterator[bytes]) -> Mapping[str, Any]:
    try:
        found = skimmed(pieces)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if isinstance(found, Mapping):
        return found
    raise _unreadable()


def _looking(pieces: Iterator[bytes]) -> Iterator[bytes]:
    with _only_looking():
        yield from pieces


@contextmanager
def _only_looking() -> Iterator[None]:
    """Nothing is bought here: what was lost on the way can be asked for again."""
    try:
        yield
    except ProviderError as error:
        if isinstance(error, FilmGone):
            error.failure = Failure.MALFORMED_OUTPUT
        elif error.failure in (Failure.AMBIGUOUS, Failure.MALFORMED_OUTPUT, Failure.TRANSIENT):
            error.failure, error.can_ask_again = Failure.TRANSIENT, True
        raise


def _unreadable() -> ProviderError:
    return film_error(Failure.MALFORMED_OUTPUT, f"{VENDOR}: the answer could not be read")


def _led_away() -> ProviderError:
    return film_error(Failure.CONFIGURATION, f"{VENDOR}: the film lies with somebody else")


def _moved(status: int) -> ProviderError:
    return film_error(Failure.CONFIGURATION, f"{VENDOR}: {status}")


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _due(timeout_s: float) -> float:
    return time.monotonic() + timeout_s


def _left_s(due: float) -> float:
    return max(due - time.monotonic(), 0.001)
