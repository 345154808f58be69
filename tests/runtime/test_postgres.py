"""The embedded PostgreSQL: started, joined, killed, found again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from deploy.embedded.cluster import SOCKET_LIMIT, EmbeddedServiceError, locate
from deploy.embedded.postgres import is_running
from tests.runtime.processes import alive, command_lines, python, wait_for

USES_THE_SERVER = """
import sys
from pathlib import Path
from deploy.embedded.postgres import ensure_postgres
print(ensure_postgres(Path({home!r})), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server has stopped and whose shelter is gone afterwards."""
    yield tmp_path
    wait_for(lambda: not is_running(tmp_path), what="the end of the server")
    cluster = locate(tmp_path)
    if not cluster.data.is_relative_to(tmp_path):
        shutil.rmtree(cluster.data.parent, ignore_errors=True)


@contextmanager
def user_of(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that uses the server, and the URL that it got."""
    with python(USES_THE_SERVER.format(home=str(home))) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()


def postmaster(home: Path) -> int:
    """The process id of the server itself."""
    return int((locate(home).data / "postmaster.pid").read_text().splitlines()[0])


def keeper(home: Path) -> int:
    words = f"deploy.embedded.keeper {home} "
    return next(pid for pid, line in command_lines().items() if words in line)


def write_a_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note (words text)")
        connection.execute("INSERT INTO note VALUES ('kept')")


def read_the_row(url: str) -> str:
    def attempt() -> str:
        try:
            with psycopg.connect(url) as connection:
                row = connection.execute("SELECT words FROM note").fetchone()
                return str(row[0]) if row else ""
        except psycopg.OperationalError:
            return ""

    return wait_for(attempt, what="the row")


def test_a_second_process_joins_the_running_server(home: Path) -> None:
    with user_of(home) as (_, first):
        server = postmaster(home)
        with user_of(home) as (_, second):
            assert second == first
            assert postmaster(home) == server


def test_the_server_outlives_its_starter_while_another_uses_it(home: Path) -> None:
    with user_of(home) as (starter, _), user_of(home) as (_, url):
        server = postmaster(home)
        os.kill(starter.pid, signal.SIGKILL)
        starter.wait()
        write_a_row(url)
        assert alive({server}) == {server}


def test_the_server_stops_when_its_last_user_is_killed(home: Path) -> None:
    with user_of(home) as (process, _):
        server = postmaster(home)
        os.kill(process.pid, signal.SIGKILL)
        wait_for(lambda: not alive({server}), what="the end of the server")


def test_a_killed_server_comes_back_with_its_rows(home: Path) -> None:
    with user_of(home) as (_, url):
        write_a_row(url)
        killed = postmaster(home)
        os.kill(killed, signal.SIGKILL)
        assert read_the_row(url) == "kept"
        assert postmaster(home) != killed


def test_a_killed_keeper_takes_the_server_along_and_the_next_user_finds_the_rows(
    home: Path,
) -> None:
    with user_of(home) as (_, url):
        write_a_row(url)
        server = postmaster(home)
        os.kill(keeper(home), signal.SIGKILL)
        wait_for(lambda: not alive({server}), what="the end of the server")
        with user_of(home) as (_, again):
            assert read_the_row(again) == "kept"


def test_the_socket_path_stays_short_in_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("a-folder-with-a-long-name-" * 4) / ("and-another-one-" * 6)
    assert len(str(deep)) > SOCKET_LIMIT
    assert len(str(locate(deep).socket)) <= SOCKET_LIMIT


def test_a_folder_closed_to_others_works_and_a_fresh_one_at_its_place_starts_afresh(
    home: Path,
) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    data_dir = closed / "data"
    with user_of(data_dir) as (_, url):
        write_a_row(url)
    wait_for(lambda: not is_running(data_dir), what="the end of the server")
    first = locate(data_dir)
    as_root = os.geteuid() == 0
    assert first.data.is_relative_to(closed) is not as_root

    shutil.rmtree(closed)
    closed.mkdir(mode=0o700)
    with user_of(data_dir) as (_, url), psycopg.connect(url) as connection:
        found = connection.execute("SELECT to_regclass('note')").fetchone()
        assert found == (None,)
    wait_for(lambda: not is_running(data_dir), what="the end of the server")
    if as_root:
        shutil.rmtree(first.data.parent)
        shutil.rmtree(locate(data_dir).data.parent)


@pytest.fixture
def above() -> Iterator[Path]:
    """A folder that ours alone decides who may pass through."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def made(data_dir: Path) -> Path:
    """The place of a database that is there."""
    data = locate(data_dir).data
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18")
    return data


def test_the_database_is_the_same_one_after_the_folders_above_are_opened(above: Path) -> None:
    above.chmod(0o700)
    data = made(above / "data")
    try:
        above.chmod(0o755)
        assert locate(above / "data").data == data
    finally:
        shutil.rmtree(data.parent)


def test_no_empty_database_takes_the_place_of_one_that_was_closed_off(above: Path) -> None:
    above.chmod(0o755)
    data = made(above / "data")
    above.chmod(0o700)
    if os.geteuid() == 0:
        with pytest.raises(EmbeddedServiceError, match="can no longer reach"):
            locate(above / "data")
    else:
        assert locate(above / "data").data == data
