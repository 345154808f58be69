"""An answer of a vendor of chat completions, piece by piece, to its end or to ours."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from generation.errors import Failure
from generation.providers import resending
from generation.providers.chat_wire import WireChat
from tests.fakes.chat_script import (
    USAGE,
    Answer,
    answers_in_pieces,
    answers_raw,
    hangs_in_mid_stream,
)
from tests.fakes.chat_server import ChatServer, Exchange, Gate
from tests.providers.conftest import CALL, COUNTED, TOOL, failure_from, failure_of, question


def test_a_stream_brings_each_piece_and_then_the_usage(
    chat: WireChat, chat_vendor: ChatServer
) -> None:
    chat_vendor.will(Answer("The chest is wide"))
    chunks = list(chat.stream(question(), timeout_s=10))
    deltas = [choice["delta"] for chunk in chunks for choice in chunk.choices]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content") or "" for delta in deltas) == "The chest is wide "
    assert chunks[-2].choices[0]["finish_reason"] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == COUNTED
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert {chunk.ref for chunk in chunks} == {"chatcmpl-1"}
    assert chunks[0].extra["system_fingerprint"] == "fp_44709d6fcb"
    body = chat_vendor.requests[0].body
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert chat_vendor.bought == 1


def test_usage_is_asked_for_whatever_the_client_wished(
    chat: WireChat, chat_vendor: ChatServer
) -> None:
    wished = {"stream_options": {"include_usage": False, "include_obfuscation": False}}
    list(chat.stream(question(options=wished), timeout_s=10))
    list(chat.stream(question(options={"stream_options": "yes"}), timeout_s=10))
    first, second = (asked.body["stream_options"] for asked in chat_vendor.requests)
    assert first == {"include_usage": True, "include_obfuscation": False}
    assert second == {"include_usage": True}


def test_usage_may_come_with_every_piece(
    chat_with: Callable[[str], WireChat], chat_vendor: ChatServer
) -> None:
    chat_vendor.will(Answer("a b", has_usage_on_every_piece=True))
    chunks = list(chat_with("gemini").stream(question(), timeout_s=10))
    assert all(chunk.usage == COUNTED for chunk in chunks)
    assert chunks[-1].choices[0]["finish_reason"] == "stop"


def test_tool_calls_are_streamed_in_parts(chat: WireChat, chat_vendor: ChatServer) -> None:
    chat_vendor.will(Answer(tool_calls=[CALL]))
    chunks = list(chat.stream(question(options={"tools": [TOOL]}), timeout_s=10))
    parts = [
        part
        for chunk in chunks
        for choice in chunk.choices
        for part in choice["delta"].get("tool_calls", [])
    ]
    assert parts[0]["id"] == "call_1"
    arguments = "".join(part["function"]["arguments"] for part in parts)
    assert json.loads(arguments) == {"of": "chest"}


def test_nothing_is_asked_before_the_first_piece_is_wanted(
    chat: WireChat, chat_vendor: ChatServer
) -> None:
    chat.stream(question(), timeout_s=10).close()
    assert chat_vendor.connections == 0


def test_pieces_come_as_they_are_made(chat: WireChat, chat_vendor: ChatServer) -> None:
    gate = Gate()
    chat_vendor.will(answers_in_pieces(gate, "one two"))
    stream = chat.stream(question(), timeout_s=10)
    assert next(stream).choices[0]["delta"]["role"] == "assistant"
    for word in ("one ", "two "):
        gate.let()
        assert next(stream).choices[0]["delta"]["content"] == word
    assert [bool(chunk.usage) for chunk in stream] == [False, True]


def test_closing_a_stream_hangs_up_at_once(chat: WireChat, chat_vendor: ChatServer) -> None:
    chat_vendor.will(answers_in_pieces(gate := Gate()))
    stream = chat.stream(question(), timeout_s=10)
    next(stream)
    gate.let()
    next(stream)
    stream.close()
    chat_vendor.wait_until(lambda: chat_vendor.hung_up == 1)
    assert chat_vendor.pieces == 2
    assert chat_vendor.bought == 1
    assert chat.complete(question(), timeout_s=10).choices  # the client goes on to work


def test_another_thread_hangs_up_while_the_next_piece_is_awaited(
    chat: WireChat, chat_vendor: ChatServer
) -> None:
    chat_vendor.will(hangs_in_mid_stream)
    ends: list[Callable[[], None]] = []
    stream = chat.stream(question(on_begun=ends.append), timeout_s=60)
    next(stream)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(failure_from, stream)
        [hang_up] = ends
        hang_up()
        assert waiting.result(10).failure in (Failure.AMBIGUOUS, Failure.MALFORMED_OUTPUT)
    chat_vendor.wait_until(lambda: chat_vendor.hung_up == 1)
    hang_up()  # late, and harmless


@pytest.mark.parametrize("breaks", ["garbage", "ends"])
def test_a_stream_that_breaks_off_is_malformed(
    chat: WireChat, chat_vendor: ChatServer, breaks: Any
) -> None:
    chat_vendor.will(Answer(breaks=breaks, has_usage_on_every_piece=True))
    error = failure_of(chat, is_stream=True)
    assert error.failure is Failure.MALFORMED_OUTPUT
    assert error.usage == COUNTED
    assert error.ref == "chatcmpl-1"
    assert chat_vendor.bought == 1


def test_a_stream_that_is_reset_may_have_been_bought(
    chat: WireChat, chat_vendor: ChatServer
) -> None:
    chat_vendor.will(Answer(breaks="reset"))
    stream = chat.stream(question(), timeout_s=10)
    assert next(stream).choices
    assert failure_from(stream).failure is Failure.AMBIGUOUS
    assert chat_vendor.bought == 1


def test_an_error_in_the_stream_is_classified(chat: WireChat, chat_vendor: ChatServer) -> None:
    chat_vendor.will(Answer(breaks="error"))
    error = failure_of(chat, is_stream=True)
    assert error.failure is Failure.TRANSIENT
    assert not error.can_ask_again
    assert chat_vendor.bought == 1


def test_a_silent_stream_ends_at_the_deadline(chat: WireChat, chat_vendor: ChatServer) -> None:
    chat_vendor.will(hangs_in_mid_stream)
    began = time.monotonic()
    assert failure_of(chat, is_stream=True, timeout_s=0.4).failure is Failure.TRANSIENT
    assert 0.3 < time.monotonic() - began < 30
    chat_vendor.wait_until(lambda: chat_vendor.hung_up == 1)


class Ahead:
    """A clock that is so many seconds ahead of the real one."""

    by_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.by_s


def test_what_was_waited_for_the_beginning_is_gone_for_the_rest(
    openai_chat: WireChat, chat_vendor: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Ahead()
    monkeypatch.setattr(resending, "time", clock)

    def begins_late(exchange: Exchange) -> None:
        clock.by_s = 59.0
        hangs_in_mid_stream(exchange)

    chat_vendor.will(begins_late)
    began = time.monotonic()
    assert failure_of(openai_chat, is_stream=True, timeout_s=60.0).failure is Failure.TRANSIENT
    assert time.monotonic() - began < 30


def test_a_slow_stream_ends_at_the_deadline_too(
    openai_chat: WireChat, chat_vendor: ChatServer
) -> None:
    gate = Gate()
    chat_vendor.will(answers_in_pieces(gate, "word " * 100_000))
    stream = openai_chat.stream(question(), timeout_s=0.3)
    next(stream)
    gate.open()
    assert failure_from(stream).failure is Failure.TRANSIENT
    chat_vendor.wait_until(lambda: chat_vendor.hung_up == 1)


def test_a_whole_answer_is_no_stream_and_its_cost_is_kept(
    chat: WireChat, chat_vendor: ChatServer
) -> None:
    choice = {"index": 0, "message": {"content": "52 cm"}, "finish_reason": "stop"}
    answer = {"id": "chatcmpl-9", "choices": [choice], "usage": USAGE}
    chat_vendor.will(answers_raw(json.dumps(answer).encode()))
    error = failure_of(chat, is_stream=True)
    assert error.failure is Failure.MALFORMED_OUTPUT
    assert error.usage == COUNTED
    assert error.ref == "chatcmpl-9"


@pytest.mark.parametrize(
    "line", ["null", "7", "[]", '{"choices": 7}', '{"choices": [null]}', "{", "[" * 100_000]
)
def test_a_piece_that_is_none_is_malformed(
    openai_chat: WireChat, chat_vendor: ChatServer, line: str
) -> None:
    def behave(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.piece(line)
        exchange.end_stream()

    chat_vendor.will(behave)
    assert failure_of(openai_chat, is_stream=True).failure is Failure.MALFORMED_OUTPUT
