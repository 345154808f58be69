"""Bringing a film in: once, whole, tried again where that may help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.db.models.functions import Now

from core.bell import wait_until
from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from generation import work
from generation.errors import Failure, ProviderError
from generation.models import AICall, Job
from generation.providers.film_failures import FilmGone
from notifications.models import Notification
from tests.fakes.films import broken_film
from tests.videos.cinema import COST_USD_MICROS, Cinema
from tests.videos.conftest import AskFor
from tests.videos.works import FULL, free_of, look
from videos import fetching, looking, operations, settling, tasks
from videos.models import LooseFile, Video


@pytest.fixture
def done(begun: AskFor, cinema: Cinema) -> Video:
    """A film that its provider has completed."""
    video = begun()
    cinema.complete(video.provider_ref)
    return video


def files() -> list[str]:
    """What lies in the storage under films."""
    try:
        folders = default_storage.listdir("films")[0]
    except FileNotFoundError:
        return []
    inner = [
        f"films/{one}/{two}"
        for one in folders
        for two in default_storage.listdir(f"films/{one}")[0]
    ]
    return [name for folder in inner for name in default_storage.listdir(folder)[1]]


def test_what_is_no_film_fails_and_is_free(done: Video, cinema: Cinema, user: Any) -> None:
    cinema.content = broken_film()
    look(done)
    assert (done.status, done.error_code) == ("failed", "server_error")
    assert (done.look_at, done.fetching_until) == (None, None)
    call = AICall.objects.get(job_id=done.job_id)
    assert (call.error_class, call.cost_usd_micros) == ("malformed_output", COST_USD_MICROS)
    assert free_of(user) == FULL
    assert files() == []


def test_a_film_that_is_too_large_fails(done: Video, cinema: Cinema, settings: Any) -> None:
    settings.VIDEO_MOST_BYTES = len(cinema.content) - 1
    look(done)
    assert (done.status, done.error_code) == ("failed", "server_error")
    assert files() == []


@pytest.mark.parametrize(
    "trouble",
    [
        ProviderError(Failure.TRANSIENT, "cut off", can_ask_again=True),
        ProviderError(Failure.CONFIGURATION, "401"),
        FilmGone(Failure.MALFORMED_OUTPUT, "404"),
        OSError("no space left on device"),
    ],
    ids=["cut off", "not allowed", "not there yet", "storage full"],
)
def test_what_may_go_better_the_next_time_is_tried_again(
    done: Video, cinema: Cinema, user: Any, trouble: Exception
) -> None:
    def breaks(ref: str) -> None:
        raise trouble

    cinema.fetching = breaks
    look(done)
    assert (done.status, done.progress, done.fetching_until) == ("in_progress", 99, None)
    assert free_of(user) == FULL - 8 * CREDIT
    assert done.look_at is not None

    cinema.fetching = lambda ref: None
    assert look(done).status == "completed"
    assert len(cinema.fetches) == 2


def test_who_waits_for_an_answer_leaves_a_long_film_to_a_worker(
    done: Video, cinema: Cinema, rung: list[str]
) -> None:
    look(done, patience_s=0)
    assert (done.status, done.progress, done.fetching_until) == ("in_progress", 99, None)
    assert rung[-1] == done.video_id
    assert files() == []
    assert look(done).status == "completed"


def test_a_film_is_fetched_by_one_at_a_time(done: Video, cinema: Cinema) -> None:
    def another_looks(ref: str) -> None:
        cinema.fetching = lambda ref: None
        looking.look(done.video_id, patience_s=60)

    cinema.fetching = another_looks
    look(done)
    assert done.status == "completed"
    assert (len(cinema.looks), len(cinema.fetches)) == (1, 1)


def test_a_film_whose_fetcher_died_is_fetched_by_another(
    done: Video, cinema: Cinema, user: Any
) -> None:
    def dies(ref: str) -> None:
        raise KeyboardInterrupt

    cinema.fetching = dies
    with pytest.raises(KeyboardInterrupt):
        look(done)
    cinema.fetching = lambda ref: None
    assert look(done).status == "in_progress"
    assert len(cinema.looks) == 1

    Video.objects.filter(pk=done.pk).update(fetching_until=Now() - timedelta(seconds=1))
    assert look(done).status == "completed"
    assert free_of(user) == FULL - 8 * CREDIT


def test_two_that_fetched_the_same_film_keep_one(done: Video, cinema: Cinema, user: Any) -> None:
    def another_fetches(ref: str) -> None:
        cinema.fetching = lambda ref: None
        Video.objects.filter(pk=done.pk).update(fetching_until=Now() - timedelta(seconds=1))
        looking.look(done.video_id, patience_s=60)

    cinema.fetching = another_fetches
    look(done)
    assert (done.status, len(cinema.fetches)) == ("completed", 2)
    assert len(files()) == 1
    assert free_of(user) == FULL - 8 * CREDIT


def test_a_claim_is_renewed_while_a_film_comes(
    done: Video, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "CLAIM_S", 0.3)
    renewed = []

    def slow(ref: str) -> None:
        first = claim_of(done)
        renewed.append(wait_until("", lambda: claim_of(done) != first, timeout_s=20))

    cinema.fetching = slow
    assert look(done).status == "completed"
    assert renewed == [True]


def claim_of(video: Video) -> Any:
    """Until when it is being fetched."""
    return Video.objects.values_list("fetching_until", flat=True).get(pk=video.pk)


def test_a_film_that_is_canceled_while_it_comes_is_not_kept(
    done: Video, cinema: Cinema, user: Any
) -> None:
    cinema.fetching = lambda ref: cancel(done)
    look(done)
    assert (done.status, done.file_key) == ("canceled", "")
    assert free_of(user) == FULL
    assert files() == []
    look(done)
    assert cinema.canceled == [done.provider_ref]


def cancel(video: Video) -> None:
    """Its user does not want it any more."""
    operations.cancel_video(user=video.user, video_id=video.video_id)


def test_a_fetch_ends_where_nobody_wants_the_film_any_more(
    done: Video, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "CLAIM_S", 0.03)

    @contextmanager
    def endless(ref: str, *, timeout_s: float) -> Iterator[Iterator[bytes]]:
        cancel(done)
        yield iter(lambda: b"\0", b"")

    monkeypatch.setattr(cinema, "fetch", endless)
    assert look(done).status == "canceled"
    assert files() == []


def test_the_deadline_passes_while_a_film_comes(done: Video, cinema: Cinema, user: Any) -> None:
    def overdue(ref: str) -> None:
        Job.objects.filter(pk=done.job_id).update(deadline_at=Now(), lease_expires_at=Now())
        work.sweep()

    cinema.fetching = overdue
    look(done)
    assert (done.status, done.is_late, done.error_code) == ("completed", True, "")
    assert free_of(user) == FULL
    assert [call.status for call in AICall.objects.filter(job_id=done.job_id)] == ["completed"]


def test_a_film_is_deleted_while_it_comes(done: Video, cinema: Cinema, user: Any) -> None:
    cinema.fetching = lambda ref: operations.delete_video(user=user, video_id=done.video_id)
    look(done)
    assert (done.status, done.deleted_at is not None) == ("canceled", True)
    assert free_of(user) == FULL
    assert files() == []


def test_a_film_whose_user_goes_while_it_comes_leaves_nothing(done: Video, cinema: Cinema) -> None:
    def goes(ref: str) -> None:
        Job.objects.filter(pk=done.job_id).delete()

    cinema.fetching = goes
    looking.look(done.video_id, patience_s=60)
    assert not Video.objects.exists()
    assert files() == []


def test_a_hold_that_ran_out_makes_a_film_free(done: Video, user: Any) -> None:
    assert done.job.hold_id is not None
    ledger.release(hold_id=done.job.hold_id, reason="by hand")
    look(done)
    assert (done.status, done.is_late) == ("completed", True)
    assert free_of(user) == FULL
    assert Job.objects.get(pk=done.job_id).status == "failed"


def test_a_charge_that_breaks_off_in_the_middle_is_made_later(
    done: Video, cinema: Cinema, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise OperationalError("the connection is gone")

    with monkeypatch.context() as broken:
        broken.setattr(settling, "_complete_call", breaks)
        with pytest.raises(OperationalError):
            look(done)
    done.refresh_from_db()
    assert (done.status, done.file_key) == ("in_progress", "")
    assert credit.balance(user).held == 8 * CREDIT

    Video.objects.filter(pk=done.pk).update(fetching_until=Now() - timedelta(seconds=1))
    assert look(done).status == "completed"
    assert free_of(user) == FULL - 8 * CREDIT
    LooseFile.objects.update(due_at=Now() - timedelta(seconds=1))
    tasks.remove_files()
    assert files() == [done.file_key.rpartition("/")[2]]


def test_what_is_late_before_anybody_noticed_is_told_once(
    done: Video, cinema: Cinema, user: Any
) -> None:
    Job.objects.filter(pk=done.job_id).update(deadline_at=Now(), lease_expires_at=Now())
    look(done)
    assert (done.status, done.is_late) == ("completed", True)
    assert Job.objects.get(pk=done.job_id).status == "failed"
    (told,) = Notification.objects.filter(user=user)
    assert "after all" in told.title
    assert free_of(user) == FULL
