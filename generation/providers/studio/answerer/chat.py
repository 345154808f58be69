"""The answerer behind the chat protocol: what it says, in the words of chat completions.

The same request always gives the same answer. Temperature, penalties and seeds change nothing;
tools are never called, also where a client requires it: the answer is text and says "stop".
``json_object`` gets ``{"answer", "figures"}``. A JSON schema cannot be followed by something
that only reads data out, so such a request gets the protocol's ``refusal`` and no content.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from generation.providers.protocols import ChatRequest, Chunk, Completion, Usage
from generation.providers.studio.answerer import tokeniser
from generation.providers.studio.answerer.reply import reply_to

TOKENS_EACH = 4  # of a piece of a stream
CHOICES_MOST = 128
NO_SCHEMAS = (
    "I cannot follow a JSON schema: I read facts out of the pack and do not write. Ask again with"
    " response_format json_object for {answer, figures}, or without response_format."
)

Field = Literal["content", "refusal"]
Finish = Literal["stop", "length"]


@dataclass(frozen=True)
class Said:
    """An answer as it will be sent, cut where the client wanted, with its tokens."""

    text: str
    field: Field
    finish: Finish
    tokens: int


class Answerer:
    """Answers questions about a pack from its data, or says plainly that it cannot."""

    name = "studio"
    is_resubmittable = True

    def complete(self, request: ChatRequest, *, timeout_s: float) -> Completion:
        """The whole answer; it takes milliseconds, so that ``timeout_s`` never passes."""
        said = _said(request)
        message = {"role": "assistant", "content": None, "refusal": None, said.field: said.text}
        choices = [
            {"index": index, "message": dict(message), "finish_reason": said.finish}
            for index in range(_count(request.options))
        ]
        return Completion(choices, _usage(request, said))

    def stream(self, request: ChatRequest, *, timeout_s: float) -> Generator[Chunk, None, None]:
        """Who speaks, the answer a few tokens a piece, why it ends, then the usage.

        Pieces end between words: the tokens of what was sent so far, counted by
        ``tokeniser.count_text``, are those of the answer's beginning.
        """
        said = _said(request)
        every = range(_count(request.options))
        yield _chunk(
            every, {"role": "assistant", "content": "" if said.field == "content" else None}
        )
        for piece in tokeniser.pieces(said.text, tokens_each=TOKENS_EACH):
            yield _chunk(every, {said.field: piece})
        yield _chunk(every, {}, said.finish)
        yield Chunk([], _usage(request, said))


def _chunk(every: range, delta: Mapping[str, Any], finish: Finish | None = None) -> Chunk:
    return Chunk(
        [{"index": index, "delta": dict(delta), "finish_reason": finish} for index in every]
    )


def _usage(request: ChatRequest, said: Said) -> Usage:
    """Everything given, the pack's facts too, and every choice."""
    given = tokeniser.count_request(
        request.messages, tools=request.options.get("tools"), knowledge=request.knowledge
    )
    return Usage(given, said.tokens * _count(request.options))


def _count(options: Mapping[str, Any]) -> int:
    wanted = options.get("n")
    return min(max(wanted, 1), CHOICES_MOST) if isinstance(wanted, int) else 1


def _said(request: ChatRequest) -> Said:
    form = request.options.get("response_format")
    kind = form.get("type") if isinstance(form, Mapping) else None
    if kind == "json_schema":
        return _cut(NO_SCHEMAS, "refusal", request)
    reply = reply_to(request.messages, request.knowledge or {})
    if kind == "json_object":
        told = {"answer": reply.text, "figures": list(reply.figures)}
        return _cut(json.dumps(told, ensure_ascii=False), "content", request)
    return _cut(reply.text, "content", request)


def _cut(text: str, field: Field, request: ChatRequest) -> Said:
    """The answer up to ``max_tokens``, then up to the first stop sequence in it."""
    numbers = tokeniser.encode(text)
    finish: Finish = "stop"
    tokens = len(numbers)
    if tokens > request.max_tokens:
        tokens, finish = max(request.max_tokens, 0), "length"
        text = tokeniser.decode(numbers[:tokens])
    ends = [at for stop in _stops(request.options) if (at := text.find(stop)) >= 0]
    if ends:
        text, finish = text[: min(ends)], "stop"
        tokens = tokeniser.count_text(text)
    return Said(text, field, finish, tokens)


def _stops(options: Mapping[str, Any]) -> Sequence[str]:
    stop = options.get("stop")
    given = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    return [entry for entry in given if isinstance(entry, str) and entry]
