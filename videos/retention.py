"""How long the files of films are kept, and how they go with what they belong to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from core.errors import NotFound
from videos import files
from videos.models import Video


def kept_until(video: Video) -> datetime | None:
    """When a film's file is removed; None where it stays, or is not there."""
    if not settings.VIDEO_RETENTION_DAYS or video.finished_at is None or not video.file_key:
        return None
    return video.finished_at + timedelta(days=settings.VIDEO_RETENTION_DAYS)


def file_of(video: Video) -> str:
    """The key of a film's file; raises NotFound, which says why it is not there."""
    if video.file_key:
        return video.file_key
    if video.files_removed_at is not None:
        raise NotFound(
            "The file of this video was kept for its time and is removed.",
            suggestions=["Make the same video again"],
        )
    raise NotFound("This video is not there (yet).")


def remove_files(video: Video) -> None:
    """Take a film's files from it; its row stays, and they go once that is committed."""
    with transaction.atomic():
        row = Video.objects.select_for_update().get(pk=video.pk)
        keys = [key for key in (row.file_key, row.poster_key) if key]
        if not keys:
            return
        Video.objects.filter(pk=row.pk).update(
            file_key="", poster_key="", captions="", byte_count=0, files_removed_at=Now()
        )
        files.remove(keys)


def remove_old() -> int:
    """Remove the files of films that were kept for long enough; returns of how many."""
    if not settings.VIDEO_RETENTION_DAYS:
        return 0
    kept = timedelta(days=settings.VIDEO_RETENTION_DAYS)
    old = Video.objects.filter(finished_at__lt=Now() - kept).exclude(file_key="", poster_key="")
    found = list(old.order_by("finished_at")[: files.AT_ONCE])
    for video in found:
        remove_files(video)
    return len(found)


def with_its_row(sender: type[Video], instance: Video, **_: Any) -> None:
    """A film whose row goes, as with its user's account, takes its files along."""
    files.remove([instance.file_key, instance.poster_key])
