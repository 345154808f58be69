"""A film in the hands of workers: taken, looked at, lost; and what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.models.functions import Now

from core.money import CREDIT
from credits import queries as credit
from generation import work
from generation.models import AICall, Job
from videos import looking
from videos.models import Video

FULL = 118 * CREDIT  # µcr that the user begins with


def run(video: Video) -> Video:
    """A worker takes the film's job."""
    work.run_job(job_id=video.job_id)
    video.refresh_from_db()
    return video


def look(video: Video, *, patience_s: float = 60) -> Video:
    """Ask the provider, as the clock does."""
    looking.look(video.video_id, patience_s=patience_s)
    video.refresh_from_db()
    return video


def job_of(video: Video) -> Job:
    """Its job as it is now."""
    return Job.objects.select_related("hold").get(pk=video.job_id)


def calls_of(video: Video) -> list[AICall]:
    """The log of its calls."""
    return list(AICall.objects.filter(job_id=video.job_id).order_by("pk"))


def free_of(user: Any) -> int:
    """What is free, in µcr."""
    return credit.balance(user).free


def worker_dies(video: Video) -> None:
    """Its lease is over, and the sweeper came round."""
    Job.objects.filter(pk=video.job_id).update(lease_expires_at=Now())
    work.sweep()


def stored(folder: Path) -> set[str]:
    """The names of the files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
