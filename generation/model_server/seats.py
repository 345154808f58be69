"""The processes that work on pictures: a fixed number, one task each, set up again when one dies.

Pictures come from outside, and what decodes and measures them is native code: what it does to its
process stays there.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final, Protocol

from generation.model_server.refusals import all_busy, broken

log = logging.getLogger("techpack.model_server")

START_WITHIN_S: Final = 60.0
RETRY_AFTER_S: Final = 1
FILM_TIMES: Final = 5  # how many pictures' time a film may take
_SPAWN: Final = multiprocessing.get_context("spawn")


class SeatLost(Exception):
    """The process of a seat died, or took too long and was ended."""


class Works(Protocol):
    """Whoever works on tasks; raises Refused where none is free."""

    size: int
    busy: int
    waiting: int
    lost: int

    @property
    def is_ready(self) -> bool: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def do(self, task: Mapping[str, Any]) -> dict[str, Any]: ...


class Seat:
    """One process and the line to it. Used by one thread at a time."""

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def start(self) -> None:
        """Set the process up and wait until it can work; raises SeatLost."""
        self._started()

    def do(self, task: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """The task's result; a process that died before is set up again. Raises SeatLost."""
        line = self._line or self._started()
        try:
            line.send(dict(task))
        except OSError as error:
            self.end()
            raise SeatLost from error
        return dict(self._received(line, timeout_s))

    def _started(self) -> Connection:
        from generation.model_server.work import serve

        here, there = _SPAWN.Pipe()
        process = _SPAWN.Process(target=serve, args=(there,), daemon=True, name="seat")
        process.start()
        there.close()
        self._process, self._line = process, here
        self._received(here, START_WITHIN_S)
        return here

    def _received(self, line: Connection, timeout_s: float) -> Any:
        try:
            if line.poll(timeout_s):
                return line.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise SeatLost from error
        self.end()
        raise SeatLost("too long")

    def end(self) -> None:
        """End the process, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None


class Seats:
    """A fixed number of seats, and as many requests waiting as are allowed."""

    def __init__(self, *, size: int, waiting_most: int, timeout_s: float) -> None:
        self.size = size
        self.busy = self.waiting = self.lost = 0
        self._waiting_most, self._timeout_s = waiting_most, timeout_s
        self._seats = [Seat() for _ in range(size)]
        self._free: asyncio.Queue[Seat] = asyncio.Queue()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="seat")
        self._is_up = False

    @property
    def is_ready(self) -> bool:
        """All seats were set up, and none is being put away."""
        return self._is_up

    async def start(self) -> None:
        """Set all seats up, side by side."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(loop.run_in_executor(self._threads, seat.start) for seat in self._seats)
        )
        for seat in self._seats:
            self._free.put_nowait(seat)
        self._is_up = True

    async def stop(self) -> None:
        """Put all seats away."""
        self._is_up = False
        for seat in self._seats:
            seat.end()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _longest_s(self, task: Mapping[str, Any]) -> float:
        return self._timeout_s * (FILM_TIMES if task.get("kind") == "film" else 1)

    async def do(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a task, once a seat is free. Raises Refused where too many wait."""
        if self._free.empty() and self.waiting >= self._waiting_most:
            raise all_busy()
        self.waiting += 1
        try:
            seat = await self._free.get()
        finally:
            self.waiting -= 1
        self.busy += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, seat.do, task, self._longest_s(task))
        except SeatLost:
            self.lost += 1
            log.error("a seat was lost at a task of the kind %s", task.get("kind"))
            raise broken() from None
        finally:
            self.busy -= 1
            self._free.put_nowait(seat)
