"""What follows a commit and must not fail what was committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from django.db import transaction

P = ParamSpec("P")


def after_commit(do: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call ``do`` once the present transaction is committed; what it raises is only logged."""

    def call() -> None:
        do(*args, **kwargs)

    # Django logs by this name, which a partial would not have.
    call.__qualname__ = getattr(do, "__qualname__", repr(do))
    transaction.on_commit(call, robust=True)
