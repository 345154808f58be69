"""The database's clock, by which the product says when something is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection


def now() -> datetime:
    """Its time at this moment, in a transaction too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


class Span:
    """When something was done: between the beginning and the end of the block.

    However long that took, what follows after a pause is due within the same span and the pause.
    """

    def __enter__(self) -> Span:
        self.began = now()
        return self

    def __exit__(self, *_: Any) -> None:
        self.ended = now()

    def puts_off(self, due: datetime | None, least_s: float, most_s: float | None = None) -> bool:
        """Whether ``due`` is ``least_s`` to ``most_s`` seconds (or just as many) after it."""
        if due is None:
            return False
        longest = timedelta(seconds=least_s if most_s is None else most_s)
        return self.began + timedelta(seconds=least_s) <= due <= self.ended + longest
