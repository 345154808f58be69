"""The product's films with OpenAI's Videos API behind them, at OpenAI or a server of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import storage
from core.money import CREDIT
from credits import queries as credit
from generation import work
from generation.models import AICall, Job
from generation.providers import filming
from generation.run import Run
from tests.fakes import film_contents, openai_films, trouble
from tests.fakes.films import small_film
from tests.fakes.openai_films import MODEL, Fate, FilmServer
from tests.fakes.vendor import Behaviour
from tests.videos.works import FULL, look
from videos import operations
from videos.models import Video

PRICES = {"openai": 8 * CREDIT, "custom": 4 * CREDIT}  # four seconds
CREATE = "videos/create"

Ask = Callable[..., Video]


@pytest.fixture(params=["openai", "custom"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ask(
    user: Any,
    provider: str,
    film_vendor: FilmServer,
    rung: list[str],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Ask:
    """Ask for a film of four seconds, and let a worker take it."""
    for name, value in film_vendor.settings_for(provider).items():
        setattr(settings, name, value)
    settings.ROUTES = {"generate-video": [f"{provider}:{MODEL}"]}
    monkeypatch.setattr(filming._films, "_made", {})
    monkeypatch.setattr(Run, "pause", lambda run, seconds: None)

    def put(prompt: str = "The bag turns slowly") -> Video:
        video = operations.generate_video(user=user, data={"prompt": prompt, "seconds": "4"})
        work.run_job(job_id=video.job_id)
        video.refresh_from_db()
        return video

    return put


def test_a_film_is_made_fetched_and_charged_once(
    ask: Ask, user: Any, provider: str, film_vendor: FilmServer
) -> None:
    film_vendor.becomes(Fate(looks=2))
    video = ask()
    assert (video.provider, video.model, video.status) == (provider, MODEL, "queued")
    assert credit.balance(user).free == FULL - PRICES[provider]

    states = [(video.status, video.progress) for video in (look(video) for _ in range(3))]

    assert states == [("in_progress", 50), ("completed", 100), ("completed", 100)]
    assert storage.read(video.file_key) == small_film(4)
    job = Job.objects.select_related("hold").get(pk=video.job_id)
    assert job.hold is not None
    assert job.hold.captured == PRICES[provider]
    call = AICall.objects.get(job_id=video.job_id)
    assert (call.status, call.provider_ref) == ("completed", video.provider_ref)
    assert call.cost_usd_micros == 400_000
    assert film_vendor.purchases == {"The bag turns slowly": 1}
    assert film_vendor.films[video.provider_ref].fetches == 1


# What the vendor does to each creation, our code, how often it is asked.
REFUSED: dict[str, tuple[Behaviour, str, int]] = {
    "busy": (trouble.is_busy(), "rate_limit_exceeded", 3),
    "overloaded": (trouble.is_overloaded(), "server_error", 3),
    "fails": (trouble.fails, "server_error", 1),
    "no quota": (trouble.has_no_quota, "insufficient_quota", 1),
    "blocked": (trouble.blocks_picture, "moderation_blocked", 1),
    "wrong": (trouble.refuses(400, param="prompt"), "invalid_request", 1),
    "key": (trouble.knows_no_such_key, "server_error", 1),
    "lost": (openai_films.accepts_and_resets, "timeout", 1),
    "mumbled": (openai_films.accepts_and_mumbles, "server_error", 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_film_that_is_refused_has_its_code_and_costs_nothing(
    ask: Ask, user: Any, film_vendor: FilmServer, name: str
) -> None:
    behaviour, code, count = REFUSED[name]
    film_vendor.always(behaviour, to=CREATE)
    video = ask()
    work.run_job(job_id=video.job_id)
    assert (video.status, video.error_code) == ("failed", code)
    assert video.error_message
    assert len(film_vendor.asked_for(CREATE)) == count
    assert credit.balance(user).free == FULL


def test_a_film_that_was_turned_away_is_begun_the_next_time(
    ask: Ask, user: Any, provider: str, film_vendor: FilmServer
) -> None:
    film_vendor.will(trouble.is_busy("1"), trouble.is_overloaded(), to=CREATE)
    assert look(ask()).status == "completed"
    assert film_vendor.sold[CREATE] == 1
    assert credit.balance(user).free == FULL - PRICES[provider]


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("moderation_blocked", "moderation_blocked"),
        ("invalid_request", "invalid_request"),
        ("rate_limit_exceeded", "rate_limit_exceeded"),
        ("insufficient_quota", "insufficient_quota"),
        ("server_error", "server_error"),
        ("timeout", "timeout"),
        ("video_generation_failed", "server_error"),
    ],
)
def test_a_film_that_fails_on_the_way_has_its_code_and_costs_nothing(
    ask: Ask, user: Any, film_vendor: FilmServer, code: str, ours: str
) -> None:
    film_vendor.becomes(Fate(looks=1, code=code))
    video = look(ask())
    assert (video.status, video.error_code) == ("failed", ours)
    assert "secret" not in video.error_message
    assert credit.balance(user).free == FULL


@pytest.mark.parametrize("content", ["broken", "nothing", "words", "squeezed"])
def test_what_is_no_film_is_not_charged(
    ask: Ask, user: Any, film_vendor: FilmServer, content: str
) -> None:
    film_vendor.becomes(Fate(content=film_contents.CONTENTS[content]))
    video = look(ask())
    assert (video.status, video.error_code, video.file_key) == ("failed", "server_error", "")
    assert credit.balance(user).free == FULL


def test_a_film_that_was_cut_off_is_fetched_again(
    ask: Ask, user: Any, provider: str, film_vendor: FilmServer
) -> None:
    film_vendor.becomes(Fate(content=film_contents.cut_off))
    video = look(ask())
    assert (video.status, video.progress) == ("in_progress", 99)
    film_vendor.always(lambda exchange: film_contents.in_chunks(exchange, 4), to="videos/content")
    assert look(video).status == "completed"
    assert credit.balance(user).free == FULL - PRICES[provider]


def test_a_film_that_is_larger_than_we_keep_is_not_charged(
    ask: Ask, user: Any, film_vendor: FilmServer, settings: Any
) -> None:
    settings.VIDEO_MOST_BYTES = 1_000_000
    film_vendor.becomes(Fate(content=film_contents.endless))
    video = look(ask())
    assert (video.status, video.error_code) == ("failed", "server_error")
    assert credit.balance(user).free == FULL
    film_vendor.wait_until(lambda: film_vendor.hung_up == 1)
