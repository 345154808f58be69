"""The 402, in one place, and the ledger's refusals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from core import money
from core.errors import Conflict, InsufficientCredits
from core.money import Microcredits, worded
from credits.shortage import RAISE_CAP, Alternative, Shortage, ways_out

__all__ = [
    "Alternative",
    "HoldClosed",
    "Shortage",
    "fitting_tokens",
    "in_credits",
    "in_usd",
    "insufficient_credits_for_reservation",
    "with_history",
]

Usd = Decimal | float | int | str


class HoldClosed(Conflict):
    """The hold is not open (any more): whatever was made under it is discarded."""

    default_code = "HOLD_CLOSED"


def pricing_url() -> str:
    """The absolute address of this site's page of prices."""
    return urljoin(settings.PUBLIC_URL + "/", reverse("accounts:prices").lstrip("/"))


def insufficient_credits_for_reservation(
    *,
    current_credits: Usd,
    max_cost: Usd,
    model_id: str,
    max_tokens: int | None,
    input_tokens: int | None = None,
    request_id: str | None = None,
    input_cost: Usd = 0,
    cheaper_model: tuple[str, Usd] | None = None,
) -> InsufficientCredits:
    """The 402 of a call that is priced by tokens; amounts are US dollars.

    ``cheaper_model`` is another model's id with its most for the same call; it is named only
    when it would fit. Figures that are unknown are left out. What is missing is rounded up, what
    is there down, so that a shortfall never reads ``$0.0000``.
    """
    have, most, fixed = _usd(current_credits), _usd(max_cost), _usd(input_cost)
    message, detail, lacks = _sentences(have, most, model_id=model_id, max_tokens=max_tokens)
    context: dict[str, Any] = {
        "current_credits": float(have),
        "required_credits": float(most),
        "credit_deficit": float(most - have),
        "requested_model": model_id,
        "requested_max_tokens": max_tokens,
        "input_tokens": input_tokens,
        "request_id": request_id,
    }
    return InsufficientCredits(
        message,
        detail=detail,
        suggestions=[
            f"Add {lacks} or more in credits to your account",
            *_fewer_tokens(max_tokens, have=have, most=most, fixed=fixed),
            _cheaper(cheaper_model, have=have),
            f"Visit {pricing_url()} to add credits",
        ],
        context={name: value for name, value in context.items() if value is not None},
    )


def _sentences(
    have: Decimal, most: Decimal, *, model_id: str, max_tokens: int | None, cap: str = ""
) -> tuple[str, str, str]:
    """Message, detail, and what is missing; ``cap`` names what leaves ``have``, if not all."""
    needs, has = money.usd_owed(most), money.usd_owned(have)
    lacks = money.usd_owed(most - have)
    based_on = "" if max_tokens is None else f" (based on max_tokens={max_tokens})"
    balance = f"This {cap} leaves {has}" if cap else f"Available balance: {has}"
    only = f"this {cap} leaves only {has}" if cap else f"you only have {has} available"
    return (
        "Insufficient credits for this request. "
        f"Maximum possible cost: {needs}. {balance}. Shortfall: {lacks}.",
        f"Your request to {model_id} requires up to {needs} in credits{based_on}, "
        f"but {only}. You need {lacks} more credits to proceed.",
        lacks,
    )


def _usd(amount: Usd) -> Decimal:
    # By way of its shortest decimal: 0.2 means 0.20, not the binary fraction next to it.
    return amount if isinstance(amount, Decimal) else Decimal(str(amount))


def fitting_tokens(
    max_tokens: int | None, *, have: Decimal | int, most: Decimal | int, fixed: Decimal | int = 0
) -> int | None:
    """The most ``max_tokens`` that ``have`` covers; None where there is none of at least 1.

    ``most`` is what ``max_tokens`` may cost at most, ``fixed`` the part of it that does not
    depend on them. In fractions: a quotient that was rounded up could be one token too many.
    """
    if max_tokens is None or most <= fixed:
        return None
    share = Fraction(have - fixed) / Fraction(most - fixed)
    fits = math.floor(max_tokens * share)
    return fits if fits >= 1 else None


def _fewer_tokens(
    max_tokens: int | None, *, have: Decimal, most: Decimal, fixed: Decimal
) -> list[str]:
    if max_tokens is None:
        return []
    fits = fitting_tokens(max_tokens, have=have, most=most, fixed=fixed)
    words = [f"Try setting max_tokens to {fits} or less to fit your available balance"]
    return [
        *(words if fits else []),
        f"Reduce max_tokens from {max_tokens} to lower the maximum possible cost",
    ]


def _cheaper(model: tuple[str, Usd] | None, *, have: Decimal) -> str:
    advice = "Use a less expensive model"
    if model is None or (most := _usd(model[1])) > have:
        return advice
    return f"{advice}, for example {model[0]} (up to {money.usd_owed(most)})"


def with_history(error: InsufficientCredits, tokens: int | None) -> InsufficientCredits:
    """The same error, saying what the user's similar requests usually take; None says nothing."""
    if tokens is not None:
        error.context["usual_output_tokens"] = tokens
        error.detail += f" You usually use about {tokens} tokens for similar requests."
    return error


def in_usd(
    short: Shortage,
    *,
    max_tokens: int | None,
    input_tokens: int | None = None,
    input_cost: Microcredits = 0,
    cheaper_model: tuple[str, Microcredits] | None = None,
    request_id: str | None = None,
) -> InsufficientCredits:
    """The 402 of a call that is priced by tokens, in US dollars, with the credits in ``context``.

    ``short.required`` is what ``max_tokens`` may cost at most, ``input_cost`` the part of it that
    is paid for the input, ``cheaper_model`` another model's id with its most for the same call:
    µcr. ``context.options`` has the ways out for a page, as ``in_credits`` gives them.
    """
    error = insufficient_credits_for_reservation(
        current_credits=money.in_usd(short.available),
        max_cost=money.in_usd(short.required),
        model_id=short.model,
        max_tokens=max_tokens,
        input_tokens=input_tokens,
        request_id=request_id or None,
        input_cost=money.in_usd(input_cost),
        cheaper_model=cheaper_model and (cheaper_model[0], money.in_usd(cheaper_model[1])),
    )
    if short.key_cap is not None:
        _blame_the_cap(error, short, max_tokens)
    smaller = _smaller_calls(short, max_tokens, input_cost, cheaper_model)
    ways = ways_out(short, smaller)
    amounts = {"current": short.available, "required": short.required, "deficit": short.missing}
    error.context |= {
        "unit": "USD",
        "credits": {name: money.number(amount) for name, amount in amounts.items()},
        **_why(short),
        "options": [way.option for way in ways if way.option],
    }
    return error


def _smaller_calls(
    short: Shortage,
    max_tokens: int | None,
    input_cost: Microcredits,
    cheaper_model: tuple[str, Microcredits] | None,
) -> Iterator[Alternative]:
    have, most = short.available, short.required
    fits = fitting_tokens(max_tokens, have=have, most=most, fixed=input_cost)
    if fits and max_tokens:
        costs = input_cost + -(-(most - input_cost) * fits // max_tokens)
        label, asked = f"Answer in {fits} tokens or less", {"max_tokens": fits}
        yield Alternative(label, costs, kind="max_tokens", parameters=asked)
    if cheaper_model:
        name, costs = cheaper_model
        yield Alternative(f"Ask {name} instead", costs, kind="model", parameters={"model": name})


def _blame_the_cap(error: InsufficientCredits, short: Shortage, max_tokens: int | None) -> None:
    """Not the balance, or not it alone, was too small: say so, and what would help."""
    have, most = money.in_usd(short.available), money.in_usd(short.required)
    error.message, error.detail, _ = _sentences(
        have, most, model_id=short.model, max_tokens=max_tokens, cap=_cap_of(short)
    )
    _, *smaller, visit = error.suggestions
    missing = money.usd_owed(money.in_usd(short.own_missing))
    add = [f"Add {missing} or more in credits to your account"] if short.own_missing else []
    error.suggestions = [RAISE_CAP, *add, *smaller, *([visit] if add else [])]


def _cap_of(short: Shortage) -> str:
    return f"key's monthly cap of {worded(short.key_cap['cap'])}" if short.key_cap else ""


def _why(short: Shortage) -> dict[str, Any]:
    """What else made it too little, for an error's context."""
    cap = {name: money.number(amount) for name, amount in (short.key_cap or {}).items()}
    found = {
        "fair_use": short.fair_use,
        "key_cap": cap,
        "debt_credits": money.number(short.debt),
    }
    return {name: value for name, value in found.items() if value}


def in_credits(
    short: Shortage, *, alternatives: Iterable[Alternative] = (), by_plan: bool = False
) -> InsufficientCredits:
    """The 402 of an operation that is priced in credits.

    Of ``alternatives`` those that fit are suggested, cheapest first; then what makes room for
    all of it: adding exactly what is missing, and the plan that pays (``by_plan``: there is
    one). ``context.options`` has the same for a page: ``kind``, ``label``, ``credits`` that it
    costs, ``leaves``, and what to ask for, as in ``"views": 5`` or ``"topup": 50``.
    """
    ways = ways_out(short, alternatives, by_plan=by_plan)
    missing = worded(short.missing)
    cap = f"This {_cap_of(short)} leaves {money.brief(short.available)}, {missing} too little."
    return InsufficientCredits(
        f"{cap if short.key_cap else f'You are {missing} short.'} Nothing was charged.",
        detail=_sum_of(short),
        suggestions=[
            *(way.words for way in ways),
            f"Visit {pricing_url()} to see prices and plans",
        ],
        context={
            "current_credits": money.number(short.available),
            "required_credits": money.number(short.required),
            "credit_deficit": money.number(short.missing),
            "requested_model": short.model,
            "unit": "credits",
            "held_credits": money.number(short.held),
            **_why(short),
            "options": [way.option for way in ways if way.option],
        },
    )


def _sum_of(short: Shortage) -> str:
    """The sum in words, and what it does not show."""
    needs, has, lacks = (
        money.brief(amount) for amount in (short.required, abs(short.available), short.missing)
    )
    told = [f"{short.operation} needs {worded(short.required)} and "]
    if short.key_cap is not None:
        told[0] += f"this {_cap_of(short)} leaves {has}: {needs} − {has} = {lacks} missing."
    elif short.available < 0:
        told[0] += f"you owe {has} more than you have: {needs} + {has} = {lacks} missing."
    else:
        told[0] += f"you have {has} available: {needs} − {has} = {lacks} missing."
    if short.key_cap is not None and short.own_missing:
        told.append(f"The account itself is {worded(short.own_missing)} short.")
    if short.debt:
        told.append(
            f"You owe {worded(short.debt)} for a payment that was taken back: it is paid first."
        )
    if short.fair_use is not None:
        limit = short.fair_use["limit"]
        told.append(f"The {limit} operations a day that your plan includes are used up.")
    return " ".join(told)
