"""Client processes that start together, each with database connections of its own."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from django.db import connections

Work = Callable[[Any], Any]
END_WITHIN_S = 30.0
_NO_MORE = "no more"


class ClientFailed(RuntimeError):
    """A client process raised; its traceback is the message."""


class Fleet:
    """``size`` forked processes. ``make(number)`` runs in each and returns what it does."""

    def __init__(self, size: int, make: Callable[[int], Work]) -> None:
        connections.close_all()  # a connection does not survive the fork
        fork = multiprocessing.get_context("fork")
        self._pipes: list[Connection] = []
        self._processes = []
        for number in range(size):
            ours, theirs = fork.Pipe()
            process = fork.Process(target=_serve, args=(theirs, number, make), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            if process.is_alive() and error is None:
                pipe.send(_NO_MORE)
                process.join(END_WITHIN_S)
            process.kill()

    def run(self, orders: Sequence[Any]) -> list[Any]:
        """Give one order to each of the first clients, let them start at once; their answers."""
        pipes = self._pipes[: len(orders)]
        for pipe, order in zip(pipes, orders, strict=True):
            pipe.send(order)
        for number in range(len(pipes)):
            self._answer(number)  # ready
        for pipe in pipes:
            pipe.send("go")
        return [self._answer(number) for number in range(len(pipes))]

    def _answer(self, number: int) -> Any:
        pipe, process = self._pipes[number], self._processes[number]
        while not pipe.poll(1.0):
            if not process.is_alive():
                raise ClientFailed(f"client {number} ended with {process.exitcode}")
        is_fine, answer = pipe.recv()
        if not is_fine:
            raise ClientFailed(answer)
        return answer


def _serve(pipe: Connection, number: int, make: Callable[[int], Work]) -> None:
    try:
        work = make(number)
        while (order := pipe.recv()) != _NO_MORE:
            pipe.send((True, "ready"))
            pipe.recv()
            pipe.send((True, work(order)))
        connections.close_all()
    except Exception:
        pipe.send((False, traceback.format_exc()))
