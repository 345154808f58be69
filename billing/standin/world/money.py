"""Arithmetic of whole cents: halves away from nothing, and nothing is lost when parts are made."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


def rounded(exact: Fraction) -> int:
    """The nearest whole cent; halves away from zero."""
    doubled = abs(exact) * 2
    whole = (doubled.numerator // doubled.denominator + 1) // 2
    return whole if exact >= 0 else -whole


def percent_of(amount: int, percent: Decimal) -> int:
    """So many percent of an amount."""
    return rounded(Fraction(amount) * Fraction(percent) / 100)


def unused(amount: int, *, start: int, end: int, now: int) -> int:
    """What of an amount is for the seconds of the period that are still to come."""
    if end <= start:
        return 0
    to_come = min(max(end - now, 0), end - start)
    return rounded(Fraction(amount * to_come, end - start))


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of a total by their weights, which add up to it.

    Nobody gets more than the next whole number. All goes to the first where no weight is above 0.
    """
    weighed = sum(weights)
    if weighed <= 0:
        return [total if place == 0 else 0 for place in range(len(weights))]
    exact = [Fraction(total * weight, weighed) for weight in weights]
    parts = [int(share // 1) for share in exact]
    by_rest = sorted(range(len(weights)), key=lambda place: parts[place] - exact[place])
    for place in by_rest[: total - sum(parts)]:
        parts[place] += 1
    return parts


def as_percent(number: Decimal) -> float:
    """A percentage as the API shows it."""
    return float(number.quantize(Decimal("0.0001"), ROUND_HALF_UP))
