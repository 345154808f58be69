"""Remembers that the embedded database was prepared, so that the next start need not ask Django.

The comparison costs milliseconds, Django's own about two seconds.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import environ
import psycopg

from deploy.embedded.postgres import PROJECT

LOCK_FILE = PROJECT / "requirements.lock"


def is_prepared(data_dir: Path, url: str) -> bool:
    """Whether database and code are those of the last preparation.

    Never when DEBUG is off: then the static files are part of the preparation.
    """
    stamp = _stamp(data_dir)
    if not environ.Env().bool("DEBUG", default=True) or not stamp.exists():
        return False
    return stamp.read_text() == _fingerprint(url)


def remember(data_dir: Path, url: str) -> None:
    """Note that the database suits the code."""
    _stamp(data_dir).write_text(_fingerprint(url))


def _stamp(data_dir: Path) -> Path:
    return data_dir / "prepared"


def _fingerprint(url: str) -> str:
    digest = hashlib.sha256(LOCK_FILE.read_bytes())
    for path in sorted(PROJECT.glob("[a-z]*/migrations/*.py")):
        status = path.stat()
        digest.update(f"{path.relative_to(PROJECT)} {status.st_size} {status.st_mtime_ns}".encode())
    digest.update(repr(_applied(url)).encode())
    return digest.hexdigest()


def _applied(url: str) -> tuple[object, ...] | None:
    """Which database it is, and how far its schema has come; None before the first migration."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
        if found == (None,):
            return None
        return connection.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()), count(*), max(id)"
            " FROM django_migrations"
        ).fetchone()
