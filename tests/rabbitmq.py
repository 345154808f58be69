"""Which RabbitMQ carries events: ``python -m tests.rabbitmq`` prints it, or fails."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import amqp

from deploy.embedded.tether import tethered
from tests.runtime.processes import wait_for
from tests.servers import free_port

# Debian's program on the PATH insists on a user of its own; the one that it starts does not.
USUAL = "/usr/lib/rabbitmq/bin/rabbitmq-server"
STARTS_WITHIN_S = 90.0
CONFIG = "loopback_users = none\ndisk_free_limit.absolute = 1MB\nlog.file.level = warning\n"


def rabbitmq_path() -> str | None:
    """The program named by RABBITMQ, else Debian's, else the one on the PATH."""
    if named := os.environ.get("RABBITMQ"):
        return shutil.which(named)
    return shutil.which(USUAL) or shutil.which("rabbitmq-server")


class RabbitMQ:
    """A broker of the tests' own on loopback, with all that it keeps in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._epmd_port, self._peers_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "plugins").write_text("[].\n")
        (folder / "environment").touch()
        (folder / "rabbitmq.conf").write_text(CONFIG)

    @property
    def url(self) -> str:
        """What EVENTS_URL is set to."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not stopped since."""
        return self._process is not None

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": f"events{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._peers_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            # Become Erlang instead of starting it, so that what we start is what we end.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1"
            ),
        }

    @contextmanager
    def peers(self) -> Iterator[None]:
        """Erlang's directory of nodes, without which none starts."""
        program = shutil.which("epmd")
        assert program is not None, "epmd comes with Erlang"
        command = [program, "-address", "127.0.0.1", "-port", str(self._epmd_port)]
        process = subprocess.Popen(
            tethered(command, signal_name="SIGKILL"), stdin=subprocess.DEVNULL
        )
        try:
            wait_for(lambda: _listens(self._epmd_port), what="epmd")
            yield
        finally:
            process.kill()
            process.wait()

    def start(self) -> None:
        """Start it, again with what it kept, and wait until it takes connections."""
        program = rabbitmq_path()
        assert program is not None, "script/test leaves these tests out where there is none"
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                tethered([program, "-noinput"], signal_name="SIGKILL"),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        wait_for(self._answers_or_ended, within_s=STARTS_WITHIN_S, what=self._said())
        assert self._process.poll() is None, self._said()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, or kill it."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(STARTS_WITHIN_S)
            self._process = None

    def _said(self) -> str:
        return (self.folder / "output").read_text(errors="replace")[-3000:]

    def _answers_or_ended(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return True
        try:
            self.connected().close()
        except (OSError, amqp.AMQPError):
            return False
        return True

    def connected(self) -> Any:
        """A plain connection of its client library, to look from outside."""
        connection = amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=5, read_timeout=10)
        connection.connect()
        return connection


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    found = rabbitmq_path()
    print(found or "none")
    sys.exit(0 if found else 1)
