"""Sending what is due by mail: each once, and at most twice where a worker was killed at it.

A row is claimed by a conditional update that writes ``emailed_at`` before the mail server is
asked. Where the server surely took nothing, that is taken back and the row is due again later.
Where nobody knows, because the worker or the connection died in between, ``emailed_at`` stays:
the row is due once more, and that claim is its last unless the server refuses it.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from uuid import UUID

from django.core.mail import get_connection
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from notifications.mail import address_of, message_of
from notifications.models import Notification
from notifications.subjects import subject_of

log = logging.getLogger("techpack.mail")

AT_ONCE = 50
LEASE = timedelta(minutes=5)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30, 3600
TRIES = 16  # over half a day


def send_due() -> int:
    """Send the mails that are due; returns how many were sent. Stops where the server is away."""
    sent = 0
    for pk in list(_due().order_by("email_due_at").values_list("pk", flat=True)[:AT_ONCE]):
        is_sent = send(pk)
        if is_sent is None:
            break
        sent += is_sent
    return sent


def send(pk: UUID) -> bool | None:
    """Send one notification, if it is to be had; None where the mail server is away."""
    if not _claim(pk):
        return False
    row = Notification.objects.select_related("user").get(pk=pk)
    to, subject = address_of(row.user), subject_of(row.kind)
    if not to or subject is None:
        _mine(pk).update(email_due_at=None, emailed_at=None)
        return False
    try:
        server = get_connection()
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        _later(row, error, is_sure=True)
        return None
    try:
        server.send_messages([message_of(row, subject, to)])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        _refused(row, error)
        return False
    except (OSError, smtplib.SMTPException) as error:
        _later(row, error, is_sure=False)
        return None
    finally:
        server.close()
    _mine(pk).update(email_due_at=None)
    return True


def _due() -> QuerySet[Notification]:
    return Notification.objects.filter(email_due_at__lte=Now(), read_at__isnull=True)


def _mine(pk: UUID) -> QuerySet[Notification]:
    return Notification.objects.filter(pk=pk)


def _claim(pk: UUID) -> bool:
    """Whether this worker is to send it: the first, or the last after one in doubt."""
    due = _due().filter(pk=pk)
    first = due.filter(emailed_at__isnull=True)
    if first.update(emailed_at=Now(), email_due_at=Now() + LEASE):
        return True
    return bool(due.filter(emailed_at__isnull=False).update(email_due_at=None))


def _later(row: Notification, error: Exception, *, is_sure: bool) -> None:
    """Try again after a pause that doubles. ``is_sure``: the server took nothing."""
    failures = row.email_failures + 1
    log.warning("mail %s was not sent: %s (%d)", row.pk, type(error).__name__, failures)
    was_in_doubt = row.email_due_at is None
    if failures >= TRIES:
        _mine(row.pk).update(email_due_at=None, email_failures=failures)
        return
    pause = timedelta(seconds=min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (failures - 1)))
    _mine(row.pk).filter(read_at__isnull=True).update(
        email_failures=failures,
        email_due_at=Now() + pause,
        emailed_at=None if is_sure and not was_in_doubt else F("emailed_at"),
    )


def _refused(row: Notification, error: Exception) -> None:
    """The server said no: for good with a 5xx, for now with anything else."""
    codes = (
        [code for code, _ in error.recipients.values()]
        if isinstance(error, smtplib.SMTPRecipientsRefused)
        else [getattr(error, "smtp_code", 0)]
    )
    if all(500 <= code < 600 for code in codes):
        log.warning("mail %s was refused for good: %s", row.pk, codes)
        _mine(row.pk).update(email_due_at=None, emailed_at=None)
    else:
        _later(row, error, is_sure=True)
