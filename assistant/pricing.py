"""What a chat may cost at most and what it cost: tokens by prices, rounded up to the µcr."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.money import CREDITS_PER_USD, Microcredits
from generation.providers.protocols import ChatModel

# Fewer bytes a token than any model's vocabulary needs on average: the estimate is high.
BYTES_PER_TOKEN = 3


@dataclass(frozen=True)
class Tariff:
    """Prices of one token, in µcr."""

    input: Decimal
    output: Decimal


def tariff_of(model: ChatModel) -> Tariff:
    """A model's prices: a US dollar per million tokens is ten µcr a token."""
    return Tariff(model["input_usd"] * CREDITS_PER_USD, model["output_usd"] * CREDITS_PER_USD)


def size_of(*parts: Any) -> int:
    """Bytes of what is sent, as compact JSON; parts that are missing count nothing."""
    return sum(
        len(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())
        for part in parts
        if part is not None
    )


def estimated_tokens(size: int) -> int:
    """Tokens in so many bytes, before anybody counted them."""
    return -(-size // BYTES_PER_TOKEN)


def cost_of(tariff: Tariff, *, input_tokens: int, output_tokens: int) -> Microcredits:
    """The price of so many tokens."""
    return math.ceil(tariff.input * input_tokens + tariff.output * output_tokens)


def fitting_max_tokens(
    tariff: Tariff, *, available: Microcredits, input_tokens: int, choices: int
) -> int:
    """The largest limit a choice that ``available`` covers; below 1 for none."""
    left = available - tariff.input * input_tokens
    if tariff.output == 0:
        return 2**31 - 1 if left >= 0 else 0
    return math.floor(left / (tariff.output * choices))
