"""Asking a provider how far a film is, and doing what follows: whoever asks, at whatever moment.

A status check, a provider's callback and the clock all come here. Each change is a conditional
update, so that any number of them at once do together what one would have done.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now

from generation import calls
from generation.errors import Failure, ProviderError
from generation.models import Job
from generation.providers.film_failures import FilmGone
from generation.providers.filming import video_maker
from generation.providers.protocols import VideoState
from generation.telling import tell
from videos import failing, fetching, settling
from videos.models import Video
from videos.queries import call_for

log = logging.getLogger("techpack.videos")

CHECKED_EVERY_S: Final = 2.0  # however often its status is asked for
TIMEOUT_S: Final = 15.0
SOONEST_S: Final = 5.0
SELDOM_S: Final = 30.0
SELDOM_LATE_S: Final = 600.0
UNKNOWN_AT_MOST: Final = 3
MAKING: Final = "Making the film"


def look(video_id: str, *, patience_s: float, apart_s: float = 0.0) -> None:
    """Ask the provider how far a film is, and settle it where that is over.

    A completed film is fetched for at most ``patience_s`` seconds; then a worker goes on. Nothing
    happens for a film that nobody waits for, that somebody is just fetching, or that was looked at
    less than ``apart_s`` seconds ago.
    """
    if (video := _turn(video_id, apart_s)) is None:
        return
    if video.status == Video.Status.CANCELED or video.deleted_at is not None:
        _stop(video)
        return
    try:
        maker = video_maker(video.provider)
        state = maker.look(video.provider_ref, timeout_s=TIMEOUT_S)
    except ProviderError as error:
        _untold(video, error)
    else:
        _apply(video, state, patience_s)


def _turn(video_id: str, apart_s: float) -> Video | None:
    """The film, where it is to be looked at now; when it is the next time is decided with it."""
    nobody = Q(fetching_until__isnull=True) | Q(fetching_until__lt=Now())
    wanted = Video.objects.filter(nobody, video_id=video_id, look_at__isnull=False)
    wanted = wanted.exclude(provider_ref="")
    if apart_s:
        lately = Now() - timedelta(seconds=apart_s)
        wanted = wanted.filter(Q(looked_at__isnull=True) | Q(looked_at__lt=lately))
    found = wanted.annotate(now=Now()).select_related("job").first()
    if found is None:
        return None
    again = timedelta(seconds=_pause_s(found, found.now))
    if not wanted.update(looked_at=Now(), looks=F("looks") + 1, look_at=Now() + again):
        return None
    return found


def _pause_s(video: Video, now: datetime) -> float:
    """How long to wait until the next look: the longer, the older the film is."""
    overdue_s = (now - video.job.deadline_at).total_seconds()
    if overdue_s > 0:
        return min(max(overdue_s / 12, SELDOM_S), SELDOM_LATE_S)
    age_s = (now - (video.submitted_at or video.created_at)).total_seconds()
    return min(max(age_s / 12, SOONEST_S), SELDOM_S)


def _apply(video: Video, state: VideoState, patience_s: float) -> None:
    if video.unknown_looks:
        Video.objects.filter(pk=video.pk).update(unknown_looks=0)
    match state.status:
        case "completed" if video.job.status == Job.Status.QUEUED:
            log.info("video %s is done before its job went on", video.video_id)
        case "completed":
            _advance(video, Video.Status.IN_PROGRESS, fetching.ALMOST_DONE)
            if not fetching.fetch(video, state, patience_s=patience_s):
                _look_soon(video)
        case "failed" | "canceled":
            settling.fail(video, failing.error_of(state))
        case _:
            _advance(video, Video.Status(state.status), min(state.progress, fetching.ALMOST_DONE))
            _give_up_where_too_late(video)


def _look_soon(video: Video) -> None:
    from videos.tasks import look_soon

    look_soon(video.video_id)


def _advance(video: Video, status: Video.Status, percent: int) -> None:
    """How far the film is: never back, and told where it changed."""
    is_news = Q(progress__lt=percent)
    if status == Video.Status.IN_PROGRESS:
        is_news |= Q(status=Video.Status.QUEUED)
    with transaction.atomic():
        going_on = Job.objects.filter(pk=video.job_id, status=Job.Status.RUNNING)
        if (job := going_on.select_for_update().first()) is None:
            return
        mine = Video.objects.filter(is_news, pk=video.pk, status__in=Video.OPEN)
        begun = {"status": status} if status == Video.Status.IN_PROGRESS else {}
        if mine.update(progress=Greatest(F("progress"), percent), **begun):
            _tell(job, percent)


def _tell(job: Job, percent: int) -> None:
    job.progress, job.step = max(job.progress, percent), MAKING
    Job.objects.filter(pk=job.pk).update(progress=job.progress, step=job.step)
    tell(job)


def _untold(video: Video, error: ProviderError) -> None:
    """The provider did not say: that is no end, unless it says again and again that it knows none.

    A film that was just begun may not be known yet.
    """
    log.warning("video %s was not told of: %s %s", video.video_id, error.failure, error)
    if isinstance(error, FilmGone) or error.failure in (Failure.USER_INPUT, Failure.BUG):
        Video.objects.filter(pk=video.pk).update(unknown_looks=F("unknown_looks") + 1)
        if video.unknown_looks + 1 >= UNKNOWN_AT_MOST:
            settling.fail(video, failing.lost(video.provider_ref, str(error)))
            return
    _give_up_where_too_late(video)


def _give_up_where_too_late(video: Video) -> None:
    """Whoever has not succeeded so long after the deadline is not looked for any more."""
    late = timedelta(seconds=settings.VIDEO_LATE_S)
    jobs = Job.objects.filter(pk=video.job_id, deadline_at__lt=Now() - late)
    closed = Video.objects.filter(pk=video.pk, job__in=jobs).exclude(status__in=Video.OPEN)
    with transaction.atomic():
        if closed.update(look_at=None) and (call := call_for(video)):
            calls.lose_call(call)


def _stop(video: Video) -> None:
    """Ask the provider to stop what nobody wants any more; asked again until it took that."""
    try:
        video_maker(video.provider).cancel(video.provider_ref, timeout_s=TIMEOUT_S)
    except ProviderError as error:
        log.warning("video %s was not stopped: %s", video.video_id, error)
        if not _is_overdue(video):
            return
    with transaction.atomic():
        Video.objects.filter(pk=video.pk).update(look_at=None, fetching_until=None)
        if (call := call_for(video)) is not None:
            calls.stop_call(call)


def _is_overdue(video: Video) -> bool:
    return Job.objects.filter(pk=video.job_id, deadline_at__lt=Now()).exists()
