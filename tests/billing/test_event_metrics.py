"""What the metrics say of Stripe's events, and when somebody is told that they fail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from billing import deliveries
from billing.models import StripeEvent
from generation.alerts.evaluating import evaluate
from generation.models import Alert

pytestmark = pytest.mark.django_db


def put(name: str, *, age_s: float = 0, **state: Any) -> None:
    state = {"due_at": Now(), **state}
    at = Now() - timedelta(seconds=age_s)
    StripeEvent.objects.create(event_id=f"evt_{name}", type="a.b", received_at=at, **state)


def scraped(name: str) -> float:
    text = Client().get("/metrics").content.decode()
    (line,) = [one for one in text.splitlines() if one.startswith(f'{name}{{operation="stripe"}}')]
    return float(line.split()[-1])


def firing() -> list[Alert]:
    evaluate()
    return list(Alert.objects.filter(ends_at=None, name="WebhookFailing"))


LATE_S = deliveries.FAILING_AFTER.total_seconds() + 60


def test_events_are_counted_by_how_they_stand() -> None:
    assert [scraped(f"webhooks_{name}") for name in ("due", "failing", "given_up")] == [0, 0, 0]
    put("new")
    put("tried", attempts=2, due_at=Now() + timedelta(minutes=1))
    put("late", age_s=LATE_S, attempts=7, due_at=Now() + timedelta(hours=1))
    put("given_up", due_at=None, attempts=32)
    put("done", age_s=LATE_S, due_at=None, processed_at=Now())
    put("replayed", age_s=LATE_S, processed_at=Now())
    assert scraped("webhooks_due") == 4
    assert scraped("webhooks_failing") == 2
    assert scraped("webhooks_given_up") == 1


@pytest.mark.parametrize(
    "state",
    [
        {"age_s": LATE_S, "attempts": 7},
        {"age_s": LATE_S, "attempts": 0},  # nobody works
        {"age_s": 0, "attempts": 32, "due_at": None},
    ],
)
def test_somebody_is_told_of_events_that_do_not_work(state: dict[str, Any]) -> None:
    put("bad", **state)
    (alert,) = firing()
    assert alert.labels == {
        "alertname": "WebhookFailing",
        "severity": "ticket",
        "operation": "stripe",
    }
    assert alert.annotations["runbook_url"].endswith("/docs/operations/webhook-failing")
    assert "/admin/billing/stripeevent/" in alert.annotations["page_url"]


def test_nobody_is_told_of_what_may_work_yet_or_was_set_aside() -> None:
    put("new", age_s=LATE_S - 120, attempts=5)
    put("bad", attempts=32, due_at=None)
    deliveries.set_aside(StripeEvent.objects.filter(pk="evt_bad"))
    assert firing() == []
