"""Who is asked for a job's calls: decided when it is submitted, and kept with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from core.errors import ProviderUnavailable
from generation import breaker
from generation.models import Job
from generation.providers.routes import Everything, routes_of, step_provider

Routes = Mapping[str, str]


def pin(user: Any, operations: Iterable[str]) -> dict[str, str]:
    """``provider:model`` for each operation.

    Who failed too often lately is not asked: the next one is where the user allows it, else this
    raises ProviderUnavailable, which says when to come back; and where nobody is set up.
    """
    return {operation: ":".join(_open_route(user, operation)) for operation in operations}


def _open_route(user: Any, operation: str) -> tuple[str, str]:
    routes = routes_of(operation)
    allowed = routes if user.may_fall_back else routes[:1]
    waits_s = []
    for name, model in allowed:
        wait_s = breaker.shut_for_s(name, model)
        if not wait_s:
            return name, model
        waits_s.append(wait_s)
    raise ProviderUnavailable(
        "The AI service for this step is failing at present, so nothing was started or charged.",
        retry_after_s=math.ceil(min(waits_s)),
        suggestions=_suggestions(has_others=len(routes) > len(allowed)),
    )


def _suggestions(*, has_others: bool) -> list[str]:
    again = ["Try again in a minute"]
    if has_others:
        again.append("Allow another AI service to answer meanwhile, in your account's preferences")
    return again


def asked_of(job: Job, operation: str) -> tuple[Everything, str, str]:
    """The provider of a job's operation with its name and model."""
    pinned = job.routes.get(operation)
    name, model = pinned.split(":", 1) if pinned else routes_of(operation)[0]
    return step_provider(name), name, model
