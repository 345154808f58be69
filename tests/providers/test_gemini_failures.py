"""What Gemini's refusals, blocks and breakdowns mean for a step, against a vendor on loopback."""

from __future__ import annotations

import gzip
import json
import logging

import pytest

from generation.errors import Failure, ProviderError
from generation.providers.gemini_steps import GeminiSteps
from generation.providers.protocols import Ask, Brief
from tests.fakes import gemini_script as gemini
from tests.fakes import trouble
from tests.fakes.gemini_vendor import GeminiVendor
from tests.fakes.vendor import KEY, Behaviour
from tests.providers.views import polo

IMAGE = Ask("gemini-nano-banana-2.1", timeout_s=10)
WORDS = Ask("gemini-3-flash", timeout_s=10)
BRIEF = Brief(words="a polo", category="tops", subcategory="polo")
PIXEL = gemini.pictures.png(gemini.pictures.np.zeros((70, 70, 3), gemini.pictures.np.uint8))


@pytest.fixture
def steps(gemini_images_vendor: GeminiVendor) -> GeminiSteps:
    """Gemini's steps with the vendor on loopback."""
    return GeminiSteps(gemini_images_vendor.root, KEY)


def picture_failure(steps: GeminiSteps, ask: Ask = IMAGE) -> ProviderError:
    """The error that a change of a picture ends with."""
    with pytest.raises(ProviderError) as raised:
        steps.edit_view(view=polo(), words="make it red", brief=BRIEF, seed=0, ask=ask)
    return raised.value


def words_failure(steps: GeminiSteps) -> ProviderError:
    """The error that an analysis ends with."""
    with pytest.raises(ProviderError) as raised:
        steps.analyze_view(view=polo(), brief=BRIEF, ask=WORDS)
    return raised.value


ANSWERED = [
    (gemini.fails_with(429, "RESOURCE_EXHAUSTED"), Failure.TRANSIENT, True),
    (gemini.is_busy, Failure.TRANSIENT, True),
    (gemini.is_overloaded, Failure.TRANSIENT, True),
    (gemini.fails_with(500, "INTERNAL"), Failure.TRANSIENT, True),
    (gemini.fails_with(504, "DEADLINE_EXCEEDED"), Failure.TRANSIENT, True),
    (trouble.answers_raw(b"<html>bad gateway</html>", 502), Failure.TRANSIENT, True),
    (gemini.has_no_quota, Failure.QUOTA, False),
    (gemini.knows_no_such_key, Failure.CONFIGURATION, False),
    (gemini.knows_no_such_model, Failure.CONFIGURATION, False),
    (gemini.fails_with(403, "PERMISSION_DENIED"), Failure.CONFIGURATION, False),
    (gemini.fails_with(400, "FAILED_PRECONDITION"), Failure.CONFIGURATION, False),
    (gemini.fails_with(400, "INVALID_ARGUMENT"), Failure.BUG, False),
]


@pytest.mark.parametrize(("behaviour", "failure", "again"), ANSWERED)
def test_an_error_is_read_by_its_codes_and_asked_again_where_it_passes(
    gemini_images_vendor: GeminiVendor,
    steps: GeminiSteps,
    behaviour: Behaviour,
    failure: Failure,
    again: bool,
) -> None:
    gemini_images_vendor.will(behaviour)

    error = picture_failure(steps)

    assert (error.failure, error.can_ask_again) == (failure, again)
    assert len(gemini_images_vendor.requests) == 1


def test_a_busy_vendors_own_delay_is_passed_on(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps
) -> None:
    gemini_images_vendor.will(gemini.is_busy)

    assert picture_failure(steps).retry_after_s == 7


CONTENT_CODES = (
    "SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION",
    "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
)  # fmt: skip


@pytest.mark.parametrize("code", CONTENT_CODES)
def test_a_stopped_answer_is_refused_content_with_its_code_and_its_own_words(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps, code: str
) -> None:
    gemini_images_vendor.will(gemini.stops(code), gemini.stops("SAFETY"))

    error, other = picture_failure(steps), picture_failure(steps)

    assert (error.failure, error.code) == (Failure.USER_INPUT, code)
    assert error.words
    assert error.suggestions
    assert code == "SAFETY" or error.words != other.words


@pytest.mark.parametrize("code", ["SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "IMAGE_SAFETY"])
def test_a_blocked_request_is_refused_content_with_its_code(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps, code: str
) -> None:
    gemini_images_vendor.will(gemini.blocks(code), gemini.blocks(code))

    assert (picture_failure(steps).code, words_failure(steps).code) == (code, code)


@pytest.mark.parametrize(
    "behaviour",
    [
        gemini.blocks("OTHER"),
        gemini.blocks("A_REASON_OF_NEXT_YEAR"),
        gemini.stops("OTHER"),
        gemini.stops("IMAGE_OTHER"),
        gemini.stops("LANGUAGE"),
    ],
)
def test_a_refusal_that_names_no_rule_is_borderline(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps, behaviour: Behaviour
) -> None:
    gemini_images_vendor.will(behaviour)

    error = picture_failure(steps)

    assert (error.failure, error.code) == (Failure.USER_INPUT, "")
    assert "without saying which rule" in error.words


UNUSABLE = [
    gemini.stops("NO_IMAGE"),
    gemini.stops("MAX_TOKENS"),
    gemini.stops("MALFORMED_RESPONSE"),
    gemini.stops("A_REASON_OF_NEXT_YEAR"),
    gemini.says("Here is the picture that you asked for."),
    gemini.paints(b"", draft=PIXEL),
    gemini.paints(b"%PDF-1.7", mime_type="application/pdf"),
    gemini.paints(PIXEL[:-40]),
    gemini.paints(b"RIFF0000WEBPnothing"),
    gemini.answers_nothing,
]


@pytest.mark.parametrize("behaviour", UNUSABLE)
def test_an_answer_without_a_usable_picture_is_malformed_and_its_cost_is_known(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps, behaviour: Behaviour
) -> None:
    gemini_images_vendor.will(behaviour)

    error = picture_failure(steps)

    assert error.failure is Failure.MALFORMED_OUTPUT
    assert error.usage is not None
    assert (error.usage.prompt_tokens, error.usage.completion_tokens) == (1290, 1200)
    assert error.ref == "resp-1"
    assert "picture" in str(error)


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        (gemini.says("no JSON"), "JSON"),
        (gemini.says('{"hasProduct": true}'), "materials"),
        (gemini.says('{"hasProduct": true, "mater', finish="MAX_TOKENS"), "cut off"),
        (gemini.says(""), "no text"),
        (gemini.stops("MALFORMED_RESPONSE"), "no text"),
    ],
)
def test_words_that_do_not_fit_are_malformed_and_tell_the_model_what_was_wrong(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps, behaviour: Behaviour, says: str
) -> None:
    gemini_images_vendor.will(behaviour)

    error = words_failure(steps)

    assert error.failure is Failure.MALFORMED_OUTPUT
    assert says in str(error)
    assert error.usage is not None
    assert error.usage.cost_usd_micros == 3387  # 1290 at 0.30 and 1200 at 2.50 a million


def test_a_picture_that_was_made_and_cannot_be_used_costs_all_the_same(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps
) -> None:
    gemini_images_vendor.will(gemini.paints(PIXEL[:-40]), gemini.stops("IMAGE_SAFETY"))

    broken, kept = picture_failure(steps).usage, picture_failure(steps).usage

    assert broken is not None
    assert kept is not None
    assert (broken.cost_usd_micros, kept.cost_usd_micros) == (34_000, 0)


def test_a_closed_account_is_the_operators_matter(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps
) -> None:
    gemini_images_vendor.will(gemini.stops("PUP_LIMITED_DISABLED"))

    assert picture_failure(steps).failure is Failure.CONFIGURATION


LOST = [
    (trouble.resets, Failure.AMBIGUOUS),
    (trouble.answers_cut_off, Failure.AMBIGUOUS),
    (trouble.answers_raw(b"{"), Failure.MALFORMED_OUTPUT),
    (trouble.answers_raw(b"[1, 2]"), Failure.MALFORMED_OUTPUT),
    (trouble.answers_raw(b'{"candidates": "many"}'), Failure.MALFORMED_OUTPUT),
    (trouble.answers_raw(b"\xff\xfe\x00"), Failure.MALFORMED_OUTPUT),
]


@pytest.mark.parametrize(("behaviour", "failure"), LOST)
def test_a_request_whose_answer_is_lost_is_bought_once_and_never_sent_again(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps, behaviour: Behaviour, failure: Failure
) -> None:
    gemini_images_vendor.will(behaviour)

    error = picture_failure(steps)

    assert (error.failure, error.can_ask_again) == (failure, False)
    assert gemini_images_vendor.bought == 1


def test_a_hanging_vendor_is_left_when_the_time_is_over(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps
) -> None:
    gemini_images_vendor.will(trouble.hangs)

    error = picture_failure(steps, Ask(IMAGE.model, timeout_s=0.3))

    assert (error.failure, error.can_ask_again) == (Failure.AMBIGUOUS, False)
    gemini_images_vendor.wait_until(lambda: gemini_images_vendor.hung_up == 1)


def test_a_connection_that_cannot_be_made_may_be_tried_again() -> None:
    with GeminiVendor(gemini.answers) as gone:
        root = gone.root

    error = picture_failure(GeminiSteps(root, KEY))

    assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, True)


def test_a_redirect_is_not_followed(gemini_images_vendor: GeminiVendor, steps: GeminiSteps) -> None:
    gemini_images_vendor.will(
        lambda exchange: exchange.answer(307, b"", {"Location": f"{gemini_images_vendor.root}/x"})
    )

    assert picture_failure(steps).failure is Failure.CONFIGURATION
    assert len(gemini_images_vendor.requests) == 1


def test_a_compressed_answer_is_read(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps
) -> None:
    body = {"candidates": [{"finishReason": "NO_IMAGE"}], "responseId": "packed"}
    gemini_images_vendor.will(
        lambda exchange: exchange.answer(
            200, gzip.compress(json.dumps(body).encode()), {"Content-Encoding": "gzip"}
        )
    )

    assert picture_failure(steps).ref == "packed"


def test_an_answer_that_wants_to_be_continued_is_not_asked_for_more(
    gemini_images_vendor: GeminiVendor, steps: GeminiSteps
) -> None:
    gemini_images_vendor.will(gemini.says('{"hasProduct":', finish="CONTINUATION"))

    assert words_failure(steps).failure is Failure.MALFORMED_OUTPUT
    assert gemini_images_vendor.bought == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        gemini.is_busy,
        gemini.knows_no_such_key,
        gemini.blocks("SAFETY"),
        gemini.stops("SAFETY"),
        gemini.fails_with(400, "INVALID_ARGUMENT", gemini.reason("x y")),
    ],
)
def test_nothing_that_the_vendor_says_goes_on(
    gemini_images_vendor: GeminiVendor,
    steps: GeminiSteps,
    behaviour: Behaviour,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    gemini_images_vendor.will(behaviour)

    error = picture_failure(steps)

    told = " ".join([str(error), repr(error), error.words, *(error.suggestions or ()), caplog.text])
    assert "secret" not in told.lower()
    assert KEY not in told
    assert error.__cause__ is None
