"""A client on a bare socket, which can go away when it likes."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.assistant.conftest import CHAT


class BareClient:
    """One request, read byte by byte."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self.heard = b""

    def hear(self, words: bytes) -> bytes:
        """Read until the words have come; returns all that came."""
        while words not in self.heard:
            more = self._wire.recv(4096)
            assert more, f"it ended without {words!r}: {self.heard!r}"
            self.heard += more
        return self.heard

    def hear_perhaps(self, words: bytes) -> None:
        """Read until the words have come, or the end."""
        while words not in self.heard and (more := self._wire.recv(4096)):
            self.heard += more

    def hear_out(self) -> bytes:
        """Read to the end."""
        while more := self._wire.recv(4096):
            self.heard += more
        return self.heard

    def hang_up(self) -> None:
        """Go away."""
        self._wire.close()


@contextmanager
def asking(address: str, key: str, body: dict[str, Any]) -> Iterator[BareClient]:
    """Send a chat request; what comes of it is the caller's to read."""
    host, port = urlsplit(address).netloc.split(":")
    content = json.dumps(body).encode()
    head = (
        f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        "Connection: close\r\n\r\n"
    )
    with closing(socket.create_connection((host, int(port)), timeout=60)) as wire:
        wire.sendall(head.encode() + content)
        yield BareClient(wire)
