"""One at a time in the whole installation, by an advisory lock of the database.

A connection of its own holds the lock in an open transaction: the lock ends with either, so a lost
worker leaves none behind, and a pooler that shares connections between transactions keeps it apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from django.db import Error, connection
from django.db.backends.utils import CursorWrapper


@contextmanager
def alone(lock: int, whose: str | None = None) -> Iterator[bool]:
    """Whether nobody else is at it; nobody begins meanwhile.

    ``lock`` is any fixed number, ``whose`` tells apart those who do not hinder each other.
    """
    key = "%s" if whose is None else "%s, hashtext(%s)"
    words: list[int | str] = [lock] if whose is None else [lock, whose]
    with _transaction() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({key})", words)
        yield bool(cursor.fetchone()[0])


@contextmanager
def in_turn(lock: int) -> Iterator[None]:
    """Wait until nobody else is at it; nobody begins meanwhile."""
    with _transaction() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        yield


@contextmanager
def _transaction() -> Iterator[CursorWrapper]:
    """A transaction apart from the caller's; what it locked is free when this ends."""
    with closing(connection.copy()) as own, own.cursor() as cursor:
        own.set_autocommit(False)
        try:
            yield cursor
        finally:
            # With the connection the lock went too.
            with suppress(Error):
                own.rollback()
