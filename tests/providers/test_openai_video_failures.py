"""What goes wrong with a film at its vendor: its class, our code, and what is never done twice."""

from __future__ import annotations

import time
from typing import Any

import pytest

from generation.errors import Failure
from generation.providers.film_failures import CODES, WORDS, FilmGone, failed_film
from generation.providers.openai_video import OpenAIVideo
from tests.fakes import film_contents, openai_films, trouble
from tests.fakes.openai_films import Fate, FilmServer, tells
from tests.fakes.vendor import KEY, Behaviour, Gate
from tests.providers.films_asked import created, failure_of, fetched, maker_of

CREATE, LOOK, CONTENT, DELETE = "videos/create", "videos/look", "videos/content", "videos/delete"


@pytest.fixture
def maker(film_vendor: FilmServer) -> OpenAIVideo:
    return maker_of(film_vendor)


# What happens to a creation; its class, our code, whether it may be sent again.
REFUSED: dict[str, tuple[Behaviour, Failure, str, bool]] = {
    "busy": (trouble.is_busy(), Failure.TRANSIENT, "rate_limit_exceeded", True),
    "overloaded": (trouble.is_overloaded(), Failure.TRANSIENT, "server_error", True),
    "503 of a proxy": (trouble.answers_raw(b"no", 503), Failure.TRANSIENT, "server_error", True),
    "no quota": (trouble.has_no_quota, Failure.QUOTA, "insufficient_quota", False),
    "billing": (
        trouble.refuses(400, code="billing_hard_limit_reached"),
        Failure.QUOTA,
        "insufficient_quota",
        False,
    ),
    "payment": (trouble.refuses(402), Failure.QUOTA, "insufficient_quota", False),
    "blocked": (trouble.blocks_picture, Failure.USER_INPUT, "moderation_blocked", False),
    "content": (trouble.refuses_content, Failure.USER_INPUT, "moderation_blocked", False),
    "a 403 for content": (
        trouble.refuses(403, code="moderation_blocked"),
        Failure.USER_INPUT,
        "moderation_blocked",
        False,
    ),
    "long words": (
        trouble.refuses(400, code="string_above_max_length", param="prompt"),
        Failure.USER_INPUT,
        "invalid_request",
        False,
    ),
    "words": (trouble.refuses(400, param="prompt"), Failure.USER_INPUT, "invalid_request", False),
    "length": (
        trouble.refuses(400, code="unsupported_value", param="seconds"),
        Failure.USER_INPUT,
        "invalid_request",
        False,
    ),
    "size": (trouble.refuses(422, param="size"), Failure.USER_INPUT, "invalid_request", False),
    "photo": (
        trouble.refuses(400, code="invalid_image", param="input_reference"),
        Failure.USER_INPUT,
        "invalid_request",
        False,
    ),
    "too large": (trouble.refuses(413), Failure.USER_INPUT, "invalid_request", False),
    "its own word": (
        trouble.refuses(400, code="invalid_request"),
        Failure.USER_INPUT,
        "invalid_request",
        False,
    ),
    "something": (trouble.refuses(400), Failure.BUG, "invalid_request", False),
    "key": (trouble.knows_no_such_key, Failure.CONFIGURATION, "server_error", False),
    "model": (trouble.knows_no_such_model, Failure.CONFIGURATION, "server_error", False),
    "unfit model": (
        trouble.refuses(400, param="model"),
        Failure.CONFIGURATION,
        "server_error",
        False,
    ),
    "no interface": (
        trouble.refuses(501, kind="its_own"),
        Failure.CONFIGURATION,
        "server_error",
        False,
    ),
    "not here": (trouble.answers_raw(b"<html>", 404), Failure.CONFIGURATION, "server_error", False),
    "fails": (trouble.fails, Failure.TRANSIENT, "server_error", False),
    "gateway": (trouble.answers_raw(b"<html>", 502), Failure.AMBIGUOUS, "server_error", False),
    "gave up": (trouble.answers_raw(b"", 504), Failure.AMBIGUOUS, "timeout", False),
    "cloud": (trouble.answers_raw(b"<html>", 524), Failure.AMBIGUOUS, "timeout", False),
    "reset": (trouble.resets_unsold, Failure.AMBIGUOUS, "timeout", False),
    "taken, reset": (openai_films.accepts_and_resets, Failure.AMBIGUOUS, "timeout", False),
    "taken, 500": (openai_films.accepts_and_fails, Failure.TRANSIENT, "server_error", False),
    "taken, mumbled": (
        openai_films.accepts_and_mumbles,
        Failure.MALFORMED_OUTPUT,
        "server_error",
        False,
    ),
    "cut off": (trouble.answers_cut_off, Failure.AMBIGUOUS, "timeout", False),
    "no id": (tells(id=None), Failure.MALFORMED_OUTPUT, "server_error", False),
    "dots for an id": (tells(id=".."), Failure.MALFORMED_OUTPUT, "server_error", False),
    "a long id": (tells(id="v" * 201), Failure.MALFORMED_OUTPUT, "server_error", False),
    "a list": (trouble.answers_raw(b"[]"), Failure.MALFORMED_OUTPUT, "server_error", False),
    "nothing": (trouble.answers_raw(b""), Failure.MALFORMED_OUTPUT, "server_error", False),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_creation_that_fails_is_classified_and_sent_once(
    maker: OpenAIVideo, film_vendor: FilmServer, name: str
) -> None:
    behaviour, failure, code, can_ask_again = REFUSED[name]
    film_vendor.always(behaviour, to=CREATE)
    error = failure_of(created, maker)
    assert (error.failure, error.code, error.can_ask_again) == (failure, code, can_ask_again)
    assert len(film_vendor.asked_for(CREATE)) == 1
    assert error.words == WORDS[error.code][0]  # type: ignore[index]
    assert KEY not in f"{error} {error.words}"
    assert "secret" not in f"{error} {error.words}"


@pytest.mark.parametrize("name", ["taken, reset", "taken, mumbled", "gave up"])
def test_what_may_have_been_bought_has_an_estimate_of_its_cost(
    maker: OpenAIVideo, film_vendor: FilmServer, name: str
) -> None:
    film_vendor.always(REFUSED[name][0], to=CREATE)
    usage = failure_of(created, maker, seconds=8).usage
    assert usage is not None
    assert usage.cost_usd_micros == 800_000
    assert usage.details == {"seconds": 8, "isEstimate": True}


@pytest.mark.parametrize("told", ["7", "0.5"])
def test_how_long_to_wait_is_told(maker: OpenAIVideo, film_vendor: FilmServer, told: str) -> None:
    film_vendor.always(trouble.is_busy(told), to=CREATE)
    assert failure_of(created, maker).retry_after_s == float(told)


def test_a_vendor_that_is_not_there_was_asked_for_nothing() -> None:
    maker = OpenAIVideo("http://127.0.0.1:9/v1", "")
    error = failure_of(created, maker)
    assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, True)


def test_a_vendor_that_hangs_is_left_at_the_deadline(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    film_vendor.always(openai_films.accepts_and_hangs, to=CREATE)
    began = time.monotonic()
    error = failure_of(created, maker, timeout_s=0.4)
    assert time.monotonic() - began < 30
    assert (error.failure, error.code) == (Failure.AMBIGUOUS, "timeout")
    film_vendor.wait_until(lambda: film_vendor.hung_up == 1)
    assert film_vendor.bought == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_creation_is_not_sent_on(
    maker: OpenAIVideo, film_vendor: FilmServer, status: int
) -> None:
    again = {"Location": f"{film_vendor.root}/v1/videos"}
    film_vendor.always(lambda exchange: exchange.answer(status, b"", again), to=CREATE)
    assert failure_of(created, maker).failure is Failure.CONFIGURATION
    assert len(film_vendor.requests) == 1


@pytest.mark.parametrize("told", ["video/1?a=b#c", "video 1", "../files", "vidéo"])
def test_a_reference_leads_nowhere_else(
    maker: OpenAIVideo, film_vendor: FilmServer, told: str
) -> None:
    film_vendor.will(tells(id=told), to=CREATE)
    if told.isascii() and " " not in told:
        assert created(maker).ref == told
        error = failure_of(fetched, maker, told)
        assert error.code == "server_error"
        assert "/v1/videos/" in film_vendor.requests[-1].path
        assert film_vendor.requests[-1].path.endswith("/content")
        assert film_vendor.requests[-1].path.count("/") == 4
    else:
        assert failure_of(created, maker).failure is Failure.MALFORMED_OUTPUT


@pytest.mark.parametrize(
    ("told", "status", "progress"),
    [
        ({"status": "in_progress", "progress": 40}, "in_progress", 40),
        ({"status": "in_progress", "progress": 100}, "in_progress", 99),
        ({"status": "in_progress", "progress": -5}, "in_progress", 0),
        ({"status": "in_progress", "progress": 33.4}, "in_progress", 33),
        ({"status": "in_progress", "progress": None}, "in_progress", 0),
        ({"status": "in_progress", "progress": True}, "in_progress", 0),
        ({"status": "in_progress", "progress": 10**40}, "in_progress", 99),
        ({"status": "completed", "progress": 3}, "completed", 100),
        ({"status": "cancelled"}, "canceled", 0),
    ],
)
def test_progress_is_a_percent_whatever_is_told(
    maker: OpenAIVideo, film_vendor: FilmServer, told: dict[str, Any], status: str, progress: int
) -> None:
    film_vendor.becomes(Fate(looks=None))
    ref = created(maker).ref
    film_vendor.will(tells(**told), to=LOOK)
    state = maker.look(ref, timeout_s=5)
    assert (state.status, state.progress) == (status, progress)


def test_a_creation_that_is_taken_keeps_its_reference_whatever_else_is_told(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    film_vendor.will(tells(status="pondering", progress="much"), to=CREATE)
    state = created(maker)
    assert state.status == "queued"
    assert maker.look(state.ref, timeout_s=5).status == "completed"


def test_a_film_that_fails_at_once_says_so(maker: OpenAIVideo, film_vendor: FilmServer) -> None:
    error = {"code": "moderation_blocked", "message": trouble.SECRET}
    film_vendor.will(tells(status="failed", error=error), to=CREATE)
    state = created(maker)
    assert (state.status, state.code) == ("failed", "moderation_blocked")
    assert state.words == "Your request was blocked by our moderation system."


# What failed films tell, and our code for it.
FAILED = {
    "moderation_blocked": "moderation_blocked",
    "content_policy_violation": "moderation_blocked",
    "invalid_request": "invalid_request",
    "rate_limit_exceeded": "rate_limit_exceeded",
    "slow_down": "rate_limit_exceeded",
    "insufficient_quota": "insufficient_quota",
    "billing_hard_limit_reached": "insufficient_quota",
    "server_error": "server_error",
    "timeout": "timeout",
    "video_generation_failed": "server_error",
    "a sentence that is no code": "server_error",
}


@pytest.mark.parametrize("code", FAILED)
def test_a_film_that_fails_on_the_way_has_one_of_six_codes(
    maker: OpenAIVideo, film_vendor: FilmServer, code: str
) -> None:
    film_vendor.becomes(Fate(looks=2, code=code))
    ref = created(maker).ref
    assert maker.look(ref, timeout_s=5).status == "in_progress"
    state = maker.look(ref, timeout_s=5)
    assert (state.status, state.code, state.ref) == ("failed", FAILED[code], ref)
    assert state.words == WORDS[FAILED[code]][0]  # type: ignore[index]
    assert "secret" not in f"{state.words} {state.message}"


@pytest.mark.parametrize("error", [None, "", [], 7, {}, {"code": None}, {"code": {"a": 1}}, "bad"])
def test_whatever_a_failed_film_tells_it_has_failed(error: Any) -> None:
    state = failed_film("video_1", error, vendor="custom")
    assert (state.status, state.code) == ("failed", "server_error")


LOOKED: dict[str, tuple[Behaviour, Failure, bool]] = {
    "fails": (trouble.fails, Failure.TRANSIENT, True),
    "busy": (trouble.is_busy("3"), Failure.TRANSIENT, True),
    "gateway": (trouble.answers_raw(b"", 504), Failure.TRANSIENT, True),
    "reset": (trouble.resets_unsold, Failure.TRANSIENT, True),
    "cut off": (trouble.answers_cut_off, Failure.TRANSIENT, True),
    "key": (trouble.knows_no_such_key, Failure.CONFIGURATION, False),
    "html": (trouble.answers_raw(b"<html>"), Failure.MALFORMED_OUTPUT, False),
    "another film": (tells(id="video_of_somebody"), Failure.MALFORMED_OUTPUT, False),
    "no film": (tells(id=None), Failure.MALFORMED_OUTPUT, False),
    "unknown status": (tells(status="pondering"), Failure.MALFORMED_OUTPUT, False),
    "404 of a proxy": (trouble.answers_raw(b"<html>", 404), Failure.CONFIGURATION, False),
}


@pytest.mark.parametrize("name", LOOKED)
def test_a_look_that_fails_says_nothing_of_the_film(
    maker: OpenAIVideo, film_vendor: FilmServer, name: str
) -> None:
    ref = created(maker).ref
    behaviour, failure, can_ask_again = LOOKED[name]
    film_vendor.will(behaviour, to=LOOK)
    error = failure_of(maker.look, ref, timeout_s=5)
    assert (error.failure, error.can_ask_again) == (failure, can_ask_again)
    assert error.code in CODES
    assert maker.look(ref, timeout_s=5).status == "completed"
    assert film_vendor.sold[CREATE] == 1


def test_a_look_has_its_deadline(maker: OpenAIVideo, film_vendor: FilmServer) -> None:
    ref = created(maker).ref
    film_vendor.will(trouble.held(Gate(), trouble.fails), to=LOOK)
    error = failure_of(maker.look, ref, timeout_s=0.3)
    assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, True)


def test_a_film_that_the_vendor_does_not_know_is_told_from_one_that_failed(
    maker: OpenAIVideo, film_vendor: FilmServer
) -> None:
    ref = created(maker).ref
    del film_vendor.films[ref]
    with pytest.raises(FilmGone):
        maker.look(ref, timeout_s=5)
    error = failure_of(fetched, maker, ref)
    assert (error.failure, error.can_ask_again) == (Failure.MALFORMED_OUTPUT, False)


FETCHED: dict[str, tuple[film_contents.Content, Failure, bool]] = {
    "cut off": (film_contents.cut_off, Failure.TRANSIENT, True),
    "elsewhere": (film_contents.elsewhere, Failure.CONFIGURATION, False),
    "squeezed": (film_contents.squeezed, Failure.MALFORMED_OUTPUT, False),
}


@pytest.mark.parametrize("name", FETCHED)
def test_a_film_that_does_not_come_whole_is_an_error(
    maker: OpenAIVideo, film_vendor: FilmServer, name: str
) -> None:
    content, failure, can_ask_again = FETCHED[name]
    film_vendor.becomes(Fate(content=content))
    ref = completed(maker)
    error = failure_of(fetched, maker, ref)
    assert (error.failure, error.can_ask_again) == (failure, can_ask_again)
    assert len(film_vendor.asked_for(CONTENT)) == 1


def completed(maker: OpenAIVideo) -> str:
    ref = created(maker).ref
    assert maker.look(ref, timeout_s=5).status == "completed"
    return ref
