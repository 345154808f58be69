"""A job as clients see it."""

from __future__ import annotations

from typing import Any

from core.errors import Conflict
from core.models import IdempotencyRecord
from core.money import format_credits
from generation.kinds import kind_of
from generation.models import Job
from generation.operations import price_of_retry


def present_job(job: Job) -> dict[str, Any]:
    """The job's row in the API's words; amounts are decimal strings of credits."""
    hold = job.hold
    return {
        "id": job.pk,
        "kind": job.kind,
        "status": job.status,
        "progress": job.progress,
        "step": job.step,
        "attempts": job.attempts,
        "product_id": job.product_id,
        "credits_held": format_credits(hold.open if hold else 0),
        "credits_captured": format_credits(hold.captured if hold else 0),
        "credits_released": format_credits(hold.released if hold else 0),
        "reservation_id": hold.pk if hold else None,
        "retry_of": job.retry_of_id,
        "retry_credits": _retry_credits(job),
        "error": job.error,
        "result": present_result(job) if job.result is not None else None,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def _retry_credits(job: Job) -> str | None:
    """What a retry would hold; None where nothing can be tried again."""
    try:
        return format_credits(price_of_retry(job))
    except Conflict:
        return None


def present_result(job: Job) -> dict[str, Any]:
    """What the operation's own address answers when the job is done."""
    hold = job.hold
    result = {
        **kind_of(job.kind).present(job),
        "credits_used": float(format_credits(hold.captured)) if hold else 0,
        "reservation_id": hold.pk if hold else None,
        "job_id": job.pk,
    }
    failed = (job.result or {}).get("failed")
    return {**result, "status": job.status, "failed": failed} if failed else result


def replay_accepted(record: IdempotencyRecord) -> tuple[int, Any]:
    """A replayed 202 shows the job as it is now."""
    job_id = str(record.headers.get("Location", "")).rsplit("/", 1)[-1]
    job = Job.objects.select_related("hold").filter(pk=job_id).first()
    if job is None:
        return 202, record.body
    return answer_of(job)


def answer_of(job: Job) -> tuple[int, dict[str, Any]]:
    """Status and body for a job in whatever state: 200, 202, or its error's status."""
    if job.status in (Job.Status.SUCCEEDED, Job.Status.PARTLY_SUCCEEDED):
        return 200, present_result(job)
    if job.status == Job.Status.FAILED and job.error:
        return int(job.error["status"]), {"error": job.error}
    return (200 if job.is_final else 202), present_job(job)
