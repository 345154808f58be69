"""Connections that are lost in the middle of an operation, in each way that matters.

Whoever loses one cannot tell whether the operation happened.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing.queues import SimpleQueue
from typing import Any, TypeVar

import psycopg
from django.db import InterfaceError, OperationalError, connection, connections, transaction

T = TypeVar("T")
LOST = (OperationalError, InterfaceError)


class Killer:
    """A process whose own connection ends other backends: ``pg_terminate_backend``."""

    def __init__(self) -> None:
        connections.close_all()  # a connection does not survive the fork
        fork = multiprocessing.get_context("fork")
        self._doomed: SimpleQueue[int | None] = fork.SimpleQueue()
        self._process = fork.Process(target=self._serve, daemon=True)
        self._process.start()

    def kill(self, backend: int) -> None:
        """Have the backend ended; by then it is, with luck, in the middle of a statement."""
        self._doomed.put(backend)

    def close(self) -> None:
        """End the process. Raises ChildProcessError where it had ended by itself."""
        self._doomed.put(None)
        self._process.join()
        if self._process.exitcode:
            raise ChildProcessError("the killer did not work")

    def _serve(self) -> None:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as own:
            while (backend := self._doomed.get()) is not None:
                own.execute("SELECT pg_terminate_backend(%s)", [backend])


class Faults:
    """Draws which operations lose their connection, and sees to it."""

    def __init__(self, killer: Killer, *, share: float, chance: random.Random) -> None:
        self._killer, self._share, self._chance = killer, share, chance
        self._ways = (self._terminated, self._answer_lost, self._cut_before_commit)

    def ask(self, work: Callable[[], T]) -> T:
        """Run ``work``, in a transaction of the caller's own or not, perhaps to no avail.

        Raises one of ``LOST`` where the connection went.
        """
        around = transaction.atomic() if self._chance.random() < 0.5 else nullcontext()
        if self._chance.random() >= self._share:
            with around:
                return work()
        return self._chance.choice(self._ways)(work, around)

    def _terminated(self, work: Callable[[], T], around: AbstractContextManager[Any]) -> T:
        """Another session ends the backend, at whatever moment that is."""
        connection.ensure_connection()
        self._killer.kill(connection.connection.info.backend_pid)
        with around:
            return work()

    def _answer_lost(self, work: Callable[[], T], around: AbstractContextManager[Any]) -> T:
        """A statement, or the last commit, is done, and nobody hears of it."""
        with self._deaf_after(self._chance.randint(1, 3)), around:
            work()
        _cut()
        raise OperationalError("the answer was lost")

    def _cut_before_commit(self, work: Callable[[], T], _: AbstractContextManager[Any]) -> T:
        """The socket closes between the last statement and the commit."""
        with transaction.atomic():
            answer = work()
            _cut()
        return answer

    @contextmanager
    def _deaf_after(self, statements: int) -> Iterator[None]:
        left = statements

        def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal left
            answer = execute(sql, params, many, context)
            left -= 1
            if left == 0:
                _cut()
                raise OperationalError("the answer was lost")
            return answer

        with connection.execute_wrapper(run):
            yield


def _cut() -> None:
    """Close the socket under the driver, as a broken network would."""
    if connection.connection is not None and not connection.connection.closed:
        with socket.socket(fileno=os.dup(connection.connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
