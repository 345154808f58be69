"""A world served over HTTP on loopback, for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from billing.standin.world import Answer, World, respond

SECRET_KEY = f"sk_test_{'standin' * 4}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: the second would wait for an acknowledgement
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            answer = respond(
                self.server.world,
                method=self.command,
                path=self.path,
                headers=dict(self.headers.items()),
                body=body,
            )
        except Exception as error:
            self.server.errors.append(error)
            answer = Answer(500, {"Stripe-Should-Retry": "false"}, b"{}")
        self.server.asked.append((self.command, self.path.partition("?")[0]))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    world: World

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str]] = []
        self.errors: list[Exception] = []


@contextmanager
def served(path: Path) -> Iterator[World]:
    """A new world in the file of this path, answering at ``world.base`` until the end.

    Raises what answering raised, which a client only sees as a 500.
    """
    server = _Server()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    server.world = World(path, base=base, secret_key=SECRET_KEY)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.world
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.world.close()
    if server.errors:
        raise server.errors[0]
