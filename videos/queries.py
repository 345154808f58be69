"""Reads of films; ownership is part of every query."""

from __future__ import annotations

import re
from typing import Any, Final

from django.db.models import QuerySet

from core.errors import NotFound
from generation.models import AICall, Job
from generation.queries import job_of_key
from videos.models import Video

_VIDEO_ID: Final = re.compile(r"video_[0-9a-f]{32}")


def videos_of(user: Any) -> QuerySet[Video]:
    """The user's films that are not deleted with their jobs and holds, newest first."""
    rows = Video.objects.filter(user=user, deleted_at__isnull=True)
    return rows.select_related("job__hold", "product").order_by("-pk")


def video_of(user: Any, video_id: str) -> Video:
    """One of the user's films; raises NotFound."""
    is_id = _VIDEO_ID.fullmatch(video_id) is not None  # the database takes no NUL
    if not is_id or (video := videos_of(user).filter(video_id=video_id).first()) is None:
        raise NotFound("There is no such video.")
    return video


def video_behind(job: Job) -> Video:
    """The film that a job makes."""
    return Video.objects.select_related("product", "revision").get(job=job)


def video_of_key(user: Any, key: str) -> Video | None:
    """The film that the user asked for by this idempotency key, while such a key is kept."""
    job = job_of_key(user, key)
    return None if job is None else video_behind(job)


def call_for(video: Video) -> AICall | None:
    """The call by which a film was begun at its provider, in the AI operation log."""
    calls = AICall.objects.filter(job_id=video.job_id, provider_ref=video.provider_ref)
    return calls.order_by("-pk").first() if video.provider_ref else None
