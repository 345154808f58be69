"""Numbers with units as people write them: ``28 1/2"``, ``52,5 cm``, ``half an inch``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

UM_PER_UNIT: Mapping[str, int] = {
    "mm": 1_000,
    "cm": 10_000,
    "m": 1_000_000,
    "in": 25_400,
    "ft": 304_800,
}
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("mm", "millimeter", "millimetre", "毫米"), "mm"),
    **dict.fromkeys(("cm", "centimeter", "centimetre", "zentimeter", "厘米", "公分"), "cm"),
    **dict.fromkeys(("m", "meter", "metre", "米"), "m"),
    **dict.fromkeys(("in", "inch", "inche", "zoll", '"', "''", "″", "”", "英寸", "吋"), "in"),
    **dict.fromkeys(("ft", "foot", "feet", "fuss", "英尺"), "ft"),
    **dict.fromkeys(("%", "percent", "per cent", "prozent", "pct"), "%"),
}
WORDS: Mapping[str, str] = {
    "half an": "1/2", "half a": "1/2", "a half": "1/2", "one half": "1/2", "ein halber": "1/2",
    "ein halbes": "1/2", "einen halben": "1/2", "eine halbe": "1/2", "halben": "1/2",
    "a quarter": "1/4", "quarter of an": "1/4", "quarter": "1/4", "ein viertel": "1/4",
    "three quarters": "3/4", "three quarter": "3/4", "eighth": "1/8", "an eighth": "1/8",
    "anderthalb": "1 1/2", "eineinhalb": "1 1/2",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "twelve": "12", "twenty": "20",
    "zwei": "2", "drei": "3", "vier": "4", "funf": "5", "fuenf": "5",
    "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "zehn": "10",
    "半": "1/2", "一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5", "六": "6",
    "七": "7", "八": "8", "九": "9", "十": "10",
}  # fmt: skip

_UNIT = "|".join(
    re.escape(unit) + (r"s?n?(?![a-z])" if unit[-1].isalpha() and unit.isascii() else "")
    for unit in sorted(UNITS, key=len, reverse=True)
)
_AMOUNT = re.compile(
    rf"(?<![a-z0-9_.,/])(?P<sign>[+\-−–]\s?)?"
    rf"(?:(?:(?P<whole>\d{{1,7}})[ \-])?(?P<over>\d{{1,4}})\s?/\s?(?P<under>\d{{1,4}})"
    rf"|(?P<decimal>\d{{1,9}}(?:[.,]\d{{1,9}})*|[.,]\d{{1,6}}))"
    rf"(?![\d/])\s?(?P<unit>{_UNIT})?(?![a-z0-9])",
    re.IGNORECASE,
)
_VULGAR = re.compile("([¼-¾⅐-⅞])")
_ASCII_WORD = re.compile(
    r"(?<![a-z0-9])("
    + "|".join(sorted((w for w in WORDS if w.isascii()), key=len, reverse=True))
    + r")(?=\s+(?:" + _UNIT + r")(?![a-z]))"
)  # fmt: skip
_HAN_WORD = re.compile("([半一二两三四五六七八九十])(?=毫米|厘米|公分|英寸|吋|米|英尺)")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")


@dataclass(frozen=True)
class Amount:
    """A number that was said. ``unit`` is "" where none was; ``%`` is a share."""

    value: Fraction
    unit: str
    start: int
    end: int
    sign: str = ""  # + or -, where it was written
    is_unclear: bool = False  # a separator that may mean thousands


def straightened(text: str) -> str:
    """Lower case, accents folded, fractions and number words as digits."""
    text = _VULGAR.sub(r" \1", text)
    text = unicodedata.normalize("NFKC", text.replace("ß", "ss")).replace("⁄", "/").casefold()
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in apart if not "\u0300" <= c <= "\u036f")
    plain = unicodedata.normalize("NFC", plain)
    plain = _ASCII_WORD.sub(lambda found: WORDS[found[1]], plain)
    return _HAN_WORD.sub(lambda found: WORDS[found[1]], plain)


def amounts_in(text: str) -> list[Amount]:
    """The numbers in a straightened text, in order."""
    return [amount for found in _AMOUNT.finditer(text) if (amount := _amount(found))]


def _amount(found: re.Match[str]) -> Amount | None:
    sign = (found["sign"] or "").strip().replace("−", "-").replace("–", "-")
    unit = _unit(found["unit"])
    unclear = False
    if found["decimal"] is None:
        if not int(found["under"]):
            return None
        value = int(found["whole"] or 0) + Fraction(int(found["over"]), int(found["under"]))
    else:
        number = found["decimal"]
        groups = _GROUPED.fullmatch(number) and not (unit == "in" and "." in number)
        unclear = bool(groups) or sum(number.count(mark) for mark in ".,") > 1
        last = max(number.rfind("."), number.rfind(","))
        digits = number.replace(".", "").replace(",", "")
        places = len(number) - 1 - last if last >= 0 else 0
        value = Fraction(int(digits or 0), 10**places)
    return Amount(value, unit, found.start(), found.end(), sign, unclear)


def _unit(said: str | None) -> str:
    if not said:
        return ""
    said = said.casefold()
    for form in (said, said[:-1], said.removesuffix("es"), said[:-2]):
        if form in UNITS:
            return UNITS[form]
    return ""
