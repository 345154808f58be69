"""Looking into a running server's database, and killing its parts in the middle of their work."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from tests.runtime.processes import wait_for
from tests.servers import Server

STUDIO = "deploy.embedded.worker studio"
FILMS = "deploy.embedded.worker films"
READY = {STUDIO: r"worker .*ready\.", FILMS: r"films .*ready\."}
FINAL = ("succeeded", "partly_succeeded", "failed", "canceled")
RECOVERY_S = 90.0
# What a job may wait for a core here before the promise of RECOVERY_S can even begin.
START_S = 120.0


@dataclass(frozen=True)
class Ended:
    """How a job ended, and what the database remembers of its way."""

    status: str
    attempts: int
    at: datetime
    times_told: int
    bought_twice: int
    left_open: int


def rows(server: Server, query: str, *values: Any) -> list[Any]:
    """What the server's database answers, on a connection of its own."""
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        return connection.execute(query.encode(), values).fetchall()


def is_over(server: Server, job: str) -> bool:
    """Whether the job ended, one way or another."""
    return bool(
        rows(
            server,
            "SELECT 1 FROM generation_job WHERE id = %s AND status = ANY(%s)",
            job,
            list(FINAL),
        )
    )


def is_calling(connection: psycopg.Connection[Any], job: str) -> bool:
    """Whether a worker has the job and waits for a provider's answer."""
    found = connection.execute(
        "SELECT 1 FROM generation_aicall c JOIN generation_job j ON j.id = c.job_id "
        "WHERE j.id = %s AND j.status = 'running' AND c.status = 'pending'",
        [job],
    )
    return found.fetchone() is not None


def end_of(server: Server, job: str, *, within_s: float) -> Ended:
    """Wait for the job's end, and read what happened on its way."""
    wait_for(lambda: is_over(server, job), within_s=within_s, every_s=0.2, what="the job's end")
    ((status, attempts, at),) = rows(
        server, "SELECT status, attempts, finished_at FROM generation_job WHERE id = %s", job
    )
    ((told,),) = rows(
        server,
        "SELECT count(*) FROM core_event WHERE type = 'job.updated' AND data->>'id' = %s "
        "AND data->>'status' = ANY(%s)",
        job,
        list(FINAL),
    )
    bought_twice = rows(
        server,
        "SELECT part FROM generation_aicall WHERE job_id = %s AND status = 'completed' "
        "GROUP BY part, operation_name HAVING count(*) > 1",
        job,
    )
    left_open = rows(
        server, "SELECT 1 FROM generation_aicall WHERE job_id = %s AND status = 'pending'", job
    )
    return Ended(status, attempts, at, told, len(bought_twice), len(left_open))


@contextmanager
def frozen(processes: set[int]) -> Iterator[None]:
    """The processes stand still for as long as the block lasts, or until they are killed."""
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def kill(processes: set[int]) -> datetime:
    """``kill -9``; returns when."""
    for pid in processes:
        os.kill(pid, signal.SIGKILL)
    return datetime.now(UTC)


def kill_and_await(server: Server, words: str) -> None:
    """Kill a part of the server and wait until the supervisor started it again."""
    killed = server.children(words)
    assert killed, words
    kill(killed)
    wait_for(lambda: server.children(words) - killed, within_s=60, what=f"{words} again")


def catch_calling(server: Server, job: str, processes: set[int]) -> bool:
    """Freeze the processes in the middle of one of the job's calls, for the caller to kill.

    Standing still they cannot finish between the look and the kill, so a quick step is
    caught as surely as a slow one. False, and nothing stands still, where the job was over
    before it could be caught.
    """
    with psycopg.connect(server.database_url, autocommit=True) as connection:

        def comes() -> bool:
            return is_calling(connection, job) or is_over(server, job)

        while True:
            wait_for(comes, within_s=START_S, every_s=0.002, what="a call of the job")
            if is_over(server, job):
                return False
            for pid in processes:
                os.kill(pid, signal.SIGSTOP)
            if is_calling(connection, job):
                return True
            for pid in processes:
                os.kill(pid, signal.SIGCONT)


def kill_worker_during(server: Server, job: str) -> datetime | None:
    """Kill the studio's worker and its pool during a call of the job; None: it was too quick."""
    ready = server.said(r"worker .*ready\.")
    worker = server.children(STUDIO)
    if not catch_calling(server, job, worker):
        return None
    killed_at = kill(worker)
    server.until(r"worker .*ready\.", times=ready + 1)
    return killed_at


@contextmanager
def holding(server: Server, statement: str, *values: Any) -> Iterator[None]:
    """What the statement locks stays locked for as long as the block lasts."""
    with psycopg.connect(server.database_url) as connection:
        connection.execute(statement.encode(), values)
        yield
        connection.rollback()


def until_stuck(server: Server, words: str) -> None:
    """Wait until a worker waits for a lock with a statement that holds these words."""
    query = (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND position(%s in query) > 0"
    )
    wait_for(lambda: rows(server, query, words), within_s=START_S, what=f"a lock on {words}")


def kill_crew(server: Server, words: str) -> datetime:
    """Kill a crew's worker with its pool and its connections; returns once there is another."""
    ready = server.said(READY[words])
    killed_at = kill(server.children(words))
    # The database would notice only when it answers the dead.
    rows(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
    )
    server.until(READY[words], times=ready + 1)
    return killed_at
