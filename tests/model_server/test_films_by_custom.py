"""The product's own client for films, and the model server: what one sends the other takes."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from generation.errors import Failure
from generation.providers.custom_video import CustomVideo
from generation.providers.film_failures import NOT_POSSIBLE_WORDS, FilmGone
from generation.providers.protocols import Ask, Brief, VideoAsked, VideoState, View
from tests.fakes.films import small_film
from tests.model_server.filming import PROMPT, Studio
from tests.model_server.inline import POLO
from tests.model_server.listening import listening
from tests.model_server.running import KEY, running
from tests.providers.films_asked import failure_of, fetched
from tests.runtime.processes import wait_for
from tests.techpack.conftest import photo

ASK = Ask("studio-1", timeout_s=30)


def views() -> list[View]:
    with Image.open(io.BytesIO(POLO)) as opened:
        front = View("1", "front", POLO, *opened.size)
    back = photo("polo-navy-back.jpg", side=320)
    with Image.open(io.BytesIO(back)) as opened:
        return [front, View("2", "back", back, *opened.size)]


def asked(**more: Any) -> VideoAsked:
    """A film of the polo."""
    film = VideoAsked(PROMPT, 4, 1280, 720, views=views(), title="Zephyr Polo")
    return replace(film, brief=Brief(category="tops"), **more)


def created(maker: CustomVideo, **more: Any) -> VideoState:
    return maker.create(asked(**more), ask=ASK, told=lambda *_: None)


def until_over(maker: CustomVideo, ref: str) -> VideoState:
    """The film's last state; its progress never goes back."""
    states = [maker.look(ref, timeout_s=10)]

    def is_over() -> bool:
        states.append(maker.look(ref, timeout_s=10))
        return states[-1].status in ("completed", "failed")

    wait_for(is_over, within_s=120, what="the end of the film")
    told = [state.progress for state in states]
    assert told == sorted(told)
    return states[-1]


def test_our_server_is_told_all_that_is_known_and_its_film_comes_back(tmp_path: Path) -> None:
    works = Studio()
    works.may_go_on.set()
    with listening(works, folder=tmp_path) as url:
        maker = CustomVideo(url, "")
        ref = created(maker, prompt="the Zephyr turns slowly").ref
        assert until_over(maker, ref).status == "completed"
        assert fetched(maker, ref) == small_film(4)
        maker.cancel(ref, timeout_s=5)
        assert isinstance(failure_of(maker.look, ref, timeout_s=5), FilmGone)
    task = works.heard[-1]
    assert len(task["pictures"]) == 2
    told = json.loads(task["facts"])
    assert told["title"] == "Zephyr Polo"
    assert told["product"] == {"category": "tops"}
    assert [view["viewType"] for view in told["views"]] == ["front", "back"]


def test_a_film_that_is_not_wanted_any_more_is_stopped(tmp_path: Path) -> None:
    works = Studio()
    with listening(works, folder=tmp_path) as url:
        maker = CustomVideo(url, "")
        ref = created(maker).ref
        wait_for(lambda: bool(works.begun), what="the film")
        maker.cancel(ref, timeout_s=5)
        works.may_go_on.set()
        wait_for(lambda: not any(tmp_path.iterdir()), what="the end of the film")


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"prompt": "a dragon eats the polo"}, "invalid_request", NOT_POSSIBLE_WORDS),
        ({"views": []}, "invalid_request", NOT_POSSIBLE_WORDS),
        ({"seconds": 5}, "invalid_request", ""),
    ],
)
def test_what_cannot_be_filmed_is_refused_before_anything_is_begun(
    tmp_path: Path, more: dict[str, Any], code: str, words: str
) -> None:
    works = Studio()
    with listening(works, folder=tmp_path) as url:
        error = failure_of(created, CustomVideo(url, ""), **more)
        assert (error.failure, error.code) == (Failure.USER_INPUT, code)
        assert not words or error.words == words
    assert works.begun == []


def test_a_wrong_key_is_a_matter_of_configuration(tmp_path: Path) -> None:
    with listening(Studio(), key="sesame", folder=tmp_path) as url:
        error = failure_of(created, CustomVideo(url, "wrong"))
        assert (error.failure, error.code) == (Failure.CONFIGURATION, "server_error")


@pytest.mark.thorough
def test_the_server_as_operators_start_it_makes_a_real_film(tmp_path: Path) -> None:
    with running(tmp_path, workers=1) as server:
        maker = CustomVideo(server.url, KEY)
        ref = created(maker).ref
        assert until_over(maker, ref).status == "completed"
        with av.open(io.BytesIO(fetched(maker, ref, timeout_s=60)), "r") as film:
            (stream,) = film.streams.video
            assert (stream.width, stream.height) == (1280, 720)
            assert len(list(film.decode(stream))) == 4 * 25
        assert "Traceback" not in server.log.read_text()
