"""Lengths: stored as whole micrometres, written as a person of the trade writes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Literal, NoReturn, Self, cast

from core.errors import InvalidRequest

Unit = Literal["mm", "cm", "in"]

UM_PER_UNIT: dict[str, int] = {"mm": 1_000, "cm": 10_000, "in": 25_400}
LONGEST_UM = 100_000_000  # a hundred metres
SIXTEENTHS = 16
_SPELLINGS = {
    **{unit: unit for unit in UM_PER_UNIT},
    **dict.fromkeys(("inch", "inches", '"', "''", "″", "”"), "in"),
}
_VULGAR = re.compile("([¼-¾⅐-⅞])")
_LENGTH = re.compile(
    r"""(?: (?:(?P<whole>\d+)[ ])? (?P<over>\d+) / (?P<under>\d+)
          | (?P<decimal>\d+(?:[.,]\d*)?|[.,]\d+) )
        \ ? (?P<unit>mm|cm|in(?:ch(?:es)?)?|"|''|″|”)?""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


def parse_length(text: str, default_unit: str, *, field: str = "length") -> int:
    """Micrometres from ``71``, ``71,5 cm``, ``715mm``, ``27 1/2 in``, ``27½"``.

    Decimal point and comma are both taken. Raises InvalidRequest naming ``field`` for
    anything else, above all where a separator could be read either way (``1.234,5``,
    ``1,234``), for negative lengths, and beyond a hundred metres.
    """
    plain = unicodedata.normalize("NFKC", _VULGAR.sub(r" \1", text[:64])).replace("⁄", "/")
    found = _LENGTH.fullmatch(" ".join(plain.split()))
    if found is None:
        _refuse(field, 'Write a length such as 71.5 cm, 715 mm or 27 1/2".')
    unit = _SPELLINGS[(found["unit"] or default_unit).lower()]
    if found["decimal"] is None:
        value = _fraction(found["whole"], found["over"], found["under"], unit, field)
    else:
        value = _decimal(found["decimal"], unit, field)
    return _micrometres(value, unit, field)


def _fraction(whole: str | None, over: str, under: str, unit: str, field: str) -> Fraction:
    if unit != "in":
        _refuse(field, "Fractions are for inches; write mm and cm with decimals.")
    if int(under) == 0 or (whole is not None and int(over) >= int(under)):
        _refuse(field, "This fraction makes no sense.")
    return int(whole or 0) + Fraction(int(over), int(under))


def _decimal(number: str, unit: str, field: str) -> Fraction:
    is_inch_eighth = unit == "in" and "." in number
    if _THOUSANDS.fullmatch(number) and not is_inch_eighth:
        _refuse(field, "It is unclear whether this means thousands; leave out the separator.")
    return Fraction(Decimal("0" + number.replace(",", ".")))


def _micrometres(value: Fraction, unit: str, field: str) -> int:
    micrometres = int(value * UM_PER_UNIT[unit] + Fraction(1, 2))
    if micrometres > LONGEST_UM:
        _refuse(field, "This is longer than a hundred metres.")
    return micrometres


def _refuse(field: str, why: str) -> NoReturn:
    raise InvalidRequest("The length cannot be read.", fields={field: [why]})


def format_length(um: int, unit: str, *, with_unit: bool = True) -> str:
    """``71.0 cm``, ``71.25 cm``, ``715 mm``, ``12.5 mm``, ``27 1/2 in``.

    At most two decimals (cm at least one); inches as fractions to 1/16.
    """
    sign = "-" if um < 0 else ""
    number = _sixteenths(abs(um)) if unit == "in" else _decimals(abs(um), unit)
    if number in ("0", "0.0"):
        sign = ""
    return f"{sign}{number} {unit}" if with_unit else f"{sign}{number}"


def _decimals(um: int, unit: str) -> str:
    places = _rounded(um, unit)
    whole, _, decimals = f"{places:.2f}".partition(".")
    kept = decimals.rstrip("0")
    if unit == "cm":
        kept = kept or "0"
    return f"{whole}.{kept}" if kept else whole


def _rounded(um: int, unit: str) -> Decimal:
    exact = Decimal(um) / UM_PER_UNIT[unit]
    return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _sixteenths(um: int) -> str:
    whole, over = divmod(int(Fraction(um * SIXTEENTHS, 25_400) + Fraction(1, 2)), SIXTEENTHS)
    if over == 0:
        return str(whole)
    part = Fraction(over, SIXTEENTHS)
    words = f"{part.numerator}/{part.denominator}"
    return f"{whole} {words}" if whole else words


@dataclass(frozen=True)
class Length:
    """A length as the API speaks it: ``{value, unit, uncertainty?}``."""

    um: int
    unit: Unit
    uncertainty_um: int | None = None

    @classmethod
    def from_api(cls, given: Any, *, field: str = "length") -> Self:
        """From ``{"value": 71.5, "unit": "cm"}``; value may also be text as in ``27 1/2``.

        Raises InvalidRequest with the path below ``field``.
        """
        if not isinstance(given, Mapping):
            _refuse(field, "Send an object with value and unit.")
        if unknown := set(given) - {"value", "unit", "uncertainty"}:
            _refuse(f"{field}.{min(unknown, key=str)}", "This field is not known.")
        unit = given.get("unit")
        if not isinstance(unit, str) or unit not in UM_PER_UNIT:
            _refuse(f"{field}.unit", "Use mm, cm or in.")
        uncertainty = given.get("uncertainty")
        return cls(
            um=_from_number(given.get("value"), unit, f"{field}.value"),
            unit=cast(Unit, unit),
            uncertainty_um=None
            if uncertainty is None
            else _from_number(uncertainty, unit, f"{field}.uncertainty"),
        )


def _from_number(value: Any, unit: str, field: str) -> int:
    if isinstance(value, str):
        return parse_length(value, unit, field=field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(field, "Send a number.")
    if not 0 <= value <= LONGEST_UM:  # false for NaN too
        _refuse(field, "Send a length of at least 0.")
    return _micrometres(Fraction(str(value)), unit, field)


def in_unit(um: int, unit: str) -> float:
    """A length as a number: two decimals, as they are written; inches as multiples of 1/16."""
    if unit == "in":
        return int(Fraction(um * SIXTEENTHS, 25_400) + Fraction(1, 2)) / SIXTEENTHS
    return float(_rounded(um, unit))
