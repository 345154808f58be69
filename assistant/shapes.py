"""The shapes of the assistant's answers, as OpenAI spells them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from assistant.inputs import Open


class Choice(Open):
    """One answer, as the model gave it."""

    index: int
    message: dict[str, Any]
    finish_reason: str | None


class UsageShape(Open):
    """Tokens, as the provider counted them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completed(Open):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"]
    created: int = Field(description="Unix seconds")
    model: str
    choices: list[Choice]
    usage: UsageShape
    warnings: list[str] = Field(default=[], description="about credits; left out where none")


class TokenPrices(Open):
    """What tokens of a model cost."""

    unit: Literal["USD per million tokens"]
    input: str
    output: str


class ModelShape(Open):
    """A model that can be asked."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    prices: TokenPrices


class ListedModel(ModelShape):
    """A model in the list."""


class ModelList(Open):
    """The models, the usual one first."""

    object: Literal["list"]
    data: list[ListedModel]
