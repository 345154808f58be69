"""Films by OpenAI's Videos API."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final
from urllib.parse import quote

from generation.errors import Failure, ProviderError
from generation.providers.costs import filmed
from generation.providers.failures import name_of
from generation.providers.film_failures import failed_film, film_error
from generation.providers.film_wire import FilmWire
from generation.providers.framing import framed
from generation.providers.protocols import Ask, VideoAsked, VideoState, VideoStatus
from generation.providers.wire import Files

_STATUSES: Final[Mapping[str, VideoStatus]] = {
    "queued": "queued",
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "canceled": "canceled",
    "cancelled": "canceled",
}
_REF: Final = re.compile(r"(?!\.+$)[!-~]{1,200}")  # what a path and our table can hold


class OpenAIVideo:
    """OpenAI by one account."""

    name = "openai"
    is_resubmittable = False

    def __init__(self, url: str, key: str) -> None:
        is_openai = self.name == "openai"
        self._wire = FilmWire(vendor=self.name, base_url=url, api_key=key, is_openai=is_openai)

    def create(
        self, asked: VideoAsked, *, ask: Ask, told: Callable[[int, str], None]
    ) -> VideoState:
        """Begin a film. Sent once: where no answer comes, it may have been bought."""
        due = time.monotonic() + ask.timeout_s
        body, files = self._form(asked, ask)
        try:
            left_s = due - time.monotonic()
            answer = self._wire.send("/videos", body, files=files, is_form=True, timeout_s=left_s)
            return self._begun(answer)
        except ProviderError as error:
            if error.failure in (Failure.AMBIGUOUS, Failure.MALFORMED_OUTPUT):
                error.usage = filmed(ask.model, asked.seconds, is_estimate=True)
            raise

    def look(self, ref: str, *, timeout_s: float) -> VideoState:
        """How far a film is.

        Raises ProviderError, FilmGone for one that the vendor does not know, or not yet.
        """
        answer = self._wire.look(_path(ref), timeout_s=timeout_s)
        if answer.get("id") != ref:
            raise film_error(Failure.MALFORMED_OUTPUT, f"{self.name}: told of another film")
        status = _STATUSES.get(name_of(answer.get("status")))
        if status is None:
            raise film_error(Failure.MALFORMED_OUTPUT, f"{self.name}: told no status")
        return self._state(ref, status, answer)

    def fetch(self, ref: str, *, timeout_s: float) -> AbstractContextManager[Iterator[bytes]]:
        """A completed film, at most 64 KiB at a time."""
        return self._wire.pieces(f"{_path(ref)}/content", timeout_s=timeout_s)

    def cancel(self, ref: str, *, timeout_s: float) -> None:
        """Have the film deleted. Raises ProviderError only where that may be tried again."""
        try:
            self._wire.remove(_path(ref), timeout_s=timeout_s)
        except ProviderError as error:
            if error.can_ask_again:
                raise

    def _form(self, asked: VideoAsked, ask: Ask) -> tuple[dict[str, str], Files]:
        """Fields and files of a request; the first photo has to have the size of the film."""
        frames = [framed(view, asked.width, asked.height) for view in asked.views[:1]]
        return fields_of(asked, ask), photos(frames)

    def _begun(self, answer: Mapping[str, Any]) -> VideoState:
        """The state of a film that was taken; its reference is worth more than the rest."""
        ref = answer.get("id")
        if not isinstance(ref, str) or not _REF.fullmatch(ref):
            raise film_error(Failure.MALFORMED_OUTPUT, f"{self.name}: told no film")
        return self._state(ref, _STATUSES.get(name_of(answer.get("status")), "queued"), answer)

    def _state(self, ref: str, status: VideoStatus, answer: Mapping[str, Any]) -> VideoState:
        if status == "failed":
            return failed_film(ref, answer.get("error"), vendor=self.name)
        return VideoState(ref, status, progress=_progress(status, answer.get("progress")))


def fields_of(asked: VideoAsked, ask: Ask) -> dict[str, str]:
    """What is asked, in the words of the API."""
    return {
        "model": ask.model,
        "prompt": asked.prompt,
        "seconds": str(asked.seconds),
        "size": f"{asked.width}x{asked.height}",
    }


def photos(jpegs: Sequence[bytes]) -> Files:
    """Pictures as files of a request."""
    return [
        ("input_reference", (f"product-{number}.jpg", jpeg, "image/jpeg"))
        for number, jpeg in enumerate(jpegs, start=1)
    ]


def _path(ref: str) -> str:
    return f"/videos/{quote(ref, safe='')}"


def _progress(status: VideoStatus, told: Any) -> int:
    """In percent; all of it only where the film is there."""
    if status == "completed":
        return 100
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    return int(min(max(told, 0), 99)) if is_number else 0
