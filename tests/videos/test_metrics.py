"""What the metrics say of films, and whom the alert about silent ones wakes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from generation import backlog
from generation.alerts.evaluating import evaluate
from generation.models import Alert
from tests.videos.conftest import AskFor
from tests.videos.rows import put_video
from videos import looking
from videos.models import Video


def scraped() -> dict[str, dict[tuple[str, ...], float]]:
    """Sample name → values of its labels → value, from ``/metrics`` as it is served."""
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def silent_for(video: Video, **by: float) -> None:
    Video.objects.filter(pk=video.pk).update(looked_at=Now() - timedelta(**by))


def firing() -> set[str]:
    evaluate()
    return set(Alert.objects.filter(ends_at=None).values_list("name", flat=True))


def test_films_are_counted_by_provider_and_status_with_their_seconds_and_bytes(user: Any) -> None:
    first = put_video(user, Video.Status.COMPLETED, seconds=8)
    put_video(user, Video.Status.COMPLETED, seconds=4, provider="gemini")
    put_video(user, Video.Status.FAILED, seconds=12, code="timeout")
    put_video(user)
    found = scraped()
    assert found["videos"] == {
        ("gemini", "completed"): 1,
        ("studio", "completed"): 1,
        ("studio", "failed"): 1,
        ("studio", "queued"): 1,
    }
    assert found["videos_filmed_seconds"] == {("studio",): 8, ("gemini",): 4}
    assert found["videos_stored_bytes"] == {(): 2 * first.byte_count}


def test_a_film_that_nobody_asks_after_is_silent(begun: AskFor) -> None:
    assert scraped()["oldest_silent_video_seconds"][()] == 0
    video = begun()
    silent_for(video, minutes=4)
    assert 240 <= scraped()["oldest_silent_video_seconds"][()] < 300
    assert backlog.silent().jobs == 0
    silent_for(video, minutes=6)
    assert backlog.silent().jobs == 1
    looking.look(video.video_id, patience_s=1)
    assert backlog.silent().oldest_s < 60


def test_a_film_that_was_never_asked_after_is_silent_since_it_began(begun: AskFor) -> None:
    video = begun()
    Video.objects.filter(pk=video.pk).update(
        looked_at=None, submitted_at=Now() - timedelta(minutes=7), look_at=None
    )
    assert backlog.silent().oldest_s >= 420


def test_what_is_over_being_fetched_or_made_here_is_not_silent(user: Any, begun: AskFor) -> None:
    fetched = begun()
    Video.objects.filter(pk=fetched.pk).update(fetching_until=Now() + timedelta(seconds=30))
    made_here = put_video(user, Video.Status.IN_PROGRESS)
    over = put_video(user, Video.Status.COMPLETED)
    Video.objects.filter(pk=over.pk).update(provider_ref="film_x")
    for video in (fetched, made_here, over):
        silent_for(video, hours=1)
    assert backlog.silent() == (0, 0.0)
    Video.objects.filter(pk=fetched.pk).update(fetching_until=Now() - timedelta(seconds=1))
    assert backlog.silent().jobs == 1, "whoever fetched it is gone"


def test_silence_of_more_than_five_minutes_wakes_somebody(begun: AskFor) -> None:
    video = begun()
    silent_for(video, seconds=280)
    assert "VideosSilent" not in firing()
    silent_for(video, seconds=400)
    assert "VideosSilent" in firing()
    alert = Alert.objects.get(name="VideosSilent")
    assert "6 minutes" in alert.annotations["summary"]
    assert alert.annotations["runbook_url"].endswith("/docs/operations/videos-silent")


def test_a_database_that_does_not_answer_leaves_only_these_out(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr("videos.metrics._rows", gone)
    names = set(scraped())
    assert "videos_stored_bytes" not in names
    assert "jobs_queued" in names
