"""A user with credits, and a provider of films in which nothing happens by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model

from core.money import CREDIT
from credits import operations as ledger
from credits.audit import differences
from generation import work
from generation.providers import filming
from tests.videos.cinema import Cinema
from videos import operations, tasks
from videos.models import Video

AskFor = Callable[..., Video]


@pytest.fixture
def user(transactional_db: None) -> Iterator[Any]:
    """A user with 118 credits, of which none is lost or made in the end."""
    made = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long enough 42")
    ledger.grant(
        user_id=made.pk,
        kind="grant",
        amount=100 * CREDIT,
        source_key=f"test:{made.pk}",
        reason="for films",
    )
    yield made
    assert differences() == []


@pytest.fixture
def cinema(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Cinema:
    """The only provider of films, called openai."""
    made = Cinema()
    settings.OPENAI_API_KEY = "sk-test"
    settings.ROUTES = {"generate-video": ["openai:sora-2"]}
    monkeypatch.setitem(filming._makers, "openai", lambda url, key: made)
    monkeypatch.setattr(filming._films, "_made", {})
    return made


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs and films that the broker was rung for; nobody works on them by themselves."""
    heard: list[str] = []
    for room in ("generation.operations", "generation.work"):
        monkeypatch.setattr(f"{room}.ring_worker", lambda job_id: heard.append(str(job_id)))
    monkeypatch.setattr(tasks.look, "delay", lambda video_id, *_: heard.append(video_id))
    return heard


@pytest.fixture
def ask_for(user: Any, cinema: Cinema, rung: list[str]) -> AskFor:
    """Ask for a film of four seconds, for 8 credits."""

    def ask(**more: Any) -> Video:
        given = {"prompt": "The bag turns slowly", "seconds": "4"} | more.pop("data", {})
        return operations.generate_video(user=more.pop("user", user), data=given, **more)

    return ask


@pytest.fixture
def begun(ask_for: AskFor) -> AskFor:
    """Ask for a film, which its provider accepts."""

    def ask(**more: Any) -> Video:
        video = ask_for(**more)
        work.run_job(job_id=video.job_id)
        video.refresh_from_db()
        assert video.provider_ref
        return video

    return ask


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, settings: Any) -> None:
    """Stored files in a folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path
