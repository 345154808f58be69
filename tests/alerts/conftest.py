"""Ended calls of providers at moments of the test's choice, and a disk with room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db.models import F
from django.db.models.functions import Now

from core import storage
from core.ids import uuid7
from generation.models import AICall, Alert, Breaker, Heartbeat, Job

End = Callable[..., list[AICall]]


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """How full the disk of photos seems to be."""
    seems = {"used": 0.5}
    monkeypatch.setattr(storage, "disk_used", lambda: seems["used"])
    return seems


@pytest.fixture
def job(db: None) -> Job:
    """A job that calls belong to; it waits for nobody."""
    user = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long enough 42")
    return Job.objects.create(
        user=user,
        kind="analyze",
        status=Job.Status.FAILED,
        finished_at=Now(),
        deadline_at=Now(),
    )


@pytest.fixture
def end(job: Job) -> End:
    """Let ``count`` calls end ``ago_s`` seconds ago, ``apart_s`` seconds apart, the last first."""

    def log(
        count: int = 1,
        outcome: str = "completed",
        *,
        ago_s: float = 1,
        apart_s: float = 0,
        **more: Any,
    ) -> list[AICall]:
        status = {"completed": "completed", "ambiguous": "ambiguous"}.get(outcome, "failed")
        given = {
            "provider": "openai",
            "model_name": "eyes-1",
            "operation_name": "base-views/analyze",
            "operation_type": "vision",
            "error_class": "" if outcome == "completed" else outcome,
        }
        return AICall.objects.bulk_create(
            AICall(
                id=uuid7(),
                job=job,
                user_id=job.user_id,
                part=uuid4().hex,
                status=status,
                submitted_at=Now() - timedelta(seconds=ago_s + n * apart_s + 2),
                completed_at=Now() - timedelta(seconds=ago_s + n * apart_s),
                **(given | more),
            )
            for n in range(count)
        )

    return log


def time_passes(**by: float) -> None:
    """Make everything older that alerts look at: the database's clock is nobody's to set.

    The sweeper runs meanwhile.
    """
    span = timedelta(**by)
    AICall.objects.update(completed_at=F("completed_at") - span)
    Breaker.objects.filter(open_until__isnull=False).update(open_until=F("open_until") - span)
    Job.objects.update(created_at=F("created_at") - span)
    Alert.objects.update(seen_at=F("seen_at") - span, starts_at=F("starts_at") - span)
    for column in ("due_at", "sent_at", "ends_at"):
        Alert.objects.filter(**{f"{column}__isnull": False}).update(**{column: F(column) - span})


def firing() -> dict[str, Alert]:
    """What fires now, by name."""
    return {row.name: row for row in Alert.objects.filter(ends_at=None)}


def sweeper_stands_still(**by: float) -> None:
    """The sweeper last ran so long before it did."""
    Heartbeat.objects.filter(name="sweep").update(at=F("at") - timedelta(**by))
