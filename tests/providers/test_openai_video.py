"""Films by OpenAI's Videos API and by servers that speak it: the way from words to bytes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from generation.providers.filming import video_maker
from generation.providers.openai_video import OpenAIVideo
from generation.providers.protocols import View
from tests.fakes.films import small_film
from tests.fakes.openai_films import MODEL, Fate, FilmServer
from tests.fakes.vendor import KEY
from tests.providers.films_asked import ASK, WORDS, asked, created, fetched, maker_of
from tests.techpack.conftest import photo


@pytest.fixture(params=["openai", "custom"])
def maker(request: pytest.FixtureRequest, film_vendor: FilmServer) -> OpenAIVideo:
    return maker_of(film_vendor, request.param)


def test_a_film_is_begun_looked_at_and_fetched(maker: OpenAIVideo, film_vendor: FilmServer) -> None:
    film_vendor.becomes(Fate(looks=3))
    begun = created(maker)
    assert (begun.status, begun.progress) == ("queued", 0)
    states = [maker.look(begun.ref, timeout_s=5) for _ in range(3)]
    assert [(state.status, state.progress) for state in states] == [
        ("in_progress", 33),
        ("in_progress", 66),
        ("completed", 100),
    ]
    assert {state.ref for state in states} == {begun.ref}
    assert fetched(maker, begun.ref) == small_film(4)
    assert film_vendor.purchases == {WORDS: 1}


def test_what_is_asked_is_a_form_as_the_interface_has_it(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    created(maker, seconds=8, width=720, height=1280)
    (request,) = film_vendor.asked_for("videos/create")
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": MODEL,
        "prompt": WORDS,
        "seconds": "8",
        "size": "720x1280",
    }
    assert request.files == ()


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)])
def test_a_photo_goes_along_in_exactly_the_size_of_the_film(
    maker: OpenAIVideo, film_vendor: FilmServer, size: tuple[int, int]
) -> None:
    data = photo("polo-navy-front.jpg", side=320)
    with Image.open(io.BytesIO(data)) as opened:
        view = View("1", "front", data, *opened.size)
    created(maker, views=[view], width=size[0], height=size[1])
    (request,) = film_vendor.asked_for("videos/create")
    (sent,) = request.files
    assert (sent.part, sent.media_type) == ("input_reference", "image/jpeg")
    with Image.open(io.BytesIO(sent.content)) as frame:
        assert (frame.format, frame.size) == ("JPEG", size)


def test_a_server_without_a_key_is_sent_none(film_vendor: FilmServer) -> None:
    maker = maker_of(film_vendor, "custom", key="")
    ref = created(maker).ref
    maker.look(ref, timeout_s=5)
    fetched(maker, ref)
    maker.cancel(ref, timeout_s=5)
    assert len(film_vendor.requests) == 4
    assert not any("authorization" in request.headers for request in film_vendor.requests)


def test_the_makers_are_found_by_their_names(openai_films: FilmServer) -> None:
    maker = video_maker("openai")
    assert maker is video_maker("openai")
    assert (maker.name, maker.is_resubmittable) == ("openai", False)
    begun = maker.create(asked(), ask=ASK, told=lambda *_: None)
    assert maker.look(begun.ref, timeout_s=5).status == "completed"


def test_a_film_that_is_not_wanted_any_more_is_deleted(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    film_vendor.becomes(Fate(looks=None))
    ref = created(maker).ref
    maker.cancel(ref, timeout_s=5)
    assert film_vendor.films[ref].is_deleted
    maker.cancel(ref, timeout_s=5)  # it is gone already, which is as well
    assert len(film_vendor.asked_for("videos/delete")) == 2
