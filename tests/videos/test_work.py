"""What a worker does with a film: begun at most once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as product
from django.utils import timezone

from core.money import CREDIT
from credits import operations as ledger
from generation import asking, work
from generation.errors import Failure, ProviderError
from generation.models import Breaker
from generation.providers.protocols import VideoAsked, VideoState
from generation.run import claim
from techpack.models import Product
from tests.videos.cinema import Cinema, loses, refuses
from tests.videos.conftest import AskFor
from tests.videos.works import FULL, calls_of, free_of, job_of, look, run, worker_dies
from videos import operations
from videos import work as filming_work

BLOCKED = "Your request was blocked by our moderation system."


def fails(
    failure: Failure, *, again: bool = False, code: str = ""
) -> Callable[[Cinema, VideoAsked], VideoState]:
    """A request that the provider does not take."""

    def behave(cinema: Cinema, asked: VideoAsked) -> VideoState:
        raise ProviderError(failure, "no", can_ask_again=again, code=code)

    return behave


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks again does so without waiting."""
    monkeypatch.setattr(asking, "FIRST_WAIT_S", 0.0)


# --- Begun at a provider that works on alone ---------------------------------------------
def test_an_awaited_film_holds_no_worker(begun: AskFor) -> None:
    video = begun()
    job = job_of(video)
    assert (job.status, job.attempts) == ("running", 1)
    assert job.awaited_since is not None
    assert job.lease_expires_at == job.deadline_at
    assert video.look_at is not None


def test_what_is_surely_refused_is_not_sent(ask_for: AskFor, cinema: Cinema, user: Any) -> None:
    video = run(ask_for(data={"prompt": "A naked child poses"}))
    assert (video.status, video.error_code, video.error_message) == (
        "failed",
        "moderation_blocked",
        BLOCKED,
    )
    assert not cinema.asked
    assert not calls_of(video)
    assert free_of(user) == FULL


def test_an_immediate_refusal_is_free_and_named(ask_for: AskFor, cinema: Cinema, user: Any) -> None:
    cinema.creating = [refuses]
    video = run(ask_for())
    assert (video.error_code, video.error_message) == ("moderation_blocked", BLOCKED)
    job = job_of(video)
    assert job.error is not None
    assert (job.error["code"], job.error["context"]["errorCode"]) == (
        "CONTENT_REFUSED",
        "moderation_blocked",
    )
    (call,) = calls_of(video)
    assert (call.status, call.error_class, call.error_code) == (
        "failed",
        "user_input",
        "moderation_blocked",
    )
    assert free_of(user) == FULL


@pytest.mark.usefixtures("_at_once")
def test_what_surely_began_nothing_is_asked_again(ask_for: AskFor, cinema: Cinema) -> None:
    cinema.creating = [fails(Failure.TRANSIENT, again=True)] * 2
    video = run(ask_for())
    assert video.provider_ref
    assert [call.status for call in calls_of(video)] == ["failed", "failed", "pending"]
    assert len(Breaker.objects.get(provider="openai").failures) == 2


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(
    ("failure", "again", "code", "told", "asked"),
    [
        (Failure.TRANSIENT, True, "rate_limit_exceeded", "rate_limit_exceeded", 3),
        (Failure.TRANSIENT, False, "", "server_error", 1),
        (Failure.AMBIGUOUS, False, "", "timeout", 1),
        (Failure.QUOTA, False, "", "insufficient_quota", 1),
        (Failure.CONFIGURATION, False, "", "server_error", 1),
        (Failure.MALFORMED_OUTPUT, False, "", "server_error", 1),
        (Failure.USER_INPUT, False, "", "invalid_request", 1),
        (Failure.USER_INPUT, False, "SAFETY", "moderation_blocked", 1),
        (Failure.BUG, False, "", "server_error", 1),
    ],
)
def test_only_six_codes_leave_us(
    ask_for: AskFor,
    cinema: Cinema,
    user: Any,
    failure: Failure,
    again: bool,
    code: str,
    told: str,
    asked: int,
) -> None:
    cinema.creating = [fails(failure, again=again, code=code)] * 3
    video = run(ask_for())
    assert (video.status, video.error_code, len(cinema.asked)) == ("failed", told, asked)
    assert video.error_message
    assert free_of(user) == FULL


def test_a_film_that_may_have_been_bought_is_not_bought_again(
    ask_for: AskFor, cinema: Cinema
) -> None:
    cinema.creating = [loses]
    video = run(ask_for())
    assert video.error_code == "timeout"
    (call,) = calls_of(video)
    assert (call.status, call.context["possibleCostUsdMicros"]) == ("ambiguous", 400_000)


def test_a_worker_that_died_during_the_request_is_not_followed_by_a_second_request(
    ask_for: AskFor, cinema: Cinema
) -> None:
    video = ask_for()
    attempt = claim(job_id=video.job_id)
    assert attempt is not None

    def dies(cinema: Cinema, asked: VideoAsked) -> VideoState:
        raise KeyboardInterrupt

    cinema.creating = [dies]
    with pytest.raises(KeyboardInterrupt):
        filming_work.film(attempt)
    worker_dies(video)
    run(video)
    assert (video.status, video.error_code) == ("failed", "timeout")
    assert len(cinema.asked) == 1


def test_a_worker_that_died_after_the_film_was_taken_loses_nothing(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    video = ask_for()
    attempt = claim(job_id=video.job_id)
    assert attempt is not None
    filming_work.film(attempt)  # and it never lets go
    worker_dies(video)
    assert job_of(video).status == "queued"
    assert [call.status for call in calls_of(video)] == ["pending"]

    video.refresh_from_db()
    cinema.complete(video.provider_ref)
    look(video)  # the job is about to be found again: it is settled after that
    assert video.status == "queued"
    assert not cinema.fetches

    run(video)
    assert look(video).status == "completed"
    assert len(cinema.asked) == 1
    assert free_of(user) == FULL - 8 * CREDIT


def test_a_film_that_is_done_before_its_worker_let_go_is_charged_once(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    video = ask_for()
    attempt = claim(job_id=video.job_id)
    assert attempt is not None
    filming_work.film(attempt)
    video.refresh_from_db()
    cinema.complete(video.provider_ref)
    assert look(video).status == "completed"
    work.leave(attempt)
    assert job_of(video).status == "succeeded"
    assert free_of(user) == FULL - 8 * CREDIT


def test_a_film_is_canceled_while_its_provider_is_asked(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    video = ask_for()

    def canceled_meanwhile(cinema: Cinema, asked: VideoAsked) -> VideoState:
        operations.cancel_video(user=user, video_id=video.video_id)
        return cinema.accept()

    cinema.creating = [canceled_meanwhile]
    run(video)
    assert (video.status, job_of(video).status) == ("canceled", "canceled")
    assert free_of(user) == FULL
    cinema.complete(video.provider_ref)
    look(video)
    assert cinema.canceled == [video.provider_ref]
    assert not cinema.fetches
    assert [call.error_class for call in calls_of(video)] == ["canceled"]


def test_who_was_taken_for_dead_says_all_the_same_which_film_it_began(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    video = ask_for()

    def too_long(cinema: Cinema, asked: VideoAsked) -> VideoState:
        worker_dies(video)
        run(video)
        assert video.error_code == "timeout"
        return cinema.accept()

    cinema.creating = [too_long]
    work.run_job(job_id=video.job_id)
    video.refresh_from_db()
    assert (video.status, len(cinema.asked)) == ("failed", 1)
    cinema.complete(video.provider_ref)
    look(video)
    assert (video.status, video.is_late, video.error_code) == ("completed", True, "")
    assert [call.status for call in calls_of(video)] == ["completed"]
    assert free_of(user) == FULL


def test_a_reference_that_another_film_has_is_no_answer(
    ask_for: AskFor, begun: AskFor, cinema: Cinema, user: Any
) -> None:
    first = begun()
    second = ask_for()
    cinema.creating = [lambda cinema, asked: VideoState(first.provider_ref, "queued")]
    run(second)
    assert (second.status, second.error_code) == ("failed", "server_error")
    assert [call.error_class for call in calls_of(second)] == ["malformed_output"]


def test_a_film_of_a_product_that_has_gone_is_not_begun(
    ask_for: AskFor, cinema: Cinema, user: Any
) -> None:
    bag = Product.objects.create(user=user, name="Bag")
    video = ask_for(data={"product_id": str(bag.pk)})
    bag.delete()
    run(video)
    assert (video.status, video.error_code) == ("failed", "invalid_request")
    assert "was deleted" in video.error_message
    assert not cinema.asked
    assert free_of(user) == FULL


def test_no_plan_pays_for_films(ask_for: AskFor, user: Any) -> None:
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=timezone.now())
    before = free_of(user)
    video = ask_for()
    hold = job_of(video).hold
    assert hold is not None
    assert not hold.unlimited
    assert free_of(user) == before - 8 * CREDIT


def test_awaited_films_leave_room_for_other_jobs(begun: AskFor) -> None:
    for _ in range(product.JOB_RUNNING_LIMIT + 1):
        assert begun().status == "queued"
