"""The consumer that writes down which address of a user's own is told of which event."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from core.commits import after_commit
from notifications.models import WebhookDelivery, WebhookTarget
from notifications.tasks import send_webhooks_soon

NAME: Final = "webhooks"


def wants(user_ids: Collection[UUID]) -> set[UUID]:
    """Those of the users that have an address to be told: one question for a whole batch."""
    live = WebhookTarget.objects.filter(user_id__in=user_ids, disabled_at__isnull=True)
    return set(live.values_list("user_id", flat=True))


def handle(message: Mapping[str, Any]) -> None:
    """Write one delivery for each address that is told of such events; sent after the commit.

    The same message a second time writes nothing.
    """
    wanted = Q(types=[]) | Q(types__contains=[message["type"]])
    live = WebhookTarget.objects.filter(user_id=message["userId"], disabled_at__isnull=True)
    body = json.dumps(message, ensure_ascii=False)
    rows = [
        WebhookDelivery(
            target_id=target_id,
            event_id=message["id"],
            type=message["type"],
            body=body,
            due_at=Now(),
        )
        for target_id in live.filter(wanted).order_by("pk").values_list("pk", flat=True)
    ]
    if rows:
        WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
        after_commit(send_webhooks_soon)
