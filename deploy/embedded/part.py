"""One program under the supervisor: started, read, restarted when it dies, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.embedded.cluster import EmbeddedServiceError
from deploy.embedded.console import say
from deploy.embedded.postgres import PROJECT
from deploy.embedded.tether import tethered

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
# A program that lived this long was well: its next death counts as the first again.
WELL_AFTER_S = 15.0
DEATHS_IN_A_ROW = 6
READY_WITHIN_S = 90.0
LINE_LIMIT = 1 << 20


class Part:
    """A child process tied to the supervisor; the kernel ends it when the supervisor ends."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        answers: Callable[[], bool] | None = None,
        parent_death: str = "SIGKILL",
        files: Sequence[int] = (),
        unsaid: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._command = command
        self._environment = dict(environment)
        self._answers = answers
        self._parent_death = parent_death
        self._files = tuple(files)
        self._unsaid = tuple(unsaid)
        self._process: asyncio.subprocess.Process | None = None
        self._is_stopping = False

    async def run_once(self) -> int:
        """Run to the end and return the exit code."""
        process = await self._start()
        return await self._read_until_end(process)

    async def keep_running(self) -> None:
        """Run, and run again after each death, until ``stop``.

        Raises EmbeddedServiceError when it dies too often in a row.
        """
        pause, deaths = FIRST_PAUSE_S, 0
        while not self._is_stopping:
            started = time.monotonic()
            code = await self._read_until_end(await self._start())
            if self._is_stopping:
                return
            if time.monotonic() - started > WELL_AFTER_S:
                pause, deaths = FIRST_PAUSE_S, 0
            deaths += 1
            if deaths >= DEATHS_IN_A_ROW:
                raise EmbeddedServiceError(
                    f"{self.name} ended {deaths} times in a row (last: {_spelled(code)}); "
                    "see its lines above."
                )
            say(self.name, f"{_spelled(code)}; starting again in {pause:.1f} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def until_it_answers(self) -> None:
        """Wait until the part is ready for use.

        Raises EmbeddedServiceError when it is not within READY_WITHIN_S.
        """
        deadline, pause = time.monotonic() + READY_WITHIN_S, 0.03
        while self._answers is not None and not await asyncio.to_thread(self._answers):
            if time.monotonic() > deadline:
                raise EmbeddedServiceError(
                    f"{self.name} runs but does not answer; see its lines above."
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    async def stop(self, *, within_s: float) -> None:
        """Ask it to end, wait, then kill it with everything that it started."""
        self._is_stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), within_s)
        except TimeoutError:
            say(self.name, f"still busy after {within_s} s; killed")
        self._kill_group(process)

    def _kill_group(self, process: asyncio.subprocess.Process) -> None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    async def _start(self) -> asyncio.subprocess.Process:
        # Its own session: Ctrl-C reaches the supervisor alone, which then stops in order.
        self._process = await asyncio.create_subprocess_exec(
            *tethered(self._command, signal_name=self._parent_death),
            cwd=PROJECT,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self._files,
            limit=LINE_LIMIT,
        )
        return self._process

    async def _read_until_end(self, process: asyncio.subprocess.Process) -> int:
        reading = asyncio.create_task(self._read(process))
        code = await process.wait()
        if code:
            # What it started (a killed worker's children) must not work beside its successor.
            self._kill_group(process)
        await reading
        return code

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101
        while True:
            try:
                raw = await process.stdout.readline()
            except ValueError:  # a line beyond LINE_LIMIT, of which the rest follows
                continue
            if not raw:
                return
            line = raw.decode(errors="replace").rstrip()
            if line and not any(words in line for words in self._unsaid):
                say(self.name, line)


def _spelled(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with {code}"
