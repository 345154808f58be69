"""Amounts of money in words. They are integers in the currency's minor unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

# Currencies whose minor unit is not a hundredth.
_WHOLE: Final = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
_THOUSANDTHS: Final = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


def worded(amount: int, currency: str) -> str:
    """2900 cents → ``"29.00 USD"``, 2900 yen → ``"2900 JPY"``, −900 cents → ``"−9.00 USD"``."""
    sign = "−" if amount < 0 else ""
    return f"{sign}{decimal(abs(amount), currency)} {currency.upper()}"


def decimal(amount: int, currency: str) -> Decimal:
    """The amount in the currency's main unit: 2900 cents → 29.00."""
    name = currency.lower()
    places = 0 if name in _WHOLE else 3 if name in _THOUSANDTHS else 2
    return Decimal(amount).scaleb(-places)
