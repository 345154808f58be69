"""The 402, in one place, and the ledger's refusals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from core import money
from core.errors import Conflict, InsufficientCredits
from core.money import Microcredits

__all__ = [
    "Alternative",
    "HoldClosed",
    "Shortage",
    "insufficient_credits_for_operation",
    "insufficient_credits_for_reservation",
]

Usd = Decimal | float | int | str


class HoldClosed(Conflict):
    """The hold is not open (any more): whatever was made under it is discarded."""

    default_code = "HOLD_CLOSED"


@dataclass(frozen=True)
class Alternative:
    """A cheaper way to ask for nearly the same: "Make it 4 s instead", 2 000 000 µcr."""

    label: str
    credits: Microcredits


@dataclass(frozen=True)
class Shortage:
    """Why a hold was refused; amounts are µcr.

    ``available`` is what this request could have drawn: after debt, and after the key's monthly
    cap where ``key_cap`` (``{"cap", "used"}``) says that it is what was too small.
    """

    operation: str
    model: str
    required: Microcredits
    available: Microcredits
    held: Microcredits = 0
    fair_use: dict[str, int] | None = None
    key_cap: dict[str, Microcredits] | None = None


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
    short = most - have
    needs, has, lacks = money.usd_owed(most), money.usd_owned(have), money.usd_owed(short)
    based_on = "" if max_tokens is None else f" (based on max_tokens={max_tokens})"
    context: dict[str, Any] = {
        "current_credits": float(have),
        "required_credits": float(most),
        "credit_deficit": float(short),
        "requested_model": model_id,
        "requested_max_tokens": max_tokens,
        "input_tokens": input_tokens,
        "request_id": request_id,
    }
    return InsufficientCredits(
        "Insufficient credits for this request. "
        f"Maximum possible cost: {needs}. Available balance: {has}. Shortfall: {lacks}.",
        detail=f"Your request to {model_id} requires up to {needs} in credits{based_on}, "
        f"but you only have {has} available. You need {lacks} more credits to proceed.",
        suggestions=[
            f"Add {lacks} or more in credits to your account",
            *_fewer_tokens(max_tokens, have=have, most=most, fixed=fixed),
            _cheaper(cheaper_model, have=have),
            f"Visit {pricing_url()} to add credits",
        ],
        context={name: value for name, value in context.items() if value is not None},
    )


def _usd(amount: Usd) -> Decimal:
    # By way of its shortest decimal: 0.2 means 0.20, not the binary fraction next to it.
    return amount if isinstance(amount, Decimal) else Decimal(str(amount))


def _fewer_tokens(
    max_tokens: int | None, *, have: Decimal, most: Decimal, fixed: Decimal
) -> list[str]:
    if max_tokens is None:
        return []
    fits = math.floor(max_tokens * (have - fixed) / (most - fixed)) if most > fixed else 0
    words = [f"Try setting max_tokens to {fits} or less to fit your available balance"]
    return [
        *(words if fits >= 1 else []),
        f"Reduce max_tokens from {max_tokens} to lower the maximum possible cost",
    ]


def _cheaper(model: tuple[str, Usd] | None, *, have: Decimal) -> str:
    advice = "Use a less expensive model"
    if model is None or (most := _usd(model[1])) > have:
        return advice
    return f"{advice}, for example {model[0]} (up to {money.usd_owed(most)})"


def insufficient_credits_for_operation(
    *,
    operation: str,
    required: Microcredits,
    available: Microcredits,
    alternatives: Iterable[Alternative] = (),
    held: Microcredits = 0,
    fair_use: dict[str, int] | None = None,
) -> InsufficientCredits:
    """The 402 of an operation that is priced in credits.

    Of ``alternatives`` those that fit are suggested, cheapest first; then adding exactly what is
    missing. ``context.options`` has the same ways for a page: label, credits, and what is left.
    """
    short = required - available
    needs, has, lacks = money.brief(required), money.brief(available), money.brief(short)
    fitting = sorted(
        (way for way in alternatives if way.credits <= available), key=lambda way: way.credits
    )
    context: dict[str, Any] = {
        "current_credits": money.number(available),
        "required_credits": money.number(required),
        "credit_deficit": money.number(short),
        "requested_model": operation,
        "unit": "credits",
        "held_credits": money.number(held),
        "options": [
            {
                "label": way.label,
                "credits": money.number(way.credits),
                "leaves": money.number(available - way.credits),
            }
            for way in fitting
        ],
    }
    return InsufficientCredits(
        f"You are {_credits(short)} short. Nothing was charged.",
        detail=f"{operation} needs {_credits(required)} and you have {has} available: "
        f"{needs} − {has} = {lacks} missing.",
        suggestions=[
            *(f"{way.label} ({_credits(way.credits)})" for way in fitting),
            f"Add {_credits(short)} or more to your account",
            f"Visit {pricing_url()} to see prices and plans",
        ],
        context=context if fair_use is None else context | {"fair_use": fair_use},
    )


def _credits(amount: Microcredits) -> str:
    return f"{money.brief(amount)} credit{'' if amount == money.CREDIT else 's'}"
