"""What tests of events by RabbitMQ do and look at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import amqp

from accounts.models import User
from core.models import Event
from core.outbox import emit
from notifications.catalogue import EVENTS
from notifications.models import Notification

EXCHANGE = "techpack.events"
CHANGED = {"fromTier": "free", "toTier": "pro", "interval": "month", "reason": "upgraded"}
TIER = EVENTS["SubscriptionTierChanged"]


def upgrade(user: User) -> None:
    User.objects.filter(pk=user.pk).update(tier="pro")
    emit(type="SubscriptionTierChanged", user_id=user.pk, data=CHANGED)


def is_pro(user: User) -> bool:
    return user.groups.filter(name="Pro").exists()


def waiting() -> int:
    return Event.objects.filter(published_at=None).count()


def count_of(channel: Any, name: str) -> int:
    return int(channel.queue_declare(f"techpack.{name}", passive=True).message_count)


def put(channel: Any, body: bytes, **properties: Any) -> None:
    """Whatever it is, from outside."""
    channel.basic_publish(amqp.Message(body, **properties), EXCHANGE, TIER)


def heard(name: str, user: User) -> list[int]:
    """The sequence numbers of the user's events in the order in which they had an effect."""
    rows = Notification.objects.filter(kind=f"heard.{name}", user=user).order_by("pk")
    numbers = dict(Event.objects.values_list("pk", "sequence"))
    return [numbers[UUID(title)] for title in rows.values_list("title", flat=True)]
