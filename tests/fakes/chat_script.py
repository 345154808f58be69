"""What a vendor of chat completions can do to a request, in the bodies that real ones send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fakes.trouble import (
    SECRET,
    answers_cut_off,
    answers_raw,
    fails,
    hangs,
    has_no_quota,
    is_busy,
    is_overloaded,
    knows_no_such_key,
    knows_no_such_model,
    refuses,
    refuses_content,
    resets,
)
from tests.fakes.vendor import Behaviour, Exchange, Gate

__all__ = [
    "SECRET",
    "USAGE",
    "Answer",
    "answers_cut_off",
    "answers_in_pieces",
    "answers_raw",
    "fails",
    "hangs",
    "hangs_in_mid_stream",
    "has_no_choices",
    "has_no_quota",
    "is_busy",
    "is_overloaded",
    "knows_no_such_key",
    "knows_no_such_model",
    "refuses",
    "refuses_as_google",
    "refuses_content",
    "resets",
]

USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 7,
    "total_tokens": 19,
    "prompt_tokens_details": {"cached_tokens": 4},
}


@dataclass(frozen=True)
class Answer:
    """A good answer, whole or streamed as it was asked for, or one that goes wrong on its way.

    ``gate`` holds back each piece of the text, or the whole answer. ``breaks`` happens after
    ``pieces`` pieces of the text. ``usage=None`` is a vendor that does not tell.
    """

    text: str = "The chest is 52 cm wide."
    tool_calls: Sequence[Mapping[str, Any]] = ()
    finish_reason: str = ""
    usage: Mapping[str, Any] | None = field(default_factory=lambda: USAGE)
    has_usage_on_every_piece: bool = False
    message: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    gate: Gate | None = None
    breaks: Literal["", "reset", "garbage", "error", "ends"] = ""
    pieces: int = 2

    def __call__(self, exchange: Exchange) -> None:
        head = self._head(exchange)
        if exchange.asked.body.get("stream"):
            self._stream(exchange, head)
            return
        if self.gate:
            exchange.wait(self.gate)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": self._text, "refusal": None}
            | ({"tool_calls": list(self.tool_calls)} if self.tool_calls else {})
            | dict(self.message),
            "logprobs": None,
            "finish_reason": self._finish,
        }
        usage = {"usage": self.usage} if self.usage is not None else {}
        exchange.answer(200, head | {"object": "chat.completion", "choices": [choice]} | usage)

    @property
    def _finish(self) -> str:
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")

    @property
    def _text(self) -> str | None:
        return None if self.tool_calls else self.text

    def _head(self, exchange: Exchange) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{exchange.sell()}",
            "created": 1_790_000_000,
            "model": f"{exchange.asked.body['model']}-2026-05-01",
            "system_fingerprint": "fp_44709d6fcb",
            "service_tier": "default",
            **self.more,
        }

    def _stream(self, exchange: Exchange, head: dict[str, Any]) -> None:
        exchange.begin_stream()
        wants_usage = (exchange.asked.body.get("stream_options") or {}).get("include_usage")
        tells = self.usage is not None and bool(wants_usage)
        every = {"usage": self.usage if self.has_usage_on_every_piece else None} if tells else {}

        def send(choices: list[dict[str, Any]], usage: Mapping[str, Any]) -> None:
            exchange.piece(
                head | {"object": "chat.completion.chunk", "choices": choices} | dict(usage)
            )

        send(
            [_choice({"role": "assistant", "content": "" if not self.tool_calls else None})], every
        )
        for number, delta in enumerate(self._deltas()):
            if self.breaks and number == self.pieces:
                return self._break(exchange)
            if self.gate:
                exchange.wait(self.gate)
            send([_choice(delta)], every)
        send([_choice({}, self._finish)], every)
        if tells and not self.has_usage_on_every_piece:
            send([], {"usage": self.usage})
        exchange.piece("[DONE]")
        exchange.end_stream()

    def _deltas(self) -> Iterator[dict[str, Any]]:
        for index, call in enumerate(self.tool_calls):
            function = call["function"]
            half = len(function["arguments"]) // 2
            opening = function | {"arguments": function["arguments"][:half]}
            yield {"tool_calls": [{"index": index, **call, "function": opening}]}
            closing = {"arguments": function["arguments"][half:]}
            yield {"tool_calls": [{"index": index, "function": closing}]}
        if not self.tool_calls:
            for word in self.text.split(" "):
                yield {"content": f"{word} ", **self.message}

    def _break(self, exchange: Exchange) -> None:
        match self.breaks:
            case "reset":
                exchange.reset()
            case "garbage":
                exchange.raw(b'data: {"id": "chatcmpl-1", "choices": [{"ind\n\n')
                exchange.end_stream()
            case "error":
                exchange.piece({"error": {"message": SECRET, "type": "server_error"}})
                exchange.end_stream()
            case "ends":
                exchange.raw(b'data: {"id": "chatcmpl-1"')
                exchange.end_stream()


def _choice(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish_reason}


def answers_in_pieces(gate: Gate, text: str = "one two three four five six") -> Answer:
    """A stream that the test paces: each word waits for ``gate.let()``."""
    return Answer(text, gate=gate)


def hangs_in_mid_stream(exchange: Exchange) -> None:
    """Begin to answer, and fall silent."""
    Answer(gate=Gate())(exchange)


def has_no_choices(usage: Mapping[str, Any] | None = None) -> Behaviour:
    """An answer that cost something and says nothing."""

    def behave(exchange: Exchange) -> None:
        head = {"id": f"chatcmpl-{exchange.sell()}", "object": "chat.completion", "choices": []}
        exchange.answer(200, head | {"usage": usage or USAGE})

    return behave


def refuses_as_google(
    status: int, name: str, *details: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Behaviour:
    """An error in Google's form, which comes in a list."""
    error: dict[str, Any] = {"code": status, "message": SECRET, "status": name}
    if details:
        error["details"] = list(details)
    return lambda exchange: exchange.answer(status, [{"error": error}], headers)
