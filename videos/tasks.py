"""Celery's entries: an id in, the rest is read from the database."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from celery import shared_task
from django.db.models import Q
from django.db.models.functions import Now

from videos import files, looking, retention
from videos.models import ProviderCallback, Video

log = logging.getLogger("techpack.videos")

PATIENCE_S: Final = 900.0
AT_ONCE: Final = 200
# A look that was rung for and not made by then is due again.
RUNG_AGAIN_S: Final = 20
CLOCK_APART_S: Final = 4.0  # rings that piled up look once
CALLBACKS_KEPT: Final = timedelta(days=14)  # longer than any provider sends one again


@shared_task
def look(video_id: str, apart_s: float = 0.0) -> None:
    """Ask how far one film is, fetch and settle it where it is done."""
    looking.look(video_id, patience_s=PATIENCE_S, apart_s=apart_s)


def look_soon(video_id: str, *, apart_s: float = 0.0) -> None:
    """Have a worker look at a film. A lost ring is repeated by the clock."""
    try:
        look.delay(video_id, apart_s)
    except look.OperationalError as error:
        log.warning("the broker did not take video %s: %s", video_id, error)


@shared_task
def look_due() -> None:
    """Look at each film whose time it is, by workers side by side."""
    free = Q(fetching_until__isnull=True) | Q(fetching_until__lt=Now())
    due = Video.objects.filter(free, look_at__lte=Now()).exclude(provider_ref="")
    found = list(due.order_by("look_at").values_list("pk", "video_id")[:AT_ONCE])
    again = Now() + timedelta(seconds=RUNG_AGAIN_S)
    for pk, video_id in found:
        if due.filter(pk=pk).update(look_at=again):
            look_soon(video_id, apart_s=CLOCK_APART_S)


@shared_task
def remove_files() -> None:
    """The files of films that were kept for long enough, and those that no film owns."""
    retention.remove_old()
    files.tidy_up()


@shared_task
def forget_callbacks() -> None:
    """Callbacks are kept as long as one may be sent again."""
    ProviderCallback.objects.filter(received_at__lt=Now() - CALLBACKS_KEPT).delete()
