"""Which provider answers an operation or a model: settings name them, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from core.errors import NotFound, ProviderUnavailable
from generation.providers import custom, gemini, openai
from generation.providers.chat_request import Dialect
from generation.providers.kept import Kept
from generation.providers.protocols import Chat, ChatModel, ImageMaker, Vision
from generation.providers.steps import PARENTS


class Everything(Vision, ImageMaker, Protocol):
    """A provider of every step; an operation uses the part of it that it needs."""


def _studio(url: str, key: str) -> Everything:
    from generation.providers.studio.engine import Studio

    return Studio()


def _openai(url: str, key: str) -> Everything:
    from generation.providers.openai_steps import OpenAISteps

    return OpenAISteps(url, key)


def _custom(url: str, key: str) -> Everything:
    from generation.providers.custom_steps import CustomSteps

    return CustomSteps(url, key)


def _gemini(url: str, key: str) -> Everything:
    from generation.providers.gemini_steps import GeminiSteps

    return GeminiSteps(url, key)


# Name → what makes its client from the account's address and key.
_makers: dict[str, Callable[[str, str], Everything]] = {
    "studio": _studio,
    "openai": _openai,
    "gemini": _gemini,
    "custom": _custom,
}
_steps = Kept[Everything](lambda name, url, key: _makers[name](url, key))


def routes_of(operation: str) -> list[tuple[str, str]]:
    """Provider and model for an operation, in the order in which they are tried.

    ``ROUTES`` names them for the operation, for its step (``close-ups/generate`` for
    ``close-ups/cut``) or for all (``*``); else the usual ones are those with a key, and the
    studio. Those that are not set up are left out; raises ProviderUnavailable where none is left.
    """
    step = PARENTS.get(operation, operation)
    named = next(
        (settings.ROUTES[name] for name in (operation, step, "*") if settings.ROUTES.get(name)),
        None,
    )
    entries = [entry.partition(":") for entry in named or settings.USUAL_ROUTES[operation]]
    found = [(name, model) for name, _, model in entries if name in _makers and _is_set_up(name)]
    if not found:
        raise ProviderUnavailable("No AI service is set up for this step.")
    return found


def step_provider(name: str) -> Everything:
    """The client of a provider of steps. KeyError for a name that is none."""
    return _steps.of(name, *account_of(name))


_dialects: dict[str, Callable[[str, str], Dialect]] = {
    "openai": openai.dialect,
    "gemini": gemini.dialect,
    "custom": custom.dialect,
}


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
    provider = model["provider"]
    return _chats.of(provider, *account_of(provider)), model.get("upstream", model_id)


def _is_set_up(provider: str) -> bool:
    url, key = account_of(provider)
    return provider == "studio" or bool(url if provider == "custom" else key)


def account_of(provider: str) -> tuple[str, str]:
    """A provider's address and key."""
    accounts = {
        "openai": (settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY),
        "gemini": (settings.GEMINI_BASE_URL, settings.GEMINI_API_KEY),
        "custom": (settings.CUSTOM_MODEL_URL, settings.CUSTOM_MODEL_KEY),
    }
    return accounts.get(provider, ("", ""))


def _talker(provider: str, url: str, key: str) -> Chat:
    if provider == "studio":
        from generation.providers.studio.answerer import Answerer

        return Answerer()
    from generation.providers.chat_wire import WireChat

    return WireChat(_dialects[provider](url, key))


_chats = Kept(_talker)
