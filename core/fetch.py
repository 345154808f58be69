"""Fetching a picture from an address that a user gave.

The name is resolved once, every address it resolves to must be public, and the connection
goes to one of those very addresses; host header, SNI and certificate stay the name's. So
neither a redirect nor a name that changes its mind (DNS rebinding) reaches inside.
Ports: only 80, 443, 8080 and 8443; any other port is a way to talk to things that are no
web servers.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, NoReturn
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import httpcore

from core.addresses import Address, is_public
from core.errors import InvalidRequest, PayloadTooLarge
from core.images import LARGEST_FILE, clean_name
from core.streams import gather_limited

DEADLINE_S = 20.0
CONNECT_S = 5.0
MOST_REDIRECTS = 3
LONGEST_URL = 2048
_PORTS = frozenset({80, 443, 8080, 8443})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = [
    ("Accept", "image/*"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", "TechpackStudio/1"),
]

Resolver = Callable[[str, int], list[Address]]


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a host by the system's resolver; raises OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@dataclass(frozen=True)
class Reach:
    """What a fetch may touch. Given by code only, never by a setting or a request."""

    resolver: Resolver = resolve
    permits: Callable[[Address], bool] = is_public
    ports: frozenset[int] = _PORTS
    tls: ssl.SSLContext = field(default_factory=httpcore.default_ssl_context)


@cache
def public_web() -> Reach:
    """The open internet: what every fetch may touch unless code says otherwise."""
    return Reach()


class Fetched(NamedTuple):
    """A file from elsewhere; name and type are what was claimed, cleaned."""

    data: bytes
    filename: str
    declared_type: str


class _Refused(Exception):
    """Why the fetch stops, in words for the user."""


def fetch_image(
    url: str,
    *,
    limit: int = LARGEST_FILE,
    deadline_s: float = DEADLINE_S,
    field: str = "imageUrl",
    reach: Reach | None = None,
) -> Fetched:
    """Download at most ``limit`` bytes within ``deadline_s`` in all, redirects included.

    Raises InvalidRequest with URL_NOT_ALLOWED for whatever goes wrong; ``fields`` names
    ``field``. What was loaded is not looked at: give it to ``take_image``.
    """
    reach = reach or public_web()
    ends_at = time.monotonic() + deadline_s
    try:
        for _ in range(MOST_REDIRECTS + 1):
            parts = _checked(url, reach)
            answer = _get(parts, limit=limit, ends_at=ends_at, reach=reach)
            if isinstance(answer, Fetched):
                return answer
            url = urljoin(url, answer)
        _stop("It redirects too often.")
    except _Refused as refused:
        why = str(refused)
    except PayloadTooLarge as refused:
        why = refused.message
    except (httpcore.TimeoutException, TimeoutError):
        why = "The server took too long to answer."
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError):
        why = "The server could not be reached, or did not answer properly."
    raise InvalidRequest(
        "The picture could not be loaded from this address.",
        code="URL_NOT_ALLOWED",
        detail=why,
        fields={field: [why]},
        suggestions=["Use a public https:// link to the picture itself", "Upload the file instead"],
    )


def _stop(why: str) -> NoReturn:
    raise _Refused(why)


def _checked(url: str, reach: Reach) -> SplitResult:
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        _stop("This is not a web address.")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        _stop("Only http:// and https:// addresses are loaded.")
    if parts.username is not None or parts.password is not None:
        _stop("An address with a user name or password in it is not loaded.")
    if _port(parts) not in reach.ports:
        _stop("Only the usual web ports are loaded from.")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _get(parts: SplitResult, *, limit: int, ends_at: float, reach: Reach) -> Fetched | str:
    """One request: the file, or the address that it is redirected to."""
    host = (parts.hostname or "").encode("idna").decode("ascii")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    url = httpcore.URL(
        scheme=parts.scheme.encode(),
        host=host.encode(),
        port=parts.port,
        target=_quoted(target).encode("ascii"),
    )
    wire = _PinnedWire(reach, ends_at)
    with (
        httpcore.ConnectionPool(ssl_context=reach.tls, network_backend=wire, retries=0) as pool,
        pool.stream("GET", url, headers=_HEADERS) as response,
    ):
        headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in _REDIRECTS and b"location" in headers:
            return headers[b"location"]
        if response.status != 200:
            _stop(f"The server answered {response.status} instead of a picture.")
        if headers.get(b"content-encoding", "identity") != "identity":
            _stop("The server sent the picture compressed, which was not asked for.")
        stated = headers.get(b"content-length", "0")
        if not stated.isdigit() or int(stated) > limit:
            _stop("The file is too large.")
        data = gather_limited(_before(ends_at, response.iter_stream()), limit)
    last = unquote(parts.path.rpartition("/")[2], errors="replace")
    declared = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    return Fetched(data, clean_name(last), declared[:100])


def _quoted(target: str) -> str:
    """Percent-encode what is not ASCII, and leave what is encoded alone."""
    return "".join(
        letter if letter.isascii() else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in target
    )


def _before(ends_at: float, blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        _left(ends_at)
        yield block


def _left(ends_at: float) -> float:
    """Seconds until the deadline; raises TimeoutError when there are none."""
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _PinnedWire(httpcore.NetworkBackend):
    """Connects to an address that was checked, and ends every wait at the deadline."""

    def __init__(self, reach: Reach, ends_at: float) -> None:
        self._reach = reach
        self._ends_at = ends_at
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve once, check every address, connect to the first that answers."""
        addresses = _resolve_within(self._reach.resolver, host, port, _left(self._ends_at))
        if not addresses or not all(self._reach.permits(address) for address in addresses):
            _stop("This address is not on the public internet.")
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, socket_options)

    def _connect(
        self, address: Address, port: int, options: Iterable[httpcore.SOCKET_OPTION] | None
    ) -> httpcore.NetworkStream:
        timeout = min(CONNECT_S, _left(self._ends_at))
        stream = self._sockets.connect_tcp(str(address), port, timeout, None, options)
        return _TimedStream(stream, self._ends_at)


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every read and write ends with the fetch's own deadline."""

    def __init__(self, stream: httpcore.NetworkStream, ends_at: float) -> None:
        self._stream = stream
        self._ends_at = ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._ends_at))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._ends_at))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._ends_at))
        return _TimedStream(secured, self._ends_at)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _resolve_within(resolver: Resolver, host: str, port: int, seconds: float) -> list[Address]:
    """Ask the resolver, which knows no deadline of its own, from a thread that may be left."""
    answer: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(resolver(host, port))
        except OSError as error:
            answer.put(error)

    threading.Thread(target=ask, daemon=True, name=f"resolve {host}").start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, OSError):
        raise found
    return found
