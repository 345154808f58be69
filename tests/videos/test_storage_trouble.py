"""A storage without room while a film comes in, and vendors that send what they should not."""

from __future__ import annotations

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.db.models import F

from core.money import CREDIT
from credits import queries as credit
from credits.models import Hold
from generation import work
from tests.fakes import film_contents
from tests.fakes.film_contents import Content
from tests.fakes.openai_films import Fate, FilmServer
from tests.fakes.vendor import Exchange
from tests.videos.works import FULL, look, stored
from videos import files, operations
from videos.models import LooseFile, Video

PRICE = 8 * CREDIT


class Asking(Protocol):
    """Ask for a film, which comes as its vendor is told to send it."""

    def __call__(self, content: Content = film_contents.good) -> Video: ...


@pytest.fixture
def done(user: Any, openai_films: FilmServer, rung: list[str]) -> Asking:
    """A film of four seconds that its vendor has made, and sends in that way."""

    def ask(content: Content = film_contents.good) -> Video:
        openai_films.becomes(Fate(looks=1, content=content))
        data = {"prompt": "The bag turns slowly", "seconds": "4", "model": "openai"}
        video = operations.generate_video(user=user, data=data)
        work.run_job(job_id=video.job_id)
        return video

    return ask


@contextmanager
def no_room_beyond(byte_count: int) -> Iterator[None]:
    """The system takes no more bytes than that into a file."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (byte_count, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def is_charged_once(video: Video, user: Any, vendor: FilmServer) -> bool:
    """Whether it is done, was bought once and drawn once."""
    hold = Hold.objects.get(job_id=video.job_id)
    return (
        video.status == Video.Status.COMPLETED
        and credit.balance(user).free == FULL - PRICE
        and (hold.captured, hold.open) == (PRICE, 0)
        and vendor.purchases.total() == 1
    )


def test_a_film_that_finds_no_room_comes_in_when_there_is_some(
    done: Asking, user: Any, openai_films: FilmServer, tmp_path: Path
) -> None:
    video = done(film_contents.padded(3_000_000))
    for _ in range(2):
        with no_room_beyond(1_000_000):
            look(video)
        assert (video.status, video.progress, video.fetching_until) == ("in_progress", 99, None)
        assert stored(tmp_path) == set(), "no half of a film stays"
        assert credit.balance(user).free == FULL - PRICE, "held, not charged"
    look(video)
    assert is_charged_once(video, user, openai_films)
    assert stored(tmp_path) == {video.file_key, video.poster_key}
    assert video.byte_count == 3_000_000


def test_a_poster_that_finds_no_room_takes_its_film_along_until_there_is_some(
    done: Asking,
    user: Any,
    openai_films: FilmServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video = done()
    whole = default_storage.save

    def full_for_posters(name: str, content: Any) -> str:
        if name.startswith("posters/"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(name, content)

    with monkeypatch.context() as patch:
        patch.setattr(default_storage._wrapped, "save", full_for_posters, raising=False)  # type: ignore[attr-defined]
        look(video)
    assert video.status == Video.Status.IN_PROGRESS
    assert stored(tmp_path) == set()
    look(video)
    assert is_charged_once(video, user, openai_films)
    assert stored(tmp_path) == {video.file_key, video.poster_key}


def test_a_database_that_goes_away_before_the_end_leaves_files_that_are_found(
    done: Asking,
    user: Any,
    openai_films: FilmServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video = done()

    def away(**_: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(work, "settle", away)
        with pytest.raises(OperationalError):
            look(video)
    lost = stored(tmp_path)
    assert len(lost) == 2, "a film and its poster that nobody owns"
    Video.objects.update(fetching_until=None)
    look(video)
    assert is_charged_once(video, user, openai_films)
    LooseFile.objects.update(due_at=F("due_at") - timedelta(hours=7))
    assert files.tidy_up() == 2
    assert stored(tmp_path) == {video.file_key, video.poster_key}
    assert not LooseFile.objects.exists()


def lying(exchange: Exchange, seconds: int) -> None:
    """Two gigabytes are announced, and a little comes."""
    film = film_contents.small_film(seconds)
    exchange.pour([film], length=2 * 1024**3)
    exchange.reset()


@pytest.mark.parametrize(
    ("content", "is_over"),
    [
        (film_contents.endless, True),
        (film_contents.broken, True),
        (film_contents.words, True),
        (film_contents.nothing, True),
        (film_contents.squeezed, True),
        (film_contents.cut_off, False),
        (lying, False),
    ],
)
def test_what_a_vendor_should_not_send_is_free_and_leaves_nothing(
    done: Asking,
    user: Any,
    openai_films: FilmServer,
    settings: Any,
    tmp_path: Path,
    content: Content,
    is_over: bool,
) -> None:
    settings.VIDEO_MOST_BYTES = 4 * 1024 * 1024
    video = look(done(content))
    assert stored(tmp_path) == set()
    if is_over:
        assert (video.status, video.error_code) == ("failed", "server_error")
        assert credit.balance(user).free == FULL
        return
    assert video.status == Video.Status.IN_PROGRESS, "it may come whole the next time"
    for film in openai_films.films.values():
        film.fate = Fate(content=film_contents.good)
    look(video)
    assert is_charged_once(video, user, openai_films)
    assert stored(tmp_path) == {video.file_key, video.poster_key}
