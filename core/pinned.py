"""One request to an address that a user gave, on a connection that goes nowhere else.

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

import httpcore

from core.addresses import Address, is_public

CONNECT_S = 5.0
LONGEST_URL = 2048
WEB_PORTS = frozenset({80, 443, 8080, 8443})
AGENT = "TechpackStudio/1"
# What the network and a server that speaks no HTTP raise; the first of them are a deadline's.
LATE = (httpcore.TimeoutException, TimeoutError)
BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError)

Header = tuple[str, str]
Resolver = Callable[[str, int], list[Address]]


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a host by the system's resolver; raises OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@dataclass(frozen=True)
class Reach:
    """What a request may touch. Given by code only, never by a setting or a request."""

    resolver: Resolver = resolve
    permits: Callable[[Address], bool] = is_public
    ports: frozenset[int] = WEB_PORTS
    tls: ssl.SSLContext = field(default_factory=httpcore.default_ssl_context)
    schemes: tuple[str, ...] = ("http", "https")


@cache
def public_web() -> Reach:
    """The open internet: what a request may touch unless code says otherwise."""
    return Reach()


class NotAllowed(Exception):
    """Why the request is not made or not followed, in words for the user."""


def refuse(why: str) -> NoReturn:
    """Raise NotAllowed."""
    raise NotAllowed(why)


def checked_url(url: str, reach: Reach) -> SplitResult:
    """The parts of an address that may be asked; raises NotAllowed, and ValueError for rubbish."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        refuse("This is not a web address.")
    parts = urlsplit(url)
    if parts.scheme not in reach.schemes or not parts.hostname:
        refuse(f"Only {' and '.join(f'{one}://' for one in reach.schemes)} addresses are asked.")
    if parts.username is not None or parts.password is not None:
        refuse("An address with a user name or password in it is not asked.")
    if _port(parts) not in reach.ports:
        refuse("Only the usual web ports are asked.")
    return parts


def _port(parts: SplitResult) -> int:
    usual = 443 if parts.scheme == "https" else 80
    return usual if parts.port is None else parts.port


@contextmanager
def asked(
    method: str,
    parts: SplitResult,
    *,
    headers: Sequence[Header],
    content: bytes | None = None,
    ends_at: float,
    reach: Reach,
) -> Iterator[httpcore.Response]:
    """One request and the head of its answer, whose body is still to be read.

    ``ends_at`` is by ``time.monotonic``. Raises NotAllowed, and what ``LATE`` and ``BROKEN`` name.
    """
    host = (parts.hostname or "").encode("idna").decode("ascii")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    url = httpcore.URL(
        scheme=parts.scheme.encode(),
        host=host.encode(),
        port=parts.port,
        target=_quoted(target).encode("ascii"),
    )
    wire = _PinnedWire(reach, ends_at)
    sent = [*headers, ("User-Agent", AGENT)]
    with (
        httpcore.ConnectionPool(ssl_context=reach.tls, network_backend=wire, retries=0) as pool,
        pool.stream(method, url, headers=sent, content=content) as response,
    ):
        yield response


def body_of(response: httpcore.Response, ends_at: float) -> Iterator[bytes]:
    """The answer's body in pieces; raises TimeoutError at the deadline."""
    for block in response.iter_stream():
        _left(ends_at)
        yield block


def _quoted(target: str) -> str:
    """Percent-encode what is not ASCII, and leave what is encoded alone."""
    return "".join(
        letter if letter.isascii() else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in target
    )


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
            refuse("This address is not on the public internet.")
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
    """A stream whose every read and write ends with the request's own deadline."""

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
