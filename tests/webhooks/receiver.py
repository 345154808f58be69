"""A web server on loopback that takes webhooks, and answers as it is told."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from core.addresses import Address, is_public
from core.pinned import Reach

HERE = ipaddress.ip_address("127.0.0.1")
HOST = "hooks.example.com"


class Got(NamedTuple):
    """One request as it came; names of headers in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Sink(BaseHTTPRequestHandler):
    """One request: kept, then answered by what is lined up for its path."""

    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.got.append(Got(self.path, headers, body))
        self.receiver.came.set()
        answers = self.receiver.answers.get(self.path, [])
        answer = answers.pop(0) if answers else status(200)
        try:
            answer(self)
        except OSError:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing: what was posted is kept."""


Answer = Callable[[Sink], object]


class Receiver:
    """``answers`` are lined up by path; what nothing is lined up for is answered 200."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: dict[str, list[Answer]] = {}
        self.came = threading.Event()
        self.is_over = threading.Event()
        sink = type("Sink", (Sink,), {"receiver": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), sink)
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def will(self, *answers: Answer, path: str = "/") -> None:
        """Answer the next requests to the path in these ways."""
        self.answers.setdefault(path, []).extend(answers)

    def url(self, path: str = "/") -> str:
        """Its address by name, which only ``reach`` knows."""
        return f"http://{HOST}:{self.port}{path}"

    def reach(self, **known: str) -> Reach:
        """The receiver as ``hooks.example.com``; other names as given, with ``_`` for dots."""
        hosts = {HOST: "127.0.0.1", **{name.replace("_", "."): ip for name, ip in known.items()}}

        def resolver(host: str, port: int) -> list[Address]:
            if host not in hosts:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [ipaddress.ip_address(hosts[host])]

        return Reach(
            resolver, lambda address: address == HERE or is_public(address), frozenset({self.port})
        )

    def secure(self, serving: ssl.SSLContext) -> None:
        """Speak TLS; before it serves."""
        self._server.socket = serving.wrap_socket(self._server.socket, server_side=True)

    def serve(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Let go of whoever hangs, and end."""
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """Answer with a status."""

    def answer(sink: Sink) -> None:
        sink.send_response(code)
        for name, value in headers.items():
            sink.send_header(name.replace("_", "-"), value)
        sink.send_header("Content-Length", str(len(body)))
        sink.end_headers()
        sink.wfile.write(body)

    return answer


def hang(sink: Sink) -> None:
    """Answer nothing until the end of the test."""
    sink.receiver.is_over.wait(60)


def drip(sink: Sink) -> None:
    """Send a head without end, a byte now and then."""
    sink.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not sink.receiver.is_over.wait(0.02):
        sink.wfile.write(b"x")


def rubbish(sink: Sink) -> None:
    """Answer, but not in HTTP."""
    sink.wfile.write(b"\0\1\2 not http\r\n\r\n")


def hang_up(sink: Sink) -> None:
    """Close the connection without an answer."""
    sink.close_connection = True
