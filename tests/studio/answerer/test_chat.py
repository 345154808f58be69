"""The answerer in the words of chat completions: whole, in pieces, cut, in JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from generation.providers.protocols import Chat, Chunk
from generation.providers.studio.answerer import Answerer
from generation.providers.studio.answerer.tokeniser import count_request, count_text, encode
from tests.studio.answerer.pack import HOODIE, answer, request

SLEEVE = "How long is the sleeve?"


def whole(text: Any = SLEEVE, **options: Any) -> Any:
    return Answerer().complete(request(text, **options), timeout_s=5)


def streamed(text: Any = SLEEVE, **options: Any) -> list[Chunk]:
    return list(Answerer().stream(request(text, **options), timeout_s=5))


def joined(chunks: Sequence[Chunk], index: int = 0, field: str = "content") -> str:
    return "".join(
        choice["delta"].get(field) or ""
        for chunk in chunks
        for choice in chunk.choices
        if choice["index"] == index
    )


def test_it_is_a_chat_that_may_be_asked_again() -> None:
    chat: Chat = Answerer()
    assert chat.name == "studio"
    assert chat.is_resubmittable


def test_a_completion_is_the_answer_with_its_usage() -> None:
    told = whole()
    (choice,) = told.choices
    assert choice == {
        "index": 0,
        "message": {"role": "assistant", "content": answer(SLEEVE), "refusal": None},
        "finish_reason": "stop",
    }
    assert told.usage is not None
    assert told.usage.completion_tokens == count_text(answer(SLEEVE))
    assert told.usage.prompt_tokens == count_request(request().messages, knowledge=HOODIE)


def test_temperature_and_the_like_change_nothing() -> None:
    assert (
        whole(temperature=2, top_p=0.1, seed=7, presence_penalty=2, logit_bias={"1": 5}) == whole()
    )


def test_a_stream_begins_with_the_role_and_ends_with_the_usage() -> None:
    chunks = streamed()
    assert chunks[0].choices == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
    ]
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert chunks[-2].choices == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole().usage
    assert joined(chunks) == answer(SLEEVE)


def test_pieces_are_a_few_tokens_and_can_be_counted_on_the_way() -> None:
    chunks = streamed("all measurements", max_tokens=5_000)
    texts = [chunk.choices[0]["delta"]["content"] for chunk in chunks[1:-2]]
    assert len(texts) > 50
    sent = ""
    for text in texts:
        assert 1 <= count_text(text) <= 16
        sent += text
        assert count_text(sent) == len(encode(sent))
    assert chunks[-1].usage is not None
    assert count_text(sent) == chunks[-1].usage.completion_tokens


def test_a_stream_that_is_closed_ends() -> None:
    stream = Answerer().stream(request(), timeout_s=5)
    next(stream)
    next(stream)
    stream.close()
    assert list(stream) == []


@pytest.mark.parametrize("most", [1, 2, 5, 13, 40])
def test_max_tokens_cut_the_answer_to_the_token(most: int) -> None:
    told = whole(max_tokens=most)
    (choice,) = told.choices
    assert choice["finish_reason"] == "length"
    assert answer(SLEEVE).startswith(choice["message"]["content"])
    assert told.usage.completion_tokens == most
    chunks = streamed(max_tokens=most)
    assert joined(chunks) == choice["message"]["content"]
    assert chunks[-2].choices[0]["finish_reason"] == "length"
    assert chunks[-1].usage == told.usage


def test_an_answer_of_just_that_length_is_whole() -> None:
    exact = count_text(answer(SLEEVE))
    assert whole(max_tokens=exact).choices[0]["finish_reason"] == "stop"
    assert whole(max_tokens=exact - 1).choices[0]["finish_reason"] == "length"


@pytest.mark.parametrize("stop", ["cm", ["zzz", "cm"], ["measured", "cm"]])
def test_a_stop_sequence_ends_the_answer_before_it(stop: Any) -> None:
    told = whole(stop=stop)
    text = told.choices[0]["message"]["content"]
    assert text == answer(SLEEVE).split("cm")[0]
    assert told.choices[0]["finish_reason"] == "stop"
    assert told.usage.completion_tokens == count_text(text)
    assert joined(streamed(stop=stop)) == text


def test_a_stop_sequence_beyond_the_cut_is_not_reached() -> None:
    assert whole(max_tokens=3, stop="sample").choices[0]["finish_reason"] == "length"


def test_every_choice_is_the_same_and_is_counted() -> None:
    told, one = whole(n=3), whole()
    assert [choice["index"] for choice in told.choices] == [0, 1, 2]
    assert len({choice["message"]["content"] for choice in told.choices}) == 1
    assert told.usage.completion_tokens == 3 * one.usage.completion_tokens
    assert told.usage.prompt_tokens == one.usage.prompt_tokens
    chunks = streamed(n=3)
    assert {joined(chunks, index) for index in range(3)} == {answer(SLEEVE)}
    assert chunks[-1].usage == told.usage


def test_a_json_object_holds_the_answer_and_its_figures() -> None:
    told = json.loads(
        whole(response_format={"type": "json_object"}).choices[0]["message"]["content"]
    )
    assert told["answer"] == answer(SLEEVE)
    assert told["figures"][0]["code"] == "A13"
    assert told["figures"][0]["value"] == "61.5"
    chunks = streamed(response_format={"type": "json_object"})
    assert json.loads(joined(chunks)) == told


def test_a_json_schema_is_refused_in_the_protocols_own_field() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    told = whole(response_format=form)
    message = told.choices[0]["message"]
    assert message["content"] is None
    assert "cannot follow a JSON schema" in message["refusal"]
    assert told.usage.completion_tokens == count_text(message["refusal"])
    chunks = streamed(response_format=form)
    assert joined(chunks) == ""
    assert joined(chunks, field="refusal") == message["refusal"]


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_tools_are_never_called(choice: str) -> None:
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
    told = whole(tools=tools, tool_choice=choice)
    assert told.choices[0]["finish_reason"] == "stop"
    assert "tool_calls" not in told.choices[0]["message"]
    assert told.choices[0]["message"]["content"] == answer(SLEEVE)
    assert told.usage.prompt_tokens > whole().usage.prompt_tokens


def test_a_hundred_kilobytes_are_answered_and_counted_within_a_second() -> None:
    text = "What is the chest width? " * 4_000
    whole()
    started = time.process_time()
    told = whole(text)
    assert time.process_time() - started < 1
    assert told.usage.prompt_tokens > count_text(text)
    assert "58.4 cm" in told.choices[0]["message"]["content"]


def test_figures_can_be_sent_as_json_whatever_is_asked() -> None:
    for question in (
        "all measurements", "BOM", "colours", "construction", "Is it ready?", "prices", "balance",
        "which products", "sizes", "chest in size L", "stale", "steps", "costing", "what is HPS",
    ):  # fmt: skip
        told = whole(question, response_format={"type": "json_object"}, max_tokens=20_000)
        parsed = json.loads(told.choices[0]["message"]["content"])
        assert parsed["figures"], question
