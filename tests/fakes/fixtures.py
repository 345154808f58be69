"""Vendors for tests: ``openai_vendor`` and its like are servers that the settings point to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.chat_script import Answer
from tests.fakes.chat_server import ChatServer


@pytest.fixture
def chat_vendor() -> Iterator[ChatServer]:
    """A vendor of chat completions that answers well unless it is told otherwise."""
    with ChatServer(Answer()) as server:
        yield server


@pytest.fixture
def openai_vendor(chat_vendor: ChatServer, settings: Any) -> ChatServer:
    """The same, set up as OpenAI, and nobody else is."""
    return _set_up(chat_vendor, settings, "openai")


@pytest.fixture
def gemini_vendor(chat_vendor: ChatServer, settings: Any) -> ChatServer:
    """The same, set up as Gemini, and nobody else is."""
    return _set_up(chat_vendor, settings, "gemini")


@pytest.fixture
def custom_vendor(chat_vendor: ChatServer, settings: Any) -> ChatServer:
    """The same, set up as the operator's own model, and nobody else is."""
    return _set_up(chat_vendor, settings, "custom")


def _set_up(server: ChatServer, settings: Any, provider: str) -> ChatServer:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "CUSTOM_MODEL_URL", "CUSTOM_MODEL_KEY"):
        setattr(settings, name, "")
    for name, value in server.settings_for(provider).items():
        setattr(settings, name, value)
    return server
