"""What the steps share: parts that fail alone, and what that costs."""

from __future__ import annotations

import logging
from typing import Any

from generation.errors import Canceled, Failure, LeaseLost, ProviderError, failed
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
        self._first: Exception | None = None

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
        self._first = self._first or error
        if isinstance(error, Canceled):
            words = {"code": "CANCELED", "message": "Stopped before this part was made."}
        else:
            words = _words(error)
        self.failed.append({"id": part_id, "viewType": view_type, "error": words})

    def outcome(self, store: Any, *, of: int | None = None) -> Outcome:
        """Charge for what is done; raises the first error where that is nothing."""
        if self.done == 0 and self._first is not None:
            raise self._first
        captured = pro_rata(self.run.job.price, done=self.done, planned=of or self.planned)
        return Outcome(store=store, captured=captured, failed=self.failed)


def _words(error: Exception) -> dict[str, str]:
    if isinstance(error, ProviderError):
        told = failed(error.failure, words=error.words)
    else:
        log.error("a part met a bug", exc_info=error)
        told = failed(Failure.BUG)
    return {"code": told.code, "message": told.message}
