"""Which provider answers an operation: settings name them, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from core.errors import ProviderUnavailable


@dataclass(frozen=True)
class Route:
    """A provider and the model to ask it for."""

    provider: Any
    name: str
    model: str


def _studio() -> Any:
    from generation.providers.studio.engine import Studio

    return Studio()


_makers: dict[str, Callable[[], Any]] = {"studio": _studio}


@cache
def _provider(name: str) -> Any:
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
