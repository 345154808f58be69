"""Tolerances and grades as arithmetic on whole micrometres."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from techpack.trade.models import PointOfMeasure, Unit

UM_PER: dict[Unit, int] = {"mm": 1_000, "cm": 10_000}

IsoClass = Literal["f", "m", "c", "v"]
# ISO 2768-1, linear sizes: the upper end of each nominal span, and ± by class, in mm.
_SPANS = tuple(Decimal(end) for end in (3, 6, 30, 120, 400, 1000, 2000, 4000))
_LINEAR: dict[IsoClass, tuple[str | None, ...]] = {
    "f": ("0.05", "0.05", "0.1", "0.15", "0.2", "0.3", "0.5", None),
    "m": ("0.1", "0.1", "0.2", "0.3", "0.5", "0.8", "1.2", "2"),
    "c": ("0.2", "0.3", "0.5", "0.8", "1.2", "2", "3", "4"),
    "v": (None, "0.5", "1", "1.5", "2.5", "4", "6", "8"),
}


def to_um(length: Decimal, unit: Unit) -> int:
    """A length in ``unit`` as micrometres."""
    return int((length * UM_PER[unit]).to_integral_value(ROUND_HALF_EVEN))


def iso_2768(nominal_mm: Decimal, iso_class: IsoClass = "m") -> Decimal | None:
    """The ± of ISO 2768-1 for a linear size, in mm.

    None where the standard gives no figure: below 0.5 mm, above 4000 mm, and in the
    two cells that it leaves empty.
    """
    if nominal_mm < Decimal("0.5") or nominal_mm > _SPANS[-1]:
        return None
    figure = _LINEAR[iso_class][bisect_left(_SPANS, nominal_mm)]
    return None if figure is None else Decimal(figure)


@dataclass(frozen=True)
class ToleranceUm:
    """Magnitudes on both sides of a value, in micrometres."""

    plus: int
    minus: int


def tolerance_of(row: PointOfMeasure, *, nominal_um: int, unit: Unit) -> ToleranceUm | None:
    """The default tolerance of a length row at its nominal value.

    ``unit`` is the template's. None for minimum rows and where ISO 2768 has no figure.
    """
    if row.minimum:
        return None
    if row.iso_2768:
        figure = iso_2768(Decimal(nominal_um) / UM_PER["mm"])
        return None if figure is None else _both(to_um(figure, "mm"))
    if row.tolerance_percent is not None:
        share = Decimal(nominal_um) * row.tolerance_percent / 100
        return _both(int(share.to_integral_value(ROUND_HALF_EVEN)))
    if row.tolerance is None:
        return None
    minus = row.tolerance if row.tolerance_minus is None else row.tolerance_minus
    return ToleranceUm(to_um(row.tolerance, unit), to_um(minus, unit))


def _both(um: int) -> ToleranceUm:
    return ToleranceUm(um, um)


def graded_um(row: PointOfMeasure, *, base_um: int, steps: int, unit: Unit) -> int:
    """The value ``steps`` sizes above (negative: below) the base size."""
    if row.grade is None:
        return base_um
    jumps = abs(steps) // row.grade_every
    return base_um + (1 if steps >= 0 else -1) * jumps * to_um(row.grade, unit)
