"""What a vendor's failure means for a step: its class, whether to ask again, what it cost."""

from __future__ import annotations

import time

import pytest

from generation.errors import WORDS, Failure, RequestRefused
from generation.prompts import prompt_of
from generation.providers import step_failures
from generation.providers.step_failures import CONTENT_WORDS, TOO_MUCH_WORDS, UNREADABLE_WORDS
from tests.fakes import trouble
from tests.fakes.openai_script import USAGE, fails_inside, is_incomplete, refuses_in_words, says
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.trouble import refuses
from tests.fakes.vendor import KEY, Behaviour
from tests.providers.steps_asked import Steps, analysed, failure_of, recoloured, steps_of
from tests.servers import free_port

ASKED = {"words": analysed, "picture": recoloured}


@pytest.fixture(params=["openai", "custom"])
def steps(request: pytest.FixtureRequest, chat_vendor: OpenAIServer) -> Steps:
    """Each provider in turn."""
    return steps_of(request.param, chat_vendor)


@pytest.fixture
def openai_steps(chat_vendor: OpenAIServer) -> Steps:
    """OpenAI, whose answers tell of failures in ways of their own."""
    return steps_of("openai", chat_vendor)


ANSWERED = [
    (trouble.is_busy(), Failure.TRANSIENT, True, "rate_limit_exceeded"),
    (trouble.is_overloaded("7"), Failure.TRANSIENT, True, "server_is_overloaded"),
    (trouble.fails, Failure.TRANSIENT, True, "server_error"),
    (refuses(408, kind="timeout"), Failure.TRANSIENT, True, "timeout"),
    (refuses(409, kind="conflict"), Failure.TRANSIENT, True, "conflict"),
    (refuses(425, kind="too_early"), Failure.TRANSIENT, True, "too_early"),
    (refuses(529, kind="overloaded_error"), Failure.TRANSIENT, True, "overloaded_error"),
    (lambda e: e.answer(502, b"<html>Bad gateway</html>"), Failure.TRANSIENT, True, ""),
    (trouble.has_no_quota, Failure.QUOTA, False, "insufficient_quota"),
    (refuses(402, kind="payment"), Failure.QUOTA, False, "payment"),
    (refuses(429, code="billing_hard_limit_reached"), Failure.QUOTA, False, None),
    (trouble.knows_no_such_key, Failure.CONFIGURATION, False, "invalid_api_key"),
    (trouble.knows_no_such_model, Failure.CONFIGURATION, False, "model_not_found"),
    (refuses(403, kind="permission_error"), Failure.CONFIGURATION, False, "permission_error"),
    (refuses(501, kind="not_implemented"), Failure.CONFIGURATION, False, "not_implemented"),
    (refuses(400, code="unsupported_value", param="quality"), Failure.CONFIGURATION, False, None),
    (refuses(400, param="model"), Failure.CONFIGURATION, False, "invalid_request_error"),
    (refuses(307, headers={"Location": "http://127.0.0.1:9/"}), Failure.CONFIGURATION, False, None),
    (trouble.refuses_content, Failure.USER_INPUT, False, "content_policy_violation"),
    (trouble.blocks_picture, Failure.USER_INPUT, False, "moderation_blocked"),
    (refuses(400, code="invalid_prompt"), Failure.USER_INPUT, False, "invalid_prompt"),
    (refuses(400, kind="image_generation_user_error"), Failure.USER_INPUT, False, ""),
    (refuses(400, code="invalid_image_format"), Failure.USER_INPUT, False, ""),
    (refuses(400, code="context_length_exceeded"), Failure.USER_INPUT, False, ""),
    (refuses(413, kind="too_large"), Failure.USER_INPUT, False, ""),
    (refuses(400, code="invalid_value", param="input"), Failure.BUG, False, "invalid_value"),
]


@pytest.mark.parametrize(
    ("provider", "asked"), [("openai", "words"), ("openai", "picture"), ("custom", "words")]
)
@pytest.mark.parametrize(("behaviour", "failure", "again", "code"), ANSWERED)
def test_an_error_is_read_by_its_code_and_asked_again_where_it_passes(
    chat_vendor: OpenAIServer,
    behaviour: Behaviour,
    failure: Failure,
    again: bool,
    code: str | None,
    provider: str,
    asked: str,
) -> None:
    chat_vendor.will(behaviour)
    error = failure_of(ASKED[asked], steps_of(provider, chat_vendor))
    assert (error.failure, error.can_ask_again) == (failure, again)
    assert code is None or error.code == code
    assert len(chat_vendor.requests) == 1
    assert chat_vendor.bought == 0
    assert error.usage is None
    told = {"words": "base-views/analyze", "picture": "regenerate"}[asked]
    assert error.prompt_version == prompt_of(told).version


def test_a_busy_vendors_delay_is_passed_on(chat_vendor: OpenAIServer, steps: Steps) -> None:
    chat_vendor.will(trouble.is_busy("17"))
    assert failure_of(analysed, steps).retry_after_s == 17
    chat_vendor.will(refuses(429, headers={"retry-after-ms": "250"}))
    assert failure_of(recoloured, steps).retry_after_s == 0.25


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(
    "behaviour", [trouble.hangs, trouble.resets, trouble.answers_cut_off], ids=lambda b: b.__name__
)
def test_a_request_without_an_answer_may_have_been_bought(
    chat_vendor: OpenAIServer, steps: Steps, behaviour: Behaviour, asked: str
) -> None:
    chat_vendor.will(behaviour)
    began = time.monotonic()
    error = failure_of(ASKED[asked], steps, timeout_s=0.5)
    assert time.monotonic() - began < 30
    assert (error.failure, error.can_ask_again) == (Failure.AMBIGUOUS, False)
    chat_vendor.wait_until(lambda: chat_vendor.bought == 1)
    assert len(chat_vendor.requests) == 1
    assert error.usage is not None
    assert error.usage.details == {"isEstimate": True}
    assert 1_000 < error.usage.cost_usd_micros < 200_000


def test_a_dripping_answer_ends_at_the_deadline(chat_vendor: OpenAIServer, steps: Steps) -> None:
    def drips(exchange: object) -> None:
        exchange.sell()  # type: ignore[attr-defined]
        exchange.begin_stream()  # type: ignore[attr-defined]
        while not exchange.is_deserted():  # type: ignore[attr-defined]
            exchange.raw(b" ")  # type: ignore[attr-defined]
            trouble.Gate().passes(0.02)

    chat_vendor.will(drips)
    began = time.monotonic()
    assert failure_of(analysed, steps, timeout_s=0.5).failure is Failure.AMBIGUOUS
    assert 0.4 < time.monotonic() - began < 30


def test_nobody_listening_means_that_nothing_was_bought() -> None:
    for make in ("openai", "custom"):
        nobody = OpenAIServerAddress(f"http://127.0.0.1:{free_port()}")
        error = failure_of(analysed, steps_of(make, nobody))  # type: ignore[arg-type]
        assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, True)
        assert error.usage is None


class OpenAIServerAddress:
    """Only an address."""

    def __init__(self, root: str) -> None:
        self.root = root


def test_a_connection_that_is_reset_at_once_is_asked_again_only_if_nothing_was_sent(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    chat_vendor.will_reset_connections()
    error = failure_of(analysed, steps)
    # The reset may come before or after the client has written to the connection.
    assert error.failure in (Failure.AMBIGUOUS, Failure.TRANSIENT)
    assert error.can_ask_again is (error.failure is Failure.TRANSIENT)


def test_a_key_that_no_header_takes_is_a_matter_of_configuration(
    chat_vendor: OpenAIServer,
) -> None:
    for provider in ("openai", "custom"):
        error = failure_of(analysed, steps_of(provider, chat_vendor, key=f"{KEY}\ntwo lines"))
        assert error.failure is Failure.CONFIGURATION
    assert chat_vendor.requests == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"17", b'"text"', b"[" * 100_000, b"\xff\xfe\x00"]
)
@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_that_is_no_answer_is_unusable_and_was_bought(
    chat_vendor: OpenAIServer, steps: Steps, content: bytes, asked: str
) -> None:
    chat_vendor.will(trouble.answers_raw(content))
    error = failure_of(ASKED[asked], steps)
    assert error.failure is Failure.MALFORMED_OUTPUT
    assert str(error).startswith("The answer ")
    assert error.usage is not None
    assert error.usage.cost_usd_micros > 0


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("Sorry, here it is in words.", "the answer: Invalid JSON"),
        ('{"hasProduct": true, "materials": [', "the answer: Invalid JSON"),
        ({"hasProduct": True}, "materials: Field required"),
    ],
)
def test_json_that_does_not_fit_is_complained_of_and_its_cost_is_kept(
    chat_vendor: OpenAIServer, steps: Steps, answer: object, complaint: str
) -> None:
    chat_vendor.will(says(answer))
    error = failure_of(analysed, steps)
    assert error.failure is Failure.MALFORMED_OUTPUT
    assert complaint in str(error)
    assert error.usage is not None
    assert (error.usage.prompt_tokens, error.usage.completion_tokens) == (1_200, 300)
    assert error.usage.cost_usd_micros == 2_700
    assert error.ref


def test_a_complaint_is_shown_to_the_model(chat_vendor: OpenAIServer, steps: Steps) -> None:
    analysed(steps, complaint="colors.0.hex: has to be #rrggbb")
    said = str(chat_vendor.requests[0].body)
    assert "could not be used" in said
    assert "colors.0.hex: has to be #rrggbb" in said


def test_an_answer_that_was_cut_short_is_unusable(chat_vendor: OpenAIServer, steps: Steps) -> None:
    chat_vendor.will(is_incomplete("max_output_tokens"))
    error = failure_of(analysed, steps)
    assert error.failure is Failure.MALFORMED_OUTPUT
    assert "shorter" in str(error)
    assert error.usage is not None
    assert error.usage.total_tokens > 0


def test_a_filter_that_ended_an_answer_is_a_refusal_with_a_code(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    chat_vendor.will(is_incomplete("content_filter"))
    error = failure_of(analysed, steps)
    assert (error.failure, error.code) == (Failure.USER_INPUT, "content_filter")
    assert error.words == CONTENT_WORDS
    assert error.usage is not None


def test_a_model_that_refuses_in_words_gives_no_code_and_its_words_stay_here(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    chat_vendor.will(refuses_in_words)
    error = failure_of(analysed, steps)
    assert (error.failure, error.code) == (Failure.USER_INPUT, "")
    assert error.words == CONTENT_WORDS
    assert error.usage is not None
    assert error.usage.total_tokens > 0


@pytest.mark.parametrize(
    ("code", "failure", "again"),
    [
        ("server_error", Failure.TRANSIENT, True),
        ("rate_limit_exceeded", Failure.TRANSIENT, True),
        ("insufficient_quota", Failure.QUOTA, False),
        ("data_residency_mismatch", Failure.CONFIGURATION, False),
        ("invalid_prompt", Failure.USER_INPUT, False),
        ("image_content_policy_violation", Failure.USER_INPUT, False),
        ("image_parse_error", Failure.USER_INPUT, False),
    ],
)
def test_a_response_that_failed_comes_with_status_200(
    chat_vendor: OpenAIServer, openai_steps: Steps, code: str, failure: Failure, again: bool
) -> None:
    chat_vendor.will(fails_inside(code))
    error = failure_of(analysed, openai_steps)
    assert (error.failure, error.can_ask_again) == (failure, again)
    assert error.ref.startswith("resp_")


def test_a_response_that_failed_after_it_cost_something_is_not_asked_again(
    chat_vendor: OpenAIServer, openai_steps: Steps
) -> None:
    chat_vendor.will(fails_inside("server_error", usage=USAGE))
    error = failure_of(analysed, openai_steps)
    assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, False)
    assert error.usage is not None
    assert error.usage.cost_usd_micros == 2_700


def test_an_error_object_in_a_200_is_an_error(chat_vendor: OpenAIServer, steps: Steps) -> None:
    chat_vendor.will(refuses(200, code="insufficient_quota"))
    assert failure_of(recoloured, steps).failure is Failure.QUOTA
    chat_vendor.will(lambda exchange: exchange.answer(200, {"error": {"code": 502}}))
    assert failure_of(analysed, steps).failure is Failure.TRANSIENT


def test_each_refusal_says_what_to_change() -> None:
    for code, words in {
        "moderation_blocked": CONTENT_WORDS,
        "image_too_small": UNREADABLE_WORDS,
        "string_above_max_length": TOO_MUCH_WORDS,
    }.items():
        error = step_failures.refusal_of({"code": code}, vendor="openai", status=400)
        assert error.failure is Failure.USER_INPUT
        assert error.words == words
        assert error.words != WORDS[Failure.USER_INPUT][0]
        assert error.suggestions


def test_a_model_server_says_that_there_is_no_product_or_no_way_to_make_the_change() -> None:
    kind = "image_generation_user_error"
    error = step_failures.refusal_of(
        {"code": "no_product", "type": kind}, vendor="custom", status=400
    )
    assert (error.failure, error.code, error.words) == (Failure.USER_INPUT, "NO_PRODUCT", "")
    error = step_failures.refusal_of(
        {"code": "edit_not_possible", "type": kind}, vendor="custom", status=400
    )
    assert isinstance(error, RequestRefused)
    assert (error.code, error.words) == ("", step_failures.NOT_POSSIBLE_WORDS)
