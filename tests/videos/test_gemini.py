"""The product's films with Gemini behind them: charged when they are there, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core import storage
from core.money import CREDIT
from credits import queries as credit
from generation import work
from generation.models import AICall, Job
from generation.providers import filming
from tests.fakes.film_callbacks import Message
from tests.fakes.films import small_film
from tests.fakes.gemini_films import (
    MODEL,
    Fate,
    GeminiFilms,
    accepts_and_resets,
    blocked,
    errs_with,
    signed,
)
from tests.videos.works import FULL, look
from videos import operations
from videos.models import ProviderCallback, Video

PRICE = 6 * CREDIT  # four seconds

Ask = Callable[..., Video]


@pytest.fixture
def ask(
    user: Any,
    gemini_films: GeminiFilms,
    rung: list[str],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Ask:
    """Ask for a film of four seconds at Gemini, and let a worker take it."""
    settings.ROUTES = {"generate-video": [f"gemini:{MODEL}"]}
    monkeypatch.setattr(filming._films, "_made", {})

    def put(prompt: str = "The bag turns slowly") -> Video:
        video = operations.generate_video(user=user, data={"prompt": prompt, "seconds": "4"})
        work.run_job(job_id=video.job_id)
        video.refresh_from_db()
        return video

    return put


def deliver(message: Message) -> int:
    """The status that a message of Gemini's is answered with."""
    headers = {**message.headers}
    kind = headers.pop("Content-Type")
    answer = Client(enforce_csrf_checks=True).generic(
        "POST", "/webhooks/gemini", message.body, content_type=kind, headers=headers
    )
    return answer.status_code


def test_a_film_is_made_fetched_and_charged_once(
    ask: Ask, user: Any, gemini_films: GeminiFilms
) -> None:
    gemini_films.becomes(Fate(looks=2, file_looks=1))
    video = ask()
    assert (video.provider, video.model, video.status) == ("gemini", MODEL, "queued")
    assert credit.balance(user).free == FULL - PRICE

    statuses = [look(video).status for _ in range(4)]

    assert statuses == ["in_progress", "in_progress", "completed", "completed"]
    assert storage.read(video.file_key) == small_film(4)
    job = Job.objects.select_related("hold").get(pk=video.job_id)
    assert job.hold is not None
    assert job.hold.captured == PRICE
    assert credit.balance(user).free == FULL - PRICE
    call = AICall.objects.get(job_id=video.job_id)
    assert (call.status, call.provider_ref) == ("completed", video.provider_ref)
    assert call.cost_usd_micros == 280_000
    assert gemini_films.sold == {"films/create": 1}


@pytest.mark.parametrize("lies", ["file", "inline"])
def test_a_message_that_a_film_is_done_leads_to_it(
    ask: Ask, user: Any, gemini_films: GeminiFilms, rung: list[str], lies: Any
) -> None:
    gemini_films.becomes(Fate(looks=None, lies=lies))
    video = ask()
    gemini_films.finish(video.provider_ref)
    rung.clear()
    message = signed("interaction.completed", video.provider_ref)

    assert [deliver(message), deliver(message)] == [200, 200]

    assert rung == [video.video_id]
    assert look(video).status == "completed"
    assert ProviderCallback.objects.get().provider_ref == video.provider_ref


def test_a_film_that_is_refused_costs_nothing(
    ask: Ask, user: Any, gemini_films: GeminiFilms
) -> None:
    gemini_films.will(errs_with(400, "content_policy_violation"), to="films/create")
    gemini_films.becomes(Fate(ends=blocked("IMAGE_SAFETY")))

    at_once, later = ask(), look(ask())

    for video in (at_once, later):
        assert (video.status, video.error_code) == ("failed", "moderation_blocked")
        assert video.error_message == "Your request was blocked by our moderation system."
        assert video.error_suggestions
    assert credit.balance(user).free == FULL


def test_a_film_whose_acceptance_was_lost_is_never_asked_for_again(
    ask: Ask, user: Any, gemini_films: GeminiFilms
) -> None:
    gemini_films.will(accepts_and_resets, to="films/create")
    video = ask()
    work.run_job(job_id=video.job_id)

    assert (video.status, video.error_code) == ("failed", "timeout")
    assert credit.balance(user).free == FULL
    assert gemini_films.sold == {"films/create": 1}
