"""Everybody hears of a film's end at the same instant: it is charged once, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models.functions import Now

from core.errors import Conflict, NotFound
from core.models import Event
from core.money import CREDIT
from credits import queries as credit
from credits.models import Hold
from generation import operations as jobs
from generation import work
from generation.models import AICall, Job
from notifications.models import Notification
from tests.runtime.processes import wait_for
from tests.videos.at_once import MEET_WITHIN_S, at_once
from tests.videos.cinema import Cinema
from tests.videos.conftest import AskFor
from tests.videos.works import FULL
from videos import files, looking, operations, tasks
from videos.models import Video

PRICE = 8 * CREDIT
ROUNDS = 4
Act = Callable[[], Any]


def look(video: Video) -> None:
    """As a worker does after a callback."""
    looking.look(video.video_id, patience_s=60)


def check(video: Video) -> Video:
    """As a status check does."""
    return operations.check_video(user=video.user, video_id=video.video_id)


def clock(video: Video) -> None:
    """As beat does, and the worker that it rings."""
    tasks.look_due()
    look(video)


def cancel(video: Video) -> Video:
    """As its user does."""
    return operations.cancel_video(user=video.user, video_id=video.video_id)


def delete(video: Video) -> None:
    """As its user does."""
    operations.delete_video(user=video.user, video_id=video.video_id)


def is_done(video: Video) -> bool:
    """Whether the film is completed and charged; nothing is held, and its end was told once."""
    video.refresh_from_db()
    hold = Hold.objects.get(job_id=video.job_id)
    ends = Event.objects.filter(type="job.updated", data__id=str(video.job_id))
    assert ends.filter(data__status__in=[*Job.FINAL]).count() == 1
    assert (hold.open, hold.captured + hold.released) == (0, PRICE)
    is_completed = video.status == Video.Status.COMPLETED
    assert hold.captured == (PRICE if is_completed else 0)
    assert Job.objects.get(pk=video.job_id).status == (
        Job.Status.SUCCEEDED if is_completed else {"failed": "failed"}.get(video.status, "canceled")
    )
    return is_completed


def stored() -> list[Path]:
    """The files in the storage, once what nobody owns was removed from it."""
    files.tidy_up()
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def lapse(video: Video) -> None:
    """Whoever fetches has been silent for too long."""
    Video.objects.filter(pk=video.pk).update(fetching_until=Now() - timedelta(seconds=1))


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_however_many_hear_of_it_a_film_is_fetched_and_charged_once(
    begun: AskFor, cinema: Cinema, user: Any, turn: int
) -> None:
    video = begun()
    cinema.complete(video.provider_ref)
    acts = [partial(act, video) for act in (check, look, check, clock, check, look, check, check)]
    answers = at_once(*acts[turn:], *acts[:turn])
    assert not [each for each in answers if isinstance(each, Exception)]
    assert is_done(video)
    assert (credit.balance(user).free, credit.balance(user).held) == (FULL - PRICE, 0)
    assert len(cinema.fetches) == 1
    assert Notification.objects.filter(context__jobId=str(video.job_id)).count() == 1
    assert AICall.objects.get(job=video.job).status == AICall.Status.COMPLETED
    assert len(stored()) == 2


@pytest.mark.parametrize("count", [2, 6])
def test_those_who_all_fetched_it_settle_it_once(begun: AskFor, cinema: Cinema, count: int) -> None:
    """Each was silent for so long that the next took over, and then all arrive together."""
    video, arrived = begun(), threading.Barrier(count, timeout=MEET_WITHIN_S)
    cinema.complete(video.provider_ref)
    fetchers: set[int] = set()

    def fetching(ref: str) -> None:
        fetchers.add(threading.get_ident())
        lapse(video)
        arrived.wait()

    def until_it_fetched() -> None:
        while threading.get_ident() not in fetchers:
            look(video)

    cinema.fetching = fetching
    answers = at_once(*[until_it_fetched] * count)
    assert answers == [None] * count
    assert len(cinema.fetches) == count
    assert is_done(video)
    assert Notification.objects.filter(context__jobId=str(video.job_id)).count() == 1
    assert len(stored()) == 2, "what the slower ones fetched stayed"


@pytest.mark.parametrize("turn", range(ROUNDS))
@pytest.mark.parametrize("other", [cancel, delete])
def test_a_film_is_charged_or_stopped_and_never_both(
    begun: AskFor, cinema: Cinema, user: Any, other: Callable[[Video], Any], turn: int
) -> None:
    video = begun()
    cinema.complete(video.provider_ref)
    acts: list[Act] = [partial(look, video), partial(check, video), partial(other, video)]
    found = dict(
        zip(["look", "check", "other"], at_once(*acts), strict=True)
        if turn % 2
        else zip(["other", "look", "check"], at_once(*acts[2:], *acts[:2]), strict=True)
    )
    assert found["look"] is None
    assert not isinstance(found["check"], Exception) or isinstance(found["check"], NotFound)
    is_completed = is_done(video)
    if other is cancel:
        assert isinstance(found["other"], Conflict) == is_completed
    else:
        assert found["other"] is None
        assert video.deleted_at is not None
    look(video)
    kept = 2 if is_completed and other is cancel else 0
    assert len(stored()) == kept
    assert credit.balance(user).free == FULL - (PRICE if is_completed else 0)
    if not is_completed:
        assert cinema.canceled == [video.provider_ref]
        assert AICall.objects.get(job=video.job).status == AICall.Status.FAILED


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_at_the_deadline_a_film_is_late_and_free_whoever_comes_first(
    begun: AskFor, cinema: Cinema, user: Any, turn: int
) -> None:
    video = begun()
    cinema.complete(video.provider_ref)
    past = Now() - timedelta(seconds=1)
    Job.objects.filter(pk=video.job_id).update(deadline_at=past, lease_expires_at=past)
    acts: list[Act] = [work.sweep, partial(look, video), partial(check, video), work.sweep]
    answers = at_once(*acts[turn:], *acts[:turn])
    assert not [each for each in answers if isinstance(each, Exception)]
    look(video)
    video.refresh_from_db()
    assert (video.status, video.is_late) == ("completed", True)
    hold = Hold.objects.get(job_id=video.job_id)
    assert (hold.open, hold.captured, hold.released) == (0, 0, PRICE)
    assert credit.balance(user).free == FULL
    assert len(stored()) == 2
    assert Notification.objects.filter(context__jobId=str(video.job_id)).count() == 2


def test_of_two_ends_that_a_provider_tells_the_first_counts(begun: AskFor, cinema: Cinema) -> None:
    video = begun()
    cinema.complete(video.provider_ref)
    cinema.fetching = lambda ref: cinema.fail(ref)

    def fails_meanwhile() -> None:
        wait_for(lambda: cinema.fetches, every_s=0.005, what="a fetch")
        lapse(video)
        look(video)

    assert at_once(partial(look, video), fails_meanwhile) == [None, None]
    is_completed = is_done(video)
    assert len(stored()) == (2 if is_completed else 0)
    assert Notification.objects.filter(context__jobId=str(video.job_id)).count() == 1


def test_two_workers_with_one_job_begin_one_film(ask_for: AskFor, cinema: Cinema) -> None:
    video = ask_for()
    at_once(*[partial(work.run_job, job_id=video.job_id)] * 6)
    assert len(cinema.asked) == 1
    video.refresh_from_db()
    assert video.provider_ref
    assert Job.objects.get(pk=video.job_id).awaited_since is not None


def test_an_end_that_is_heard_of_before_the_worker_has_let_go(
    ask_for: AskFor, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The callback is quicker than the worker that begins the film."""
    video, leave = ask_for(), work.leave

    def later(run: Any) -> None:
        video.refresh_from_db()
        cinema.complete(video.provider_ref)
        at_once(partial(look, video), partial(check, video))
        leave(run)

    monkeypatch.setattr(work, "leave", later)
    work.run_job(job_id=video.job_id)
    assert is_done(video)
    assert len(cinema.asked) == 1


def test_a_film_that_was_begun_by_a_worker_that_died_is_not_begun_again(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    """The request went out, and whoever sent it is gone: nobody knows whether it was bought."""
    video = ask_for()

    def dies(cinema: Cinema, asked: Any) -> Any:
        cinema.accept()
        raise SystemExit

    cinema.creating.append(dies)
    with pytest.raises(SystemExit):
        work.run_job(job_id=video.job_id)
    past = Now() - timedelta(seconds=1)
    Job.objects.filter(pk=video.job_id).update(lease_expires_at=past)
    at_once(*[work.sweep] * 3)
    at_once(*[partial(work.run_job, job_id=video.job_id)] * 3)
    assert not is_done(video)
    assert (video.status, video.error_code) == ("failed", "timeout")
    assert len(cinema.asked) == 1
    assert credit.balance(user).free == FULL


def test_one_key_makes_one_film_however_often_it_is_sent_at_once(
    user: Any, cinema: Cinema, rung: list[str]
) -> None:
    given = {"prompt": "The bag turns slowly", "seconds": "4"}
    key = uuid4().hex
    answers = at_once(*[partial(operations.generate_video, user=user, data=given, key=key)] * 6)
    assert len({video.video_id for video in answers}) == 1
    assert Video.objects.filter(user=user).count() == 1
    assert credit.balance(user).held == PRICE


def test_five_films_that_had_begun_may_be_canceled_in_a_day_even_at_once(
    begun: AskFor, user: Any
) -> None:
    begun_ones = [begun() for _ in range(7)]
    answers = at_once(*[partial(jobs.cancel, user=user, job_id=each.job_id) for each in begun_ones])
    refused = [each for each in answers if isinstance(each, Conflict)]
    assert len(refused) == 2
    assert Video.objects.filter(user=user, status=Video.Status.CANCELED).count() == 5
    assert credit.balance(user).held == 2 * PRICE
