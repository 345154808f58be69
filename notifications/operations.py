"""Telling users something, and their reading of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.outbox import emit
from notifications.models import TITLE_LONGEST, Notification
from notifications.queries import inbox_of, notification_of


def notify(
    *,
    user_id: UUID,
    kind: str,
    title: str,
    body: str,
    link: str = "",
    link_label: str = "",
    context: Mapping[str, Any] | None = None,
) -> Notification:
    """Put a notification in the user's inbox and tell their open pages.

    ``kind`` is dotted, as in ``budget.warning``. A ``link`` is an address of this site, from
    its ``/`` on, and needs a label; the database refuses anything else.
    """
    with transaction.atomic():
        made = Notification.objects.create(
            user_id=user_id,
            kind=kind,
            title=title[:TITLE_LONGEST],
            body=body,
            link=link,
            link_label=link_label,
            context=dict(context or {}),
        )
        emit(
            type="notification.created",
            user_id=user_id,
            data={"id": str(made.pk), "kind": kind, "title": made.title},
        )
    return made


def mark_read(*, user: Any, notification_id: UUID) -> Notification:
    """The notification counts as read from its first reading on. Raises NotFound."""
    found = notification_of(user, notification_id)
    now = timezone.now()
    if inbox_of(user, unread=True).filter(pk=found.pk).update(read_at=now):
        found.read_at = now
    return found


def mark_all_read(*, user: Any) -> int:
    """Everything in the inbox counts as read; returns how many were not."""
    return inbox_of(user, unread=True).update(read_at=timezone.now())
