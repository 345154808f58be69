"""Telling Alertmanager what fires and what ended, until it was told."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx2
from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from generation.models import Alert

log = logging.getLogger("techpack.alerts")

PATH: Final = "/api/v2/alerts"
TIMEOUT_S: Final = 5.0
AT_ONCE: Final = 100  # in one request
SENT_AGAIN_AFTER: Final = timedelta(seconds=60)
# What fires is said to end then, unless it is sent again: Alertmanager forgets what nobody
# repeats, and does not depend on its own setting for that.
ENDS_UNLESS_REPEATED: Final = timedelta(minutes=5)
FIRST_PAUSE_S: Final = 15
LONGEST_PAUSE_S: Final = 120


def deliver() -> int:
    """Send what is due; returns how many alerts Alertmanager took.

    What it did not take stays due, later with each failure. Without ``ALERTMANAGER_URL`` nobody
    is told, and what ended is not kept for later either.
    """
    if not settings.ALERTMANAGER_URL:
        Alert.objects.filter(ends_at__isnull=False, due_at__isnull=False).update(due_at=None)
        return 0
    due = list(Alert.objects.filter(due_at__lte=Now()).order_by("due_at", "pk")[:AT_ONCE])
    if not due:
        return 0
    with httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False) as client:
        return _send(client, due)


def _send(client: httpx2.Client, alerts: Sequence[Alert]) -> int:
    """Send them in one request; one by one where that is refused, so that one spoils no other."""
    status = _post(client, alerts)
    if status is not None and 200 <= status < 300:
        for alert in alerts:
            _mark_sent(alert)
        return len(alerts)
    if status is not None and 400 <= status < 500 and len(alerts) > 1:
        return sum(_send(client, [alert]) for alert in alerts)
    for alert in alerts:
        _mark_failed(alert)
    return 0


def _post(client: httpx2.Client, alerts: Sequence[Alert]) -> int | None:
    """The status of Alertmanager's answer; None where none came. What it says is not read."""
    address = settings.ALERTMANAGER_URL.rstrip("/") + PATH
    now = timezone.now()
    body = [told(alert, now) for alert in alerts]
    try:
        with client.stream("POST", address, json=body) as answer:
            status = answer.status_code
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        log.warning("Alertmanager did not take %d alerts: %s", len(alerts), type(error).__name__)
        return None
    if status >= 300:
        log.warning("Alertmanager did not take %d alerts: HTTP %d", len(alerts), status)
    return status


def told(alert: Alert, now: datetime) -> dict[str, Any]:
    """An alert as ``POST /api/v2/alerts`` takes it.

    What ended before anybody could be told of it is told as firing first: Alertmanager tells
    nobody that something ended of which it never said that it began.
    """
    words = dict(alert.annotations)
    fires = alert.ends_at is None or alert.sent_at is None
    ends_at = now + ENDS_UNLESS_REPEATED if fires else alert.ends_at
    return {
        "labels": alert.labels,
        "annotations": {name: words[name] for name in words if name != "page_url"},
        "generatorURL": words.get("page_url", ""),
        "startsAt": alert.starts_at.isoformat(),
        "endsAt": ends_at.isoformat() if ends_at else None,
    }


def _mark_sent(alert: Alert) -> None:
    """Due again while it fires; once more when it ended; then never."""
    is_over = alert.ends_at is not None and alert.sent_at is not None
    due_at = None if is_over else Now() + SENT_AGAIN_AFTER
    _as_it_was(alert).update(sent_at=Now(), due_at=due_at, failures=0)


def _mark_failed(alert: Alert) -> None:
    pause_s = min(FIRST_PAUSE_S * 2 ** min(alert.failures, 10), LONGEST_PAUSE_S)
    _as_it_was(alert).update(due_at=Now() + timedelta(seconds=pause_s), failures=F("failures") + 1)


def _as_it_was(alert: Alert) -> Any:
    """Its row, unless it ended or was superseded meanwhile."""
    return Alert.objects.filter(pk=alert.pk, ends_at=alert.ends_at, due_at=alert.due_at)


def undelivered() -> int:
    """How many alerts Alertmanager did not take when they were sent last."""
    return Alert.objects.filter(Q(failures__gt=0), due_at__isnull=False).count()
