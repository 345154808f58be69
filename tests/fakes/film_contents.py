"""What a vendor sends where a film is fetched: good films, large ones, and what is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from tests.fakes.films import broken_film, small_film
from tests.fakes.trouble import SECRET
from tests.fakes.vendor import Exchange, Gate

PIECE: Final = 256 * 1024
LARGE: Final = 200 * 1024 * 1024

# Answers the request for a film of that many seconds.
Content: TypeAlias = Callable[[Exchange, int], None]


def good(exchange: Exchange, seconds: int) -> None:
    """A film that plays, of that length."""
    film = small_film(seconds)
    exchange.pour([film], length=len(film))


def in_chunks(exchange: Exchange, seconds: int) -> None:
    """The same without a length told before."""
    film = small_film(seconds)
    exchange.pour(film[at : at + 1_000] for at in range(0, len(film), 1_000))


def padded(byte_count: int = LARGE) -> Content:
    """A film that plays, and as many bytes behind it as make ``byte_count``."""

    def send(exchange: Exchange, seconds: int) -> None:
        exchange.pour(padded_film(byte_count, seconds), length=byte_count)

    return send


def padded_film(byte_count: int, seconds: int) -> Iterator[bytes]:
    """The pieces of such a film; what pads it is a box that players pass over."""
    film = small_film(seconds)
    padding = byte_count - len(film)
    assert 8 <= padding < 2**32
    yield film
    yield padding.to_bytes(4, "big") + b"free"
    left = padding - 8
    while left > 0:
        yield bytes(min(PIECE, left))
        left -= PIECE


def endless(exchange: Exchange, seconds: int) -> None:
    """A film that never ends."""

    def pieces() -> Iterator[bytes]:
        yield small_film(seconds)
        while True:
            yield bytes(PIECE)

    exchange.pour(pieces())


def trickling(exchange: Exchange, seconds: int) -> None:
    """A byte now and then, which keeps the connection alive for hours."""

    def pieces() -> Iterator[bytes]:
        pause = Gate()
        while not exchange.is_deserted():
            yield b"\0"
            pause.passes(0.02)

    exchange.pour(pieces(), length=LARGE)


def broken(exchange: Exchange, seconds: int) -> None:
    """The right size and beginning, and nothing that plays."""
    film = broken_film(seconds)
    exchange.pour([film], length=len(film))


def cut_off(exchange: Exchange, seconds: int) -> None:
    """Half of what was announced, then the connection breaks."""
    film = small_film(seconds)
    exchange.pour([film[: len(film) // 2]], length=len(film))
    exchange.reset()


def stalled(gate: Gate) -> Content:
    """Half of it, and the rest once the test lets it through."""

    def send(exchange: Exchange, seconds: int) -> None:
        film = small_film(seconds)
        exchange.pour([film[: len(film) // 2]], length=len(film))
        exchange.wait(gate)
        exchange.pass_on(film[len(film) // 2 :])

    return send


def nothing(exchange: Exchange, seconds: int) -> None:
    """Status 200, and not a byte."""
    exchange.pour([], length=0)


def words(exchange: Exchange, seconds: int) -> None:
    """An error where the film should be, with status 200."""
    told = json.dumps({"error": {"message": SECRET, "code": "server_error"}}).encode()
    exchange.pour([told], {"Content-Type": "application/json"}, length=len(told))


def squeezed(exchange: Exchange, seconds: int) -> None:
    """Bytes that become a thousand times as many where they are unpacked unasked."""
    import gzip

    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    exchange.pour([bomb], {"Content-Encoding": "gzip"}, length=len(bomb))


def elsewhere(exchange: Exchange, seconds: int) -> None:
    """The film lies somewhere else, it says."""
    exchange.answer(302, b"", {"Location": "http://127.0.0.1:9/film.mp4"})


CONTENTS: Final[dict[str, Content]] = {
    "good": good,
    "in_chunks": in_chunks,
    "large": padded(),
    "endless": endless,
    "trickling": trickling,
    "broken": broken,
    "cut_off": cut_off,
    "nothing": nothing,
    "words": words,
    "squeezed": squeezed,
    "elsewhere": elsewhere,
}
