"""What a chat completion may ask: OpenAI's fields that are used here, and ours; others pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from core.shape import Input, checked

LARGEST_MAX_TOKENS = 2**31 - 1
CHOICES_MOST = 8
MESSAGES_MOST = 500

TokenLimit = Annotated[int, Field(strict=True, ge=1, le=LARGEST_MAX_TOKENS)]


class Open(Input):
    """A part of the request: names as they are written, what is not named passes through."""

    model_config = ConfigDict(
        extra="allow",
        alias_generator=None,
        str_strip_whitespace=False,
        protected_namespaces=(),
        json_schema_extra={"x-spelled-exactly": True},
    )


class Part(Open):
    """A piece of a message: a text, a picture, a file."""

    type: Annotated[str, Field(strict=True)]


class Message(Open):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[str, Field(strict=True)] | list[Part] | None = None


class StreamOptions(Open):
    """How a streamed answer ends."""

    include_usage: Annotated[bool, Field(strict=True)] | None = None


class ChatInput(Open):
    """``/v1/chat/completions``; fields that are not named here go to the model as they came."""

    model: Annotated[str, Field(strict=True, max_length=200)] | None = None
    messages: Annotated[list[Message], Field(min_length=1, max_length=MESSAGES_MOST)]
    max_tokens: TokenLimit | None = None
    max_completion_tokens: TokenLimit | None = None
    n: Annotated[int, Field(strict=True, ge=1, le=CHOICES_MOST)] | None = None
    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] | None = None
    stream: Annotated[bool, Field(strict=True)] | None = None
    stream_options: StreamOptions | None = None
    tools: list[dict[str, Any]] | None = None
    product_id: UUID | None = Field(None, description="that pack is the answer's context")
    credit_policy: Literal["strict", "adjust"] | None = Field(
        None, description="`adjust` shortens max_tokens to what the balance covers"
    )

    @property
    def limit(self) -> int | None:
        """The tokens that a choice may have, by whichever name; the smaller of two."""
        given = [self.max_tokens, self.max_completion_tokens]
        return min((one for one in given if one is not None), default=None)

    @property
    def choices(self) -> int:
        """How many answers are asked for."""
        return self.n or 1

    @property
    def wants_usage(self) -> bool:
        """A stream is to end with a piece that tells the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


# Read here, and never part of what the client leaves to the model.
OURS = frozenset(
    {
        "model",
        "messages",
        "max_tokens",
        "max_completion_tokens",
        "stream",
        "stream_options",
        "product_id",
        "credit_policy",
    }
)


def chat_input(asked: Any) -> ChatInput:
    """The request, checked; raises InvalidRequest with the path of each fault, as spelled."""
    return checked(ChatInput, asked, spelled=str)


def options_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What goes to the model as it came."""
    return {name: value for name, value in asked.items() if name not in OURS}
