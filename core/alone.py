"""One at a time in the whole installation, by an advisory lock of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection


@contextmanager
def alone(lock: int, whose: str | None = None) -> Iterator[bool]:
    """Whether nobody else is at it; nobody begins meanwhile.

    ``lock`` is any fixed number, ``whose`` tells apart those who do not hinder each other. The
    lock ends with its holder's connection, so that a lost worker leaves none behind.
    """
    key = "%s" if whose is None else "%s, hashtext(%s)"
    words: list[int | str] = [lock] if whose is None else [lock, whose]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({key})", words)
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            # With the connection the lock went too.
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({key})", words)
