"""Reads; whose a notification is, is part of the query."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from notifications.models import Notification

COUNTED_MOST = 99


def inbox_of(user: Any, *, unread: bool = False) -> QuerySet[Notification]:
    """The user's notifications, newest first; with ``unread`` those not read yet."""
    rows = Notification.objects.filter(user_id=user.pk, is_listed=True).order_by("-pk")
    return rows.filter(read_at__isnull=True) if unread else rows


def notification_of(user: Any, notification_id: UUID) -> Notification:
    """One of the user's notifications. Raises NotFound."""
    found = inbox_of(user).filter(pk=notification_id).first()
    if found is None:
        raise NotFound("There is no such notification.")
    return found


def unread_of(user: Any) -> int:
    """How many are not read; counted up to one more than 99, which is enough to say "99+"."""
    return inbox_of(user, unread=True)[: COUNTED_MOST + 1].count()
