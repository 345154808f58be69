"""Everything the product needs, started in order by one process and gone with it.

PostgreSQL and the broker (unless the environment names others), the schema, the web process,
the workers, consumers of events where there is a RabbitMQ, and the clock.
``python -m deploy.embedded.supervisor`` serves; with ``--run COMMAND …`` it starts what a command
needs (no web), runs that, and stops.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from deploy.embedded import locks
from deploy.embedded.cluster import EmbeddedServiceError, locate
from deploy.embedded.console import say
from deploy.embedded.part import Part
from deploy.embedded.postgres import ensure_postgres, is_running, release_postgres
from deploy.embedded.prepared import is_prepared, remember
from deploy.embedded.runtime import Runtime, use_embedded_services
from deploy.embedded.tether import tethered
from deploy.embedded.valkey import SMALL_TALK, Valkey

HOUSEWORK_PROCESSES = 2
# They mostly wait for providers and for servers of users, and must not keep the housework waiting.
FILM_THREADS = 12  # webhooks take at most four of them
STOP_WITHIN_S = 2.5
DATABASE_STOP_WITHIN_S = 5.0
DATABASE_CHECK_S = 1.0
DATABASE_NEWS = ("FATAL:", "PANIC:", "WARNING:", "was terminated by", "keeper[")
# Jobs run side by side in processes; threads inside each would only fight for the cores.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
}


class Supervisor:
    """Starts the parts in order and keeps them up until it is asked to stop."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "DATA_DIR": str(runtime.data_dir),
            "DATABASE_URL": runtime.database_url,
            "BROKER_URL": runtime.broker_url,
        }
        self._parts: list[Part] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self._failure: EmbeddedServiceError | None = None

    async def serve(self) -> int:
        """Run everything until SIGINT or SIGTERM; returns the exit code."""
        with _listening(self.runtime) as listener:
            return await self._between(lambda: self._start_all(listener))

    async def run(self, command: Sequence[str]) -> int:
        """Run ``command`` beside the services and workers that it needs."""
        code = 1

        async def start_and_run() -> None:
            nonlocal code
            await self._start_services()
            await self._start_workers()
            process = await asyncio.create_subprocess_exec(*tethered(command), env=self.environment)
            code = await process.wait()
            self._stop.set()

        return await self._between(start_and_run) or code

    async def _between(self, start: Callable[[], Coroutine[Any, Any, None]]) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        self._begin(start())
        await self._stop.wait()
        say("server", "stopping")
        await self._stop_all()
        if self._failure:
            say("server", str(self._failure))
        say("server", "stopped")
        return 1 if self._failure else 0

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` beside the rest; its failure stops everything."""

        async def guarded() -> None:
            try:
                await work
            except EmbeddedServiceError as error:
                self._failure = error
                self._stop.set()

        self._tasks.append(asyncio.create_task(guarded()))

    async def _start_all(self, listener: socket.socket) -> None:
        started = time.monotonic()
        await self._start_services()
        listener.listen(512)
        web = Part(
            "web",
            _module("deploy.embedded.web", str(listener.fileno())),
            environment=self.environment,
            answers=lambda: _is_healthy(self.runtime),
            files=[listener.fileno()],
            unsaid=['"GET /healthz HTTP/1.1" 200'],
        )
        await self._keep(web)
        took = time.monotonic() - started
        say(
            "server",
            f"ready in {took:.1f} s at {self.runtime.public_url} (Ctrl-C stops it)",
        )
        await self._start_workers()
        beat = _module("deploy.embedded.beat", str(self.runtime.data_dir / "beat-schedule"))
        await self._keep(Part("beat", beat, environment=self.environment))

    async def _start_services(self) -> None:
        await self._start_database()
        if not self.runtime.broker_url:
            valkey = Valkey.of(self.runtime.data_dir)
            valkey.prepare()
            self.environment["BROKER_URL"] = valkey.url
            part = Part(
                "valkey",
                valkey.command,
                environment=self.environment,
                answers=valkey.answers,
                parent_death="SIGTERM",
                unsaid=SMALL_TALK,
            )
            await self._keep(part)
            say("valkey", "ready")
        await self._prepare()

    async def _prepare(self) -> None:
        """Bring schema and static files up to date."""
        data_dir, url = self.runtime.data_dir, self.environment["DATABASE_URL"]
        is_ours = not self.runtime.database_url
        if is_ours and await asyncio.to_thread(is_prepared, data_dir, url):
            say("prepare", "the schema is up to date")
            return
        prepare = Part("prepare", _module("deploy.embedded.prepare"), environment=self.environment)
        self._parts.append(prepare)
        if await prepare.run_once():
            raise EmbeddedServiceError("The database could not be prepared; see above.")
        if is_ours:
            await asyncio.to_thread(remember, data_dir, url)

    async def _start_database(self) -> None:
        if self.runtime.database_url:
            await asyncio.to_thread(_check_database, self.runtime.database_url)
            return
        started = time.monotonic()
        self.environment["DATABASE_URL"] = await asyncio.to_thread(
            ensure_postgres, self.runtime.data_dir
        )
        say("postgres", f"ready in {time.monotonic() - started:.1f} s")
        self._begin(self._watch_database())
        self._begin(self._tell_database_news())

    async def _watch_database(self) -> None:
        """The keeper restarts the server; we restart the keeper."""
        while True:
            await asyncio.sleep(DATABASE_CHECK_S)
            if not is_running(self.runtime.data_dir):
                say("postgres", "gone; starting again")
                await asyncio.to_thread(ensure_postgres, self.runtime.data_dir)

    async def _tell_database_news(self) -> None:
        """Show what in PostgreSQL's log is worth a look."""
        with locate(self.runtime.data_dir).log.open(errors="replace") as log:
            log.seek(0, os.SEEK_END)
            while True:
                for line in log:
                    if any(word in line for word in DATABASE_NEWS):
                        say("postgres", line.rstrip())
                await asyncio.sleep(DATABASE_CHECK_S)

    async def _start_workers(self) -> None:
        environment = self.environment | ONE_THREAD
        crews = (
            ("worker", "studio", self.runtime.worker_processes, "prefork"),
            ("housework", "default", HOUSEWORK_PROCESSES, "prefork"),
            ("films", "films,webhooks", FILM_THREADS, "threads"),
        )
        for name, queue, at_once, pool in crews:
            command = _module("deploy.embedded.worker", queue, str(at_once), pool)
            await self._keep(Part(name, command, environment=environment))
        if self.environment.get("EVENTS_URL"):
            consume = (sys.executable, "manage.py", "consume_events")
            await self._keep(Part("consumers", consume, environment=self.environment))

    async def _keep(self, part: Part) -> None:
        self._parts.append(part)
        self._begin(part.keep_running())
        await part.until_it_answers()

    async def _stop_all(self) -> None:
        """The broker last, so that nobody complains about it."""
        for task in self._tasks:
            task.cancel()
        brokers = [part for part in self._parts if part.name == "valkey"]
        others = [part for part in self._parts if part.name != "valkey"]
        for group in (others, brokers):
            await asyncio.gather(*(part.stop(within_s=STOP_WITHIN_S) for part in group))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self.runtime.database_url:
            await self._stop_database()
        if not self.runtime.broker_url:
            Valkey.of(self.runtime.data_dir).tidy()

    async def _stop_database(self) -> None:
        release_postgres(self.runtime.data_dir)
        deadline = time.monotonic() + DATABASE_STOP_WITHIN_S
        while is_running(self.runtime.data_dir):
            if time.monotonic() > deadline:
                say("postgres", "still closing, or used by another process; it stops by itself")
                return
            await asyncio.sleep(0.03)


def _module(name: str, *arguments: str) -> list[str | Path]:
    return [sys.executable, "-m", name, *arguments]


def _listening(runtime: Runtime) -> socket.socket:
    """The web socket, bound (so that a taken port shows at once) but not yet accepting."""
    family = socket.AF_INET6 if ":" in runtime.bind else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((runtime.bind, runtime.port))
    except OSError as error:
        listener.close()
        raise EmbeddedServiceError(
            f"Cannot listen on {runtime.bind}, port {runtime.port}: {error.strerror}. "
            f"Stop what uses it, or choose another: PORT={runtime.port + 1} script/server"
        ) from error
    return listener


def _is_healthy(runtime: Runtime) -> bool:
    """Ask as a visitor would: only the hosts that people use are allowed."""
    host = urlsplit(runtime.public_url).netloc
    question = urllib.request.Request(runtime.health_url, headers={"Host": host})  # noqa: S310
    try:
        with urllib.request.urlopen(question, timeout=30) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _check_database(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise EmbeddedServiceError(f"DATABASE_URL does not answer: {error}") from error


def _claim(runtime: Runtime) -> None:
    """Be the only supervisor of this DATA_DIR, for as long as this process lives."""
    runtime.data_dir.mkdir(parents=True, exist_ok=True)
    if locks.take(runtime.lock, wait=False) is None:
        raise EmbeddedServiceError(
            f"A server already runs on {runtime.data_dir}: {runtime.lock.read_text()}"
        )
    runtime.lock.write_text(f"process {os.getpid()}, {runtime.public_url}")


def main(arguments: Sequence[str]) -> int:
    """Serve, or run one command; a message instead of a traceback when something is in the way."""
    command = list(arguments[1:]) if arguments[:1] == ["--run"] else None
    try:
        runtime = Runtime.from_environment()
        if command and locks.is_held(runtime.lock):
            use_embedded_services()
            os.execvp(command[0], command)  # noqa: S606
        runtime.check_addresses()
        if command is None:
            runtime.check_payments()
        _claim(runtime)
        return asyncio.run(_supervise(runtime, command))
    except EmbeddedServiceError as error:
        say("server", str(error))
        return 1


async def _supervise(runtime: Runtime, command: Sequence[str] | None) -> int:
    supervisor = Supervisor(runtime)
    return await (supervisor.serve() if command is None else supervisor.run(command))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
