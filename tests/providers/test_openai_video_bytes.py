"""Films as they come: large ones in little memory, slow ones in time, and what stops them."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from generation.errors import Failure, ProviderError
from generation.providers import film_wire
from generation.providers.film_wire import PIECE_BYTES
from generation.providers.openai_video import OpenAIVideo
from tests.fakes import film_contents
from tests.fakes.film_contents import Content
from tests.fakes.films import small_film
from tests.fakes.openai_films import Fate, FilmServer
from tests.fakes.vendor import Gate
from tests.providers.films_asked import created, failure_of, fetched, maker_of

MOST_HELD = 4 * 1024 * 1024


@pytest.fixture
def maker(film_vendor: FilmServer) -> OpenAIVideo:
    return maker_of(film_vendor)


def completed(maker: OpenAIVideo, vendor: FilmServer, content: Content) -> str:
    """The reference of a film that is sent like that."""
    vendor.becomes(Fate(content=content))
    ref = created(maker).ref
    assert maker.look(ref, timeout_s=5).status == "completed"
    return ref


def test_a_large_film_comes_in_pieces_and_little_memory(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    ref = completed(maker, film_vendor, film_contents.padded())
    count = longest = 0
    tracemalloc.start()
    with maker.fetch(ref, timeout_s=60) as pieces:
        for piece in pieces:
            count += len(piece)
            longest = max(longest, len(piece))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == film_contents.LARGE
    assert longest <= PIECE_BYTES
    assert peak < MOST_HELD


def test_a_film_may_come_in_chunks(maker: OpenAIVideo, film_vendor: FilmServer) -> None:
    assert fetched(maker, completed(maker, film_vendor, film_contents.in_chunks)) == small_film(4)


def test_whoever_has_enough_may_leave_an_endless_film(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    ref = completed(maker, film_vendor, film_contents.endless)
    with maker.fetch(ref, timeout_s=30) as pieces:
        assert sum(len(next(pieces)) for _ in range(40)) > PIECE_BYTES
    film_vendor.wait_until(lambda: film_vendor.hung_up == 1)
    assert maker.look(ref, timeout_s=5).status == "completed"


@pytest.mark.parametrize("content", ["endless", "trickling"])
def test_a_film_that_takes_too_long_is_left_at_the_deadline(
    maker: OpenAIVideo, film_vendor: FilmServer, content: str
) -> None:
    ref = completed(maker, film_vendor, film_contents.CONTENTS[content])
    began = time.monotonic()
    with maker.fetch(ref, timeout_s=0.5) as pieces:
        error = failure_of(lambda: [None for _ in pieces])
    assert time.monotonic() - began < 10
    assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, True)


def test_a_film_that_stops_coming_is_left(
    maker: OpenAIVideo, film_vendor: FilmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_wire, "STALLED_S", 0.3)
    ref = completed(maker, film_vendor, film_contents.stalled(Gate()))
    began = time.monotonic()
    error = failure_of(fetched, maker, ref, timeout_s=30)
    assert time.monotonic() - began < 10
    assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, True)


def test_a_film_that_comes_on_after_a_pause_is_whole(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    gate = Gate()
    ref = completed(maker, film_vendor, film_contents.stalled(gate))
    with maker.fetch(ref, timeout_s=10) as pieces:
        first = next(pieces)
        gate.open()
        assert first + b"".join(pieces) == small_film(4)


@pytest.mark.parametrize("error", [OSError(28, "the disk is full"), ValueError("too much")])
def test_what_goes_wrong_with_the_taker_is_not_the_vendors_fault(
    maker: OpenAIVideo, film_vendor: FilmServer, error: Exception
) -> None:
    ref = completed(maker, film_vendor, film_contents.endless)

    def take() -> None:
        with maker.fetch(ref, timeout_s=10) as pieces:
            next(pieces)
            raise error

    with pytest.raises(type(error)) as caught:
        take()
    assert caught.value is error
    film_vendor.wait_until(lambda: film_vendor.hung_up == 1)


# What is no film comes all the same: whoever takes it has to look at it.
@pytest.mark.parametrize("content", ["broken", "nothing", "words"])
def test_bytes_are_not_judged_here(
    maker: OpenAIVideo, film_vendor: FilmServer, content: str
) -> None:
    ref = completed(maker, film_vendor, film_contents.CONTENTS[content])
    assert fetched(maker, ref) != small_film(4)


def test_a_film_that_is_not_over_cannot_be_fetched(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    film_vendor.becomes(Fate(looks=None))
    error = failure_of(fetched, maker, created(maker).ref)
    assert isinstance(error, ProviderError)
    assert not error.can_ask_again


def test_a_film_may_be_fetched_again(maker: OpenAIVideo, film_vendor: FilmServer) -> None:
    ref = completed(maker, film_vendor, film_contents.good)
    assert fetched(maker, ref) == fetched(maker, ref)
    assert film_vendor.films[ref].fetches == 2
    assert film_vendor.bought == 1
    assert film_vendor.connections == 1
