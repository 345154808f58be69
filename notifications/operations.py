"""Telling users something, and their reading of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.errors import InvalidRequest
from core.outbox import emit
from notifications.models import TITLE_LONGEST, Notification, Preference
from notifications.queries import inbox_of, notification_of
from notifications.subjects import SUBJECTS, Way, way_of, ways_of

# Who has the page open reads it at once, and needs no mail.
MAILED_AFTER = timedelta(seconds=15)


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
    """Put a notification in the user's inbox and tell their open pages; mail it a little later.

    Which of these, the user chose for the subject that ``kind`` belongs to. ``kind`` is dotted,
    as in ``budget.warning``. A ``link`` is an address of this site, from its ``/`` on, and needs
    a label; the database refuses anything else.
    """
    way = way_of(user_id, kind)
    with transaction.atomic():
        made = Notification.objects.create(
            user_id=user_id,
            kind=kind,
            title=title[:TITLE_LONGEST],
            body=body,
            link=link,
            link_label=link_label,
            context=dict(context or {}),
            is_listed=way.inbox,
            email_due_at=Now() + MAILED_AFTER if way.email else None,
        )
        if way.inbox:
            emit(
                type="notification.created",
                user_id=user_id,
                data={"id": str(made.pk), "kind": kind, "title": made.title},
            )
    return made


def choose(*, user: Any, ways: Mapping[str, Way]) -> None:
    """Tell the user of these subjects in this way from now on; of the others as before.

    ``ways`` are by name of subject. Mail that waits to be sent of what is no longer wanted by
    mail is not sent. Raises InvalidRequest for what must be told in the inbox and would not be.
    """
    if kept := [name for name in sorted(ways) if SUBJECTS[name].always and not ways[name].inbox]:
        raise InvalidRequest(
            "This is always told in the inbox.",
            fields={f"{name}.inbox": [SUBJECTS[name].always] for name in kept},
        )
    rows = [
        Preference(user_id=user.pk, subject=name, inbox=way.inbox, email=way.email)
        for name, way in sorted(ways.items())
    ]
    unmailed = [
        kind for name, way in ways.items() if not way.email for kind in SUBJECTS[name].kinds
    ]
    with transaction.atomic():
        Preference.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["user", "subject"],
            update_fields=["inbox", "email"],
        )
        Notification.objects.filter(user_id=user.pk, kind__in=unmailed).update(email_due_at=None)


def unsubscribe(*, user: Any, subject: str) -> None:
    """No more mail of a subject; what is in the inbox stays as it is."""
    way = ways_of(user)[subject]
    choose(user=user, ways={subject: Way(inbox=way.inbox, email=False)})


def mark_read(*, user: Any, notification_id: UUID) -> Notification:
    """The notification counts as read from its first reading on, and is not mailed any more.

    Raises NotFound.
    """
    found = notification_of(user, notification_id)
    now = timezone.now()
    unread = inbox_of(user, unread=True).filter(pk=found.pk)
    if unread.update(read_at=now, email_due_at=None):
        found.read_at = now
    return found


def mark_all_read(*, user: Any) -> int:
    """Everything in the inbox counts as read; returns how many were not."""
    return inbox_of(user, unread=True).update(read_at=timezone.now(), email_due_at=None)
