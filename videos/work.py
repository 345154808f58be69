"""What a worker does with a film: begin it at its provider, which works on alone, or make it."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now

from core.commits import after_commit
from generation import calls
from generation.asking import Asking
from generation.calls import DATABASE_AWAY, Asked
from generation.errors import Canceled, Failure, ProviderError
from generation.kinds import Awaited, Outcome
from generation.models import AICall, Job
from generation.providers.filming import OPERATION, video_maker
from generation.providers.protocols import (
    Answer,
    Ask,
    Brief,
    Call,
    Film,
    VideoAsked,
    VideoMaker,
    VideoState,
)
from generation.run import Run
from generation.telling import tell
from techpack.seeing import brief_of
from videos import failing, files, moderation, settling
from videos.fetching import ALMOST_DONE
from videos.models import ProviderCallback, Video
from videos.queries import video_behind
from videos.references import views_of
from videos.settling import Stored
from videos.tasks import look_soon

log = logging.getLogger("techpack.videos")

PART: Final = "film"
FIRST_LOOK: Final = timedelta(seconds=5)
STOP_TIMEOUT_S: Final = 10.0


def film(run: Run) -> Outcome | Awaited:
    """Have the film made. Safe to run again: what was begun is never begun a second time.

    Raises GenerationFailed with one of the six codes, NotFound, LeaseLost and Canceled.
    """
    video = video_behind(run.job)
    if run.job.cancel_requested_at is not None:
        raise Canceled
    try:
        return _film(run, video)
    except ProviderError as error:
        log.warning("video %s failed: %s %s", video.video_id, error.failure, error)
        raise failing.told(error) from error


def _film(run: Run, video: Video) -> Outcome | Awaited:
    if video.provider_ref:
        Video.objects.filter(pk=video.pk).update(look_at=Now())
        return Awaited()
    moderation.check(video.prompt)
    maker = video_maker(video.provider)
    call = _call(video, maker)
    past = calls.past_of(run.job, call)
    if past.is_ambiguous:
        raise ProviderError(Failure.AMBIGUOUS, "begun before, and nobody knows the end of it")
    answer = past.answer
    if answer is None:
        asked = _asked(video)
        once = partial(_begin, run, video, maker, asked, call)
        answer = Asking(run, call, once, complaints=None).until_answered()
    if answer is None:
        return Awaited()
    run.check()
    return settling.outcome_of(video, Stored(**answer.data))


def _call(video: Video, maker: VideoMaker) -> Call:
    return Call(
        part=PART,
        operation=OPERATION,
        type="video",
        provider=video.provider,
        model=video.model,
        is_resubmittable=maker.is_resubmittable,
        input={"prompt": video.prompt, "seconds": video.seconds, "size": video.size},
    )


def _asked(video: Video) -> VideoAsked:
    """The film as its provider is asked for it. Raises ProviderError where a photo has gone."""
    return VideoAsked(
        prompt=video.prompt,
        seconds=video.seconds,
        width=video.width,
        height=video.height,
        views=views_of(video),
        title=video.product.name if video.product else "",
        brief=brief_of(video.product) if video.product else Brief(),
    )


def _begin(
    run: Run, video: Video, maker: VideoMaker, asked: VideoAsked, call: Call, terms: Ask
) -> Answer | None:
    """Ask once: a film that was made meanwhile, or None for one that its provider works on."""

    def create() -> VideoState:
        state = maker.create(asked, ask=terms, told=partial(_told, run, video))
        if state.status in ("failed", "canceled"):
            raise failing.error_of(state)
        return state

    begun = calls.ask_logged(job=run.job, call=call, ask=create)
    state = begun.answer
    if state.film is not None:
        return _keep(begun, state, state.film)
    try:
        accept = partial(_accept, run.job, video, begun.row, state)
        is_first = calls.surely(accept, *DATABASE_AWAY)
    except IntegrityError as fault:
        error = ProviderError(Failure.MALFORMED_OUTPUT, f"{state.ref} was another film before")
        calls.fail_call(begun.row, error, begun.started, usage=state.usage)
        raise error from fault
    if not is_first:
        _stop(maker, state.ref)
    return None


def _stop(maker: VideoMaker, ref: str) -> None:
    """The film was begun twice, where that buys nothing twice: the second is not wanted."""
    try:
        maker.cancel(ref, timeout_s=STOP_TIMEOUT_S)
    except ProviderError as error:
        log.warning("film %s was not stopped: %s", ref, error)


def _told(run: Run, video: Video, percent: int, words: str) -> None:
    """How far a film is that is made here. Raises LeaseLost and Canceled."""
    run.check()
    Video.objects.filter(pk=video.pk, status__in=Video.OPEN).update(
        status=Video.Status.IN_PROGRESS,
        progress=Greatest(F("progress"), min(percent, ALMOST_DONE)),
        submitted_at=Coalesce(F("submitted_at"), Now()),
    )
    run.report(done=percent, planned=100, step=words)


def _keep(begun: Asked[VideoState], state: VideoState, film: Film) -> Answer:
    """Store a film that was made here and log where it is; raises as ``calls.keep`` does."""
    try:
        stored = calls.surely(partial(_take_in, film), OSError)
    except OSError as error:
        calls.fail_call(begun.row, error, begun.started, usage=state.usage, ref=state.ref)
        raise
    answer = Answer(data=asdict(stored), usage=state.usage, ref=state.ref)
    return calls.keep(begun.row, answer, begun.started)


def _take_in(film: Film) -> Stored:
    file_key, byte_count = files.take_in([film.data], most=settings.VIDEO_MOST_BYTES)
    return Stored(file_key, files.take_in_poster(film.poster), byte_count, film.captions)


def _accept(job: Job, video: Video, row: AICall, state: VideoState) -> bool:
    """Write down what the provider calls the film, with the call; false where it has one already.

    Whatever became of the job meanwhile, the film is known by this from now on.
    """
    with transaction.atomic():
        Job.objects.select_for_update().filter(pk=job.pk).first()
        calls.accept_call(row, ref=state.ref)
        new = Video.objects.filter(pk=video.pk, provider_ref="")
        known = {"provider_ref": state.ref, "submitted_at": Now(), "look_at": Now() + FIRST_LOOK}
        if not new.update(**known):
            return False
        going_on = Video.objects.filter(pk=video.pk, status__in=Video.OPEN)
        going_on.update(status=_begun_as(state), progress=min(state.progress, ALMOST_DONE))
        if state.status == "completed" or _was_told_of(video.provider, state.ref):
            Video.objects.filter(pk=video.pk).update(look_at=Now())
            after_commit(look_soon, video.video_id)
        job.refresh_from_db()
        tell(job)
    return True


def _begun_as(state: VideoState) -> Video.Status:
    return Video.Status.QUEUED if state.status == "queued" else Video.Status.IN_PROGRESS


def _was_told_of(provider: str, ref: str) -> bool:
    """The provider called back before its answer was here."""
    return ProviderCallback.objects.filter(provider=provider, provider_ref=ref).exists()
