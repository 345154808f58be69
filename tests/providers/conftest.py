"""A chat over each vendor's dialect, against a vendor on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from generation.errors import ProviderError
from generation.providers import custom, gemini, openai
from generation.providers.chat_wire import WireChat
from generation.providers.protocols import ChatRequest, Chunk, Usage
from tests.fakes.chat_script import USAGE
from tests.fakes.chat_server import KEY, ChatServer

MODEL = "some-model"
VENDORS = ("openai", "gemini", "custom")
QUESTION = {"role": "user", "content": "How wide is the chest?"}
COUNTED = Usage(12, 7, details={"prompt_tokens_details": USAGE["prompt_tokens_details"]})
TOOL = {
    "type": "function",
    "function": {
        "name": "measure",
        "parameters": {"type": "object", "properties": {"of": {"type": "string"}}},
        "strict": True,
    },
}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "measure", "arguments": '{"of": "chest"}'},
}


@pytest.fixture
def waits() -> list[float]:
    """How long a chat waited before it asked again; it does not really wait."""
    return []


@pytest.fixture
def chat_with(chat_vendor: ChatServer, waits: list[float]) -> Callable[[str], WireChat]:
    """A chat in a vendor's dialect with the vendor on loopback."""

    def make(vendor: str) -> WireChat:
        dialect = {
            "openai": lambda: openai.dialect(f"{chat_vendor.root}/v1", KEY),
            "gemini": lambda: gemini.dialect(chat_vendor.root, KEY),
            "custom": lambda: custom.dialect(f"{chat_vendor.root}/v1", KEY),
        }[vendor]()
        return WireChat(dialect, pause=waits.append)

    return make


@pytest.fixture(params=VENDORS)
def chat(request: pytest.FixtureRequest, chat_with: Callable[[str], WireChat]) -> WireChat:
    """A chat with each vendor in turn."""
    return chat_with(request.param)


@pytest.fixture
def openai_chat(chat_with: Callable[[str], WireChat]) -> WireChat:
    """A chat with OpenAI, where the vendors do not differ."""
    return chat_with("openai")


def question(**more: Any) -> ChatRequest:
    """A request of one message."""
    return replace(ChatRequest(MODEL, [QUESTION], 100), **more)


def failure_of(
    chat: WireChat, *, is_stream: bool = False, timeout_s: float = 10.0, **more: Any
) -> ProviderError:
    """The error that a question ends with."""
    request = question(**more)
    if is_stream:
        return failure_from(chat.stream(request, timeout_s=timeout_s))
    with pytest.raises(ProviderError) as caught:
        chat.complete(request, timeout_s=timeout_s)
    return caught.value


def failure_from(stream: Iterable[Chunk]) -> ProviderError:
    """The error that a stream ends with."""
    with pytest.raises(ProviderError) as caught:
        list(stream)
    return caught.value
