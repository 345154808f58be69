"""The reservation before an answer: the most that it may cost, or a limit that fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings

from assistant import budgets, history
from assistant.pricing import fitting_max_tokens
from assistant.questions import Question
from assistant.refusing import refusal_of
from core.errors import InsufficientCredits
from credits import refusals
from credits.shortage import Shortage
from generation import direct
from generation.direct import DirectRun
from generation.providers.protocols import Call

KIND = "chat"
# The balance may shrink between a refusal and the smaller hold.
TRIES = 4


@dataclass(frozen=True)
class Reserved:
    """A job whose most is held, and what its answer's headers say of it.

    ``max_tokens`` is what the model gets: less than was asked for where that did not fit.
    """

    question: Question
    run: DirectRun
    max_tokens: int
    warnings: tuple[str, ...] = ()

    @property
    def adjusted(self) -> tuple[int, int] | None:
        """The limit before and after, where it was lowered."""
        before = self.question.max_tokens
        return (before, self.max_tokens) if self.max_tokens < before else None


def reserve(question: Question, *, streams: bool) -> Reserved:
    """Hold the most that the answer may cost and start its job.

    Where the client allows it, a limit that the balance does not cover is lowered to what it
    covers, if that is as much as this user's similar requests usually take. Raises RateLimited
    and InsufficientCredits.
    """
    limit = question.max_tokens
    for tries_left in reversed(range(TRIES)):
        try:
            run = _begin(question, limit, streams=streams)
            break
        except InsufficientCredits as error:
            fits = _lowered(question, error.shortage) if tries_left else None
            if fits is None:
                refusals.note(user_id=question.user.pk, error=error)
                raise
            limit = fits
    lowered = _told_of_lowering(question, limit) if limit < question.max_tokens else ()
    # A whole answer is charged in a moment, and the month's credits are looked at then.
    crossed = budgets.crossed(question.user) if streams else ()
    return Reserved(question, run, limit, warnings=(*lowered, *crossed))


def _begin(question: Question, limit: int, *, streams: bool) -> DirectRun:
    return direct.begin(
        user=question.user,
        kind=KIND,
        price=question.most(limit),
        reason=question.model,
        call=Call(
            part="answer",
            operation=KIND,
            type="chat",
            provider=question.chat.name,
            model=question.upstream,
            is_resubmittable=question.chat.is_resubmittable,
        ),
        input=_noted(question, limit, streams=streams),
        at_once=settings.CHATS_OF_USER_AT_ONCE,
        deadline_s=settings.CHAT_DEADLINE_S,
        product_id=question.product_id,
        model=question.model,
        api_key=question.api_key,
        request_id=question.request_id,
        refusal=partial(refusal_of, question, limit),
    )


def _noted(question: Question, limit: int, *, streams: bool) -> dict[str, Any]:
    """What the job remembers of the request: counts and ids, never what was said."""
    return {
        "model": question.model,
        "messages": len(question.given.messages),
        "tools": len(question.given.tools or ()),
        "input_tokens": question.input_tokens,
        "max_tokens": limit,
        "choices": question.choices,
        "streams": streams,
        "product_id": question.product_id and str(question.product_id),
        "api_key_id": question.api_key_id and str(question.api_key_id),
    }


def _lowered(question: Question, short: object) -> int | None:
    """The limit that fits, where the client allows it and it is worth having."""
    if not question.adjusts or not isinstance(short, Shortage):
        return None
    fits = fitting_max_tokens(
        question.tariff,
        available=short.available,
        input_tokens=question.input_tokens,
        choices=question.choices,
    )
    least = history.usual_output_tokens(question) or 1
    return fits if fits >= least else None


def _told_of_lowering(question: Question, limit: int) -> tuple[str, ...]:
    lowered = (
        f"max_tokens was lowered from {question.max_tokens} to {limit}, "
        "which is what your credits cover."
    )
    usual = history.usual_output_tokens(question)
    return (lowered,) if usual is None else (lowered, f"{history.in_words(usual)}.")
