"""Celery's entries: an id in, the rest is read from the database."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from techpack.work import preparing


@shared_task
def prepare_revision(revision_id: str) -> None:
    """Find the outline of a new photo, and the product's category if it has none."""
    preparing.prepare(revision_id=UUID(revision_id))


@shared_task
def prepare_forgotten() -> None:
    """Ring again for the photos that nobody prepared."""
    preparing.prepare_forgotten()
