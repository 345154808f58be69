"""Answers in OpenAI's shapes: ``chat.completion`` and its pieces, models, the credits' headers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.pricing import estimated_tokens
from core.money import Microcredits, format_credits
from credits import queries as credit
from generation.models import Job
from generation.providers.protocols import ChatModel, Chunk, Completion, Usage

# Of a message or a piece of one: what a model wrote.
_WRITTEN = ("content", "refusal", "reasoning_content", "reasoning")
_PLAIN = str.maketrans({"–": "-", "—": "-", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"'})


@dataclass(frozen=True)
class Answered:
    """A whole answer: OpenAI's ``chat.completion``, headers about credits, its job."""

    body: dict[str, Any]
    headers: dict[str, str]
    job: Job


@dataclass(frozen=True)
class Face:
    """What every piece of one answer begins with."""

    job: Job
    model: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def completion(self, found: Completion, usage: Usage) -> dict[str, Any]:
        """The whole answer."""
        return {
            **self._head("chat.completion", found.extra),
            "choices": found.choices,
            "usage": shown_usage(usage),
        }

    def chunk(self, found: Chunk, *, wants_usage: bool) -> dict[str, Any]:
        """A piece of the answer, usage told apart."""
        body = {**self._head("chat.completion.chunk", found.extra), "choices": found.choices}
        return {**body, "usage": None} if wants_usage else body

    def usage_chunk(self, usage: Usage) -> dict[str, Any]:
        """The piece that ends a stream for who asked for its usage."""
        head = self._head("chat.completion.chunk", {})
        return {**head, "choices": [], "usage": shown_usage(usage)}

    def _head(self, kind: str, extra: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **extra,
            "id": f"chatcmpl-{self.job.pk.hex}",
            "object": kind,
            "created": int(self.job.created_at.timestamp()),
            "model": self.model,
        }


def shown_usage(usage: Usage) -> dict[str, Any]:
    """The usage as OpenAI tells it."""
    return {
        **usage.details,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


def written_bytes(choices: Sequence[Mapping[str, Any]]) -> int:
    """Bytes that a model wrote: texts, and calls of tools with their arguments."""
    total = 0
    for choice in choices:
        said = choice.get("message") or choice.get("delta") or {}
        texts = [said.get(name) for name in _WRITTEN]
        calls = [call.get("function") or {} for call in said.get("tool_calls") or ()]
        calls += [said["function_call"]] if said.get("function_call") else []
        texts += [call.get(name) for call in calls for name in ("name", "arguments")]
        total += sum(len(text.encode()) for text in texts if isinstance(text, str))
    return total


def estimated_usage(*, input_tokens: int, written: int) -> Usage:
    """Usage by bytes, where nobody counted."""
    return Usage(prompt_tokens=input_tokens, completion_tokens=estimated_tokens(written))


def shown_credits(user: Any, *, used: Microcredits) -> dict[str, str]:
    """What an answer cost and what is left, as decimal strings of credits."""
    return {
        "used": format_credits(used),
        "remaining": format_credits(credit.balance(user).free),
    }


def shown_model(name: str, model: ChatModel) -> dict[str, Any]:
    """A model as OpenAI lists it, with its prices beside."""
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": model["owner"],
        "prices": {
            "unit": "USD per million tokens",
            "input": str(model["input_usd"]),
            "output": str(model["output_usd"]),
        },
    }


def credit_headers(
    *,
    user: Any,
    used: Microcredits | None,
    warnings: Sequence[str] = (),
    adjusted: tuple[int, int] | None = None,
) -> dict[str, str]:
    """``X-Credits-…`` of an answer; ``used`` is None while it is being made."""
    found = {"X-Credits-Remaining": format_credits(credit.balance(user).free)}
    if used is not None:
        found["X-Credits-Used"] = format_credits(used)
    if warnings:
        found["X-Credit-Warning"] = in_ascii(" ".join(warnings))
    if adjusted is not None:
        found["X-Max-Tokens-Adjusted"] = f"{adjusted[0]}->{adjusted[1]}"
    return found


def in_ascii(words: str) -> str:
    """The words as a header can carry them."""
    folded = unicodedata.normalize("NFKD", words.translate(_PLAIN))
    return " ".join(folded.encode("ascii", "ignore").decode().split())
