"""Where the end of a film leads, and what a notification calls the film."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.urls import reverse

from credits.names import label_of
from generation.models import Job
from generation.notices import FAILED, REFUSED, SUCCEEDED, Lead
from videos.models import Video
from videos.movements import title_of

LABELS: Final = {
    SUCCEEDED: "Watch the video",
    FAILED: "Try it again",
    REFUSED: "Edit the words",
}


def page_of(job: Job) -> UUID:
    """The page that shows how a film ends: the user's own list, known by the user's id."""
    return job.user_id


def lead_of(job: Job, outcome: str) -> Lead | None:
    """The film's page; where its words were refused, the form with them. None where it is gone."""
    video = Video.objects.filter(job=job, deleted_at__isnull=True).first()
    if video is None:
        return None
    link = reverse("videos:video", args=[video.video_id])
    if outcome == REFUSED or video.error_code == Video.Code.INVALID_REQUEST:
        link = f"{reverse('videos:videos')}?again={video.video_id}#new"
        outcome = REFUSED
    return Lead(link=link, label=LABELS[outcome], step=step_of(video))


def step_of(video: Video) -> str:
    """What a notification calls the film: ``Video “Turntable”``."""
    return f"{label_of(video.job.kind)} “{title_of(video.prompt)}”"
