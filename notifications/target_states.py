"""Addresses of users' own that are sent to, and those that no longer are."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from notifications.models import WebhookDelivery, WebhookTarget
from notifications.operations import notify

KIND: Final = "webhook.disabled"
TURNED_OFF: Final = "The address was turned off before it took this."


def turn_on(target: WebhookTarget) -> bool:
    """Send to an address again, as if it had never failed; returns whether it was off."""
    off = WebhookTarget.objects.filter(pk=target.pk, disabled_at__isnull=False)
    return bool(off.update(disabled_at=None, failing_since=None, busy_until=None))


def turn_off(target: WebhookTarget) -> bool:
    """Send nothing more to an address, also of what waits for it; returns whether it was on."""
    on = WebhookTarget.objects.filter(pk=target.pk, disabled_at__isnull=True)
    if not on.update(disabled_at=Now()):
        return False
    states = WebhookDelivery.State
    waiting = WebhookDelivery.objects.filter(target_id=target.pk, state=states.PENDING)
    waiting.filter(attempts=0).update(last_error=TURNED_OFF)
    waiting.update(state=states.FAILED, due_at=None, ended_at=Now())
    return True


def give_up(target: WebhookTarget, *, why: str) -> bool:
    """Turn an address off that takes nothing, and tell its owner, once.

    ``why`` is a sentence.
    """
    with transaction.atomic():
        if not turn_off(target):
            return False
        host = urlsplit(target.url).hostname or ""
        notify(
            user_id=target.user_id,
            kind=KIND,
            title="Events are no longer sent to an address of yours",
            body=f"{host} is turned off. {why} What it missed can be sent again once it is on.",
            link=reverse("notifications:webhook", args=[target.pk]),
            link_label="See what it answered",
            context={"webhookId": str(target.pk), "url": target.url},
        )
    return True
