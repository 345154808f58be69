"""What lines come to: discounts spread over them, tax on what is left, and sums that agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from .money import percent_of, rounded, shared


@dataclass(frozen=True)
class Off:
    """A discount: so many percent, or so many cents at most; ``discount`` is its id."""

    discount: str
    percent: Decimal | None = None
    amount: int = 0


@dataclass(frozen=True)
class Taxed:
    """The tax of the place where the customer lives; ``rate`` is the tax rate's id."""

    percent: Decimal
    rate: str
    reason: str = "standard_rated"


@dataclass(frozen=True)
class Asked:
    """A line before anything is taken off or put on; ``amount`` in cents, below 0 for a credit."""

    amount: int
    discountable: bool = True
    inclusive: bool = False  # of tax


@dataclass
class Figure:
    """What a line comes to."""

    amount: int
    off: dict[str, int] = field(default_factory=dict)  # discount → cents
    tax: int = 0
    inclusive: bool = False

    @property
    def net(self) -> int:
        """What is left after discounts: what tax is reckoned on."""
        return self.amount - sum(self.off.values())

    @property
    def total(self) -> int:
        """What is paid for the line."""
        return self.net + (0 if self.inclusive else self.tax)


@dataclass
class Figures:
    """What all lines come to."""

    lines: list[Figure]
    taxed: Taxed | None = None

    @property
    def subtotal(self) -> int:
        """Before discounts; with the tax that prices include."""
        return sum(line.amount for line in self.lines)

    @property
    def discount(self) -> int:
        """What is taken off."""
        return sum(sum(line.off.values()) for line in self.lines)

    @property
    def tax(self) -> int:
        """All tax, whether prices include it or not."""
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        """What is paid."""
        return sum(line.total for line in self.lines)

    @property
    def off(self) -> dict[str, int]:
        """What each discount takes off."""
        return {
            discount: sum(line.off.get(discount, 0) for line in self.lines)
            for line in self.lines
            for discount in line.off
        }


def reckon(asked: Sequence[Asked], offs: Sequence[Off] = (), taxed: Taxed | None = None) -> Figures:
    """Discounts one after another, spread by what each line still costs; then tax line by line."""
    lines = [Figure(one.amount, inclusive=one.inclusive) for one in asked]
    for off in offs:
        left = [
            max(line.net, 0) if one.discountable else 0
            for line, one in zip(lines, asked, strict=True)
        ]
        most = sum(left)
        taken = min(most, off.amount if off.percent is None else percent_of(most, off.percent))
        for line, part in zip(lines, shared(taken, left) if most else [], strict=False):
            if part:
                line.off[off.discount] = part
    if taxed:
        for line in lines:
            line.tax = _tax(line, taxed.percent)
    return Figures(lines, taxed)


def _tax(line: Figure, percent: Decimal) -> int:
    if line.inclusive:
        return rounded(Fraction(line.net) * Fraction(percent) / (100 + Fraction(percent)))
    return percent_of(line.net, percent)
