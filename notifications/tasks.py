"""What beat rings for."""

from __future__ import annotations

from celery import shared_task

from notifications import sending


@shared_task
def send_due() -> int:
    """Send the mails that are due."""
    return sending.send_due()
