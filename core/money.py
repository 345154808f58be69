"""Amounts of credits: integers in microcredits inside, decimal strings outside.

Nothing else formats or parses an amount. It is arithmetic only, and lies below the ledger so
that price lists and the caps of API keys write amounts in the same way.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TypeAlias

Microcredits: TypeAlias = int

CREDIT: Microcredits = 1_000_000
LARGEST: Microcredits = 2**63 - 1  # what a BIGINT holds

# A token's price is in US dollars; a credit stands for ten cents of it.
CREDITS_PER_USD = 10

_PLACES = 6
_WRITTEN = re.compile(r"([+-])?([0-9]{1,13})(?:\.([0-9]{1,6}))?", re.ASCII)
_USD_STEP = Decimal("0.0001")


def parse_credits(text: str) -> Microcredits:
    """``"2.25"`` → 2 250 000 µcr. A sign and up to six places are taken, nothing else.

    Raises ValueError for any other text, and where the amount does not fit a BIGINT.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError("Write an amount of credits like 3, 0.25 or 12.000001.")
    sign, whole, fraction = match.groups()
    amount = int(whole) * CREDIT + int((fraction or "").ljust(_PLACES, "0"))
    if amount > LARGEST:
        raise ValueError("This amount of credits is too large.")
    return -amount if sign == "-" else amount


def format_credits(amount: Microcredits) -> str:
    """2 250 000 µcr → ``"2.25"``: a decimal string with as many places as it needs."""
    sign, whole, fraction = _split(amount)
    return f"{sign}{whole}.{fraction:06d}".rstrip("0").rstrip(".")


def shown(amount: Microcredits) -> str:
    """2 250 000 µcr → ``"2.25"``, 3 000 000 µcr → ``"3.00"``: for pages.

    At least two places, and more only where fewer would hide something.
    """
    sign, whole, fraction = _split(amount)
    places = f"{fraction:06d}"
    return f"{sign}{whole}.{places[:2]}{places[2:].rstrip('0')}"


def brief(amount: Microcredits) -> str:
    """3 000 000 µcr → ``"3"``, 250 000 µcr → ``"0.25"``: for buttons and sentences."""
    return format_credits(amount) if amount % CREDIT == 0 else shown(amount)


def worded(amount: Microcredits) -> str:
    """1 000 000 µcr → ``"1 credit"``, 750 000 µcr → ``"0.75 credits"``: for sentences."""
    return f"{brief(amount)} credit{'' if amount == CREDIT else 's'}"


def signed(amount: Microcredits) -> str:
    """A change of the balance, for pages: ``"+18.00"``, ``"−3.00"``, ``"0.00"``."""
    mark = {1: "+", 0: "", -1: "−"}[(amount > 0) - (amount < 0)]
    return mark + shown(abs(amount))


def number(amount: Microcredits) -> float | int:
    """The amount in credits as a JSON number, for an error's context."""
    whole, rest = divmod(amount, CREDIT)
    return whole if rest == 0 else float(Decimal(amount) / CREDIT)


def from_number(amount: Decimal | float | int) -> Microcredits:
    """A number of credits, from JSON or a form, in µcr."""
    return int((Decimal(str(amount)) * CREDIT).to_integral_value())


def usd_owed(amount: Decimal) -> str:
    """``$0.1500``, rounded up: what is missing or asked for never looks smaller than it is."""
    return _dollars(amount.quantize(_USD_STEP, rounding=ROUND_CEILING))


def usd_owned(amount: Decimal) -> str:
    """``$0.0500``, rounded down: a balance never looks larger than it is."""
    return _dollars(amount.quantize(_USD_STEP, rounding=ROUND_FLOOR))


def _dollars(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount)}"


def in_usd(amount: Microcredits) -> Decimal:
    """What the amount is worth where tokens are priced."""
    return Decimal(amount) / (CREDIT * CREDITS_PER_USD)


def _split(amount: Microcredits) -> tuple[str, int, int]:
    whole, fraction = divmod(abs(amount), CREDIT)
    return ("-" if amount < 0 else ""), whole, fraction
