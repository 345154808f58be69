"""What the steps share: parts that fail alone, and what that costs."""

from __future__ import annotations

import logging
from typing import Any

from core.errors import DomainError
from generation.errors import Canceled, Failure, LeaseLost, ProviderError, failed, told
from generation.kinds import Outcome
from generation.run import DATABASE_AWAY, Run
from techpack.prices import pro_rata

log = logging.getLogger("techpack.steps")


class Parts:
    """Results and failures of a step's parts, in the order in which they end."""

    def __init__(self, run: Run, *, planned: int, step: str) -> None:
        self.run = run
        self.planned = planned
        self.step = step
        self.failed: list[dict[str, Any]] = []
        self.done = 0
        self._errors: list[Exception] = []

    def took(self) -> None:
        """A part is done: count it and say so; a stop ends the waiting quietly."""
        self.done += 1
        if not self.run.is_canceled:
            self.run.report(
                done=self.done,
                planned=self.planned,
                step=self.step.format(done=self.done, planned=self.planned),
            )

    def lost(self, *, part_id: str, view_type: str, error: Exception) -> None:
        """A part failed: remember why, go on with the others."""
        if isinstance(error, (LeaseLost, *DATABASE_AWAY)):
            raise error  # not this part's failure: the whole job is worked on again
        self._errors.append(error)
        if isinstance(error, Canceled):
            words: dict[str, Any] = {
                "code": "CANCELED",
                "message": "Stopped before this part was made.",
                "suggestions": [],
                "context": {"charged": "0"},
            }
        else:
            words = _words(error)
        self.failed.append({"id": part_id, "viewType": view_type, "error": words})

    def outcome(self, store: Any, *, of: int | None = None) -> Outcome:
        """Charge for what is done; raises an error of the parts where that is nothing.

        ``of`` is how many parts the price is for, where that is more than were worked on.
        """
        if self.done == 0 and self._errors:
            raise min(self._errors, key=_blames_the_input)
        price, whole = self.run.job.price, of or self.planned
        captured = pro_rata(price, done=self.done, planned=whole)
        wanted = pro_rata(price, done=self.done + len(self.failed), planned=whole)
        return Outcome(store=store, captured=captured, failed=self.failed, left=wanted - captured)


def _blames_the_input(error: Exception) -> int:
    """What a job that failed whole is told first: refused content, which may cost, comes last."""
    if isinstance(error, Canceled):
        return 0
    if not isinstance(error, ProviderError) or error.failure is not Failure.USER_INPUT:
        return 1
    return 3 if error.code else 2


def _words(error: Exception) -> dict[str, Any]:
    """The error of one part; nothing is charged for it."""
    if isinstance(error, ProviderError):
        about = told(error)
    elif isinstance(error, DomainError):
        about = error
    else:
        log.error("a part met a bug", exc_info=error)
        about = failed(Failure.BUG)
    return {
        "code": about.code,
        "message": about.message,
        "suggestions": about.suggestions,
        "context": {"charged": "0"},
    }
