"""Gemini with films on loopback: interactions in the background, and the files they end in.

    with GeminiFilms() as vendor:
        vendor.becomes(Fate(looks=2))  # all films: completed at the second look
        vendor.will_become(Fate(ends=blocked("SAFETY")), Fate(looks=None))  # the next two
        vendor.will(gemini_script.is_busy, to="films/create")  # the next one is turned away
        vendor.finish(ref) / vendor.fail(ref, errs("internal"))
        vendor.calls_back(url, secret=…, lost=0.05, repeated=0.05)
        vendor.purchases  # Counter by prompt; ``vendor.sold["films/create"]`` is all

Operations are ``films/create``, ``films/look``, ``films/cancel``, ``films/file`` and
``films/download``; words and pictures are there too. Threads may command it while it serves.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import uuid4

from tests.fakes import film_contents, gemini_script
from tests.fakes.clock import Clock
from tests.fakes.film_callbacks import SECRET, Callbacks, Message, sealed
from tests.fakes.film_contents import Content
from tests.fakes.films import small_film
from tests.fakes.gemini_vendor import GeminiVendor
from tests.fakes.trouble import SECRET as MESSAGE
from tests.fakes.vendor import Asked, Behaviour, Exchange, Gate

MODEL: Final = "gemini-omni-1.2-flash"
USED: Final = {
    "total_input_tokens": 1_290,
    "total_output_tokens": 23_168,
    "total_thought_tokens": 412,
    "total_tokens": 24_870,
    "output_tokens_by_modality": [{"modality": "video", "tokens": 23_168}],
}
_INTERACTION: Final = re.compile(r"/v1beta/interactions/([^/?]+)(/cancel)?(?:\?.*)?$")
_FILE: Final = re.compile(r"/v1beta/files/([\w-]+)(:download\?alt=media)?$")
_OVER: Final = (
    "completed",
    "failed",
    "cancelled",
    "incomplete",
    "budget_exceeded",
    "requires_action",
)


@dataclass(frozen=True)
class Fate:
    """What becomes of a film.

    It ends at look number ``looks`` or ``after_s`` seconds from its creation, whichever comes
    first; with neither, on command only. ``ends`` is what the interaction says then, for example
    that it failed. A good one lies in a file, which is processed for ``file_looks`` looks more, or
    in the interaction itself.
    """

    looks: int | None = 1
    after_s: float | None = None
    ends: Mapping[str, Any] | None = None
    content: Content = film_contents.good
    lies: Literal["file", "bare file", "inline"] = "file"
    file_looks: int = 0
    inline: bytes | None = None


@dataclass
class Film:
    """A film at the vendor."""

    ref: str
    file: str
    asked: Mapping[str, Any]
    fate: Fate
    created_at: float = field(default_factory=time.time)
    status: str = "queued"
    told: Mapping[str, Any] = field(default_factory=dict)
    looks: int = 0
    file_looks: int = 0
    fetches: int = 0
    cancels: int = 0

    @property
    def prompt(self) -> str:
        """All words that it was asked for with."""
        return "\n".join(part["text"] for part in self.parts if part["type"] == "text")

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        """What was sent with the request."""
        return [part for step in self.asked["input"] for part in step["content"]]

    @property
    def seconds(self) -> int:
        """How long it is."""
        return int(self.asked["response_format"]["duration"].removesuffix("s"))


class GeminiFilms(GeminiVendor):
    """Gemini with films for a key."""

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

    def settings_for(self, provider: str = "gemini") -> dict[str, str]:
        """As Gemini's, with a model for films and the secret of callbacks."""
        return {
            **super().settings_for(provider),
            "GEMINI_VIDEO_MODEL": MODEL,
            "GEMINI_WEBHOOK_SECRET": SECRET,
        }

    def operation_of(self, asked: Asked) -> str:
        """``films/…``, else what Gemini does beside it."""
        if asked.path == "/v1beta/interactions":
            return "films/create" if asked.method == "POST" else ""
        if found := _INTERACTION.fullmatch(asked.path):
            wanted = {"POST": "films/cancel"} if found[2] else {"GET": "films/look"}
            return wanted.get(asked.method, "")
        if found := _FILE.fullmatch(asked.path):
            return "films/download" if found[2] else "films/file"
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
        self.callbacks = Callbacks(url, secret=secret, sign=signed, **more)
        return self.callbacks

    def begins(self, ref: str) -> None:
        """A film is being made."""
        with self._changed:
            self.films[ref].status = "in_progress"

    def finish(self, ref: str) -> None:
        """A film is completed now."""
        self._end(self.films[ref], None)

    def fail(self, ref: str, ends: Mapping[str, Any]) -> None:
        """A film has failed now."""
        self._end(self.films[ref], ends)

    def film_of(self, prompt: str) -> Film:
        """The one film that was asked for with these words."""
        (film,) = [film for film in self.films.values() if prompt in film.prompt]
        return film

    def begin(self, exchange: Exchange) -> Film:
        """Sell a film."""
        exchange.sell()
        with self._changed:
            fate = self._fates.pop(0) if self._fates else self._fate
            film = Film(f"v1_{uuid4().hex}", uuid4().hex[:12], exchange.asked.body, fate)
            self.films[film.ref] = film
            self.purchases[film.prompt] += 1
        if fate.after_s is not None:
            self._clock.after(fate.after_s, lambda: self._end(film, fate.ends))
        return film

    def look_at(self, film: Film) -> None:
        """Somebody looks: what is to happen at a look happens."""
        with self._changed:
            film.looks += 1
            film.status = "in_progress" if film.status == "queued" else film.status
            is_due = film.fate.looks is not None and film.looks >= film.fate.looks
            self._changed.notify_all()
        if is_due:
            self._end(film, film.fate.ends)

    def _end(self, film: Film, ends: Mapping[str, Any] | None) -> None:
        with self._changed:
            if film.status in _OVER:
                return
            film.told = ends or {}
            film.status = film.told.get("status", "failed") if ends else "completed"
            self._changed.notify_all()
        if self.callbacks is not None:
            is_good = film.status == "completed"
            self.callbacks.tell(f"interaction.{'completed' if is_good else 'failed'}", film.ref)

    def told(self, film: Film) -> dict[str, Any]:
        """The interaction in Gemini's words."""
        body: dict[str, Any] = {
            "id": film.ref,
            "object": "interaction",
            "status": film.status,
            "model": film.asked["model"],
            "created": datetime.fromtimestamp(film.created_at, UTC).isoformat(),
        }
        if film.status not in _OVER:
            return body
        output = {"type": "model_output", "content": [self._video(film)]}
        steps = [{"type": "thought", "signature": "EpcwCpQw" * 700}]
        return {**body, "usage": USED, "steps": [*steps, output], **film.told}

    def _video(self, film: Film) -> dict[str, Any]:
        video = {"type": "video", "mime_type": "video/mp4"}
        match film.fate.lies:
            case "inline":
                data = film.fate.inline
                data = small_film(film.seconds) if data is None else data
                return {**video, "data": base64.b64encode(data).decode()}
            case "bare file":
                return {**video, "uri": f"files/{film.file}"}
        address = "https://generativelanguage.googleapis.com/v1beta/files"
        return {**video, "uri": f"{address}/{film.file}:download?alt=media"}

    def found(self, exchange: Exchange) -> Film | None:
        """The film that a request is about; None, and answered, where there is none."""
        path = exchange.asked.path
        for film in list(self.films.values()):
            if f"/{film.ref}" in path or f"/files/{film.file}" in path:
                return film
        gemini_script.fails_with(404, "NOT_FOUND")(exchange)
        return None


def _does_well(server: GeminiFilms) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        if exchange.asked.operation == "films/create":
            exchange.answer(200, server.told(server.begin(exchange)))
        elif not exchange.asked.operation.startswith("films/"):
            gemini_script.answers(exchange)
        elif (film := server.found(exchange)) is not None:
            _ANSWERS[exchange.asked.operation](server, film, exchange)

    return behave


def _look(server: GeminiFilms, film: Film, exchange: Exchange) -> None:
    server.look_at(film)
    exchange.answer(200, server.told(film))


def _cancel(server: GeminiFilms, film: Film, exchange: Exchange) -> None:
    film.cancels += 1
    if film.status in _OVER:
        errs_with(400, "invalid_request")(exchange)
        return
    film.status = "cancelled"
    exchange.answer(200, server.told(film))


def _file(server: GeminiFilms, film: Film, exchange: Exchange) -> None:
    film.file_looks += 1
    is_ready = film.file_looks > film.fate.file_looks
    state = "ACTIVE" if is_ready else "PROCESSING"
    exchange.answer(200, {"name": f"files/{film.file}", "mimeType": "video/mp4", "state": state})


def _download(server: GeminiFilms, film: Film, exchange: Exchange) -> None:
    if film.status != "completed":
        gemini_script.fails_with(404, "NOT_FOUND")(exchange)
        return
    film.fetches += 1
    film.fate.content(exchange, film.seconds)


_ANSWERS: Final = {
    "films/look": _look,
    "films/cancel": _cancel,
    "films/file": _file,
    "films/download": _download,
}


def signed(
    kind: str, ref: str, *, secret: str = SECRET, message_id: str = "", at: float | None = None
) -> Message:
    """Gemini's ``interaction.completed`` or its like about a film; ``at`` in unix seconds."""
    at = time.time() if at is None else at
    data = {"id": ref}
    if kind.endswith("failed"):
        data |= {"error_code": "internal", "error_message": MESSAGE}
    when = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
    told = {"type": kind, "version": "v1", "timestamp": when, "data": data}
    return sealed(json.dumps(told), secret=secret, message_id=message_id, at=at)


def errs(code: str, message: str = MESSAGE, *, status: str = "failed") -> dict[str, Any]:
    """An interaction that ends with an error of its own."""
    return {"status": status, "steps": [], "errors": [{"code": code, "message": message}]}


def steps_err(code: int, *details: Mapping[str, Any], status: str = "failed") -> dict[str, Any]:
    """An interaction one of whose steps ends with an error; ``code`` as Google numbers them."""
    error = {"code": code, "message": MESSAGE, "details": list(details)}
    return {"status": status, "steps": [{"type": "model_output", "content": [], "error": error}]}


def blocked(reason: str, *, status: str = "failed") -> dict[str, Any]:
    """An interaction that stopped over the content."""
    step = {"type": "model_output", "content": [], "finish_reason": reason}
    return {"status": status, "steps": [step]}


def filtered(count: int = 1) -> dict[str, Any]:
    """All that was made was filtered out, and nothing failed."""
    return {"status": "completed", "steps": [], "rai_media_filtered_count": count}


def says_only(words: str) -> dict[str, Any]:
    """Completed with words instead of a film."""
    content = [{"type": "text", "text": words}]
    return {"status": "completed", "steps": [{"type": "model_output", "content": content}]}


def errs_with(status: int, code: str, message: str = MESSAGE) -> Behaviour:
    """An HTTP error as interactions tell it: a small code and a message that must not go on."""
    return lambda exchange: exchange.answer(status, {"error": {"message": message, "code": code}})


def accepts_and(then: Behaviour) -> Behaviour:
    """A film is begun and bought, and then something happens to the answer."""

    def behave(exchange: Exchange) -> None:
        server = exchange.server
        assert isinstance(server, GeminiFilms)
        server.begin(exchange)
        then(exchange)

    return behave


accepts_and_resets = accepts_and(lambda exchange: exchange.reset())
accepts_and_hangs = accepts_and(lambda exchange: exchange.wait(Gate()))
accepts_and_fails = accepts_and(gemini_script.fails_with(500, "INTERNAL"))
accepts_and_mumbles = accepts_and(lambda exchange: exchange.answer(200, b'{"id": "v1_'))
