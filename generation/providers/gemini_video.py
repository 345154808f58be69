"""Films by Gemini: interactions in the background, which are looked at until they are done."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from generation.errors import Failure, ProviderError
from generation.providers.costs import filmed
from generation.providers.film_failures import film_error
from generation.providers.gemini_video_failures import code_in
from generation.providers.gemini_video_states import failed, film_in, ref_of, state_of
from generation.providers.gemini_video_wire import GeminiVideoWire
from generation.providers.gemini_wire import VENDOR
from generation.providers.pictures import sendable
from generation.providers.protocols import Ask, VideoAsked, VideoState, View
from generation.providers.skimming import decoded, from_base64

MOST_VIEWS: Final = 6
_SCENE: Final = (
    "Film the product that the pictures show. Keep its shape, colours, materials, seams and prints "
    "exactly as they are there. The pictures are references, not first frames. "
    "What the film should show:\n"
)
_RESOLUTIONS: Final = {360: "360p", 720: "720p", 1080: "1080p", 2160: "4k"}


class GeminiVideos:
    """Gemini by one account."""

    name = VENDOR
    is_resubmittable = False

    def __init__(self, url: str, key: str) -> None:
        self._wire = GeminiVideoWire(url, key)

    def create(
        self, asked: VideoAsked, *, ask: Ask, told: Callable[[int, str], None]
    ) -> VideoState:
        """Begin a film, in the background; raises ProviderError."""
        try:
            interaction = self._wire.create(request_of(asked, ask), timeout_s=ask.timeout_s)
            ref = ref_of(interaction)
            if not ref:
                line = f"{VENDOR}: begun, and it cannot be asked for"
                raise film_error(Failure.AMBIGUOUS, line, code="server_error")
        except ProviderError as error:
            if error.failure is Failure.AMBIGUOUS:
                error.usage = filmed(ask.model, asked.seconds, is_estimate=True)
            raise
        return state_of(interaction, ref=ref)

    def look(self, ref: str, *, timeout_s: float) -> VideoState:
        """How far a film is: done once its file can be fetched.

        Raises ProviderError, FilmGone for one that Gemini does not know, or not yet.
        """
        due = time.monotonic() + timeout_s
        interaction = self._wire.interaction(ref, due=due)
        state = state_of(interaction, ref=ref)
        film = film_in(interaction)
        if state.status != "completed" or film is None or not film.name:
            return state
        file = self._wire.file(film.name, due=due)
        match file.get("state"):
            case "PROCESSING":
                return VideoState(ref, "in_progress", progress=99)
            case "FAILED":
                return failed(ref, code_in(file.get("error")), file, state.usage)
        return state

    @contextmanager
    def fetch(self, ref: str, *, timeout_s: float) -> Iterator[Iterator[bytes]]:
        """A completed film as it comes; raises ProviderError, also while it is read."""
        due = time.monotonic() + timeout_s
        film = film_in(self._wire.interaction(ref, due=due))
        if film is None:
            raise _no_film()
        if film.name:
            with self._wire.download(film.name, due=due) as pieces:
                yield pieces
        elif film.number is None:
            yield _film(from_base64([film.data.encode()]))
        else:
            with self._wire.pieces_of(ref, due=due) as pieces:
                yield _film(decoded(pieces, film.number))

    def cancel(self, ref: str, *, timeout_s: float) -> None:
        """Ask Gemini to stop. Raises ProviderError only where that may be tried again."""
        try:
            self._wire.cancel(ref, timeout_s=timeout_s)
        except ProviderError as error:
            if error.can_ask_again:
                raise


def request_of(asked: VideoAsked, ask: Ask) -> dict[str, Any]:
    """The interaction to create, in the words of Gemini's interface."""
    views = asked.views[:MOST_VIEWS]
    words = {"type": "text", "text": f"{_SCENE if views else ''}{asked.prompt}"}
    return {
        "model": ask.model,
        "input": [*_shown(views), words],
        "background": True,
        "store": True,  # a film that is not kept there cannot be asked for
        "response_format": {
            "type": "video",
            "aspect_ratio": "16:9" if asked.width >= asked.height else "9:16",
            "resolution": _RESOLUTIONS.get(min(asked.width, asked.height), "720p"),
            "duration": f"{asked.seconds}s",
            "delivery": "uri",
        },
        "generation_config": {
            "video_config": {"task": "reference_to_video" if views else "text_to_video"}
        },
    }


def _shown(views: Sequence[View]) -> Iterator[dict[str, str]]:
    for view in views:
        data = base64.b64encode(sendable(view.data)).decode()
        yield {"type": "image", "mime_type": "image/jpeg", "data": data}


def _film(parts: Iterator[bytes]) -> Iterator[bytes]:
    """A film that lies in the answer itself."""
    is_empty = True
    try:
        for part in parts:
            is_empty = False
            yield part
    except ValueError:
        raise _no_film() from None
    if is_empty:
        raise _no_film()


def _no_film() -> ProviderError:
    line = f"{VENDOR}: the answer holds no film that can be read"
    return film_error(Failure.MALFORMED_OUTPUT, line)
