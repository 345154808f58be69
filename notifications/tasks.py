"""What beat rings for."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Final

from celery import shared_task
from django.db.models.functions import Now

from notifications import delivering, relaying, sending
from notifications.models import WebhookDelivery

log = logging.getLogger("techpack.webhooks")

# Of one worker: they wait for servers of users, and leave its other threads to the films.
SENDERS: Final = 4
DELIVERIES_KEPT: Final = timedelta(days=30)
_slots = threading.BoundedSemaphore(SENDERS)


@shared_task
def send_due() -> int:
    """Send the mails that are due."""
    return sending.send_due()


@shared_task
def send_webhooks() -> int:
    """Send what users' own addresses are to be told, unless enough senders are at it."""
    if not _slots.acquire(blocking=False):
        return 0
    try:
        sent = delivering.send_due()
    finally:
        _slots.release()
    if sent and delivering.is_anything_due():
        send_webhooks_soon()
    return sent


def send_webhooks_soon() -> None:
    """Have a worker send what is due. A lost ring is repeated by the clock."""
    try:
        send_webhooks.delay()
    except send_webhooks.OperationalError as error:
        log.warning("the broker did not take the ring for webhooks: %s", error)


@shared_task
def forget_deliveries() -> int:
    """Delete what was sent to users' own addresses a month ago; returns how many."""
    old = WebhookDelivery.objects.filter(created_at__lt=Now() - DELIVERIES_KEPT)
    return old.delete()[0]


@shared_task
def relay() -> int:
    """Carry events that wait to their consumers."""
    return relaying.relay()


@shared_task
def forget_events() -> int:
    """Delete events that were carried a month ago; returns how many."""
    return relaying.forget_old()
