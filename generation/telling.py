"""Telling the user's open pages, and the requests that wait, how a job stands."""

from __future__ import annotations

from core.outbox import emit, ring
from generation.models import Job


def tell_state(job: Job, *, status: str, progress: int, step: str) -> None:
    """``job.updated`` in the caller's transaction."""
    emit(
        type="job.updated",
        user_id=job.user_id,
        data={
            "id": str(job.pk),
            "kind": job.kind,
            "productId": str(job.product_id) if job.product_id else None,
            "status": status,
            "progress": progress,
            "step": step,
        },
    )


def tell(job: Job) -> None:
    """Tell the job as its row is; of a paid one that is over, that credits changed too."""
    tell_state(job, status=job.status, progress=job.progress, step=job.step)
    if job.is_final and job.price:
        emit(type="credits.changed", user_id=job.user_id, data={"jobId": str(job.pk)})
    ring(job=str(job.pk))
