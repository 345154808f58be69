"""The whole product under its supervisor, on a free port and an empty DATA_DIR."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.embedded.cluster import locate
from deploy.embedded.postgres import PROJECT, is_running
from tests.runtime.processes import alive, command_lines, descendants, wait_for

START_WITHIN_S = 150.0
STOP_WITHIN_S = 8.0
SERVICE_NAMES = ("DATABASE_URL", "BROKER_URL", "PUBLIC_URL", "DJANGO_SETTINGS_MODULE")

pytestmark = pytest.mark.slow


class Server:
    """``script/server``'s process, its log and its children."""

    def __init__(self, data_dir: Path, *, port: int | None = None) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.log = data_dir.parent / f"log-{self.port}"
        inherited = {name: value for name, value in os.environ.items() if name not in SERVICE_NAMES}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.embedded.supervisor"],
                cwd=PROJECT,
                env={**inherited, "DATA_DIR": str(data_dir), "PORT": str(self.port)},
                stdout=log,
                stderr=log,
            )

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.log.read_text(), re.MULTILINE) is not None

    def until(self, pattern: str) -> None:
        """Wait for a line of the log; a server that ended instead fails at once."""

        def said_or_ended() -> bool:
            return self.says(pattern) or self.process.poll() is not None

        wait_for(said_or_ended, within_s=START_WITHIN_S, what=f"{pattern!r}\n{self.log}")
        assert self.says(pattern), self.log.read_text()[-3000:]

    def until_ready(self) -> None:
        self.until(r"server +ready in .* at http://localhost:")
        self.until(r"worker .*ready\.")
        self.until(r"housework .*ready\.")

    def healthz(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            return int(answer.status)

    def is_healthy(self) -> bool:
        try:
            return self.healthz() == 200
        except OSError:
            return False

    def everything(self) -> set[int]:
        """Every process that belongs to this server, the database's too."""
        keepers = {
            pid
            for pid, line in command_lines().items()
            if f"deploy.embedded.keeper {self.data_dir} " in line
        }
        below = set().union(*(descendants(keeper) for keeper in keepers))
        return {self.process.pid} | descendants(self.process.pid) | keepers | below

    def children(self, words: str) -> set[int]:
        lines = command_lines()
        return {pid for pid in descendants(self.process.pid) if words in lines.get(pid, "")}

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    if folder.exists():
        wait_for(lambda: not is_running(folder), what="the end of PostgreSQL")
        cluster = locate(folder)
        if not cluster.data.is_relative_to(folder):
            shutil.rmtree(cluster.data.parent, ignore_errors=True)


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    running = Server(data_dir)
    try:
        yield running
    finally:
        running.end()


def test_from_an_empty_folder_to_a_healthy_page_and_back_to_nothing(server: Server) -> None:
    server.until_ready()
    assert server.healthz() == 200

    processes = server.everything()
    assert len(processes) > 8
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(STOP_WITHIN_S) == 0
    assert time.monotonic() - started < STOP_WITHIN_S
    assert alive(processes) == set()


def test_the_next_start_finds_its_data_and_a_killed_supervisor_leaves_nothing_behind(
    data_dir: Path,
) -> None:
    first = Server(data_dir)
    try:
        first.until(r"server +ready in")
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(STOP_WITHIN_S) == 0
    finally:
        first.end()

    again = Server(data_dir)
    try:
        again.until_ready()
        assert again.says("prepare +the schema is up to date")
        processes = again.everything()
        os.kill(again.process.pid, signal.SIGKILL)
        again.process.wait()
        wait_for(lambda: not alive(processes), within_s=STOP_WITHIN_S, what="the end of all")
    finally:
        again.end()


def test_each_part_that_is_killed_comes_back(server: Server) -> None:
    server.until_ready()
    for words in (
        "deploy.embedded.worker studio",
        "deploy.embedded.worker default",
        "deploy.embedded.beat",
        "deploy.embedded.web",
        "valkey-server",
    ):
        killed = server.children(words)
        assert killed, words
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        wait_for(
            lambda words=words, killed=killed: server.children(words) - killed,  # type: ignore[misc]
            within_s=60,
            what=f"{words} again",
        )
        assert not alive(killed)
    wait_for(server.is_healthy, within_s=60, what="a healthy web")

    keeper = next(
        pid
        for pid, line in command_lines().items()
        if f"deploy.embedded.keeper {server.data_dir} " in line
    )
    os.kill(keeper, signal.SIGKILL)
    wait_for(lambda: server.says("postgres +gone; starting again"), what="the notice")
    wait_for(lambda: is_running(server.data_dir), what="PostgreSQL again")
    wait_for(server.is_healthy, within_s=60, what="a healthy web")


def test_a_taken_port_and_a_second_server_get_a_plain_message(data_dir: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        refused = Server(data_dir, port=port)
        assert refused.process.wait(30) == 1
        assert refused.says(rf"port {port}: Address already in use\. .*PORT={port + 1}")
        assert not refused.says("Traceback")

    first = Server(data_dir)
    try:
        first.until("postgres +ready")
        second = Server(data_dir)
        assert second.process.wait(30) == 1
        assert second.says(f"A server already runs on {data_dir}: process {first.process.pid}")
    finally:
        first.end()
