"""What OpenAI can do to a request of a step, in the bodies that it really sends."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.fakes.chat_script import Answer
from tests.fakes.openai_request import facts_of, pictures_of, words_of
from tests.fakes.step_answers import good_answer
from tests.fakes.step_pictures import picture_for
from tests.fakes.trouble import SECRET
from tests.fakes.vendor import Behaviour, Exchange

USAGE = {
    "input_tokens": 1_200,
    "input_tokens_details": {"cached_tokens": 200, "cache_write_tokens": 0},
    "output_tokens": 300,
    "output_tokens_details": {"reasoning_tokens": 64},
    "total_tokens": 1_500,
}
PICTURE_USAGE = {
    "input_tokens": 900,
    "input_tokens_details": {"image_tokens": 700, "text_tokens": 200},
    "output_tokens": 4_000,
    "total_tokens": 4_900,
}


def answers_well(exchange: Exchange) -> None:
    """What a good model says or draws, computed from the request."""
    asked = exchange.asked
    if asked.operation == "chat":
        Answer()(exchange)
    elif asked.operation == "models":
        exchange.answer(200, {"object": "list", "data": [{"id": "studio-1", "object": "model"}]})
    elif asked.operation.startswith("images/"):
        draws()(exchange)
    else:
        says(good_answer(asked.operation, facts_of(asked), pictures_of(asked)))(exchange)


def says(answer: Any, *, usage: Mapping[str, Any] | None = USAGE) -> Behaviour:
    """A completed answer: text as it is, data as JSON; ``usage=None``: it tells none."""
    text = answer if isinstance(answer, str) else json.dumps(answer)

    def behave(exchange: Exchange) -> None:
        if exchange.asked.path.endswith("/chat/completions"):
            counts = {"prompt_tokens": 1_200, "completion_tokens": 300, "total_tokens": 1_500}
            Answer(text, usage=counts if usage else None)(exchange)
        else:
            part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
            exchange.answer(200, _response(exchange, [part], usage=usage))

    return behave


def refuses_in_words(exchange: Exchange) -> None:
    """The model itself refuses: status 200, and a part that is no answer."""
    if exchange.asked.path.endswith("/chat/completions"):
        Answer(message={"content": None, "refusal": SECRET})(exchange)
    else:
        refusal = {"type": "refusal", "refusal": SECRET}
        exchange.answer(200, _response(exchange, [refusal], usage=USAGE))


def fails_inside(code: str, *, usage: Mapping[str, Any] | None = None) -> Behaviour:
    """Status 200, and a response that failed."""

    def behave(exchange: Exchange) -> None:
        if usage:
            exchange.sell()
        error = {"code": code, "message": SECRET}
        body = _head(exchange, "failed") | {"error": error, "output": [], "usage": usage}
        exchange.answer(200, body)

    return behave


def is_incomplete(reason: str, text: str = '{"hasProduct": tr') -> Behaviour:
    """Status 200, and a response that was stopped, by its length or a filter."""

    def behave(exchange: Exchange) -> None:
        if exchange.asked.path.endswith("/chat/completions"):
            ends = {"max_output_tokens": "length"}.get(reason, reason)
            Answer(text, finish_reason=ends)(exchange)
            return
        part = {"type": "output_text", "text": text, "annotations": []}
        body = _response(exchange, [part], usage=USAGE)
        told = {"status": "incomplete", "incomplete_details": {"reason": reason}}
        exchange.answer(200, body | told)

    return behave


def draws(picture: bytes | None = None, **more: Any) -> Behaviour:
    """A picture; without one, what a good model makes of the request."""

    def behave(exchange: Exchange) -> None:
        asked = exchange.asked
        exchange.sell()
        made = picture
        if made is None:
            made = picture_for(words_of(asked), facts_of(asked), pictures_of(asked))
        data = [{"b64_json": base64.b64encode(made).decode()}]
        exchange.answer(200, _drawn(data) | more)

    return behave


def draws_nothing(exchange: Exchange) -> None:
    """Status 200, paid for, without a picture."""
    exchange.sell()
    exchange.answer(200, _drawn([]))


def draws_elsewhere(exchange: Exchange) -> None:
    """The address of a picture instead of the picture."""
    exchange.sell()
    exchange.answer(200, _drawn([{"url": "http://127.0.0.1:9/picture.png"}]))


def _drawn(data: list[dict[str, Any]]) -> dict[str, Any]:
    return {"created": 1_790_000_000, "data": data, "usage": PICTURE_USAGE}


def _head(exchange: Exchange, status: str) -> dict[str, Any]:
    number = len(exchange.asked.body)
    return {
        "id": f"resp_{number:032x}",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": f"{exchange.asked.body['model']}-2026-09-01",
        "store": False,
    }


def _response(
    exchange: Exchange, content: list[dict[str, Any]], *, usage: Mapping[str, Any] | None
) -> dict[str, Any]:
    number = exchange.sell()
    message = {
        "type": "message",
        "id": f"msg_{number:032x}",
        "status": "completed",
        "role": "assistant",
        "content": content,
    }
    thought = {"type": "reasoning", "id": f"rs_{number:032x}", "summary": []}
    return _head(exchange, "completed") | {
        "id": f"resp_{number:032x}",
        "output": [thought, message],
        "usage": usage,
    }
