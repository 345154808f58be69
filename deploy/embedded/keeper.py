"""The keeper: owns one PostgreSQL, restarts it when it dies, stops it when nobody needs it.

Every process that uses the server holds a shared lock, which the kernel drops when that process
ends, even by kill -9. Once the keeper can take the lock for itself nobody is left: it stops the
server and goes. Run as ``python -m deploy.embedded.keeper HOME DATABASE [--volatile]``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.embedded import locks
from deploy.embedded.cluster import Cluster, EmbeddedServiceError, locate, prepare
from deploy.embedded.tether import tethered

POLL_S = 0.2
READY_WITHIN_S = 60.0
# A killed postmaster's children need a moment to let go of the data folder.
RESTART_AFTER_S = 0.1
RESTART_AT_MOST_S = 2.0


class Stopped(Exception):
    """A signal asked the keeper to end."""


def main(arguments: Sequence[str]) -> int:
    """Keep the server of the folder named first until no process uses it."""
    home, database, *options = arguments
    cluster = locate(Path(home))
    keeping = locks.take(cluster.keeper_lock, wait=False)
    if keeping is None:
        return 0
    signal.signal(signal.SIGTERM, _raise_stopped)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        prepare(cluster)
    except EmbeddedServiceError as error:
        sys.exit(str(error))
    _initialise(cluster)
    try:
        _keep(cluster, database, volatile="--volatile" in options)
    except Stopped:
        return 0
    finally:
        cluster.url_file.unlink(missing_ok=True)
        shutil.rmtree(cluster.socket_dir, ignore_errors=True)
    return 0


def _raise_stopped(*_: object) -> None:
    raise Stopped


def _keep(cluster: Cluster, database: str, *, volatile: bool) -> None:
    pause = RESTART_AFTER_S
    while True:
        server = _start(cluster, volatile=volatile)
        try:
            if _wait_until_ready(cluster, server):
                _create_database(cluster, database)
                cluster.url_file.write_text(cluster.url(database))
                pause = RESTART_AFTER_S
            if _wait_until_unused(cluster, server):
                return
        finally:
            cluster.url_file.unlink(missing_ok=True)
            _stop(server)
        _say(f"PostgreSQL ended with {server.returncode}; starting it again")
        time.sleep(pause)
        pause = min(pause * 2, RESTART_AT_MOST_S)


def _wait_until_unused(cluster: Cluster, server: subprocess.Popen[bytes]) -> bool:
    """True once no process holds the users' lock, which we then keep; False if the server died."""
    while server.poll() is None:
        if locks.take(cluster.users_lock, wait=False) is not None:
            return True
        try:
            server.wait(POLL_S)
        except subprocess.TimeoutExpired:
            continue
    return False


def _start(cluster: Cluster, *, volatile: bool) -> subprocess.Popen[bytes]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(cluster.socket_dir),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    if volatile:
        options |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
    command: list[str | Path] = [
        cluster.binaries / "bin" / "postgres",
        "-D",
        cluster.data,
    ]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    # SIGINT is PostgreSQL's fast shutdown.
    return subprocess.Popen(tethered(command, signal_name="SIGINT", user=cluster.user), cwd="/")


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


def _initialise(cluster: Cluster) -> None:
    if (cluster.data / "PG_VERSION").exists():
        return
    command: list[str | Path] = [
        cluster.binaries / "bin" / "initdb",
        f"--pgdata={cluster.data}",
        "--username=techpack",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth-local=trust",
        "--auth-host=reject",
        "--no-instructions",
    ]
    made = subprocess.run(tethered(command, user=cluster.user), cwd="/", check=False)
    if made.returncode:
        sys.exit("The database could not be made; initdb says why above.")


def _wait_until_ready(cluster: Cluster, server: subprocess.Popen[bytes]) -> bool:
    """True once the server answers; False when it ended before."""
    deadline = time.monotonic() + READY_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(cluster.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return True
    return False


def _create_database(cluster: Cluster, database: str) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if found.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _say(message: str) -> None:
    print(f"keeper[{os.getpid()}]: {message}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
