"""Vendors for tests: ``openai_vendor`` and its like are servers that the settings point to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import pytest

from tests.fakes.chat_server import ChatServer
from tests.fakes.openai_films import MODEL, FilmServer
from tests.fakes.openai_server import OpenAIServer

Server = TypeVar("Server", bound=ChatServer)


@pytest.fixture
def chat_vendor() -> Iterator[OpenAIServer]:
    """A vendor of OpenAI's interfaces that answers well unless it is told otherwise."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def openai_vendor(chat_vendor: OpenAIServer, settings: Any) -> OpenAIServer:
    """The same, set up as OpenAI, and nobody else is."""
    return _set_up(chat_vendor, settings, "openai")


@pytest.fixture
def gemini_vendor(chat_vendor: OpenAIServer, settings: Any) -> OpenAIServer:
    """The same, set up as Gemini, and nobody else is."""
    return _set_up(chat_vendor, settings, "gemini")


@pytest.fixture
def custom_vendor(chat_vendor: OpenAIServer, settings: Any) -> OpenAIServer:
    """The same, set up as the operator's own model, and nobody else is."""
    return _set_up(chat_vendor, settings, "custom")


@pytest.fixture
def film_vendor() -> Iterator[FilmServer]:
    """A vendor of films that does well unless it is told otherwise."""
    with FilmServer() as server:
        yield server


@pytest.fixture
def openai_films(film_vendor: FilmServer, settings: Any) -> FilmServer:
    """The same, set up as OpenAI, which makes the films, and nobody else is."""
    settings.ROUTES = {**settings.ROUTES, "generate-video": [f"openai:{MODEL}"]}
    return _set_up(film_vendor, settings, "openai")


@pytest.fixture
def custom_films(film_vendor: FilmServer, settings: Any) -> FilmServer:
    """The same, set up as the operator's own model."""
    settings.ROUTES = {**settings.ROUTES, "generate-video": [f"custom:{MODEL}"]}
    return _set_up(film_vendor, settings, "custom")


def _set_up(server: Server, settings: Any, provider: str) -> Server:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "CUSTOM_MODEL_URL", "CUSTOM_MODEL_KEY"):
        setattr(settings, name, "")
    for name, value in server.settings_for(provider).items():
        setattr(settings, name, value)
    return server
