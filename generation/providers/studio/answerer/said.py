"""Lengths, units and sizes that a question says itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from generation.providers.studio.answerer.facts import in_um
from generation.providers.studio.answerer.words import STOP

_LENGTH = re.compile(
    r"(?P<number>\d+ \d+/\d+|\d+/\d+|\d+(?:[.,]\d+)?) ?"
    r"(?P<unit>cm|mm|in(?:ch(?:es)?)?\b|\"|''|centi ?met(?:re|er)s?|milli ?met(?:re|er)s?)"
)
_UNIT_WANTED = re.compile(
    r"\b(?:in|to|into|as|many) (?P<unit>cm|mm|in(?:ch(?:es)?)?\b|centimet(?:re|er)s?"
    r"|millimet(?:re|er)s?|imperial|metric)"
)
_IS_INCH = re.compile(r" (?:in|to|into|as|and|is|or|for|ok)\b")
_UNITS = {"c": "cm", "m": "mm", "i": "in", '"': "in", "'": "in"}
_SIZE_WORDS = {"small": "S", "medium": "M", "large": "L", "extra large": "XL", "extra small": "XS"}
_LIKE_A_SIZE = re.compile(r"\d{1,3}|\d?X*[SML]|\d+XL|W\d+")


@dataclass(frozen=True)
class Typed:
    """A length as it was said, with its unit and its micrometres."""

    text: str
    unit: str
    um: int


def lengths_in(text: str) -> tuple[Typed, ...]:
    """``71 cm``, ``27 1/2"``, ``12 in in cm``: the lengths in plain text."""
    found = []
    for match in _LENGTH.finditer(text):
        rest = text[match.end() :]
        unit, number = _UNITS[match["unit"][0]], match["number"].replace(",", ".")
        is_word = match["unit"] == "in" and re.match(r" [a-z]", rest) and "/" not in number
        if is_word and not _IS_INCH.match(rest):
            continue  # "a 12 in the list"
        if (um := in_um(number, unit)) is not None:
            found.append(Typed(f"{number} {unit}", unit, um))
    return tuple(found)


def unit_wanted(text: str) -> str:
    """The last unit that plain text asks for: ``in inches``, ``to cm``, ``imperial``."""
    said = [match["unit"] for match in _UNIT_WANTED.finditer(text)]
    if not said:
        return ""
    return {"imperial": "in", "metric": "cm"}.get(said[-1]) or _UNITS[said[-1][0]]


def sizes_in(clause: str, text: str, run: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The sizes of the run that are named, and one that the run lacks.

    ``clause`` is as it was written, ``text`` the same made plain: a lone small letter is no size.
    """
    upper = re.findall(r"(?<![\w'’/-])[A-Z0-9][A-Z0-9/]{0,5}(?![\w'’/-])", clause)
    after = re.findall(r"\bsizes? ([a-z0-9/]{1,6})\b", text)
    worded = [
        size
        for word, size in _SIZE_WORDS.items()
        if re.search(rf"\b(?:size|in|for|in an?|for an?) {word}\b|\b{word} size\b", text)
    ]
    named = {size.upper() for size in (*after, *worded)}
    named |= {size for size in upper if not size.isdigit()}
    found = tuple(size for size in run if size.upper() in named)
    known = {size.upper() for size in run}
    astray = [
        size
        for size in (*(size.upper() for size in after if size not in STOP), *_odd(upper))
        if size not in known and _LIKE_A_SIZE.fullmatch(size)
    ]
    return found, "" if found else next(iter(astray), "")


def _odd(upper: Sequence[str]) -> list[str]:
    """Capitals that can only be a size: ``3XL``, not ``S`` or ``38``."""
    return [size for size in upper if re.fullmatch(r"\d?X{1,4}[SL]|\d+XL", size)]
