"""What was told of a job's end, and watches that run out."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from core.ids import uuid7
from notifications.models import Notification, Watch

PRODUCT = uuid7()


def told() -> Notification:
    """The one notification that there is."""
    return Notification.objects.get()


def lapse() -> None:
    """Whoever watches did so for the last time a second too long ago."""
    Watch.objects.update(until=Now() - timedelta(seconds=1))
