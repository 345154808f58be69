"""OpenAI's Videos API on loopback: films that are queued, progress, and end as a test says.

    with FilmServer() as vendor:
        vendor.becomes(Fate(looks=2))  # all films: completed at the second look
        vendor.will_become(Fate(code="moderation_blocked"), Fate(looks=None))  # the next two
        vendor.will(trouble.is_busy("1"), to="videos/create")  # the next one is turned away
        vendor.always(trouble.fails, to="videos/look")
        vendor.finish(ref) / vendor.fail(ref, "server_error") / vendor.progress(ref, 40)
        vendor.calls_back(url, secret=…, lost=0.05, repeated=0.05)
        vendor.purchases  # Counter by prompt; ``vendor.sold["videos/create"]`` is all

Operations are ``videos/create``, ``videos/look``, ``videos/content`` and ``videos/delete``; what
else OpenAI does is there too. Threads may command it while it serves. As a process of its own:

    python -m tests.fakes.openai_films --port 9000

prints its address, ends with its standard input, and is commanded over HTTP (``/control/…``, see
``tests.fakes.film_control``).
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from tests.fakes import film_contents
from tests.fakes.clock import Clock
from tests.fakes.film_callbacks import SECRET, Callbacks
from tests.fakes.film_contents import Content
from tests.fakes.openai_script import answers_well
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.trouble import SECRET as MESSAGE
from tests.fakes.trouble import fails, refuses, resets_unsold
from tests.fakes.vendor import Asked, Behaviour, Exchange, Gate

MODEL: Final = "sora-2"
_FILM: Final = re.compile(r"/videos/([^/?]+)(/content)?(?:\?.*)?$")
_ENDS: Final = ("completed", "failed")


@dataclass(frozen=True)
class Fate:
    """What becomes of a film.

    It ends at look number ``looks`` or ``after_s`` seconds from its creation, whichever comes
    first; with neither, on command only. It fails where it has a ``code``.
    """

    looks: int | None = 1
    after_s: float | None = None
    code: str = ""
    content: Content = film_contents.good


@dataclass
class Film:
    """A film at the vendor."""

    ref: str
    prompt: str
    model: str
    seconds: str
    size: str
    fate: Fate
    reference: bytes = field(default=b"", repr=False)
    created_at: float = field(default_factory=time.time)
    status: str = "queued"
    progress: int = 0
    code: str = ""
    looks: int = 0
    fetches: int = 0
    is_deleted: bool = False

    def told(self) -> dict[str, Any]:
        """The film in OpenAI's words."""
        is_over = self.status in _ENDS
        error = {"code": self.code, "message": MESSAGE} if self.status == "failed" else None
        return {
            "id": self.ref,
            "object": "video",
            "created_at": int(self.created_at),
            "completed_at": int(time.time()) if is_over else None,
            "expires_at": int(time.time()) + 3600 if is_over else None,
            "status": self.status,
            "model": self.model,
            "progress": self.progress,
            "prompt": self.prompt,
            "seconds": self.seconds,
            "size": self.size,
            "remixed_from_video_id": None,
            "error": error,
        }


class FilmServer(OpenAIServer):
    """OpenAI with films, or the operator's own server of the same interfaces."""

    def __init__(self, usually: Behaviour | None = None, *, port: int = 0) -> None:
        super().__init__(usually or _does_well(self), port=port)
        self.films: dict[str, Film] = {}
        self.purchases: Counter[str] = Counter()
        self.callbacks: Callbacks | None = None
        self._fate = Fate()
        self._fates: list[Fate] = []
        self._clock = Clock()

    def __exit__(self, *given: object) -> None:
        self._clock.stop()
        if self.callbacks is not None:
            self.callbacks.close()
        super().__exit__(*given)

    def settings_for(self, provider: str) -> dict[str, str]:
        """As every server's, with a model for films and the secret of callbacks."""
        return {
            **super().settings_for(provider),
            f"{provider.upper()}_VIDEO_MODEL": MODEL,
            "OPENAI_WEBHOOK_SECRET": SECRET,
        }

    def operation_of(self, asked: Asked) -> str:
        """``videos/…``, else what OpenAI does beside it."""
        path = asked.path.partition("?")[0]
        if path.endswith("/videos"):
            return "videos/create" if asked.method == "POST" else ""
        if found := _FILM.search(asked.path):
            whole = "videos/content" if found[2] else "videos/look"
            return {"GET": whole, "DELETE": "videos/delete"}.get(asked.method, "")
        return super().operation_of(asked)

    def becomes(self, fate: Fate) -> None:
        """What becomes of films from now on."""
        self._fate = fate

    def will_become(self, *fates: Fate) -> None:
        """What becomes of the next films, in order."""
        with self._changed:
            self._fates += fates

    def calls_back(self, url: str, *, secret: str = SECRET, **more: Any) -> Callbacks:
        """Tell ``url`` when a film is over; ``more`` as ``Callbacks`` takes it."""
        self.callbacks = Callbacks(url, secret=secret, **more)
        return self.callbacks

    def progress(self, ref: str, percent: int) -> None:
        """A film is that far."""
        with self._changed:
            film = self.films[ref]
            film.status, film.progress = "in_progress", percent

    def finish(self, ref: str) -> None:
        """A film is completed now."""
        self._end(self.films[ref], "")

    def fail(self, ref: str, code: str = "server_error") -> None:
        """A film has failed now."""
        self._end(self.films[ref], code)

    def film_of(self, prompt: str) -> Film:
        """The one film that was asked for with these words."""
        (film,) = [film for film in self.films.values() if prompt in film.prompt]
        return film

    def begin(self, exchange: Exchange) -> Film:
        """Sell a film."""
        exchange.sell()
        body, files = exchange.asked.body, exchange.asked.files
        with self._changed:
            fate = self._fates.pop(0) if self._fates else self._fate
            film = Film(
                ref=f"video_{uuid4().hex}",
                prompt=str(body.get("prompt")),
                model=str(body.get("model")),
                seconds=str(body.get("seconds", "4")),
                size=str(body.get("size", "720x1280")),
                fate=fate,
                reference=files[0].content if files else b"",
            )
            self.films[film.ref] = film
            self.purchases[film.prompt] += 1
        if fate.after_s is not None:
            self._clock.after(fate.after_s, lambda: self._end(film, fate.code))
        return film

    def look_at(self, film: Film) -> None:
        """Somebody looks: what is to happen at a look happens."""
        with self._changed:
            film.looks += 1
            last = film.fate.looks
            if film.status == "queued":
                film.status = "in_progress"
            if film.status == "in_progress" and last is not None:
                film.progress = max(film.progress, min(99, 100 * film.looks // max(last, 1)))
            is_due = last is not None and film.looks >= last
            self._changed.notify_all()
        if is_due:
            self._end(film, film.fate.code)

    def _end(self, film: Film, code: str) -> None:
        with self._changed:
            if film.status in _ENDS or film.is_deleted:
                return
            film.status, film.code = ("failed", code) if code else ("completed", "")
            film.progress = film.progress if code else 100
            self._changed.notify_all()
        if self.callbacks is not None:
            self.callbacks.tell(f"video.{film.status}", film.ref)

    def film_asked(self, exchange: Exchange) -> Film | None:
        """The film that a request is about; None, and answered, where there is none."""
        found = _FILM.search(exchange.asked.path)
        film = self.films.get(found[1]) if found else None
        if film is None or film.is_deleted:
            refuses(404, param="video_id")(exchange)
            return None
        return film


def _does_well(server: FilmServer) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        if exchange.asked.operation == "videos/create":
            exchange.answer(200, server.begin(exchange).told())
        elif not exchange.asked.operation.startswith("videos/"):
            answers_well(exchange)
        elif (film := server.film_asked(exchange)) is not None:
            _ANSWERS[exchange.asked.operation](server, film, exchange)

    return behave


def _look(server: FilmServer, film: Film, exchange: Exchange) -> None:
    server.look_at(film)
    exchange.answer(200, film.told())


def _content(server: FilmServer, film: Film, exchange: Exchange) -> None:
    if film.status != "completed":
        refuses(400, code="video_not_ready", param="video_id")(exchange)
        return
    film.fetches += 1
    film.fate.content(exchange, int(film.seconds))


def _delete(server: FilmServer, film: Film, exchange: Exchange) -> None:
    film.is_deleted = True
    exchange.answer(200, {"id": film.ref, "object": "video.deleted", "deleted": True})


_ANSWERS: Final = {"videos/look": _look, "videos/content": _content, "videos/delete": _delete}


def accepts_and(then: Behaviour) -> Behaviour:
    """A film is begun and bought, and then something happens to the answer."""

    def behave(exchange: Exchange) -> None:
        server = exchange.server
        assert isinstance(server, FilmServer)
        server.begin(exchange)
        then(exchange)

    return behave


def tells(**more: Any) -> Behaviour:
    """A film is begun or looked at, and what is told of it is changed: ``tells(id="video_x")``."""

    def behave(exchange: Exchange) -> None:
        server = exchange.server
        assert isinstance(server, FilmServer)
        is_new = exchange.asked.operation == "videos/create"
        film = server.begin(exchange) if is_new else server.film_asked(exchange)
        if film is not None:
            exchange.answer(200, film.told() | more)

    return behave


accepts_and_resets = accepts_and(resets_unsold)
accepts_and_hangs = accepts_and(lambda exchange: exchange.wait(Gate()))
accepts_and_fails = accepts_and(fails)
accepts_and_mumbles = accepts_and(lambda exchange: exchange.answer(200, b'{"id": "video_'))


def main() -> None:
    """Serve until standard input ends; the address goes to standard output."""
    from tests.fakes.film_control import Controlled

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with Controlled(port=parser.parse_args().port) as server:
        print(server.root, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
