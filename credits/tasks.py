"""What beat rings for."""

from __future__ import annotations

from celery import shared_task

from credits import audit, operations, refusals


@shared_task
def expire_lots() -> int:
    """Expire what is left of lots whose date has come."""
    return operations.expire_lots()


@shared_task
def grant_due_monthly() -> int:
    """Grant the monthly credits that are due."""
    return operations.grant_due_monthly()


@shared_task
def check_ledger() -> int:
    """Check the ledger; the metrics show the drift."""
    return audit.drift(audit.check())


@shared_task
def forget_refusals() -> int:
    """Delete refusals that no metric asks for any more."""
    return refusals.forget_old()
