"""The whole product under its supervisor, on a free port and an empty DATA_DIR."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.embedded.postgres import is_running
from tests.runtime.processes import alive, wait_for
from tests.servers import START_WITHIN_S, STOP_WITHIN_S, Server, empty_data_dir

pytestmark = pytest.mark.slow


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    with empty_data_dir(tmp_path) as folder:
        yield folder


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
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(STOP_WITHIN_S) == 0
    wait_for(lambda: not alive(processes), within_s=STOP_WITHIN_S, what="the end of all")


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


@pytest.mark.thorough
def test_each_part_that_is_killed_comes_back(server: Server) -> None:
    server.until_ready()
    for words in (
        "deploy.embedded.worker studio",
        "deploy.embedded.worker default",
        "deploy.embedded.worker films",
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

    for keeper in server.keepers():
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
        assert refused.process.wait(START_WITHIN_S) == 1
        assert refused.says(rf"port {port}: Address already in use\. .*PORT={port + 1}")
        assert not refused.says("Traceback")

    first = Server(data_dir)
    try:
        first.until("postgres +ready")
        second = Server(data_dir)
        assert second.process.wait(START_WITHIN_S) == 1
        assert second.says(f"A server already runs on {data_dir}: process {first.process.pid}")
    finally:
        first.end()
