"""Reads of jobs; ownership is part of every query."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core.errors import NotFound
from core.idempotency import KEPT
from generation.kinds import kind_of
from generation.models import AICall, Job


def jobs_of(user: Any, *, status: str = "", kind: str = "") -> QuerySet[Job]:
    """The user's jobs with their holds and retries, newest first."""
    rows = Job.objects.filter(user=user).select_related("hold").prefetch_related("retries")
    rows = rows.order_by("-pk")
    if status:
        rows = rows.filter(status=status)
    return rows.filter(kind=kind) if kind else rows


def job_of(user: Any, job_id: UUID, *, lock: bool = False) -> Job:
    """One of the user's jobs; raises NotFound. ``lock`` keeps it until the commit."""
    rows = Job.objects.filter(user=user, pk=job_id)
    job = (rows.select_for_update() if lock else rows.select_related("hold")).first()
    if job is None:
        raise NotFound("There is no such job.")
    return job


def job_of_key(user: Any, key: str) -> Job | None:
    """The job that the user asked for by this idempotency key, while such a key is kept."""
    since = timezone.now() - KEPT
    return Job.objects.filter(user=user, key=key, created_at__gte=since).first()


def latest_jobs(user: Any, product_id: UUID) -> dict[str, Job]:
    """The newest job of each kind for a product."""
    rows = (
        Job.objects.filter(user=user, product_id=product_id)
        .select_related("hold")
        .order_by("kind", "-pk")
        .distinct("kind")
    )
    return {job.kind: job for job in rows}


def is_retryable(job: Job) -> bool:
    """Whether something of an ended job failed that its kind can do again.

    A retry may exist already: that is asked for apart.
    """
    return (
        job.is_final and job.status != Job.Status.SUCCEEDED and kind_of(job.kind).retry is not None
    )


def calls_of(user: Any, product_id: UUID) -> QuerySet[AICall]:
    """Every AI call behind a product, newest first."""
    return AICall.objects.filter(user=user, product_id=product_id).order_by("-pk")
