"""A vendor on loopback, as its own SDK and any other client sees one: the base of every fake.

A subclass says which operation a request is (``operation_of``), and behaviours say what happens to
it: those that a test lines up with ``will``, else what ``always`` set, else ``usually``. The vendor
keeps what it was asked, counts what it sold by operation (``sold``), and notices when a client
hangs up. A product in another process uses it by ``settings_for`` of the subclass.
"""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, TypeAlias

KEY = "sk-fake-1f0b7d2c"
WITHIN_S = 60.0  # a busy machine is slow, not wrong
_NAMED = re.compile(r'\b(name|filename)="([^"]*)"')


class HungUp(Exception):
    """The client went away while it was being answered."""


class Gate:
    """Holds an answer back until the test lets it through."""

    def __init__(self) -> None:
        self._let = threading.Semaphore(0)
        self._is_open = threading.Event()

    def let(self, count: int = 1) -> None:
        """Let that many pieces through."""
        self._let.release(count)

    def open(self) -> None:
        """Let everything through from now on."""
        self._is_open.set()

    def passes(self, within_s: float) -> bool:
        """Whether a piece may pass, now or soon."""
        return self._is_open.is_set() or self._let.acquire(timeout=within_s)


@dataclass(frozen=True)
class Upload:
    """A file of a multipart request."""

    part: str
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """A request as it came over the wire; a form's fields are its ``body``."""

    path: str
    headers: Mapping[str, str]  # by lower-case name
    body: dict[str, Any] = field(repr=False)
    files: Sequence[Upload] = ()
    operation: str = ""
    method: str = "POST"


class Exchange:
    """One request, and what a behaviour may do about it."""

    def __init__(self, server: Vendor, handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        self.asked = asked
        self.server = server
        self._handler = handler

    def sell(self) -> int:
        """Begin to generate: from here on it costs. Returns the number of the sale, from 1."""
        return self.server._sell(self.asked.operation)

    def answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Answer as a whole; ``body`` is bytes, or data that becomes JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._begin(status, {"Content-Type": "application/json", **(headers or {})}, len(content))
        self._write(content)

    def pour(
        self,
        pieces: Iterable[bytes],
        headers: Mapping[str, str] | None = None,
        *,
        length: int | None = None,
    ) -> None:
        """Answer 200 with bytes as they come; without ``length`` in chunks."""
        self._begin(200, {"Content-Type": "video/mp4", **(headers or {})}, length)
        for piece in pieces:
            if length is None:
                self.raw(piece)
            else:
                self._write(piece)
        if length is None:
            self.end_stream()

    def pass_on(self, content: bytes) -> None:
        """Send more of an answer whose length was told."""
        self._write(content)

    def begin_stream(self) -> None:
        """Answer 200 with events to come."""
        self._begin(200, {"Content-Type": "text/event-stream; charset=utf-8"}, None)

    def piece(self, event: Any) -> None:
        """Send one event; text goes as it is, other data as JSON."""
        content = event if isinstance(event, str) else json.dumps(event)
        self.raw(f"data: {content}\n\n".encode())
        self.server._sent_piece()

    def raw(self, content: bytes) -> None:
        """Send bytes of a stream, whatever they are."""
        self._write(b"%x\r\n%s\r\n" % (len(content), content))

    def end_stream(self) -> None:
        """Nothing follows, in good order."""
        self._write(b"0\r\n\r\n")

    def wait(self, gate: Gate) -> None:
        """Hold on until the gate lets this through; raises HungUp when the client goes."""
        while not gate.passes(0.01):
            if self.is_deserted():
                raise HungUp

    def is_deserted(self) -> bool:
        """Whether the client, or the whole server, has gone."""
        connection = self._handler.connection
        try:
            readable, _, _ = select.select([connection], [], [], 0)
            return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    def reset(self) -> None:
        """Break the connection off."""
        _reset(self._handler.connection)
        self._handler.close_connection = True

    def _begin(self, status: int, headers: Mapping[str, str], length: int | None) -> None:
        self._handler.send_response(status)
        length_header = (
            {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": str(length)}
        )
        for name, value in {"x-request-id": "req_fake", **length_header, **headers}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def _write(self, content: bytes) -> None:
        try:
            self._handler.wfile.write(content)
        except OSError:
            raise HungUp from None


Behaviour: TypeAlias = Callable[[Exchange], None]


class Vendor:
    """A vendor on a port of its own, from ``with`` to its end."""

    def __init__(self, usually: Behaviour, *, port: int = 0) -> None:
        self.usually = usually
        self.requests: list[Asked] = []
        self.connections = 0
        self.sold: Counter[str] = Counter()
        self.pieces = 0
        self.hung_up = 0
        self.at_once = 0  # the most requests that it was answering at the same time
        self._answering = 0
        self._script: list[tuple[str, Behaviour]] = []
        self._usual: dict[str, Behaviour] = {}
        self._to_reset = 0
        self._changed = threading.Condition()
        self._http = _Http(self, port)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.close_all()

    def operation_of(self, asked: Asked) -> str:
        """What the request asks for, as ``sold`` counts it; "" where there is no such address."""
        raise NotImplementedError

    @property
    def root(self) -> str:
        """Its address without a path."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def bought(self) -> int:
        """How much was sold, of whatever."""
        return sum(self.sold.values())

    def asked_for(self, operation: str) -> list[Asked]:
        """The requests for one operation, in order."""
        return [asked for asked in self.requests if asked.operation == operation]

    def will(self, *behaviours: Behaviour, to: str = "") -> None:
        """Line up what happens to the next requests, in order; ``to``: of that operation."""
        with self._changed:
            self._script.extend((to, behaviour) for behaviour in behaviours)

    def always(self, behaviour: Behaviour, *, to: str = "") -> None:
        """What happens where nothing is lined up; ``to``: to that operation."""
        if to:
            self._usual[to] = behaviour
        else:
            self.usually = behaviour

    def will_reset_connections(self, count: int = 1) -> None:
        """Break off the next connections before anything is read from them."""
        with self._changed:
            self._to_reset += count

    def wait_until(self, what: Callable[[], bool], within_s: float = WITHIN_S) -> None:
        """Wait for something that is counted here; AssertionError when it does not come."""
        with self._changed:
            assert self._changed.wait_for(what, within_s), "the vendor did not see it in time"

    def _answer(self, exchange: Exchange) -> None:
        """Do what the script says."""
        operation = exchange.asked.operation
        if not operation:
            exchange.answer(404, {"error": {"message": "Unknown address", "code": None}})
            return
        behaviour = self._next(exchange.asked)
        try:
            behaviour(exchange)
        finally:
            with self._changed:
                self._answering -= 1

    def _next(self, asked: Asked) -> Behaviour:
        with self._changed:
            self.requests.append(asked)
            self._answering += 1
            self.at_once = max(self.at_once, self._answering)
            self._changed.notify_all()
            for place, (to, behaviour) in enumerate(self._script):
                if to in ("", asked.operation):
                    del self._script[place]
                    return behaviour
            return self._usual.get(asked.operation, self.usually)

    def _accepts(self) -> bool:
        with self._changed:
            self.connections += 1
            self._to_reset -= 1
            self._changed.notify_all()
            is_accepted = self._to_reset < 0
            self._to_reset = max(0, self._to_reset)
            return is_accepted

    def _sell(self, operation: str) -> int:
        with self._changed:
            self.sold[operation] += 1
            self._changed.notify_all()
            return self.bought

    def _sent_piece(self) -> None:
        with self._changed:
            self.pieces += 1
            self._changed.notify_all()

    def _saw_hang_up(self) -> None:
        with self._changed:
            self.hung_up += 1
            self._changed.notify_all()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, vendor: Vendor, port: int) -> None:
        self.vendor = vendor
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether this connection is served; else it is broken off."""
        if self.vendor._accepts():
            self._open.add(request)
            return True
        _reset(request)
        return False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news, and everything else is the test's failure."""

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        """End what is still open, so that whoever waits on either side wakes up."""
        self.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def do_POST(self) -> None:
        """Read the request, then do what the script says."""
        vendor = self.server.vendor
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = _read(self.path, headers, content)
        asked = replace(asked, method=self.command)
        asked = replace(asked, operation=vendor.operation_of(asked))
        try:
            vendor._answer(Exchange(vendor, self, asked))
        except HungUp:
            vendor._saw_hang_up()
            self.close_connection = True

    do_GET = do_DELETE = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the console."""


def _read(path: str, headers: Mapping[str, str], content: bytes) -> Asked:
    kind = headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return Asked(path, headers, json.loads(content) if content else {})
    boundary = b"--" + kind.partition("boundary=")[2].strip('"').encode()
    fields: dict[str, Any] = {}
    files = []
    for part in content.split(boundary)[1:-1]:
        head, _, held = part.partition(b"\r\n\r\n")
        told = head.decode()
        names, held = dict(_NAMED.findall(told)), held.removesuffix(b"\r\n")
        if "filename" in names:
            media = told.lower().partition("content-type:")[2].strip()
            files.append(Upload(names["name"], names["filename"], media, held))
        else:
            fields[names["name"]] = held.decode()
    return Asked(path, headers, fields, tuple(files))


def _reset(connection: socket.socket) -> None:
    """Close with RST, as a crash or a firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
