"""Films that the studio makes itself: once, though workers die, and stopped when asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import storage
from core.errors import Conflict
from core.money import CREDIT
from generation import operations as jobs
from generation import work
from generation.providers import filming
from generation.providers.protocols import Ask, Film, VideoAsked, VideoState
from generation.run import Run, claim
from tests.fakes.films import small_film
from tests.videos.cinema import Cinema
from tests.videos.conftest import AskFor
from tests.videos.works import FULL, calls_of, free_of, job_of, run, worker_dies
from videos import operations
from videos import work as filming_work
from videos.models import Video


class Studio(Cinema):
    """Makes films during the call; ``meanwhile`` happens when it is half done."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def create(
        self, asked: VideoAsked, *, ask: Ask, told: Callable[[int, str], None]
    ) -> VideoState:
        """The whole film."""
        self.asked.append(asked)
        told(50, "Filming: front")
        self.meanwhile()
        told(90, "Filming: back")
        film = Film(small_film(), b"\xff\xd8poster", "WEBVTT\n")
        return VideoState("studio_1", "completed", 100, film=film)


@pytest.fixture
def studio(cinema: Cinema, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Studio:
    """The only provider of films."""
    made = Studio(name="studio", is_resubmittable=True)
    settings.ROUTES = {"generate-video": ["studio:studio-1"]}
    monkeypatch.setitem(filming._makers, "studio", lambda url, key: made)
    return made


# --- Made by the worker ------------------------------------------------------------------
def test_a_film_made_here_is_stored_and_charged(ask_for: AskFor, studio: Studio, user: Any) -> None:
    video = ask_for()
    seen = []
    studio.meanwhile = lambda: seen.append(Video.objects.get(pk=video.pk))
    run(video)
    assert [(row.status, row.progress) for row in seen] == [("in_progress", 50)]
    assert (video.status, video.captions) == ("completed", "WEBVTT\n")
    assert storage.read(video.file_key) == small_film()
    assert video.byte_count == len(small_film())
    assert storage.read(video.poster_key) == b"\xff\xd8poster"
    assert free_of(user) == FULL - 2 * CREDIT
    assert job_of(video).result == {"video_id": video.video_id}


def test_a_film_made_here_is_made_once_though_its_worker_died(
    ask_for: AskFor, studio: Studio, user: Any
) -> None:
    video = ask_for()
    attempt = claim(job_id=video.job_id)
    assert attempt is not None
    filming_work.film(attempt)
    worker_dies(video)
    run(video)
    assert (video.status, len(studio.asked)) == ("completed", 1)
    assert free_of(user) == FULL - 2 * CREDIT


def test_a_film_made_here_is_made_again_where_its_worker_died_before_it_was_done(
    ask_for: AskFor, studio: Studio
) -> None:
    video = ask_for()
    attempt = claim(job_id=video.job_id)
    assert attempt is not None
    studio.meanwhile = interrupted
    with pytest.raises(KeyboardInterrupt):
        filming_work.film(attempt)
    worker_dies(video)
    studio.meanwhile = lambda: None
    run(video)
    assert (video.status, len(studio.asked)) == ("completed", 2)


def interrupted() -> None:
    """The process is told to stop at once."""
    raise KeyboardInterrupt


def test_a_film_made_here_is_canceled_meanwhile(
    ask_for: AskFor, studio: Studio, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = ask_for()
    runs: list[Run] = []
    monkeypatch.setattr(
        work,
        "claim",
        lambda job_id: runs.append(claim(job_id=job_id)) or runs[-1],  # type: ignore[func-returns-value,arg-type]
    )

    def cancel() -> None:
        operations.cancel_video(user=user, video_id=video.video_id)
        runs[0].ask_to_stop()  # as its keeper does within a second

    studio.meanwhile = cancel
    run(video)
    assert (video.status, video.canceled_at is not None) == ("canceled", True)
    assert [call.error_class for call in calls_of(video)] == ["canceled"]
    assert free_of(user) == FULL


def test_a_wish_to_stop_counts_until_the_film_is_charged(
    ask_for: AskFor, studio: Studio, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = ask_for()
    settle = work.settle

    def cancel_first(**given: Any) -> bool:
        operations.cancel_video(user=user, video_id=video.video_id)
        return settle(**given)

    monkeypatch.setattr(work, "settle", cancel_first)
    run(video)
    assert (video.status, video.file_key) == ("canceled", "")
    (call,) = calls_of(video)
    assert call.output_data is not None
    with pytest.raises(Exception, match="gone"):
        storage.read(call.output_data["data"]["file_key"])
    assert free_of(user) == FULL
    with pytest.raises(Conflict, match="over already"):
        jobs.cancel(user=user, job_id=video.job_id)
