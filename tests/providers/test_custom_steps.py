"""Servers that speak OpenAI's interfaces in part."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from generation.errors import Failure
from tests.fakes import trouble
from tests.fakes.chat_script import Answer
from tests.fakes.openai_script import answers_well, draws, draws_elsewhere, draws_nothing, says
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.step_answers import good_answer
from tests.fakes.step_pictures import in_format, invented
from tests.fakes.vendor import Exchange
from tests.providers.steps_asked import Steps, analysed, failure_of, recoloured, steps_of


@pytest.fixture
def steps(chat_vendor: OpenAIServer) -> Steps:
    return steps_of("custom", chat_vendor)


@pytest.fixture(params=["openai", "custom"])
def any_steps(request: pytest.FixtureRequest, chat_vendor: OpenAIServer) -> Steps:
    return steps_of(request.param, chat_vendor)


def knows_forms(*known: str, param: str | None = "response_format") -> Any:
    """A server that takes these forms of an answer, and refuses the others."""

    def behave(exchange: Exchange) -> None:
        form = exchange.asked.body.get("response_format", {}).get("type", "none")
        if form in known:
            answers_well(exchange)
        else:
            trouble.refuses(400, param=param)(exchange)

    return behave


def forms_asked(vendor: OpenAIServer) -> list[str]:
    return [asked.body.get("response_format", {}).get("type", "none") for asked in vendor.requests]


@pytest.mark.parametrize("param", ["response_format", "response_format.type", None])
def test_a_server_without_schemas_is_asked_for_json_and_that_is_remembered(
    chat_vendor: OpenAIServer, steps: Steps, param: str | None
) -> None:
    chat_vendor.always(knows_forms("json_object", param=param))
    assert analysed(steps).data["materials"]
    analysed(steps)
    assert forms_asked(chat_vendor) == ["json_schema", "json_object", "json_object"]
    system = chat_vendor.requests[1].body["messages"][0]["content"]
    assert "The JSON schema of the answer, analysis_v1:" in system
    assert chat_vendor.sold == {"base-views/analyze": 2}


def test_a_server_that_knows_no_forms_is_told_in_words(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    chat_vendor.always(knows_forms("none"))
    assert analysed(steps).data["materials"]
    assert forms_asked(chat_vendor) == ["json_schema", "json_object", "none"]


def test_a_server_that_takes_nothing_is_found_out_and_nothing_is_remembered(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    chat_vendor.always(knows_forms())
    assert failure_of(analysed, steps).failure is Failure.BUG
    chat_vendor.always(answers_well)
    analysed(steps)
    assert forms_asked(chat_vendor) == ["json_schema", "json_object", "none", "json_schema"]


def test_a_refusal_of_something_else_is_no_reason_to_ask_otherwise(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    chat_vendor.will(trouble.refuses(400, param="messages[1].content"))
    assert failure_of(analysed, steps).failure is Failure.BUG
    chat_vendor.will(trouble.refuses_content)
    assert failure_of(analysed, steps).failure is Failure.USER_INPUT
    assert forms_asked(chat_vendor) == ["json_schema", "json_schema"]


def test_an_answer_may_come_in_a_fence(chat_vendor: OpenAIServer, steps: Steps) -> None:
    answer = good_answer("base-views/analyze", {}, [])
    chat_vendor.will(says(f"```json\n{json.dumps(answer)}\n```"))
    assert analysed(steps).data["materials"]


def test_a_server_that_tells_no_usage_costs_nothing_that_we_know(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    chat_vendor.will(says(good_answer("base-views/analyze", {}, []), usage=None))
    assert analysed(steps).usage.total_tokens == 0


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_draws_nothing_is_a_matter_of_configuration(
    chat_vendor: OpenAIServer, steps: Steps, status: int
) -> None:
    chat_vendor.will(trouble.refuses(status, kind="a_type_of_its_own"))
    error = failure_of(recoloured, steps)
    assert (error.failure, error.can_ask_again) == (Failure.CONFIGURATION, False)


def test_an_address_is_no_picture_and_is_not_followed(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    chat_vendor.will(draws_elsewhere)
    assert failure_of(recoloured, steps).failure is Failure.CONFIGURATION


@pytest.mark.parametrize(
    "behaviour",
    [
        draws_nothing,
        draws(b""),
        draws(b"not a picture"),
        draws(invented("")[:2_000]),
        draws(data=[{"b64_json": "%%%"}]),
        draws(data=[{"b64_json": None}]),
        draws(data={}),
    ],
)
def test_a_picture_that_is_none_is_unusable_and_its_cost_is_kept(
    chat_vendor: OpenAIServer, any_steps: Steps, behaviour: Any
) -> None:
    chat_vendor.will(behaviour)
    error = failure_of(recoloured, any_steps)
    assert error.failure is Failure.MALFORMED_OUTPUT
    assert str(error).startswith("The ")
    assert error.usage is not None
    assert error.usage.cost_usd_micros == 127_200


@pytest.mark.parametrize("extension", [".png", ".webp", ".jpg"])
def test_a_picture_in_any_format_is_written_anew(
    chat_vendor: OpenAIServer, any_steps: Steps, extension: str
) -> None:
    theirs = in_format(invented("a polo"), extension)
    chat_vendor.will(draws(theirs + b"<script>trailing</script>"))
    answer = recoloured(any_steps)
    assert (answer.data["width"], answer.data["height"]) == (1024, 1024)
    assert answer.images["image.jpg"].startswith(b"\xff\xd8\xff")
    assert b"trailing" not in answer.images["image.jpg"]


def test_a_picture_may_be_wrapped_in_lines_or_come_as_an_address_that_holds_it(
    chat_vendor: OpenAIServer, steps: Steps
) -> None:
    plain = base64.b64encode(invented("a polo")).decode()
    wrapped = "\n".join(plain[at : at + 76] for at in range(0, len(plain), 76))
    for told in (wrapped, f"data:image/png;base64,{plain}"):
        chat_vendor.will(draws(data=[{"b64_json": told}]))
        assert recoloured(steps).data["width"] == 1024


def test_words_may_come_in_parts(chat_vendor: OpenAIServer, steps: Steps) -> None:
    text = json.dumps(good_answer("base-views/analyze", {}, []))
    parts = [{"type": "text", "text": text[:50]}, {"type": "text", "text": text[50:]}]
    chat_vendor.will(Answer(message={"content": parts}))
    assert analysed(steps).data["materials"]


@pytest.mark.parametrize(
    "choices", [[], None, [{}], [{"message": None}], [{"message": {"content": None}}], "text"]
)
def test_a_completion_without_words_is_unusable(
    chat_vendor: OpenAIServer, steps: Steps, choices: Any
) -> None:
    chat_vendor.will(trouble.answers_raw(json.dumps({"id": "c-1", "choices": choices}).encode()))
    error = failure_of(analysed, steps)
    assert (error.failure, error.ref) == (Failure.MALFORMED_OUTPUT, "c-1")
