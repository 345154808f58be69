"""Telling the user's open pages, and the requests that wait, how a job stands."""

from __future__ import annotations

from core.outbox import emit, ring
from credits.operations import announce
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


def tell(job: Job, *, is_new: bool = False) -> None:
    """Tell the job as its row is; where credits were put aside or came back, the balance too."""
    tell_state(job, status=job.status, progress=job.progress, step=job.step)
    if job.hold_id and (is_new or job.is_final):
        announce(user_id=job.user_id)
    ring(job=str(job.pk))
