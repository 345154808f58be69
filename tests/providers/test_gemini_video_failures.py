"""What Gemini's refusals and breakdowns mean for a film, against a vendor on loopback."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from generation.errors import Failure, ProviderError
from generation.providers.film_failures import FilmGone
from generation.providers.gemini_video import GeminiVideos
from generation.providers.protocols import Ask, VideoAsked
from tests.fakes import gemini_films as films
from tests.fakes import gemini_script as gemini
from tests.fakes import trouble
from tests.fakes.gemini_films import MODEL, Fate, GeminiFilms
from tests.fakes.vendor import KEY, Behaviour, Exchange

ASK = Ask(MODEL, timeout_s=10)
ASKED = VideoAsked("It turns once around", 4, 1280, 720)
BLOCKED = "Your request was blocked by our moderation system."


@pytest.fixture
def videos(gemini_films: GeminiFilms) -> GeminiVideos:
    """Gemini's films with the vendor on loopback."""
    return GeminiVideos(gemini_films.root, KEY)


def create(videos: GeminiVideos, timeout_s: float = 10.0) -> str:
    """The reference of a new film."""
    asked, ask = ASKED, Ask(MODEL, timeout_s=timeout_s)
    return videos.create(asked, ask=ask, told=lambda percent, words: None).ref


def failure_of(call: Callable[[], Any]) -> ProviderError:
    """The error that a call ends with."""
    with pytest.raises(ProviderError) as raised:
        call()
    assert raised.value.__cause__ is None
    return raised.value


def errs(status: int, code: str, message: str = "") -> Behaviour:
    """An HTTP error as interactions tell it."""
    return films.errs_with(status, code, message or trouble.SECRET)


TURNED_AWAY = [
    # behaviour, class, code, whether it surely began nothing and may be asked again
    (gemini.is_busy, Failure.TRANSIENT, "rate_limit_exceeded", True),
    (gemini.fails_with(429, "RESOURCE_EXHAUSTED"), Failure.TRANSIENT, "rate_limit_exceeded", True),
    (errs(429, "too_many_requests"), Failure.TRANSIENT, "rate_limit_exceeded", True),
    (gemini.is_overloaded, Failure.TRANSIENT, "server_error", True),
    (gemini.has_no_quota, Failure.QUOTA, "insufficient_quota", False),
    (gemini.fails_with(500, "INTERNAL"), Failure.TRANSIENT, "server_error", False),
    (gemini.fails_with(504, "DEADLINE_EXCEEDED"), Failure.TRANSIENT, "timeout", False),
    (trouble.answers_raw(b"<html>bad gateway", 502), Failure.AMBIGUOUS, "server_error", False),
    (trouble.answers_raw(b"", 504), Failure.AMBIGUOUS, "timeout", False),
    (gemini.knows_no_such_key, Failure.CONFIGURATION, "server_error", False),
    (gemini.fails_with(403, "PERMISSION_DENIED"), Failure.CONFIGURATION, "server_error", False),
    (gemini.knows_no_such_model, Failure.CONFIGURATION, "server_error", False),
    (gemini.fails_with(400, "INVALID_ARGUMENT"), Failure.BUG, "invalid_request", False),
    (errs(400, "invalid_request"), Failure.USER_INPUT, "invalid_request", False),
    (trouble.answers_raw(b"{}", 413), Failure.USER_INPUT, "invalid_request", False),
    (trouble.answers_raw(b"[" * 100_000, 400), Failure.BUG, "invalid_request", False),
]


@pytest.mark.parametrize(("behaviour", "failure", "code", "again"), TURNED_AWAY)
def test_a_film_that_is_turned_away_is_read_by_its_codes_and_asked_for_once(
    gemini_films: GeminiFilms,
    videos: GeminiVideos,
    behaviour: Behaviour,
    failure: Failure,
    code: str,
    again: bool,
) -> None:
    gemini_films.will(behaviour)

    error = failure_of(lambda: create(videos))

    assert (error.failure, error.code, error.can_ask_again) == (failure, code, again)
    assert error.words
    assert len(gemini_films.requests) == 1


def test_a_busy_vendors_own_delay_is_passed_on(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    by_header = {"Retry-After": "3"}
    gemini_films.will(
        gemini.is_busy,
        lambda exchange: exchange.answer(429, {"error": {"code": "too_many_requests"}}, by_header),
    )

    delays = [failure_of(lambda: create(videos)).retry_after_s for _ in range(2)]

    assert delays == [7, 3]


REFUSED = [
    gemini.fails_with(400, "INVALID_ARGUMENT", gemini.reason("SAFETY")),
    gemini.fails_with(400, "INVALID_ARGUMENT", gemini.reason("PROHIBITED_CONTENT")),
    gemini.fails_with(400, "INVALID_ARGUMENT", gemini.reason("IMAGE_SAFETY")),
    gemini.fails_with(403, "PERMISSION_DENIED", gemini.reason("BLOCKLIST")),
    errs(400, "content_policy_violation"),
    errs(400, "safety"),
    errs(400, "prompt_blocked_by_safety"),
    errs(422, "prohibited_content"),
    errs(400, "invalid_request", "The prompt was blocked for safety reasons: sk-secret."),
    errs(400, "invalid_request", "It goes against Vertex AI's Responsible AI practices."),
    errs(400, "invalid_request", "The input violates our usage policies."),
    errs(400, "invalid_request", "Blocked by the Prohibited Use policy."),
]


@pytest.mark.parametrize("behaviour", REFUSED)
def test_refused_content_is_a_moderation_and_says_what_to_change(
    gemini_films: GeminiFilms, videos: GeminiVideos, behaviour: Behaviour
) -> None:
    gemini_films.will(behaviour)

    error = failure_of(lambda: create(videos))

    assert (error.failure, error.code) == (Failure.USER_INPUT, "moderation_blocked")
    assert error.words == BLOCKED
    assert error.suggestions
    assert not error.can_ask_again


@pytest.mark.parametrize(
    "message",
    ["Unsafe integer in duration.", "The policy field is unknown.", "Violates the schema."],
)
def test_a_sentence_about_something_else_is_no_refusal_of_content(
    gemini_films: GeminiFilms, videos: GeminiVideos, message: str
) -> None:
    gemini_films.will(errs(400, "invalid_request", message))

    assert failure_of(lambda: create(videos)).code == "invalid_request"


LOST = [
    (films.accepts_and_resets, "timeout"),
    (films.accepts_and_mumbles, "server_error"),
    (films.accepts_and(trouble.answers_cut_off), "timeout"),
    (films.accepts_and(lambda exchange: exchange.answer(200, b"[1, 2]")), "server_error"),
    (films.accepts_and(lambda exchange: exchange.answer(200, b"\xff\xfe\0")), "server_error"),
    (films.accepts_and(lambda exchange: exchange.answer(200, b"[" * 90_000)), "server_error"),
    (
        films.accepts_and(lambda exchange: exchange.answer(200, {"status": "queued"})),
        "server_error",
    ),
    (films.accepts_and(lambda exchange: exchange.answer(200, {"id": "v1_/../x"})), "server_error"),
    (films.accepts_and(lambda exchange: exchange.answer(200, {"id": "v1" * 101})), "server_error"),
]


@pytest.mark.parametrize(("behaviour", "code"), LOST)
def test_a_film_whose_acceptance_is_lost_is_bought_once_and_never_asked_for_again(
    gemini_films: GeminiFilms, videos: GeminiVideos, behaviour: Behaviour, code: str
) -> None:
    gemini_films.will(behaviour)

    error = failure_of(lambda: create(videos))

    assert (error.failure, error.code, error.can_ask_again) == (Failure.AMBIGUOUS, code, False)
    assert error.usage is not None
    assert error.usage.cost_usd_micros == 280_000  # four seconds that may have been bought
    assert error.usage.details["isEstimate"]
    assert sum(gemini_films.purchases.values()) == 1
    assert len(gemini_films.asked_for("films/create")) == 1


def test_a_film_that_broke_at_the_vendor_after_it_was_accepted_is_not_asked_for_again(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.will(films.accepts_and_fails)

    assert not failure_of(lambda: create(videos)).can_ask_again
    assert len(gemini_films.requests) == 1


def test_a_hanging_vendor_is_left_when_the_time_is_over(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.will(films.accepts_and_hangs)

    error = failure_of(lambda: create(videos, timeout_s=0.5))

    assert (error.failure, error.code) == (Failure.AMBIGUOUS, "timeout")
    assert not error.can_ask_again
    gemini_films.wait_until(lambda: gemini_films.hung_up == 1)


def test_a_vendor_that_cannot_be_reached_began_nothing() -> None:
    with GeminiFilms() as gone:
        root = gone.root

    error = failure_of(lambda: create(GeminiVideos(root, KEY)))

    assert (error.failure, error.code) == (Failure.TRANSIENT, "server_error")
    assert error.can_ask_again


def test_a_request_is_not_sent_on_to_where_a_redirect_leads(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    there = f"{gemini_films.root}/v1beta/interactions"
    gemini_films.will(lambda exchange: exchange.answer(307, b"", {"Location": there}))

    assert failure_of(lambda: create(videos)).failure is Failure.CONFIGURATION
    assert len(gemini_films.requests) == 1


def test_a_request_that_cannot_be_written_is_our_own_mistake_and_buys_nothing(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    nameless = Ask(cast("str", object()))

    error = failure_of(lambda: videos.create(ASKED, ask=nameless, told=lambda _, words: None))

    assert (error.failure, error.can_ask_again) == (Failure.BUG, False)
    assert not gemini_films.requests


PASSING = [
    trouble.resets_unsold,
    gemini.fails_with(500, "INTERNAL"),
    gemini.is_overloaded,
    gemini.is_busy,
    trouble.answers_raw(b"<html>", 502),
    trouble.answers_raw(b"{"),
    trouble.answers_raw(b"[1]"),
    trouble.answers_cut_off,
    trouble.answers_raw(b'{"a": 1, ' + b'"' + b"k" * 5_000_000),
]


@pytest.mark.parametrize("operation", ["films/look", "films/file"])
@pytest.mark.parametrize("behaviour", PASSING)
def test_a_look_that_is_lost_can_be_repeated_and_the_film_goes_on(
    gemini_films: GeminiFilms, videos: GeminiVideos, behaviour: Behaviour, operation: str
) -> None:
    ref = create(videos)
    gemini_films.will(behaviour, to=operation)

    error = failure_of(lambda: videos.look(ref, timeout_s=10))

    assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, True)
    assert videos.look(ref, timeout_s=10).status == "completed"


def test_a_look_at_a_hanging_vendor_ends_in_time(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = create(videos)
    gemini_films.will(trouble.hangs, to="films/look")

    error = failure_of(lambda: videos.look(ref, timeout_s=0.5))

    assert (error.failure, error.code, error.can_ask_again) == (Failure.TRANSIENT, "timeout", True)


def test_a_film_that_gemini_does_not_know_is_gone_and_a_wrong_key_is_the_operators_matter(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    assert isinstance(failure_of(lambda: videos.look("v1_other", timeout_s=10)), FilmGone)

    ref = create(videos)
    gemini_films.will(gemini.knows_no_such_key, to="films/look")
    error = failure_of(lambda: videos.look(ref, timeout_s=10))
    assert (error.failure, error.can_ask_again) == (Failure.CONFIGURATION, False)


@pytest.mark.parametrize("behaviour", [gemini.is_overloaded, trouble.resets_unsold])
def test_a_cancel_that_was_not_heard_may_be_repeated(
    gemini_films: GeminiFilms, videos: GeminiVideos, behaviour: Behaviour
) -> None:
    gemini_films.becomes(Fate(looks=None))
    ref = create(videos)
    gemini_films.will(behaviour, to="films/cancel")

    assert failure_of(lambda: videos.cancel(ref, timeout_s=10)).can_ask_again
    videos.cancel(ref, timeout_s=10)
    assert gemini_films.films[ref].status == "cancelled"


SAYS: list[Behaviour] = [
    gemini.is_busy,
    gemini.knows_no_such_key,
    REFUSED[0],
    REFUSED[8],
    errs(400, "x y"),
    lambda exchange: exchange.answer(500, trouble.SECRET.encode()),
]


@pytest.mark.parametrize("behaviour", SAYS)
def test_nothing_that_the_vendor_says_goes_on(
    gemini_films: GeminiFilms,
    videos: GeminiVideos,
    behaviour: Behaviour,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    gemini_films.will(behaviour)

    error = failure_of(lambda: create(videos))

    told = " ".join([str(error), repr(error), error.words, *(error.suggestions or ()), caplog.text])
    assert "secret" not in told.lower()
    assert KEY not in told


def test_the_whole_time_is_kept_where_an_answer_comes_drop_by_drop(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = create(videos)

    def drips(exchange: Exchange) -> None:
        exchange.begin_stream()
        while not exchange.is_deserted():
            exchange.raw(b" ")

    gemini_films.will(drips, to="films/look")
    began = time.monotonic()

    error = failure_of(lambda: videos.look(ref, timeout_s=0.5))

    assert error.code == "timeout"
    assert time.monotonic() - began < 30
