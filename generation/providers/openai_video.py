"""Films by OpenAI's Videos API, and by any server that speaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

from generation.errors import Failure, ProviderError
from generation.providers.costs import filmed
from generation.providers.failures import name_of
from generation.providers.film_failures import failed_film, film_error
from generation.providers.film_wire import FilmWire
from generation.providers.framing import framed
from generation.providers.protocols import Ask, VideoAsked, VideoState
from generation.providers.wire import Files

Status: TypeAlias = Literal["queued", "in_progress", "completed", "failed", "canceled"]

_STATUSES: Final[Mapping[str, Status]] = {
    "queued": "queued",
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "canceled": "canceled",
    "cancelled": "canceled",
}
_REF: Final = re.compile(r"(?!\.+$)[!-~]{1,200}")  # what a path and our table can hold


class OpenAIVideo:
    """OpenAI, or the operator's own server of the same interface, by one account."""

    is_resubmittable = False

    def __init__(self, name: Literal["openai", "custom"], url: str, key: str) -> None:
        self.name: str = name
        self._wire = FilmWire(vendor=name, base_url=url, api_key=key, is_openai=name == "openai")

    def create(
        self, asked: VideoAsked, *, ask: Ask, told: Callable[[int, str], None]
    ) -> VideoState:
        """Begin a film. Sent once: where no answer comes, it may have been bought."""
        body = {
            "model": ask.model,
            "prompt": asked.prompt,
            "seconds": str(asked.seconds),
            "size": f"{asked.width}x{asked.height}",
        }
        try:
            answer = self._wire.send(
                "/videos", body, files=_reference(asked), is_form=True, timeout_s=ask.timeout_s
            )
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

    def _begun(self, answer: Mapping[str, Any]) -> VideoState:
        """The state of a film that was taken; its reference is worth more than the rest."""
        ref = answer.get("id")
        if not isinstance(ref, str) or not _REF.fullmatch(ref):
            raise film_error(Failure.MALFORMED_OUTPUT, f"{self.name}: told no film")
        return self._state(ref, _STATUSES.get(name_of(answer.get("status")), "queued"), answer)

    def _state(self, ref: str, status: Status, answer: Mapping[str, Any]) -> VideoState:
        if status == "failed":
            return failed_film(ref, answer.get("error"), vendor=self.name)
        return VideoState(ref, status, progress=_progress(status, answer.get("progress")))


def _reference(asked: VideoAsked) -> Files:
    """The first frame, which has to have the size of the film."""
    if not asked.views:
        return ()
    jpeg = framed(asked.views[0], asked.width, asked.height)
    return [("input_reference", ("product.jpg", jpeg, "image/jpeg"))]


def _path(ref: str) -> str:
    return f"/videos/{quote(ref, safe='')}"


def _progress(status: Status, told: Any) -> int:
    """In percent; all of it only where the film is there."""
    if status == "completed":
        return 100
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    return int(min(max(told, 0), 99)) if is_number else 0
