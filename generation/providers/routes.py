"""Which provider answers an operation or a model: settings name them, in order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings

from core.errors import NotFound, ProviderUnavailable
from generation.providers import custom, gemini, openai
from generation.providers.chat_request import Dialect
from generation.providers.protocols import Chat, ChatModel, ImageMaker, Vision


class Everything(Vision, ImageMaker, Protocol):
    """A provider of every step; an operation uses the part of it that it needs."""


@dataclass(frozen=True)
class Route:
    """A provider and the model to ask it for."""

    provider: Everything
    name: str
    model: str


def _studio() -> Everything:
    from generation.providers.studio.engine import Studio

    return Studio()


_makers: dict[str, Callable[[], Everything]] = {"studio": _studio}


@cache
def _provider(name: str) -> Everything:
    """One client per process, made on first use (after the worker's fork)."""
    return _makers[name]()


def route_of(operation: str) -> Route:
    """The first provider for an operation; raises ProviderUnavailable for none."""
    name, model = check_route(operation)
    return Route(_provider(name), name, model)


def check_route(operation: str) -> tuple[str, str]:
    """Provider and model of an operation, not yet made; raises ProviderUnavailable for none."""
    routes = settings.ROUTES.get(operation) or settings.ROUTES["*"]
    for entry in routes:
        name, _, model = entry.partition(":")
        if name in _makers:
            return name, model
    raise ProviderUnavailable("No AI service is set up for this step.")


_dialects: dict[str, Callable[[str, str], Dialect]] = {
    "openai": openai.dialect,
    "gemini": gemini.dialect,
    "custom": custom.dialect,
}
_talking: dict[tuple[str, str, str], Chat] = {}
_making = threading.Lock()


def _forget_talking() -> None:
    """A forked child must not write into its parent's connections."""
    global _making
    _making = threading.Lock()
    _talking.clear()


os.register_at_fork(after_in_child=_forget_talking)


def chat_models() -> dict[str, ChatModel]:
    """The assistant's models whose provider is set up, in order; the first is the default."""
    return {
        name: model for name, model in settings.CHAT_MODELS.items() if _is_set_up(model["provider"])
    }


def chat_of(model_id: str) -> tuple[Chat, str]:
    """Who answers for a model, and what the model is called there.

    Raises NotFound (``MODEL_NOT_FOUND``), and ProviderUnavailable for a model of a provider
    that is not set up.
    """
    model = settings.CHAT_MODELS.get(model_id)
    usable = [f"Use {name}" for name in chat_models()]
    if model is None:
        raise NotFound("There is no such model.", code="MODEL_NOT_FOUND", suggestions=usable)
    if not _is_set_up(model["provider"]):
        raise ProviderUnavailable("This model is not set up here.", suggestions=usable)
    return _chat(model["provider"]), model.get("upstream", model_id)


def _is_set_up(provider: str) -> bool:
    url, key = _account(provider)
    return provider == "studio" or bool(url if provider == "custom" else key)


def _account(provider: str) -> tuple[str, str]:
    """A provider's address and key."""
    accounts = {
        "openai": (settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY),
        "gemini": (settings.GEMINI_BASE_URL, settings.GEMINI_API_KEY),
        "custom": (settings.CUSTOM_MODEL_URL, settings.CUSTOM_MODEL_KEY),
    }
    return accounts.get(provider, ("", ""))


def _chat(provider: str) -> Chat:
    """One client per process and account, made on first use and kept."""
    account = (provider, *_account(provider))
    with _making:
        if account not in _talking:
            _talking[account] = _talker(*account)
        return _talking[account]


def _talker(provider: str, url: str, key: str) -> Chat:
    if provider == "studio":
        from generation.providers.studio.answerer import Answerer

        return Answerer()
    from generation.providers.chat_wire import WireChat

    return WireChat(_dialects[provider](url, key))
