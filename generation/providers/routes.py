"""Which provider answers an operation: settings name them, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings

from core.errors import ProviderUnavailable
from generation.providers.protocols import ImageMaker, Vision


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
