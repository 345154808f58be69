"""A provider that never answers, and one that answers too late: free, told, and there anyway."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client

from accounts.operations import create_key
from core import storage
from core.money import CREDIT
from credits import queries as credit
from credits.models import Hold
from generation import work
from generation.models import AICall, Job
from notifications.models import Notification
from tests.videos.cinema import Cinema
from tests.videos.conftest import AskFor
from tests.videos.works import FULL, look
from videos import tasks
from videos.models import Video

SECOND = timedelta(seconds=1)


def deadline_passes(video: Video, *, ago: timedelta = SECOND) -> None:
    """The time in which the film had to be over has ended, and the sweeper has not come yet."""
    Job.objects.filter(pk=video.job_id).update(
        deadline_at=Now() - ago, lease_expires_at=Now() - ago
    )


def sweep(video: Video) -> None:
    """As beat rings for it."""
    work.sweep()
    video.refresh_from_db()


def told(video: Video) -> list[Notification]:
    """What the user was told of the film, oldest first."""
    return list(Notification.objects.filter(context__jobId=str(video.job_id)).order_by("pk"))


def captured(video: Video) -> int:
    """µcr; the hold is closed."""
    hold = Hold.objects.get(job_id=video.job_id)
    assert hold.open == 0
    return hold.captured


def check(video: Video) -> Any:
    """What the status check answers to its user's program."""
    _, secret = create_key(user=video.user, name="late")
    answer = Client().get(
        "/api/check-video",
        {"video_id": video.video_id},
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def overdue(begun: AskFor, cinema: Cinema) -> Video:
    """A film whose provider said nothing until its deadline, nor does it now."""
    video = begun()
    cinema.silent.add(video.provider_ref)
    look(video)
    assert video.status in Video.OPEN
    deadline_passes(video)
    sweep(video)
    return video


def test_what_is_never_answered_is_given_back_at_the_deadline(overdue: Video, user: Any) -> None:
    assert (overdue.status, overdue.error_code) == ("failed", "timeout")
    assert captured(overdue) == 0
    assert credit.balance(user).free == FULL
    line = credit.statement(user).order_by("-pk")[0]
    assert (line.job_id, line.captured, line.released) == (overdue.job_id, 0, 8 * CREDIT)
    assert "not done in time" in line.reason
    assert len(told(overdue)) == 1
    error = check(overdue)["error"]
    assert (error["code"], error["message"]) == ("timeout", overdue.error_message)


def test_it_is_looked_for_until_it_is_too_late_for_that(overdue: Video, cinema: Cinema) -> None:
    looks = len(cinema.looks)
    Video.objects.filter(pk=overdue.pk).update(look_at=Now() - SECOND)
    tasks.look_due()
    look(overdue)
    assert len(cinema.looks) > looks
    assert overdue.look_at is not None

    deadline_passes(overdue, ago=timedelta(seconds=settings.VIDEO_LATE_S + 1))
    look(overdue)
    assert overdue.status == "failed"
    assert overdue.look_at is None
    call = AICall.objects.get(job=overdue.job)
    assert call.status == AICall.Status.AMBIGUOUS
    looks = len(cinema.looks)
    look(overdue)
    assert len(cinema.looks) == looks
    assert len(told(overdue)) == 1


def test_a_late_success_is_there_and_free_and_told_once(
    overdue: Video, cinema: Cinema, user: Any
) -> None:
    cinema.silent.clear()
    cinema.complete(overdue.provider_ref)
    for _ in range(3):
        look(overdue)
    assert (overdue.status, overdue.is_late, overdue.error_code) == ("completed", True, "")
    assert overdue.error_message == ""
    assert storage.read(overdue.file_key) == cinema.content
    assert captured(overdue) == 0
    assert credit.balance(user).free == FULL
    assert len(cinema.fetches) == 1
    assert len(told(overdue)) == 2  # that it failed, and that it is there after all
    assert AICall.objects.get(job=overdue.job).status == AICall.Status.COMPLETED

    said = check(overdue)
    assert (said["status"], said["progress"]) == ("completed", 100)
    assert "error" not in said
    assert said["url"]
    assert {name: float(amount) for name, amount in said["credits"].items()} == {
        "held": 0,
        "captured": 0,
    }


def test_what_comes_between_the_deadline_and_the_sweep_is_free_too(
    begun: AskFor, cinema: Cinema, user: Any
) -> None:
    """The deadline decides, not when somebody got round to it."""
    video = begun()
    cinema.complete(video.provider_ref)
    deadline_passes(video)
    look(video)
    sweep(video)
    look(video)
    assert (video.status, video.is_late) == ("completed", True)
    assert captured(video) == 0
    assert credit.balance(user).free == FULL


def test_a_late_failure_changes_nothing_and_is_not_told_again(
    overdue: Video, cinema: Cinema
) -> None:
    cinema.silent.clear()
    cinema.fail(overdue.provider_ref, "moderation_blocked")
    look(overdue)
    assert (overdue.status, overdue.error_code) == ("failed", "timeout")
    assert overdue.look_at is None
    assert captured(overdue) == 0
    assert len(told(overdue)) == 1
    assert AICall.objects.get(job=overdue.job).status == AICall.Status.FAILED


def test_a_film_that_was_never_begun_by_its_deadline_is_free(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    video = ask_for()
    deadline_passes(video)
    sweep(video)
    assert (video.status, video.error_code) == ("failed", "timeout")
    assert captured(video) == 0
    assert credit.balance(user).free == FULL
    work.run_job(job_id=video.job_id)
    assert cinema.asked == []


def test_an_answer_that_comes_after_its_job_was_given_up_is_late_as_well(
    ask_for: AskFor, cinema: Cinema
) -> None:
    """The worker stood still in the middle of the request, until the sweeper had ended its job."""
    video = ask_for()

    def stands_still(cinema: Cinema, asked: Any) -> Any:
        deadline_passes(video)
        work.sweep()
        return cinema.accept()

    cinema.creating.append(stands_still)
    work.run_job(job_id=video.job_id)
    video.refresh_from_db()
    assert (video.status, video.error_code) == ("failed", "timeout")
    assert video.provider_ref
    cinema.complete(video.provider_ref)
    Video.objects.filter(pk=video.pk).update(look_at=F("created_at"))
    look(video)
    assert (video.status, video.is_late) == ("completed", True)
    assert captured(video) == 0
    assert len(cinema.asked) == 1
