"""Asking a provider for one part of a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from generation import calls
from generation.providers.protocols import Answer, Ask, Call
from generation.providers.routes import Everything
from generation.providers.steps import DRAWING
from generation.routing import asked_of, terms

if TYPE_CHECKING:
    from generation.run import Run

Put = Callable[[Everything, Ask], Answer]


def ask(run: Run, *, operation: str, part: str, told: dict[str, Any], put: Put) -> Answer:
    """The provider's answer for ``part``, bought once and logged.

    ``told`` is what the log keeps of the input. ``put(provider, ask)`` asks; it is called again
    where that buys nothing twice. Raises ProviderError.
    """
    provider, name, model = asked_of(run.job, operation)
    call = Call(
        part=part,
        operation=operation,
        type="image" if operation in DRAWING else "vision",
        provider=name,
        model=model,
        is_resubmittable=provider.is_resubmittable,
        input=told,
    )
    return calls.ask_once(job=run.job, call=call, ask=lambda: put(provider, terms(model)))
