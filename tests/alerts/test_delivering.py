"""Alertmanager is told what fires, again while it does, and what ended; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from config.celery import app
from generation import heartbeats
from generation.alerts import delivering, watching
from generation.alerts.delivering import deliver, undelivered
from generation.alerts.evaluating import evaluate
from generation.models import Alert
from tests.database_clock import Span
from tests.servers import free_port

from .conftest import End, firing, time_passes
from .receiver import Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def alertmanager(settings: Any) -> Iterator[Receiver]:
    """What stands for Alertmanager, and may be told to fail."""
    with receiving() as receiver:
        settings.ALERTMANAGER_URL = receiver.url + "/"
        yield receiver


def due() -> Alert:
    """The alert that is due next."""
    return Alert.objects.filter(due_at__isnull=False).earliest("due_at")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_what_fires_is_told_with_labels_words_and_addresses(
    alertmanager: Receiver, end: End, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://studio.example"
    end(1, "quota")
    evaluate()
    assert deliver() == 1
    assert alertmanager.paths == ["/api/v2/alerts"]
    ((told,),) = alertmanager.posted
    assert told["labels"] == {
        "alertname": "AIProviderQuota",
        "severity": "page",
        "provider": "openai",
        "model": "eyes-1",
    }
    assert told["annotations"] == {
        "summary": "The account at openai is used up",
        "description": (
            "openai refuses calls for eyes-1 until its account is topped up or its limit raised."
        ),
        "runbook_url": "https://studio.example/docs/operations/provider-quota",
    }
    assert told["generatorURL"].startswith("https://studio.example/admin/generation/aicall/?")
    alert = Alert.objects.get()
    assert moment(told["startsAt"]) == alert.starts_at
    assert timedelta(minutes=4) < moment(told["endsAt"]) - timezone.now() < timedelta(minutes=6)


def test_it_is_told_again_while_it_fires_and_not_too_often(
    alertmanager: Receiver, end: End
) -> None:
    end(1, "quota")
    evaluate()
    assert [deliver(), deliver()] == [1, 0]
    time_passes(seconds=61)
    assert deliver() == 1
    first, second = (told for (told,) in alertmanager.posted)
    assert moment(second["endsAt"]) > moment(first["endsAt"])
    assert delivering.SENT_AGAIN_AFTER < delivering.ENDS_UNLESS_REPEATED / 4


def test_it_is_told_once_that_it_ended(alertmanager: Receiver, end: End) -> None:
    end(1, "quota")
    evaluate()
    deliver()
    end(1)
    time_passes(minutes=6)
    evaluate()
    assert firing() == {}
    assert [deliver(), deliver()] == [1, 0]
    alert = Alert.objects.get()
    assert moment(alertmanager.posted[-1][0]["endsAt"]) == alert.ends_at
    assert alert.due_at is None
    time_passes(hours=1)
    assert deliver() == 0


@pytest.mark.parametrize("status", [500, 503, 429, 404, 302, 0])
def test_what_is_not_taken_is_kept_and_tried_again(
    alertmanager: Receiver, end: End, status: int
) -> None:
    end(1, "quota")
    evaluate()
    alertmanager.statuses = [status]
    assert deliver() == 0
    assert (undelivered(), deliver()) == (1, 0), "it is not due at once"
    time_passes(seconds=16)
    assert deliver() == 1
    assert undelivered() == 0
    first, second = (told for (told,) in alertmanager.posted)
    assert first["labels"] == second["labels"]


def test_nobody_listens(end: End, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.ALERTMANAGER_URL = f"http://someone:s3cret@127.0.0.1:{free_port()}"
    end(1, "quota")
    evaluate()
    assert deliver() == 0
    assert undelivered() == 1
    assert "ConnectError" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_slow_alertmanager_is_not_waited_for(
    alertmanager: Receiver, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "TIMEOUT_S", 0.2)
    end(1, "quota")
    evaluate()
    alertmanager.statuses = [-1]
    assert deliver() == 0
    assert undelivered() == 1


def test_pauses_grow_and_have_an_end(alertmanager: Receiver, end: End) -> None:
    end(1, "quota")
    evaluate()
    for pause_s in (15, 30, 60, 120, 120, 120):
        alertmanager.statuses = [500]
        with Span() as tried:
            assert deliver() == 0
        assert tried.puts_off(due().due_at, pause_s)
        time_passes(seconds=pause_s + 1)


def test_one_that_is_refused_spoils_no_other(alertmanager: Receiver, end: End) -> None:
    end(1, "quota")
    end(1, "configuration", model_name="eyes-2")
    end(1, "ambiguous", model_name="eyes-3")
    evaluate()
    alertmanager.statuses = [400, 200, 400, 200]
    assert deliver() == 2
    assert undelivered() == 1
    assert [len(told) for told in alertmanager.posted] == [3, 1, 1, 1]


def test_what_ended_before_anybody_could_be_told_is_told_all_the_same(
    alertmanager: Receiver, end: End
) -> None:
    """Alertmanager would tell nobody of an alert that it only ever saw ended."""
    end(1, "quota")
    evaluate()
    alertmanager.statuses = [503]
    deliver()
    end(1)
    time_passes(minutes=6)
    evaluate()
    assert firing() == {}
    assert deliver() == 1
    assert moment(alertmanager.posted[-1][0]["endsAt"]) > timezone.now()
    time_passes(seconds=61)
    assert deliver() == 1
    assert moment(alertmanager.posted[-1][0]["endsAt"]) < timezone.now()
    assert not Alert.objects.filter(due_at__isnull=False).exists()


def test_what_ends_while_it_is_told_is_told_again(
    alertmanager: Receiver, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(1, "quota")
    evaluate()
    post = delivering._post

    def end_meanwhile(*told: Any) -> int | None:
        status = post(*told)
        Alert.objects.update(ends_at=timezone.now(), due_at=timezone.now())
        return status

    monkeypatch.setattr(delivering, "_post", end_meanwhile)
    deliver()
    assert Alert.objects.get().due_at is not None


def test_without_an_alertmanager_alerts_are_kept_and_nothing_piles_up(
    end: End, settings: Any
) -> None:
    settings.ALERTMANAGER_URL = ""
    end(1, "quota")
    evaluate()
    assert deliver() == 0
    assert undelivered() == 0
    assert set(firing()) == {"AIProviderQuota"}
    end(1)
    time_passes(minutes=6)
    evaluate()
    deliver()
    assert Alert.objects.get().due_at is None


def test_what_fires_is_told_once_an_alertmanager_is_set_up(
    alertmanager: Receiver, end: End, settings: Any
) -> None:
    url, settings.ALERTMANAGER_URL = settings.ALERTMANAGER_URL, ""
    end(1, "quota")
    evaluate()
    deliver()
    settings.ALERTMANAGER_URL = url
    assert deliver() == 1


# --- One round ----------------------------------------------------------------------------
def test_beat_rings_for_a_round_every_quarter_of_a_minute(
    alertmanager: Receiver, end: End, settings: Any
) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["watch"]
    assert entry["schedule"] == timedelta(seconds=15)
    end(1, "quota")
    app.loader.import_default_modules()  # as a worker does
    app.tasks[entry["task"]].apply(throw=True)
    assert len(alertmanager.posted) == 1
    assert heartbeats.ALERTS in heartbeats.last()


def test_a_round_by_hand_says_what_fires(
    alertmanager: Receiver, end: End, capsys: pytest.CaptureFixture[str]
) -> None:
    end(1, "quota")
    call_command("watch")
    said = capsys.readouterr().out
    assert said.startswith("firing 1 began 1 ended 0 delivered 1\n")
    assert "page AIProviderQuota: The account at openai is used up" in said


@pytest.mark.django_db(transaction=True)
def test_two_rounds_are_never_at_it_at_once(alertmanager: Receiver, end: End) -> None:
    end(1, "quota")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [watching.WATCH_LOCK])
            assert watching.watch() == {"firing": 0, "began": 0, "ended": 0, "delivered": 0}
            assert not Alert.objects.exists()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [watching.WATCH_LOCK])
    finally:
        other.close()
    assert watching.watch()["delivered"] == 1


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_alertmanager_is_told(
    alertmanager: Receiver, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(1, "quota")
    post, seen = delivering._post, []

    def look(*told: Any) -> int | None:
        seen.append(connection.in_atomic_block)
        return post(*told)

    monkeypatch.setattr(delivering, "_post", look)
    watching.watch()
    assert seen == [False]
