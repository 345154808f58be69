"""Amounts of money in words. They are integers in the currency's minor unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

# Currencies whose minor unit is not a hundredth, by how many places it has.
_PLACES: Final[dict[str, int]] = {
    **dict.fromkeys(
        "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(),
        0,
    ),
    **dict.fromkeys("bhd jod kwd omr tnd".split(), 3),
}


def worded(amount: int, currency: str) -> str:
    """2900 cents → ``"29.00 USD"``, 2900 yen → ``"2900 JPY"``, −900 cents → ``"−9.00 USD"``."""
    sign = "−" if amount < 0 else ""
    return f"{sign}{decimal(abs(amount), currency)} {currency.upper()}"


def decimal(amount: int, currency: str) -> Decimal:
    """The amount in the currency's main unit: 2900 cents → 29.00."""
    return Decimal(amount).scaleb(-_PLACES.get(currency.lower(), 2))
