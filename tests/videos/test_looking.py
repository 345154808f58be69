"""A film at a provider that works on by itself, from the request to the charge."""

from __future__ import annotations

from typing import Any

from core import storage
from core.money import CREDIT
from credits import queries as credit
from generation.models import AICall, Job
from tests.videos.cinema import COST_USD_MICROS, Cinema
from tests.videos.conftest import AskFor
from videos import looking
from videos.models import Video

FULL = 118 * CREDIT


def look(video: Video) -> Video:
    """Ask the provider, as the clock does."""
    looking.look(video.video_id, patience_s=60)
    video.refresh_from_db()
    return video


def balance_of(user: Any) -> tuple[int, int]:
    """Free and held, in µcr."""
    balance = credit.balance(user)
    return balance.free, balance.held


def test_a_film_is_asked_for_accepted_fetched_and_charged_once(
    begun: AskFor, cinema: Cinema, user: Any
) -> None:
    video = begun()
    assert (video.status, video.job.status) == ("queued", "running")
    assert balance_of(user) == (FULL - 8 * CREDIT, 8 * CREDIT)
    call = AICall.objects.get(job=video.job)
    assert (call.status, call.provider_ref) == ("pending", video.provider_ref)

    cinema.complete(video.provider_ref)
    look(video)
    assert (video.status, video.progress, video.is_late) == ("completed", 100, False)
    assert storage.read(video.file_key) == cinema.content
    assert storage.read(video.poster_key)[:2] == b"\xff\xd8"
    assert balance_of(user) == (FULL - 8 * CREDIT, 0)
    job = Job.objects.get(pk=video.job_id)
    assert (job.status, job.result) == ("succeeded", {"video_id": video.video_id})
    call.refresh_from_db()
    assert (call.status, call.cost_usd_micros) == ("completed", COST_USD_MICROS)

    look(video)
    assert len(cinema.fetches) == len(cinema.looks) == len(cinema.asked) == 1
