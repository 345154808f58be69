"""Who is asked for a job's calls: decided when it is submitted, and kept with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generation.models import Job
from generation.providers.protocols import Ask
from generation.providers.routes import Everything, routes_of, step_provider


def pin(user: Any, operations: Iterable[str]) -> dict[str, str]:
    """``provider:model`` for each operation; raises ProviderUnavailable."""
    return {operation: ":".join(_first(user, operation)) for operation in operations}


def _first(user: Any, operation: str) -> tuple[str, str]:
    return routes_of(operation)[0]


def asked_of(job: Job, operation: str) -> tuple[Everything, str, str]:
    """The provider of a job's operation with its name and model."""
    pinned = job.routes.get(operation)
    name, model = pinned.split(":", 1) if pinned else _first(job.user, operation)
    return step_provider(name), name, model


def terms(model: str, *, complaint: str = "", timeout_s: float = 120.0) -> Ask:
    """The terms of one call."""
    return Ask(model=model, timeout_s=timeout_s, complaint=complaint)
