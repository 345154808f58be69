"""What the metrics say of calls, jobs and what watches over them, as Prometheus reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from core import storage
from generation import backlog, heartbeats, tallies, work
from generation.metrics import GenerationCollector
from generation.models import Alert, Breaker, Job

from .conftest import Submit

ASKED = {"provider": "openai", "model": "eyes-1", "operation": "base-views/analyze"}


def scraped() -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Sample name → labels → value, from ``/metrics`` as it is served."""
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def of(name: str, **labels: str) -> float:
    return scraped()[name][tuple(sorted(labels.items()))]


def count(times: int = 1, **more: Any) -> None:
    given: dict[str, Any] = {
        **ASKED,
        "outcome": "completed",
        "tokens": 100,
        "cost_usd_micros": 250_000,
        "ms": 1500,
    }
    for _ in range(times):
        tallies.count(**(given | more))


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Each test reads it."""


def test_calls_are_counted_by_outcome() -> None:
    count(3)
    count(2, outcome="transient", tokens=0, cost_usd_micros=0, ms=90_000)
    assert of("ai_calls_total", **ASKED, outcome="completed") == 3
    assert of("ai_calls_total", **ASKED, outcome="transient") == 2
    assert of("ai_calls_total", **ASKED, outcome="quota") == 0
    assert of("ai_tokens_total", **ASKED) == 300
    assert of("ai_cost_usd_total", **ASKED) == 0.75
    assert of("ambiguous_purchases_total", **ASKED) == 0


def test_durations_make_a_histogram() -> None:
    count(3)
    count(1, outcome="transient", ms=90_000)
    count(1, ms=601_000)
    for bound, calls in {"1.0": 0, "2.0": 3, "60.0": 3, "90.0": 4, "600.0": 4, "+Inf": 5}.items():
        assert of("ai_call_duration_seconds_bucket", **ASKED, le=bound) == calls
    assert of("ai_call_duration_seconds_count", **ASKED) == 5
    assert of("ai_call_duration_seconds_sum", **ASKED) == 4.5 + 90 + 601


def test_routes_that_nobody_asked_yet_begin_at_zero(settings: Any) -> None:
    settings.ROUTES = {"base-views/analyze": ["openai:eyes-9"]}
    settings.OPENAI_API_KEY = "key"
    asked = {**ASKED, "model": "eyes-9"}
    assert of("ai_calls_total", **asked, outcome="transient") == 0
    assert of("ambiguous_purchases_total", **asked) == 0
    chat = {"provider": "openai", "model": "gpt-6-luna", "operation": "chat"}
    assert of("ai_calls_total", **chat, outcome="transient") == 0
    film = {"provider": "studio", "model": "studio-1", "operation": "generate-video"}
    assert of("ai_calls_total", **film, outcome="transient") == 0


def test_labels_are_those_of_settings_and_of_the_log() -> None:
    for name, series in scraped().items():
        if not name.startswith(("ai_", "ambiguous_")):
            continue
        for labels in series:
            assert {label for label, _ in labels} <= {*ASKED, "outcome", "le"}, name


def test_a_breaker_shows_while_it_is_open() -> None:
    for model, seconds in (("eyes-1", 30), ("eyes-2", -1)):
        until = Now() + timedelta(seconds=seconds)
        Breaker.objects.create(provider="openai", model_name=model, open_until=until)
    Breaker.objects.create(provider="openai", model_name="eyes-3")
    states = {
        dict(labels)["model"]: state for labels, state in scraped()["ai_breaker_open"].items()
    }
    assert states == {"eyes-1": 1, "eyes-2": 0, "eyes-3": 0}


def test_jobs_that_wait_show_with_their_age(submit: Submit) -> None:
    assert (of("jobs_queued"), of("oldest_job_waiting_seconds")) == (0, 0)
    first = submit()
    submit()
    Job.objects.filter(pk=first.pk).update(created_at=Now() - timedelta(seconds=75))
    assert of("jobs_queued") == 2
    assert 75 <= of("oldest_job_waiting_seconds") < 200


def test_the_sweeper_shows_when_it_ran() -> None:
    before = timezone.now().timestamp()
    assert "sweeper_last_run_timestamp_seconds" not in scraped()
    work.sweep()
    assert before - 1 <= of("sweeper_last_run_timestamp_seconds") <= timezone.now().timestamp() + 1
    heartbeats.beat(heartbeats.ALERTS)
    assert of("alerts_last_run_timestamp_seconds") >= before - 1


def test_alerts_that_alertmanager_does_not_take_show() -> None:
    Alert.objects.create(fingerprint="a", name="A")
    assert of("alerts_undelivered") == 0, "not tried yet"
    Alert.objects.update(failures=2)
    assert of("alerts_undelivered") == 1


def test_the_disk_of_stored_files_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    storage.put("photos", b"x", "jpg")
    used = of("media_disk_used_ratio")
    assert 0 < used < 1
    monkeypatch.setattr(storage, "disk_used", lambda: None)
    assert "media_disk_used_ratio" not in scraped()


def test_a_database_that_does_not_answer_leaves_only_these_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away() -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(backlog, "waiting", away)
    names = set(scraped())
    assert not any(name.startswith(("ai_", "jobs_")) for name in names)
    assert "credits_held" in names


def test_names_are_told_without_asking_the_database() -> None:
    with CaptureQueriesContext(connection) as asked:
        names = {family.name for family in GenerationCollector().describe()}
    assert len(asked) == 0
    assert {"ai_calls", "ai_call_duration_seconds", "jobs_queued", "alerts_undelivered"} <= names


def test_one_scrape_asks_few_questions() -> None:
    count(5)
    with CaptureQueriesContext(connection) as asked:
        list(GenerationCollector().collect())
    assert len(asked) <= 8
