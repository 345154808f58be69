"""Asking a provider again, where the first time surely bought nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from generation.errors import Failure, ProviderError

MOST_ASKS: Final = 3
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 8.0

Answered = TypeVar("Answered")


class Deadline:
    """When an answer is due: ``timeout_s`` seconds from now, by a clock that never jumps."""

    def __init__(self, timeout_s: float) -> None:
        self._at = time.monotonic() + timeout_s

    @property
    def left_s(self) -> float:
        """How many seconds remain; not above zero once it has passed."""
        return self._at - time.monotonic()

    def check(self) -> None:
        """Raise ProviderError once it has passed."""
        if self.left_s <= 0:
            raise ProviderError(Failure.TRANSIENT, "no answer in time")


def until_accepted(
    ask: Callable[[], Answered], deadline: Deadline, *, pause: Callable[[float], None]
) -> Answered:
    """Ask up to three times, as long as each refusal says that nothing was bought.

    Waits as long as the provider asked for, and a random while on top, so that those who were
    refused together do not come back together. A wait beyond the deadline is not begun.
    """
    for asked in range(1, MOST_ASKS + 1):
        deadline.check()
        try:
            return ask()
        except ProviderError as error:
            spread = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**asked)
            wait_s = (error.retry_after_s or 0.0) + random.uniform(0, spread)
            if not error.can_ask_again or asked == MOST_ASKS or wait_s >= deadline.left_s:
                raise
        pause(wait_s)
    raise AssertionError("the last ask returns or raises")
