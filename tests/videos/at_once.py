"""Several things at the same instant, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.db import connection

MEET_WITHIN_S: Final = 30.0


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each returned, or the exception that it raised, in their order."""
    meeting = threading.Barrier(len(acts), timeout=MEET_WITHIN_S)

    def one(act: Callable[[], Any]) -> Any:
        connection.ensure_connection()
        meeting.wait()
        try:
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))
