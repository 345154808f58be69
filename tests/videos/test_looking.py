"""A film at a provider that works on by itself, from the request to the charge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from core import storage
from core.models import Event
from core.money import CREDIT
from credits import queries as credit
from generation import work
from generation.errors import Failure
from generation.models import AICall, CallTally, Job
from generation.providers.film_failures import FilmGone
from generation.providers.protocols import VideoAsked, VideoState
from notifications.models import Notification
from tests.videos.cinema import COST_USD_MICROS, Cinema
from tests.videos.conftest import AskFor
from tests.videos.works import FULL, look
from videos import looking, operations, tasks
from videos.models import ProviderCallback, Video

HOUR_S = 3600


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


# --- What a provider tells ---------------------------------------------------------------
def test_progress_is_told_and_never_goes_back(begun: AskFor, cinema: Cinema, user: Any) -> None:
    video = begun()
    seen = []
    for percent in (30, 30, 10, 100):
        cinema.progress(video.provider_ref, percent)
        look(video)
        job = Job.objects.get(pk=video.job_id)
        seen.append((video.status, video.progress, job.progress))
    assert seen == [("in_progress", n, n) for n in (30, 30, 30, 99)]
    events = Event.objects.filter(user_id=user.pk, type="job.updated").order_by("sequence")
    told = [event.data["progress"] for event in events if event.data["progress"]]
    assert told == [30, 99]


def test_silence_of_a_provider_is_no_end(begun: AskFor, cinema: Cinema) -> None:
    video = begun()
    cinema.silent.add(video.provider_ref)
    for _ in range(10):
        assert look(video).status == "queued"
    assert video.look_at is not None
    cinema.silent.clear()
    cinema.complete(video.provider_ref)
    assert look(video).status == "completed"


def test_a_bug_in_asking_is_no_end_and_no_answer_without_the_film(begun: AskFor, user: Any) -> None:
    video = begun(data={"prompt": "No one knows its reference"})
    Video.objects.filter(pk=video.pk).update(provider_ref="nobody knows it")
    with pytest.raises(KeyError):
        look(video)
    assert operations.check_video(user=user, video_id=video.video_id).status == "queued"


def test_a_film_that_is_not_known_is_given_up_after_some_looks(
    begun: AskFor, cinema: Cinema, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = begun()
    known = cinema.look

    def unknown(ref: str, *, timeout_s: float) -> VideoState:
        raise FilmGone(Failure.BUG, "404")

    monkeypatch.setattr(cinema, "look", unknown)
    assert [look(video).status for _ in range(2)] == ["queued", "queued"]
    monkeypatch.setattr(cinema, "look", known)
    assert (look(video).status, video.unknown_looks) == ("queued", 0)
    monkeypatch.setattr(cinema, "look", unknown)
    assert [look(video).status for _ in range(3)] == ["queued", "queued", "failed"]
    assert (video.error_code, video.look_at) == ("server_error", None)
    assert balance_of(user) == (FULL, 0)
    assert AICall.objects.get(job_id=video.job_id).status == "failed"


@pytest.mark.parametrize("code", [*Video.Code.values, ""])
def test_a_film_that_failed_there_is_free_and_named(
    begun: AskFor, cinema: Cinema, user: Any, code: Any
) -> None:
    video = begun()
    cinema.fail(video.provider_ref, code)
    look(video)
    assert (video.status, video.error_code) == ("failed", code or "server_error")
    assert video.error_message
    assert video.error_suggestions
    job = Job.objects.get(pk=video.job_id)
    assert job.error is not None
    assert job.error["context"] == {"charged": "0", "errorCode": video.error_code}
    assert balance_of(user) == (FULL, 0)
    look(video)
    assert len(cinema.looks) == 1


def test_a_film_that_its_provider_stopped_has_failed(begun: AskFor, cinema: Cinema) -> None:
    video = begun()
    cinema.films[video.provider_ref] = VideoState(video.provider_ref, "canceled")
    look(video)
    assert (video.status, video.error_code) == ("failed", "server_error")


def test_a_film_without_a_price_of_its_own_costs_by_the_second(
    begun: AskFor, cinema: Cinema
) -> None:
    video = begun()
    cinema.films[video.provider_ref] = VideoState(video.provider_ref, "completed", 100)
    look(video)
    call = AICall.objects.get(job_id=video.job_id)
    assert call.cost_usd_micros == 4 * 100_000  # sora-2, a second
    tally = CallTally.objects.get(operation_name="generate-video")
    assert (tally.outcome, tally.calls, tally.cost_usd_micros) == ("completed", 1, 400_000)


def test_the_end_is_told_once(begun: AskFor, cinema: Cinema, user: Any) -> None:
    video = begun()
    cinema.complete(video.provider_ref)
    look(video)
    (told,) = Notification.objects.filter(user=user)
    assert (told.kind, told.context["charged"]) == ("job.succeeded", "8")
    assert "8 credits were charged" in told.body


# --- When it is asked --------------------------------------------------------------------
def test_a_status_check_asks_at_most_every_two_seconds(
    begun: AskFor, cinema: Cinema, user: Any
) -> None:
    video = begun()
    counted = []
    for ago in (2.1, -HOUR_S, -HOUR_S, 2.1):  # the last look; not even an hour is too slow
        looked_at = Now() - timedelta(seconds=ago)
        Video.objects.filter(pk=video.pk).update(looked_at=looked_at)
        operations.check_video(user=user, video_id=video.video_id)
        counted.append(len(cinema.looks))
    assert counted == [1, 1, 1, 2]
    assert looking.CHECKED_EVERY_S == 2


def test_a_status_check_fetches_and_charges(begun: AskFor, cinema: Cinema, user: Any) -> None:
    video = begun()
    cinema.complete(video.provider_ref)
    assert operations.check_video(user=user, video_id=video.video_id).status == "completed"
    assert balance_of(user) == (FULL - 8 * CREDIT, 0)


def test_the_clock_has_each_film_looked_at_when_it_is_time(
    begun: AskFor, cinema: Cinema, rung: list[str]
) -> None:
    due, later, fetched = begun(), begun(), begun()
    Video.objects.filter(pk__in=[due.pk, fetched.pk]).update(look_at=Now())
    Video.objects.filter(pk=fetched.pk).update(fetching_until=Now() + timedelta(seconds=9))
    rung.clear()
    tasks.look_due()
    tasks.look_due()
    assert rung == [due.video_id]
    assert later.video_id not in rung


@pytest.mark.parametrize(
    ("age", "pause"), [(0, 5), (60, 5), (180, 15), (1000, 30), (1200 + 60, 30), (3600 * 5, 600)]
)
def test_an_old_film_is_asked_for_less_often(
    begun: AskFor, cinema: Cinema, age: int, pause: float
) -> None:
    video = begun()
    past = Now() - timedelta(seconds=age)
    Job.objects.filter(pk=video.job_id).update(deadline_at=past + timedelta(seconds=1200))
    Video.objects.filter(pk=video.pk).update(submitted_at=past)
    look(video)
    assert video.look_at is not None
    assert video.looked_at is not None
    found = (video.look_at - video.looked_at).total_seconds()
    assert found == pytest.approx(pause, abs=2)


def test_a_callback_that_came_before_the_answer_is_not_forgotten(
    ask_for: AskFor, cinema: Cinema, rung: list[str]
) -> None:
    video = ask_for()

    def told_before(cinema: Cinema, asked: VideoAsked) -> VideoState:
        state = cinema.accept()
        ProviderCallback.objects.create(
            provider="openai", webhook_id="wh_1", type="video.completed", provider_ref=state.ref
        )
        return state

    cinema.creating = [told_before]
    work.run_job(job_id=video.job_id)
    assert rung[-1] == video.video_id


def test_callbacks_are_forgotten_when_none_can_come_again(transactional_db: None) -> None:
    for number, days in enumerate((13, 15)):
        made = ProviderCallback.objects.create(provider="openai", webhook_id=str(number), type="x")
        ProviderCallback.objects.filter(pk=made.pk).update(received_at=Now() - timedelta(days=days))
    tasks.forget_callbacks()
    assert [row.webhook_id for row in ProviderCallback.objects.all()] == ["0"]


def test_a_broker_that_is_away_keeps_nobody_from_a_film(
    begun: AskFor, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = begun()

    def away(*_: Any) -> None:
        raise tasks.look.OperationalError("no broker")

    monkeypatch.setattr(tasks.look, "delay", away)
    operations.cancel_video(user=video.user, video_id=video.video_id)
    look(video)
    assert cinema.canceled == [video.provider_ref]
