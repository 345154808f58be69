"""The addresses of films: OpenAI's Videos API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from generation.model_server.exchange import Reply, Request, json_reply
from generation.model_server.film_asked import film_task
from generation.model_server.film_desk import FilmDesk
from generation.model_server.peers import ASKED, Peers
from generation.model_server.refusals import Refused
from generation.model_server.shelf import FILM, THUMBNAIL

FILMS: Final = "/v1/videos"
ONE: Final = "/v1/videos/{video_id}"
_VARIANTS: Final = {"video": (FILM, "video/mp4"), "thumbnail": (THUMBNAIL, "image/jpeg")}

Routes = Mapping[tuple[str, str], Callable[[Request], Awaitable[Reply]]]


class FilmRoutes:
    """What a desk does, by method and address."""

    def __init__(self, desk: FilmDesk, peers: Peers) -> None:
        self._desk, self._peers = desk, peers

    @property
    def table(self) -> Routes:
        """Who answers."""
        return {
            ("POST", FILMS): self._create,
            ("GET", ONE): self._look,
            ("GET", f"{ONE}/content"): self._content,
            ("DELETE", ONE): self._delete,
        }

    async def _create(self, request: Request) -> Reply:
        task, told = film_task(request.body, request.headers.get("content-type", ""))
        return json_reply(await self._desk.take(task, told))

    async def _look(self, request: Request) -> Reply:
        if home := self._home(request):
            return await self._peers.ask(request, "GET", home)
        return json_reply(await self._desk.state(request.video_id))

    async def _content(self, request: Request) -> Reply:
        if home := self._home(request):
            return await self._peers.ask(request, "GET", home, "/content")
        wanted = parse_qs(request.query).get("variant", ["video"])[-1]
        if wanted not in _VARIANTS:
            raise Refused("There is video and thumbnail.", param="variant")
        name, content_type = _VARIANTS[wanted]
        file = await self._desk.open(request.video_id, name)
        return Reply(content_type=content_type, file=file)

    async def _delete(self, request: Request) -> Reply:
        if home := self._home(request):
            return await self._peers.ask(request, "DELETE", home)
        await self._desk.delete(request.video_id)
        told: dict[str, Any] = {"id": request.video_id, "object": "video.deleted", "deleted": True}
        return json_reply(told)

    def _home(self, request: Request) -> str:
        """The other server that has the film, "" where it is looked for here."""
        return "" if ASKED in request.headers else self._peers.home_of(request.video_id)


def route_of(path: str) -> tuple[str, str]:
    """The address that a path is one of, and the film in it."""
    root, _, rest = path.partition(f"{FILMS}/")
    if root or not rest:
        return path, ""
    video_id, _, more = rest.partition("/")
    return f"{ONE}/{more}" if more or rest.endswith("/") else ONE, video_id
