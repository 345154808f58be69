"""Celery's entries: an id in, the rest is read from the database."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from generation import notices, work
from generation.alerts import watching


@shared_task
def run_job(job_id: str) -> None:
    """Work on one job."""
    work.run_job(job_id=UUID(job_id))


@shared_task
def sweep() -> None:
    """Pick up what was left behind."""
    work.sweep()


@shared_task
def tell_unseen() -> None:
    """Tell of what ended while somebody seemed to look."""
    notices.tell_unseen()


@shared_task(soft_time_limit=60, time_limit=90)
def watch() -> None:
    """Find what operators have to know, and tell Alertmanager."""
    watching.watch()
