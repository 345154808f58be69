"""The verbs of films. A film is a job, which holds its price and settles it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now

from accounts.models import ApiKey
from core.commits import after_commit
from core.errors import Conflict, InvalidRequest
from generation import operations as jobs
from generation.calls import DATABASE_AWAY
from generation.kinds import Prepared
from generation.models import Job
from generation.providers.filming import OPERATION
from techpack import queries as techpack
from techpack.models import Product, Revision
from videos import looking, queries, retention
from videos.inputs import VideoInput, video_input
from videos.models import Video
from videos.offers import Offer, alternatives, name_of, open_offer, price_for
from videos.tasks import look_soon

log = logging.getLogger("techpack.videos")
CHECK_PATIENCE_S: Final = 15.0


def generate_video(
    *,
    user: Any,
    data: Mapping[str, Any],
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Video:
    """Hold the price of a film and queue it; the same ``key`` returns the same film.

    Raises InvalidRequest, ProviderUnavailable, RateLimited, InsufficientCredits; NotFound and
    InvalidRequest for its product or photo, upon which the hold is released with the reason.
    """
    if key and (known := queries.video_of_key(user, key)):
        return known
    given = video_input(data)
    offer = open_offer(user, given.model)
    job = jobs.submit(
        user=user,
        kind=OPERATION,
        price=price_for(offer, given.seconds),
        prepare=partial(_prepared, user, given, offer),
        key=key,
        request_id=request_id,
        alternatives=alternatives(offer, given.seconds),
        reason=f"{given.seconds} s by {name_of(offer)}",
        api_key=api_key,
    )
    return queries.video_behind(job)


def _prepared(user: Any, given: VideoInput, offer: Offer) -> Prepared:
    product, revision = _shown(user, given)
    video = Video(
        user=user,
        product=product,
        revision=revision,
        prompt=given.prompt,
        provider=offer.provider,
        model=offer.model,
        seconds=given.seconds,
        width=given.width,
        height=given.height,
    )
    return _job_of(video, given.model_dump(mode="json"))


def _job_of(video: Video, given: dict[str, Any]) -> Prepared:
    """The job of a film that is stored with it."""

    def made(job: Job) -> None:
        video.job = job
        video.save()

    return Prepared(
        given,
        product_id=video.product_id,
        routes={OPERATION: f"{video.provider}:{video.model}"},
        made=made,
    )


def _shown(user: Any, given: VideoInput) -> tuple[Product | None, Revision | None]:
    """Whose product the film shows, and which photo it stays true to."""
    product = techpack.product_of(user, given.product_id) if given.product_id else None
    if given.revision_id is None:
        return product, None
    revision = techpack.revision_of(user, given.revision_id)
    if product not in (None, revision.product):
        why = "This photo belongs to another product."
        raise InvalidRequest(why, fields={"revision_id": [why]})
    return revision.product, revision


def check_video(*, user: Any, video_id: str) -> Video:
    """The film as it is now; its provider is asked, at most every two seconds.

    Raises NotFound.
    """
    video = queries.video_of(user, video_id)
    try:
        looking.look(video.video_id, patience_s=CHECK_PATIENCE_S, apart_s=looking.CHECKED_EVERY_S)
    except DATABASE_AWAY:
        raise
    except Exception:
        # What is known of the film is told all the same; the clock looks again.
        log.exception("video %s could not be looked at", video_id)
    return queries.video_of(user, video_id)


def cancel_video(*, user: Any, video_id: str) -> Video:
    """Stop a film: its provider is asked to, what it made is discarded, the hold goes back.

    Raises NotFound, and Conflict where it is over already, or where too many films that had begun
    were canceled in 24 hours.
    """
    video = queries.video_of(user, video_id)
    jobs.cancel(user=user, job_id=video.job_id)
    return queries.video_of(user, video_id)


def delete_video(*, user: Any, video_id: str) -> None:
    """Delete a film with its files; one that is open is canceled first, under the same rules.

    Raises NotFound and Conflict.
    """
    video = queries.video_of(user, video_id)
    if not video.is_final:
        try:
            jobs.cancel(user=user, job_id=video.job_id)
        except Conflict as error:
            if error.code != "JOB_FINISHED":
                raise
    with transaction.atomic():
        # What its provider may still be making is stopped there: that is what is looked for then.
        mine = Video.objects.filter(pk=video.pk, deleted_at__isnull=True)
        awaited = When(look_at__isnull=False, then=Now())
        mine.update(deleted_at=Now(), look_at=Case(awaited, default=F("look_at")))
        video.refresh_from_db()
        if video.look_at is not None:
            after_commit(look_soon, video.video_id)
        retention.remove_files(video)


def retry_video(
    *,
    user: Any,
    video_id: str,
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Video:
    """Ask for the same film again, at its price, where it failed or was canceled.

    Raises NotFound; Conflict (``JOB_UNFINISHED``, ``JOB_RETRIED``, ``NOT_RETRYABLE``); and what
    ``generate_video`` raises.
    """
    video = queries.video_of(user, video_id)
    job = jobs.retry(
        user=user, job_id=video.job_id, key=key, request_id=request_id, api_key=api_key
    )
    return queries.video_behind(job)


def again(job: Job) -> Prepared:
    """The film of a job that failed or was canceled, once more. Raises NotFound, Conflict."""
    video = queries.video_behind(job)
    if video.status == Video.Status.COMPLETED:
        raise Conflict("This video came late and is there already.", code="NOT_RETRYABLE")
    route = f"{video.provider}:{video.model}"
    open_offer(job.user, route)
    if job.product_id is not None:
        techpack.product_of(job.user, job.product_id)
    if video.revision_id is not None:
        techpack.revision_of(job.user, video.revision_id)
    same = ("user", "product", "revision", "prompt", "provider", "model", "seconds")
    copy = Video(**{name: getattr(video, name) for name in (*same, "width", "height")})
    return _job_of(copy, dict(job.input))
