"""What an answer cost us, by the settings' prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, cast

from django.conf import settings

from generation.providers.protocols import Usage

# Usual figures, for requests of which nobody knows what they cost.
LETTERS_PER_TOKEN: Final = 4
TOKENS_PER_PICTURE: Final = 1_200
TOKENS_SAID: Final = 1_500
TOKENS_DRAWN: Final = 4_200
_MOST_TOKENS: Final = 10**9
_NOTHING: Final = Decimal(0)


def usage_of(
    model: str, told: Any, *, prompt: str, completion: str, cached: int = 0, pictures: int = 0
) -> Usage:
    """The usage in a vendor's object ``told``, whose counts have the names given.

    What it says beside its counts goes into ``details`` as it came. Cached tokens cost
    ``cached`` of the price list, else as much as the others: the figure is never too small.
    ``pictures`` were made, and cost by the piece where the price list has no price of tokens.
    """
    told = told if isinstance(told, Mapping) else {}
    asked, answered = count_of(told.get(prompt)), count_of(told.get(completion))
    price = cast("Mapping[str, Decimal]", settings.AI_PRICES.get(model, {}))
    per_token = price.get("input", _NOTHING), price.get("output", _NOTHING)
    cached = min(cached, asked)
    cost = (asked - cached) * per_token[0] + answered * per_token[1]
    cost += cached * price.get("cached", per_token[0])
    if cost == 0:
        cost = pictures * price.get("image", _NOTHING) * 1_000_000
    details = {name: value for name, value in told.items() if name not in (prompt, completion)}
    return Usage(asked, answered, int(cost.to_integral_value(ROUND_HALF_UP)), details)


def possible(model: str, *, letters: int, pictures: int, is_drawing: bool) -> Usage:
    """What a request may have cost whose answer never came: an estimate, which says so."""
    told = {
        "prompt": letters // LETTERS_PER_TOKEN + pictures * TOKENS_PER_PICTURE,
        "completion": TOKENS_DRAWN if is_drawing else TOKENS_SAID,
        "isEstimate": True,
    }
    made = 1 if is_drawing else 0
    return usage_of(model, told, prompt="prompt", completion="completion", pictures=made)


def filmed(model: str, seconds: int, *, is_estimate: bool = False) -> Usage:
    """What ``seconds`` of film cost; an estimate, which says so, where nobody knows."""
    price = cast("Mapping[str, Decimal]", settings.AI_PRICES.get(model, {}))
    cost = seconds * price.get("second", _NOTHING) * 1_000_000
    details = {"seconds": seconds, **({"isEstimate": True} if is_estimate else {})}
    return Usage(cost_usd_micros=int(cost.to_integral_value(ROUND_HALF_UP)), details=details)


def count_of(value: Any) -> int:
    """A number of tokens, 0 for whatever is none."""
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else 0
