"""A whole product of the tests' own: a real supervisor on a free port with an empty DATA_DIR."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from deploy.embedded.cluster import locate
from deploy.embedded.postgres import PROJECT, is_running
from tests.runtime.processes import command_lines, descendants, wait_for

START_WITHIN_S = 600.0  # who ended instead is not waited for
STOP_WITHIN_S = 60.0  # three seconds where nothing else runs
FIRST_PORT = 12_000
SERVICE_NAMES = ("DATABASE_URL", "BROKER_URL", "PUBLIC_URL", "DJANGO_SETTINGS_MODULE")


class Server:
    """``script/server``'s process, its log and its children."""

    def __init__(
        self, data_dir: Path, *, port: int | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.log = data_dir.parent / f"log-{self.port}"
        inherited = {name: value for name, value in os.environ.items() if name not in SERVICE_NAMES}
        own = {"DATA_DIR": str(data_dir), "PORT": str(self.port)}
        self.environment = {**inherited, **own, **(settings or {})}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.embedded.supervisor"],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    @property
    def url(self) -> str:
        """Where people find it."""
        return f"http://localhost:{self.port}"

    @property
    def database_url(self) -> str:
        """How to look into its database from outside."""
        return locate(self.data_dir).url_file.read_text()

    def said(self, pattern: str) -> int:
        """How many lines of the log match."""
        return len(re.findall(pattern, self.log.read_text(errors="replace"), re.MULTILINE))

    def says(self, pattern: str) -> bool:
        """Whether a line of the log matches."""
        return self.said(pattern) > 0

    def tail(self, length: int = 6000) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-length:]

    def until(self, pattern: str, *, times: int = 1) -> None:
        """Wait for a line of the log; a server that ended instead fails at once."""

        def said_or_ended() -> bool:
            return self.said(pattern) >= times or self.process.poll() is not None

        wait_for(said_or_ended, within_s=START_WITHIN_S, what=f"{pattern!r}\n{self.log}")
        assert self.said(pattern) >= times, self.tail()

    def until_ready(self) -> None:
        """Wait for the web and for every crew of workers."""
        self.until(r"server +ready in .* at http://localhost:")
        self.until(r"worker .*ready\.")
        self.until(r"housework .*ready\.")
        self.until(r"films .*ready\.")

    def healthz(self) -> int:
        """The status of the health page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            return int(answer.status)

    def is_healthy(self) -> bool:
        """Whether the health page answers 200."""
        try:
            return self.healthz() == 200
        except OSError:
            return False

    def everything(self) -> set[int]:
        """Every process that belongs to this server, the database's too."""
        keepers = self.keepers()
        below = set().union(*(descendants(keeper) for keeper in keepers))
        return {self.process.pid} | descendants(self.process.pid) | keepers | below

    def keepers(self) -> set[int]:
        """The keeper of its PostgreSQL."""
        words = f"deploy.embedded.keeper {self.data_dir} "
        return {pid for pid, line in command_lines().items() if words in line}

    def postmaster(self) -> int:
        """The first process of its PostgreSQL."""
        return int((locate(self.data_dir).data / "postmaster.pid").read_text().split()[0])

    def children(self, words: str) -> set[int]:
        """The processes below the supervisor whose command line holds ``words``."""
        lines = command_lines()
        return {pid for pid in descendants(self.process.pid) if words in lines.get(pid, "")}

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``manage.py`` beside the server, with its output as text."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def end(self) -> None:
        """Kill the supervisor; all the rest goes with it."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to stop, as Ctrl-C does; kill it where it does not."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(2 * STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.end()


def free_port() -> int:
    """A port that nobody listens on, below those that the kernel gives to whoever asks for any.

    So nobody is given it in the seconds, or while a server restarts, until it is listened on.
    """
    while True:
        port = FIRST_PORT + secrets.randbelow(_any_port_from() - FIRST_PORT)
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port


def _any_port_from() -> int:
    """The lowest port that a connection, or a server on port 0, may be given."""
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


@contextmanager
def empty_data_dir(parent: Path) -> Iterator[Path]:
    """A DATA_DIR that does not exist yet; nothing of its database is left afterwards."""
    folder = parent / "data"
    yield folder
    if folder.exists():
        wait_for(lambda: not is_running(folder), what="the end of PostgreSQL")
        cluster = locate(folder)
        if not cluster.data.is_relative_to(folder):
            shutil.rmtree(cluster.data.parent, ignore_errors=True)
