"""The 402 of a chat: what is missing, and what would fit."""

from __future__ import annotations

from assistant import history
from assistant.pricing import cost_of, tariff_of
from assistant.questions import Question
from core.errors import InsufficientCredits
from core.money import Microcredits
from credits.errors import Shortage, in_usd, with_history
from generation.providers import routes


def refusal_of(question: Question, max_tokens: int, short: Shortage) -> InsufficientCredits:
    """The error where ``max_tokens`` a choice could not be held for.

    The input's cost is rounded up, as the hold is: what is suggested fits to the last µcr.
    """
    error = in_usd(
        short,
        max_tokens=max_tokens if question.given.limit else None,
        input_tokens=question.input_tokens,
        input_cost=question.cost(question.input_tokens, 0),
        cheaper_model=_cheaper(question, max_tokens),
        request_id=question.request_id,
    )
    return with_history(error, history.usual_output_tokens(question))


def _cheaper(question: Question, max_tokens: int) -> tuple[str, Microcredits] | None:
    """The cheapest other model, with its most for the same call, if that is less."""
    prices = {
        name: cost_of(
            tariff_of(model),
            input_tokens=question.input_tokens,
            output_tokens=max_tokens * question.choices,
        )
        for name, model in routes.chat_models().items()
        if name != question.model
    }
    name = min(prices, key=prices.__getitem__, default="")
    is_less = bool(name) and prices[name] < question.most(max_tokens)
    return (name, prices[name]) if is_less else None
