"""Amounts of credits in and out, for what lies below the ledger: caps and price lists."""

from decimal import Decimal

MICRO = 1_000_000


def to_micro(credits: Decimal) -> int:
    """Credits with up to six places → µcr."""
    return int(credits * MICRO)


def to_credits(amount: int) -> str:
    """µcr → credits as a decimal string without trailing zeros: "0.6", "3"."""
    whole, part = divmod(amount, MICRO)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")
