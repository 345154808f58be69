"""Canceling and deleting films: free, within the day's measure, and never fetched after it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as product
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from core import storage
from core.errors import Conflict, NotFound
from core.money import CREDIT
from generation import work
from generation.errors import Failure, ProviderError
from generation.models import AICall, Job
from notifications.models import Notification
from tests.videos.cinema import Cinema
from tests.videos.conftest import AskFor
from tests.videos.works import FULL, free_of, look
from videos import operations
from videos.models import Video

JSON = "application/json"


def cancel(video: Video) -> Video:
    """Its user does not want it any more."""
    return operations.cancel_video(user=video.user, video_id=video.video_id)


def test_a_film_that_waits_is_canceled_at_once_and_as_often_as_one_likes(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    for _ in range(product.VIDEO_CANCELS_PER_DAY + 2):
        video = cancel(ask_for())
        assert (video.status, video.canceled_at, video.look_at) == ("canceled", None, None)
    assert free_of(user) == FULL
    assert not cinema.asked


def test_a_film_that_began_is_stopped_there_and_its_hold_goes_back(
    begun: AskFor, cinema: Cinema, user: Any, rung: list[str]
) -> None:
    video = cancel(begun())
    assert (video.status, video.job.status) == ("canceled", "canceled")
    assert video.canceled_at is not None
    assert free_of(user) == FULL
    assert rung[-1] == video.video_id
    cinema.complete(video.provider_ref)
    look(video)
    assert (cinema.canceled, cinema.looks, cinema.fetches) == ([video.provider_ref], [], [])
    assert video.look_at is None
    call = AICall.objects.get(job_id=video.job_id)
    assert (call.status, call.error_class) == ("failed", "canceled")
    assert call.context["possibleCostUsdMicros"] == 400_000
    assert not Notification.objects.filter(user=user).exists()


def test_what_a_provider_did_not_take_is_asked_of_it_again(
    begun: AskFor, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = cancel(begun())
    take = cinema.cancel

    def away(ref: str, *, timeout_s: float) -> None:
        raise ProviderError(Failure.TRANSIENT, "503")

    monkeypatch.setattr(cinema, "cancel", away)
    assert look(video).look_at is not None
    monkeypatch.setattr(cinema, "cancel", take)
    assert look(video).look_at is None
    assert cinema.canceled == [video.provider_ref]


def test_a_provider_that_never_takes_it_is_let_alone_after_the_deadline(
    begun: AskFor, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = cancel(begun())

    def away(ref: str, *, timeout_s: float) -> None:
        raise ProviderError(Failure.TRANSIENT, "503")

    monkeypatch.setattr(cinema, "cancel", away)
    Job.objects.filter(pk=video.job_id).update(deadline_at=Now())
    assert look(video).look_at is None


def test_five_that_began_may_be_canceled_in_a_day(begun: AskFor, user: Any) -> None:
    canceled = [cancel(begun()) for _ in range(product.VIDEO_CANCELS_PER_DAY)]
    sixth = begun()
    with pytest.raises(Conflict) as refused:
        cancel(sixth)
    assert refused.value.code == "TOO_MANY_CANCELS"
    sixth.refresh_from_db()
    assert (sixth.status, sixth.canceled_at) == ("queued", None)
    with pytest.raises(Conflict):
        operations.delete_video(user=user, video_id=sixth.video_id)

    Video.objects.filter(pk=canceled[0].pk).update(canceled_at=Now() - timedelta(hours=24))
    assert cancel(sixth).status == "canceled"
    assert free_of(user) == FULL


def test_the_measure_holds_for_those_at_once_and_over_the_address_of_jobs(
    begun: AskFor, user: Any, settings: Any
) -> None:
    settings.VIDEO_CANCELS_PER_DAY = 1
    films = [begun() for _ in range(4)]
    together, found = threading.Barrier(len(films)), []
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    def one(video: Video) -> None:
        together.wait(60)
        try:
            found.append(
                client.post(f"/api/jobs/{video.job_id}/cancel", content_type=JSON).status_code
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(video,)) for video in films]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [200, 409, 409, 409]
    assert Video.objects.filter(status="canceled").count() == 1


def test_a_film_that_failed_by_itself_counts_for_no_cancellation(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    video = ask_for()

    def fails(cinema: Cinema, asked: Any) -> Any:
        cancel(video)
        cancel(video)  # twice is once
        assert Video.objects.get(pk=video.pk).canceled_at is not None
        raise ProviderError(Failure.QUOTA, "402")

    cinema.creating = [fails]
    work.run_job(job_id=video.job_id)
    video.refresh_from_db()
    assert (video.status, video.canceled_at) == ("failed", None)
    assert free_of(user) == FULL


def test_what_is_over_is_not_canceled(begun: AskFor, cinema: Cinema) -> None:
    video = begun()
    cinema.complete(video.provider_ref)
    look(video)
    with pytest.raises(Conflict, match="over already"):
        cancel(video)


def test_an_open_film_is_canceled_when_it_is_deleted(
    begun: AskFor, cinema: Cinema, user: Any
) -> None:
    video = begun()
    operations.delete_video(user=user, video_id=video.video_id)
    with pytest.raises(NotFound):
        operations.check_video(user=user, video_id=video.video_id)
    look(video)
    assert (video.status, cinema.canceled) == ("canceled", [video.provider_ref])
    assert free_of(user) == FULL


def test_a_finished_film_is_deleted_with_its_files(
    begun: AskFor, cinema: Cinema, user: Any
) -> None:
    video = begun()
    cinema.complete(video.provider_ref)
    file_key = look(video).file_key
    operations.delete_video(user=user, video_id=video.video_id)
    with pytest.raises(NotFound):
        storage.read(file_key)
    video.refresh_from_db()
    assert (video.file_key, video.look_at) == ("", None)
    assert free_of(user) == FULL - 8 * CREDIT


def test_a_failed_film_that_is_deleted_is_not_looked_for_any_more(
    begun: AskFor, cinema: Cinema, user: Any
) -> None:
    video = begun()
    Job.objects.filter(pk=video.job_id).update(deadline_at=Now(), lease_expires_at=Now())
    work.sweep()
    operations.delete_video(user=user, video_id=video.video_id)
    cinema.complete(video.provider_ref)
    look(video)
    assert (video.status, video.look_at) == ("failed", None)
    assert (cinema.canceled, cinema.fetches) == ([video.provider_ref], [])
