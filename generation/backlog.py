"""Jobs that wait for a worker, and those that wait for word of a provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection

from generation.kinds import direct_names


class Waiting(NamedTuple):
    """How many wait, and for how long the first of them has."""

    jobs: int
    oldest_s: float


class Silent(NamedTuple):
    """How many awaited jobs nobody has asked after for too long, and since when the first of all.

    Both are 0 where none is awaited.
    """

    jobs: int = 0
    oldest_s: float = 0.0


SILENT_LONGEST_S: Final = 5 * 60
_silent: list[Callable[[], Silent]] = []

# What waits for other jobs of its own user to end says nothing about the workers, so that it
# counts as waiting, but not for how long.
_WAITING = """
    WITH busy AS (
        SELECT user_id FROM generation_job
        WHERE status = 'running' AND awaited_since IS NULL AND kind <> ALL(%s)
        GROUP BY user_id HAVING count(*) >= %s
    )
    SELECT count(*), coalesce(extract(epoch FROM statement_timestamp() - min(created_at) FILTER (
        WHERE user_id NOT IN (SELECT user_id FROM busy))), 0)::float
    FROM generation_job WHERE status = 'queued'
"""


def waiting() -> Waiting:
    """The queued jobs; 0 s where none waits for a worker."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [sorted(direct_names()), settings.JOB_RUNNING_LIMIT])
        jobs, oldest_s = cursor.fetchone()
    return Waiting(jobs, max(oldest_s, 0.0))


def count_silent(find: Callable[[], Silent]) -> None:
    """Let whoever asks providers after awaited jobs say which of them it has not asked after."""
    _silent[:] = [find]


def silent() -> Silent:
    """The awaited jobs that a provider works on and nobody asks after."""
    return _silent[0]() if _silent else Silent()
