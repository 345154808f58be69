"""How a film ends: stored and charged once, or failed and free; whoever hears of it first.

A film ends in the transaction that ends its job, whose row is locked first. One whose provider
succeeds after that is late: it is stored and free.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now

from core.commits import after_commit
from core.errors import Conflict
from core.http import envelope
from credits import operations as ledger
from generation import calls, costs, notices, work
from generation.errors import Canceled, ProviderError
from generation.kinds import Outcome
from generation.models import AICall, Job
from generation.providers.protocols import Usage
from generation.run import Run
from generation.telling import tell
from videos import failing, files
from videos.models import Video
from videos.queries import call_for

DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Stored:
    """A film in the storage: ``file_key`` is an MP4, ``poster_key`` a JPEG, captions WebVTT."""

    file_key: str
    poster_key: str
    byte_count: int
    captions: str = ""

    def remove(self) -> None:
        """Nobody is to have it."""
        files.remove([self.file_key, self.poster_key])


def outcome_of(video: Video, film: Stored) -> Outcome:
    """A film made by the job's own worker: all of its price is charged."""
    return Outcome(store=partial(_store, video, film), captured=video.job.price)


def settle(video: Video, film: Stored, usage: Usage) -> bool:
    """A film that its provider completed: charged, or late and free; whether it was kept.

    Where somebody else settled before, or nobody wants it any more, its files are removed. So they
    are while a worker is about to find the job again: it is fetched once more then.
    """
    is_kept = _settle_in_time(video, film, usage) or _settle_late(video, film, usage)
    if not is_kept:
        film.remove()
    return is_kept


def _settle_in_time(video: Video, film: Stored, usage: Usage) -> bool:
    """The deadline decides whether it is late, not how soon the sweeper comes round."""
    if (job := Job.objects.filter(pk=video.job_id, deadline_at__gt=Now()).first()) is None:
        return False
    run = Run(job)

    def store(job: Job) -> dict[str, Any]:
        result = _store(video, film, job)
        _complete_call(video, usage)
        return result

    try:
        return work.settle(run=run, outcome=Outcome(store=store, captured=run.job.price))
    except Canceled:
        work.end(run=run, status=Job.Status.CANCELED, reason="canceled", error=None)
    except ledger.HoldClosed:
        work.fail(run=run, error=failing.worded("timeout"), is_told=False)
    return False


def _store(video: Video, film: Stored, job: Job) -> dict[str, Any]:
    """The job's result; in the transaction that settles it. Raises Canceled."""
    is_unwanted = Job.objects.filter(pk=job.pk, cancel_requested_at__isnull=False).exists()
    open_ones = Video.objects.filter(pk=video.pk, status__in=Video.OPEN, deleted_at__isnull=True)
    if is_unwanted or not open_ones.update(**_done(film)):
        raise Canceled
    return {"video_id": video.video_id}


def _done(film: Stored) -> dict[str, Any]:
    return {
        "status": Video.Status.COMPLETED,
        "progress": 100,
        "file_key": film.file_key,
        "poster_key": film.poster_key,
        "byte_count": film.byte_count,
        "captions": film.captions,
        "finished_at": Now(),
        "look_at": None,
        "fetching_until": None,
    }


def _settle_late(video: Video, film: Stored, usage: Usage) -> bool:
    """A film that failed, and that is there after all: stored, free, told."""
    cleared = {"error_code": "", "error_message": "", "error_suggestions": [], "is_late": True}
    with transaction.atomic():
        for job in Job.objects.filter(pk=video.job_id, deadline_at__lte=Now()):
            # Where nobody has yet: it is told as what it became.
            work.fail(run=Run(job), error=failing.worded("timeout"), is_told=False)
        late = Video.objects.filter(
            pk=video.pk,
            status=Video.Status.FAILED,
            look_at__isnull=False,
            deleted_at__isnull=True,
        )
        if not late.update(**_done(film), **cleared):
            return False
        _complete_call(video, usage)
        job = Job.objects.get(pk=video.job_id)
        tell(job)
        notices.tell_late(job)
    return True


def _complete_call(video: Video, usage: Usage) -> None:
    if (call := call_for(video)) is None:
        return
    used = usage if usage.cost_usd_micros else _priced(usage, call)
    output = {"data": {"seconds": video.seconds}, "images": {}}
    calls.complete_call(call, usage=used, ref=video.provider_ref, output=output)


def _priced(usage: Usage, call: AICall) -> Usage:
    cost = costs.cost_of_seconds(call)
    return Usage(usage.prompt_tokens, usage.completion_tokens, cost, usage.details)


def fail(video: Video, error: ProviderError) -> None:
    """A film that came to nothing: its hold goes back whole, and nobody looks for it any more."""
    if (job := Job.objects.filter(pk=video.job_id).first()) is None:
        return
    with transaction.atomic():
        work.fail(run=Run(job), error=failing.told(error))
        ended = Video.objects.filter(pk=video.pk).exclude(status__in=Video.OPEN)
        if ended.update(look_at=None, fetching_until=None) and (call := call_for(video)):
            calls.fail_call(call, error)


def ended(job: Job) -> None:
    """The film of a job that failed or was canceled; in the transaction that ends it."""
    if job.status == Job.Status.FAILED:
        _failed(job)
    elif job.status == Job.Status.CANCELED:
        _canceled(job)


def _failed(job: Job) -> None:
    overdue = Job.objects.filter(pk=job.pk, deadline_at__lte=Now()).exists()
    if (better := failing.of_job(job.error, is_overdue=overdue)) is not None:
        job.error = envelope(better, job.request_id)["error"]
        Job.objects.filter(pk=job.pk).update(error=job.error)
    error: dict[str, Any] = job.error or {}
    Video.objects.filter(job=job, status__in=Video.OPEN).update(
        status=Video.Status.FAILED,
        error_code=error["context"][failing.ERROR_CODE],
        error_message=error["message"],
        error_suggestions=error["suggestions"],
        canceled_at=None,
        finished_at=Now(),
    )


def _canceled(job: Job) -> None:
    """It does not count as canceled where nothing had begun; else its provider is asked to stop."""
    has_begun = Q(submitted_at__isnull=False)
    Video.objects.filter(job=job, status__in=Video.OPEN).update(
        status=Video.Status.CANCELED,
        canceled_at=Case(When(has_begun, then=F("canceled_at")), default=Value(None)),
        look_at=Case(When(~Q(provider_ref=""), then=Now()), default=Value(None)),
        fetching_until=None,
        finished_at=Now(),
    )
    after_commit(_let_go, job)


def _let_go(job: Job) -> None:
    """Have the provider stop, and remove what was made already."""
    from videos.tasks import look_soon

    for video in Video.objects.filter(job=job, look_at__isnull=False):
        look_soon(video.video_id)
    for call in AICall.objects.filter(job=job, status=AICall.Status.COMPLETED):
        Stored(**(call.output_data or {})["data"]).remove()


def check_cancel(job: Job) -> None:
    """Take one of the day's cancellations for a film that has begun. Raises Conflict."""
    begun = Video.objects.filter(job=job, submitted_at__isnull=False)
    is_unbegun = job.status == Job.Status.QUEUED and not begun.exists()
    if is_unbegun or job.cancel_requested_at is not None:
        return
    ledger.lock(user_id=job.user_id)
    recent = Video.objects.filter(user_id=job.user_id, canceled_at__gt=Now() - DAY)
    if recent.exclude(job=job).count() >= settings.VIDEO_CANCELS_PER_DAY:
        raise Conflict(
            "Too many videos were canceled today.",
            code="TOO_MANY_CANCELS",
            detail=f"{settings.VIDEO_CANCELS_PER_DAY} videos that had begun can be canceled in"
            " 24 hours.",
            suggestions=["Wait for this one: nothing is charged where it fails"],
        )
    Video.objects.filter(job=job).update(canceled_at=Now())
