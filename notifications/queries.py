"""Reads; whose a notification is, is part of the query."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from core.models import EventCounter
from notifications.models import Notification, WebhookDelivery, WebhookTarget

COUNTED_MOST = 99


def last_event_of(user_id: UUID) -> int:
    """The sequence number of the user's last event, 0 where there is none."""
    row = EventCounter.objects.filter(user_id=user_id).first()
    return row.last if row else 0


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


def targets_of(user: Any) -> QuerySet[WebhookTarget]:
    """The addresses of the user's own that are told of events, newest first."""
    return WebhookTarget.objects.filter(user_id=user.pk).order_by("-pk")


def target_of(user: Any, target_id: UUID) -> WebhookTarget:
    """One of them. Raises NotFound."""
    found = targets_of(user).filter(pk=target_id).first()
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def deliveries_of(target: WebhookTarget) -> QuerySet[WebhookDelivery]:
    """What an address was sent, or is to be, newest first."""
    return WebhookDelivery.objects.filter(target_id=target.pk).order_by("-pk")


def delivery_of(target: WebhookTarget, delivery_id: UUID) -> WebhookDelivery:
    """One of an address's deliveries. Raises NotFound."""
    found = deliveries_of(target).filter(pk=delivery_id).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    return found
