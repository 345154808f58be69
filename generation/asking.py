"""Asking a provider for one part of a job: again where that is safe, never twice for one answer.

Each ask is a row of the AI operation log. What an earlier attempt of the job bought is taken from
there; what it may have bought is not asked for again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.conf import settings

from generation import breaker, calls
from generation.breaker import Entry
from generation.errors import Failure, ProviderError
from generation.providers.protocols import Answer, Ask, Call
from generation.providers.resending import Deadline
from generation.providers.routes import Everything
from generation.providers.steps import DRAWING, PARENTS
from generation.routing import asked_of

if TYPE_CHECKING:
    from generation.run import Run

Put = Callable[[Everything, Ask], Answer]
Answered = TypeVar("Answered")

MOST_ASKS: Final = 3
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 60.0  # a provider that asks for more is not waited for
LOOK_AGAIN_S: Final = 0.5
COMPLAINT_LONGEST: Final = 1000


def ask(run: Run, *, operation: str, part: str, told: dict[str, Any], put: Put) -> Answer:
    """The provider's answer for ``part``, bought once and logged.

    ``told`` is what the log keeps of the input. ``put(provider, ask)`` asks; it is called again,
    at most three times in all and inside the job's deadline, where that buys nothing twice.
    Raises ProviderError, and LeaseLost or Canceled as soon as either is known.
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
    past = calls.past_of(run.job, call)
    if past.answer is not None:
        return past.answer
    if past.is_ambiguous:
        raise ProviderError(Failure.AMBIGUOUS, "asked before, and nobody knows the end of it")

    def once(terms: Ask) -> Answer:
        return calls.ask_once(job=run.job, call=call, ask=partial(put, provider, terms))

    return Asking(run, call, once, past.complaints).until_answered()


@dataclass
class Asking(Generic[Answered]):
    """The asks for one part: ``once(terms)`` logs a call and makes it.

    ``complaints`` are what was wrong with earlier answers to it; None where an answer that cannot
    be used is no reason to ask again.
    """

    run: Run
    call: Call
    once: Callable[[Ask], Answered]
    complaints: list[str] | None

    def until_answered(self) -> Answered:
        """The answer; raises ProviderError, LeaseLost, Canceled and what ``once`` raises."""
        if self.complaints is not None and len(self.complaints) > 1:
            raise ProviderError(Failure.MALFORMED_OUTPUT, self.complaints[-1])
        for asked in range(1, MOST_ASKS + 1):
            try:
                return self._once()
            except ProviderError as error:
                wait_s = self._wait_s(error, asked)
                if wait_s is None:
                    raise
            self.run.pause(wait_s)
        raise AssertionError("the last ask returns or raises")

    def _once(self) -> Answered:
        call = self.call
        is_probe = self._enter(self._time_for_one())
        try:
            terms = self._terms()  # before the call is logged: a job that was stopped makes none
        except BaseException:
            self._leave(is_probe)
            raise
        try:
            answer = self.once(terms)
        except ProviderError as error:
            breaker.failed(call.provider, call.model, error.failure, was_probe=is_probe)
            raise
        except BaseException:
            self._leave(is_probe)
            raise
        if is_probe:
            breaker.succeeded(call.provider, call.model)
        return answer

    def _leave(self, is_probe: bool) -> None:
        """End a trial without a verdict."""
        if is_probe:
            breaker.free(self.call.provider, self.call.model)

    def _enter(self, within_s: float) -> bool:
        """Whether this is the one ask that tries a broken provider; waits for another's trial."""
        patience = Deadline(within_s)
        while (entry := breaker.enter(self.call.provider, self.call.model)) is Entry.WAIT:
            if patience.left_s <= 0:
                break
            self.run.pause(LOOK_AGAIN_S)
        if entry in (Entry.WAIT, Entry.REFUSED):
            raise ProviderError(Failure.TRANSIENT, "it failed too often and is not asked now")
        return entry is Entry.PROBE

    def _terms(self) -> Ask:
        complaint = self.complaints[-1] if self.complaints else ""
        return Ask(self.call.model, timeout_s=self._time_for_one(), complaint=complaint)

    def _time_for_one(self) -> float:
        """How many seconds one call may take. Raises LeaseLost, Canceled, ProviderError."""
        self.run.check()
        left_s = self.run.deadline.left_s
        if left_s <= 0:
            raise ProviderError(Failure.TRANSIENT, "no time is left in the job")
        return min(longest_s(self.call.operation), left_s)

    def _wait_s(self, error: ProviderError, asked: int) -> float | None:
        """How long to wait before asking again; None where that is over."""
        if asked == MOST_ASKS:
            return None
        if error.failure is Failure.MALFORMED_OUTPUT and self.complaints is not None:
            self.complaints.append(str(error)[:COMPLAINT_LONGEST])
            return None if len(self.complaints) > 1 else 0.0
        if error.failure is not Failure.TRANSIENT or not error.can_ask_again:
            return None
        told_s = error.retry_after_s or 0.0
        # A random while on top: those who were refused together do not come back together.
        wait_s = told_s + random.uniform(FIRST_WAIT_S / 2, FIRST_WAIT_S * 2**asked)
        is_too_long = told_s > LONGEST_WAIT_S or wait_s >= self.run.deadline.left_s
        return None if is_too_long else wait_s


def longest_s(operation: str) -> float:
    """How many seconds one call of an operation may take, by the setting ``AI_DEADLINES``."""
    names = (operation, PARENTS.get(operation, operation), "*")
    return float(
        next(settings.AI_DEADLINES[name] for name in names if name in settings.AI_DEADLINES)
    )
