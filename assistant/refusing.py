"""The 402 of a chat: what is missing in US dollars, and what would fit."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from assistant import history
from assistant.pricing import cost_of, tariff_of
from assistant.questions import Question
from core.errors import InsufficientCredits
from core.money import CREDIT, CREDITS_PER_USD, in_usd, number
from credits.errors import Shortage, insufficient_credits_for_reservation
from generation.providers import routes


def refusal_of(question: Question, max_tokens: int, short: Shortage) -> InsufficientCredits:
    """The error for a hold of ``max_tokens`` a choice that ``short`` says was refused.

    Following its ``max_tokens`` fits the balance that it names, to the last µcr.
    """
    named = question.named_limit and max_tokens
    error = insufficient_credits_for_reservation(
        current_credits=in_usd(short.available),
        max_cost=in_usd(short.required),
        model_id=question.model,
        max_tokens=named,
        input_tokens=question.input_tokens,
        request_id=question.request_id or None,
        input_cost=_input_cost(question),
        cheaper_model=_cheaper(question, max_tokens),
    )
    error.context |= {
        "unit": "USD",
        "credits": {
            "current": number(short.available),
            "required": number(short.required),
            "deficit": number(short.required - short.available),
        },
    }
    if short.key_cap is not None:
        error.context["key_cap"] = {name: number(part) for name, part in short.key_cap.items()}
        error.suggestions.append("Raise the monthly cap of this key")
    _hint(question, error)
    return error


def _input_cost(question: Question) -> Decimal:
    """Exact, where the hold is rounded up: what is suggested then fits in spite of rounding."""
    return question.tariff.input * question.input_tokens / (CREDIT * CREDITS_PER_USD)


def _cheaper(question: Question, max_tokens: int) -> tuple[str, Decimal] | None:
    """The cheapest other model, with its most for the same call."""
    prices = {
        name: cost_of(
            tariff_of(model),
            input_tokens=question.input_tokens,
            output_tokens=max_tokens * question.choices,
        )
        for name, model in routes.chat_models().items()
        if name != question.model
    }
    if not prices:
        return None
    name = min(prices, key=prices.__getitem__)
    known = settings.CHAT_MODELS[name]
    dearer = tariff_of(known).output >= question.tariff.output
    return None if dearer else (name, in_usd(prices[name]))


def _hint(question: Question, error: InsufficientCredits) -> None:
    usual = history.usual_output_tokens(question)
    if usual is not None:
        error.context["usual_output_tokens"] = usual
        error.suggestions.append(history.in_words(usual))
