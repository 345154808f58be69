"""What beat rings for."""

from __future__ import annotations

from celery import shared_task

from core import idempotency


@shared_task
def forget_answers() -> int:
    """Answers to idempotency keys are kept for two days."""
    return idempotency.forget_old()
