"""The reservation before an answer: the most that it may cost, or a limit that fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from assistant import history
from assistant.pricing import fitting_max_tokens
from assistant.questions import Question
from assistant.refusing import refusal_of
from core.errors import InsufficientCredits
from credits.errors import Shortage
from generation import direct
from generation.direct import DirectRun
from generation.providers.protocols import Call

KIND = "chat"
# The balance may shrink between a refusal and the smaller hold.
ADJUSTED_AT_MOST = 3


@dataclass(frozen=True)
class Reserved:
    """A job whose most is held, and what its answer's headers say of it.

    ``max_tokens`` is what the model gets; ``adjusted_from`` what the client had asked for, where
    that did not fit.
    """

    question: Question
    run: DirectRun
    max_tokens: int
    adjusted_from: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def adjusted(self) -> tuple[int, int] | None:
        """The limit before and after, where it was lowered."""
        return None if self.adjusted_from is None else (self.adjusted_from, self.max_tokens)


def reserve(question: Question, *, streams: bool) -> Reserved:
    """Hold the most that the answer may cost and start its job.

    Where the client allows it, a limit that the balance does not cover is lowered to what it
    covers, if that is as much as this user's similar requests usually take. Raises RateLimited
    and InsufficientCredits.
    """
    limit = question.max_tokens
    for attempt in range(ADJUSTED_AT_MOST + 1):
        seen: list[Shortage] = []
        try:
            run = _begin(question, limit, seen, streams=streams)
        except InsufficientCredits:
            fits = _lowered(question, seen[-1]) if attempt < ADJUSTED_AT_MOST else None
            if fits is None:
                raise
            limit = fits
        else:
            break
    reserved = Reserved(question, run, limit)
    return reserved if limit == question.max_tokens else _lowering_told(reserved)


def _begin(question: Question, limit: int, seen: list[Shortage], *, streams: bool) -> DirectRun:
    def refuse(short: Shortage) -> InsufficientCredits:
        seen.append(short)
        return refusal_of(question, limit, short)

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
        refusal=refuse,
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
        "api_key_id": question.api_key and str(question.api_key.pk),
    }


def _lowered(question: Question, short: Shortage) -> int | None:
    """The limit that fits, where the client allows it and it is worth having."""
    if not question.adjusts:
        return None
    fits = fitting_max_tokens(
        question.tariff,
        available=short.available,
        input_tokens=question.input_tokens,
        choices=question.choices,
    )
    least = history.usual_output_tokens(question) or 1
    return fits if fits >= least else None


def _lowering_told(reserved: Reserved) -> Reserved:
    question = reserved.question
    words = (
        f"max_tokens was lowered from {question.max_tokens} to {reserved.max_tokens}, "
        "which is what your credits cover."
    )
    usual = history.usual_output_tokens(question)
    hint = () if usual is None else (f"{history.in_words(usual)}.",)
    return replace(reserved, adjusted_from=question.max_tokens, warnings=(words, *hint))
