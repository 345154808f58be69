"""Films that are asked for: one after another, beside all other work, kept on a shelf."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final, TypeAlias

from generation.model_server.refusals import BUSY, Refused, all_busy, broken, no_such_film
from generation.model_server.seats import Works
from generation.model_server.shelf import SILENT_S, Shelf, State, is_unwanted

log = logging.getLogger("techpack.model_server")

LOOK_AGAIN_S: Final = 0.5  # for a seat, where others wait for one too

Task: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class FilmTerms:
    """How films are kept: ``folder`` (one of its own where there is none), how many may wait.

    ``address`` is this server's IP, where others reach it that are asked about its films too.
    ``keep_s`` seconds after its end a film is taken away, and before where all together have more
    than ``most_bytes``.
    """

    folder: Path | None = None
    address: str = ""
    port: int = 0
    waiting_most: int = 16
    keep_s: float = 24 * 3600.0
    most_bytes: int = 1024 * 1024 * 1024


class FilmDesk:
    """Takes films, has the seats make them, and says how far they are.

    Everything here runs on one event loop.
    """

    def __init__(self, works: Works, terms: FilmTerms, new_ref: Callable[[], str]) -> None:
        self._works, self._terms, self._new_ref = works, terms, new_ref
        self._own: TemporaryDirectory[str] | None = None
        self._shelf: Shelf | None = None
        self._queue: asyncio.Queue[tuple[str, Task]] = asyncio.Queue()
        self._open: set[str] = set()
        self._crew: list[asyncio.Task[None]] = []
        self._is_closing = False

    @property
    def waiting(self) -> int:
        """How many films are not begun yet."""
        return self._queue.qsize()

    @property
    def making(self) -> int:
        """How many are being made."""
        return len(self._open) - self.waiting

    async def take(self, task: Task, told: Mapping[str, Any]) -> State:
        """A film that can be made, queued. Raises Refused."""
        self._check_room()
        await self._done({**task, "kind": "film-check"})
        self._check_room()  # others came meanwhile
        shelf = self._opened()
        state = shelf.begin(self._new_ref(), told)
        self._open.add(state["id"])
        self._queue.put_nowait((state["id"], task))
        return state

    async def state(self, ref: str) -> State:
        """How far a film is. Raises Refused where there is none."""
        state = await asyncio.to_thread(self._opened().state, ref)
        if state is None:
            raise no_such_film()
        return state

    async def open(self, ref: str, name: str) -> BinaryIO:
        """A file of a completed film. Raises Refused."""
        state = await self.state(ref)
        if state["status"] != "completed":
            raise Refused("The film is not there yet.", code="video_not_ready", param="video_id")
        try:
            return (self._opened().folder(ref) / name).open("rb")
        except FileNotFoundError:
            raise no_such_film() from None

    async def delete(self, ref: str) -> None:
        """Take a film away; one that is being made is not made further. Raises Refused."""
        await self.state(ref)
        await asyncio.to_thread(self._opened().delete, ref)

    async def stop(self) -> None:
        """Take nothing any more; films that have begun are finished where others can have them."""
        self._is_closing = True
        shelf = self._shelf
        while shelf is not None and not self._queue.empty():
            ref, _ = self._queue.get_nowait()
            shelf.fail(ref, {"code": "server_error", "message": "The server was stopped."})
            self._open.discard(ref)
        if self._own is None:
            while self._open:
                await asyncio.sleep(LOOK_AGAIN_S)
        for task in self._crew:
            task.cancel()
        await asyncio.gather(*self._crew, return_exceptions=True)
        if self._own is not None:
            self._own.cleanup()

    def _check_room(self) -> None:
        if self._is_closing or self.waiting >= self._terms.waiting_most:
            raise all_busy()

    def _opened(self) -> Shelf:
        """The shelf, and a crew that works on what is put there."""
        if self._shelf is None:
            folder = self._terms.folder
            if folder is None:
                self._own = TemporaryDirectory(prefix="films-", ignore_cleanup_errors=True)
                folder = Path(self._own.name)
            self._shelf = Shelf(
                folder, keep_s=self._terms.keep_s, most_bytes=self._terms.most_bytes
            )
            # Whatever films are asked for, a seat is left for everything else, if there are two.
            for _ in range(max(1, self._works.size - 1)):
                self._crew.append(asyncio.create_task(self._work(self._shelf)))
            self._crew.append(asyncio.create_task(self._keep(self._shelf)))
        return self._shelf

    async def _work(self, shelf: Shelf) -> None:
        while True:
            ref, task = await self._queue.get()
            try:
                await self._make(shelf, ref, task)
            except Exception:
                log.exception("film %s was not made", ref)
                shelf.fail(ref, {"code": "server_error", "message": broken().error["message"]})
            finally:
                self._open.discard(ref)

    async def _make(self, shelf: Shelf, ref: str, task: Task) -> None:
        folder = shelf.folder(ref)
        if not is_unwanted(folder):
            try:
                await self._seated({**task, "kind": "film", "folder": str(folder)})
                shelf.complete(ref)
            except Refused as refused:
                code = refused.error["code"] or "server_error"
                shelf.fail(ref, {"code": code, "message": refused.error["message"]})
        if is_unwanted(folder):
            shelf.clear(ref)

    async def _seated(self, task: Task) -> None:
        """Have a film made as soon as a seat is free. Raises Refused."""
        while True:
            try:
                await self._done(task)
            except Refused as refused:
                if refused.status != BUSY:
                    raise
                await asyncio.sleep(LOOK_AGAIN_S)
            else:
                return

    async def _done(self, task: Task) -> None:
        result = await self._works.do(task)
        if "error" in result:
            raise Refused.told(result)

    async def _keep(self, shelf: Shelf) -> None:
        """Say now and then that the films are not forgotten, and keep the shelf tidy."""
        while True:
            for ref in list(self._open):
                shelf.touch(ref)
            await asyncio.to_thread(shelf.tidy)
            await asyncio.sleep(SILENT_S / 4)
