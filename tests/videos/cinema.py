"""A provider of films inside the test's own process, in which nothing happens by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from generation.errors import Failure, ProviderError
from generation.providers.protocols import Ask, Usage, VideoAsked, VideoCode, VideoState
from tests.fakes.films import small_film

PIECE: Final = 1024
COST_USD_MICROS: Final = 400_000
Creating = Callable[["Cinema", VideoAsked], VideoState]


@dataclass
class Cinema:
    """Films are completed, failed or silenced by the test; everything asked of it is counted.

    ``creating`` is what happens to the next requests for films, in order; then they are accepted.
    ``fetching`` is called as a fetch begins, before its first piece.
    """

    name: str = "openai"
    is_resubmittable: bool = False
    creating: list[Creating] = field(default_factory=list)
    fetching: Callable[[str], None] = lambda ref: None
    content: bytes = field(default_factory=small_film)
    films: dict[str, VideoState] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    asked: list[VideoAsked] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    fetches: list[str] = field(default_factory=list)
    canceled: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _one_by_one: threading.Lock = field(default_factory=threading.Lock)

    def create(
        self, asked: VideoAsked, *, ask: Ask, told: Callable[[int, str], None]
    ) -> VideoState:
        """Accept the film, unless the test lined up something else."""
        with self._one_by_one:
            self.asked.append(asked)
            behave = self.creating.pop(0) if self.creating else accepts
        return behave(self, asked)

    def accept(self) -> VideoState:
        """Begin a film: from here on it costs."""
        state = VideoState(f"film_{next(self._numbers):04}", "queued")
        self.films[state.ref] = state
        return state

    def complete(self, ref: str) -> None:
        """The film is done."""
        usage = Usage(cost_usd_micros=COST_USD_MICROS)
        self.films[ref] = VideoState(ref, "completed", 100, usage=usage)

    def progress(self, ref: str, percent: int) -> None:
        """The film has come that far."""
        self.films[ref] = VideoState(ref, "in_progress", percent)

    def fail(self, ref: str, code: VideoCode = "server_error") -> None:
        """The film came to nothing."""
        self.films[ref] = replace(self.films[ref], status="failed", code=code, message="broke")

    def look(self, ref: str, *, timeout_s: float) -> VideoState:
        """How far it is; raises ProviderError where the test silenced it."""
        self.looks.append(ref)
        if ref in self.silent:
            raise ProviderError(Failure.TRANSIENT, "it did not answer")
        return self.films[ref]

    @contextmanager
    def fetch(self, ref: str, *, timeout_s: float) -> Iterator[Iterator[bytes]]:
        """The content in pieces of a kilobyte."""
        self.fetches.append(ref)
        self.fetching(ref)
        yield (self.content[at : at + PIECE] for at in range(0, len(self.content), PIECE))

    def cancel(self, ref: str, *, timeout_s: float) -> None:
        """Only noted: the film goes on, as providers do."""
        self.canceled.append(ref)


def accepts(cinema: Cinema, asked: VideoAsked) -> VideoState:
    """Begin the film."""
    return cinema.accept()


def refuses(cinema: Cinema, asked: VideoAsked) -> VideoState:
    """The words are not taken, at once."""
    raise ProviderError(
        Failure.USER_INPUT, "refused", code="moderation_blocked", words="The request was blocked."
    )


def loses(cinema: Cinema, asked: VideoAsked) -> VideoState:
    """Begin the film, and break off before saying which: nobody can find it."""
    cinema.accept()
    raise ProviderError(Failure.AMBIGUOUS, "the connection broke off")
