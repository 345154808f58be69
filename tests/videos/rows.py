"""Films in each of their states, with the job, the hold and the files that belong to them."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from PIL import Image

from core import storage
from core.ids import uuid7
from core.money import Microcredits
from credits import operations as ledger
from generation.models import Job
from tests.fakes.films import small_film
from videos.models import Video

HOUR = timedelta(hours=1)
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:01.000\nBlush Hoodie\n"
OF_JOB = {
    Video.Status.QUEUED: Job.Status.QUEUED,
    Video.Status.IN_PROGRESS: Job.Status.RUNNING,
    Video.Status.COMPLETED: Job.Status.SUCCEEDED,
    Video.Status.FAILED: Job.Status.FAILED,
    Video.Status.CANCELED: Job.Status.CANCELED,
}


def put_video(
    user: Any,
    status: str = Video.Status.QUEUED,
    *,
    product: Any = None,
    revision: Any = None,
    prompt: str = "Turntable, the product turns through all views.",
    seconds: int = 4,
    size: str = "1280x720",
    progress: int = 0,
    code: str = "",
    message: str = "",
    suggestions: list[str] | None = None,
    is_late: bool = False,
    provider: str = "studio",
    film: bytes = b"",
) -> Video:
    """A film that stands so; what it cost is held, charged or given back as it has to be."""
    price = settings.VIDEO_PRICES[provider] * seconds
    job = _job(user, status, price, product, is_late=is_late)
    width, height = size.split("x")
    given: dict[str, Any] = {}
    if status == Video.Status.COMPLETED:
        given = _files(film or small_film())
    return Video.objects.create(
        user=user,
        job=job,
        product=product,
        revision=revision,
        prompt=prompt,
        provider=provider,
        model=f"{provider}-1",
        seconds=seconds,
        width=int(width),
        height=int(height),
        status=status,
        progress=100 if status == Video.Status.COMPLETED else progress,
        error_code=code,
        error_message=message,
        error_suggestions=suggestions or [],
        is_late=_close(job, status, is_late=is_late),
        submitted_at=None if status == Video.Status.QUEUED else Now(),
        finished_at=None if status in Video.OPEN else Now(),
        **given,
    )


def _job(user: Any, status: str, price: Microcredits, product: Any, *, is_late: bool) -> Job:
    ident = uuid7()
    pk = product.pk if product else None
    hold = ledger.hold(
        user_id=user.pk,
        amount=price,
        key=f"job:{ident}",
        operation="generate-video",
        reason="Video",
        ttl=HOUR,
        job_id=ident,
        product_id=pk,
    )
    state = Job.Status.FAILED if is_late else OF_JOB[Video.Status(status)]
    return Job.objects.create(
        pk=ident,
        user=user,
        kind="generate-video",
        status=state,
        product_id=pk,
        hold=hold,
        price=price,
        deadline_at=Now() + HOUR,
        lease_expires_at=Now() + HOUR if state == Job.Status.RUNNING else None,
        finished_at=Now() if state in Job.FINAL else None,
    )


def _close(job: Job, status: str, *, is_late: bool) -> bool:
    """Charge or give back what is held, as the end says; whether the film came late."""
    assert job.hold_id
    if status == Video.Status.COMPLETED and not is_late:
        ledger.capture(hold_id=job.hold_id, amount=job.price)
    elif status not in Video.OPEN:
        ledger.release(hold_id=job.hold_id, reason="a test")
    return is_late


def _files(film: bytes) -> dict[str, Any]:
    poster = io.BytesIO()
    Image.new("RGB", (64, 36), (90, 120, 150)).save(poster, "JPEG")
    return {
        "file_key": storage.put("videos", film, "mp4"),
        "poster_key": storage.put("videos", poster.getvalue(), "jpg"),
        "captions": CAPTIONS,
        "byte_count": len(film),
    }
