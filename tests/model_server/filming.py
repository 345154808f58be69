"""Films at the server's application, in the test's own process and one event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from generation.model_server.app import App
from generation.model_server.film_desk import FilmTerms
from generation.model_server.refusals import Refused
from generation.model_server.shelf import FILM, THUMBNAIL, is_unwanted, put, read_state, write_state
from generation.model_server.work import done
from tests.core.coroutines import finished
from tests.fakes.films import small_film
from tests.model_server.inline import POLO

PROMPT = "slow turntable on a pale backdrop"
WITHIN_S = 20.0


class Studio:
    """Checks films as a seat does, and makes short ones once the test lets it."""

    lost = 0

    def __init__(self, size: int = 1) -> None:
        self.size, self.busy, self.waiting, self.is_ready = size, 0, 0, True
        self.may_go_on = asyncio.Event()
        self.begun: list[str] = []
        self.heard: list[Mapping[str, Any]] = []
        self.fault: Exception | None = None
        self.times_busy = 0

    async def start(self) -> None:
        self.is_ready = True

    async def stop(self) -> None:
        self.is_ready = False

    async def do(self, task: Mapping[str, Any]) -> dict[str, Any]:
        if task["kind"] != "film":
            return done(task)
        if self.times_busy:
            self.times_busy -= 1
            raise Refused("busy", status=429)
        folder = Path(task["folder"])
        self.heard.append(task)
        self.begun.append(task["asked"]["prompt"])
        self.busy += 1
        try:
            state = read_state(folder)
            assert state is not None
            write_state(folder, state | {"status": "in_progress", "progress": 40})
            await self.may_go_on.wait()
        finally:
            self.busy -= 1
        if self.fault is not None:
            raise self.fault
        if is_unwanted(folder):
            return {"isMade": False}
        put(folder / THUMBNAIL, b"\xff\xd8\xff")
        put(folder / FILM, small_film(task["asked"]["seconds"]))
        return {"isMade": True}


class Client:
    """Asks an application that is up."""

    def __init__(self, app: App) -> None:
        transport = httpx.ASGITransport(app=app)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://model/v1")

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, as httpx takes it."""
        return await self._http.request(method, path, **more)

    async def create(self, **more: Any) -> httpx.Response:
        """A film of the polo."""
        files = {"input_reference": ("a.jpg", more.pop("picture", POLO), "image/jpeg")}
        data = {"model": "studio-1", "prompt": PROMPT, "seconds": "4", "size": "1280x720"} | more
        return await self.send("POST", "/videos", data=data, files=files)

    async def begun(self, **more: Any) -> str:
        """The reference of a film that was taken."""
        answer = await self.create(**more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def look(self, ref: str) -> dict[str, Any]:
        """How far a film is."""
        answer = await self.send("GET", f"/videos/{ref}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def until(self, ref: str, status: str) -> dict[str, Any]:
        """The film once it has that status."""
        due = time.monotonic() + WITHIN_S
        while (state := await self.look(ref))["status"] != status:
            assert time.monotonic() < due, state
            await asyncio.sleep(0.02)
        return state


@asynccontextmanager
async def served(works: Studio, **terms: Any) -> AsyncIterator[Client]:
    """An application from its start to its end."""
    app = App(works, films=FilmTerms(**terms))
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan"}, told.get, heard.put))  # type: ignore[arg-type]
    told.put_nowait({"type": "lifespan.startup"})
    assert (await heard.get())["type"] == "lifespan.startup.complete"
    try:
        yield Client(app)
    finally:
        told.put_nowait({"type": "lifespan.shutdown"})
        asyncio.get_running_loop().call_later(0.1, works.may_go_on.set)
        await life


def played(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine."""

    def run(tmp_path: Path) -> None:
        finished(test, tmp_path)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run
