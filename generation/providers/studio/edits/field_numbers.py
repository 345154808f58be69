"""Lengths and numbers: set, add, take away, a share, rounded."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from generation.providers.protocols import FieldAsked
from generation.providers.studio.edits.field_answers import LONGEST, New, refused
from generation.providers.studio.edits.numbers import (
    UM_PER_UNIT,
    Amount,
    amounts_in,
    straightened,
)
from generation.providers.studio.edits.phrases import Token, read

SAID, COMPUTED = 0.97, 0.95
LONGEST_UM = 100_000_000
LARGEST = 10_000_000
SLIP = 8  # times as much or as little without a unit is more likely a slip


@dataclass(frozen=True)
class Sum:
    """The sentence as one step of arithmetic on the field."""

    kind: str  # set, add, share, round
    value: Fraction
    said: Amount | None = None


def new_number(wanted: FieldAsked) -> New:
    """The new number in the field's unit; raises RequestRefused."""
    text = straightened(wanted.words[:LONGEST])
    text = re.split(r"\b(?:because|weil|damit|so that|since)\b|因为", text)[0]
    amounts = amounts_in(text)
    tokens = read(_without(text, amounts), "edits/field_phrases")
    confidence = _certainty(wanted, tokens)
    current = _current(wanted.value)
    asked = _sum(wanted, tokens, amounts, current)
    result = _result(wanted, asked, current)
    value = _rounded(wanted, result, asked)
    _require_possible(wanted, value, asked, current)
    literal = asked.kind == "set"
    sure = min(confidence, SAID if literal else COMPUTED)
    return New(value, sure, literal, _because(wanted, asked, current, value))


def _without(text: str, amounts: list[Amount]) -> str:
    """The sentence with a comma where each number stood."""
    parts, at = [], 0
    for amount in amounts:
        parts += [text[at : amount.start], " , "]
        at = amount.end
    return "".join([*parts, text[at:]])


def _certainty(wanted: FieldAsked, tokens: list[Token]) -> float:
    """How much of the sentence was read; raises where it says what arithmetic cannot."""
    own = {token.text for token in read(f"{wanted.label} {wanted.path}", "edits/field_phrases")}
    strange = 0
    for token in tokens:
        if token.name == "not":
            raise refused(wanted, "It compares, doubts or sets a condition.")
        if token.name == "clear":
            raise refused(wanted, "To empty a field, clear it in the table: that is free.")
        if token.name == "other-part" and token.text not in own and not _within(token.text, own):
            raise refused(
                wanted, f"It speaks of “{token.text}”, and this field is {wanted.label[:80]}."
            )
        if token.name in ("word", "colour") and token.text not in own:
            strange += 1
    if strange > 4:
        raise refused(wanted, "It says more than a new number.")
    return 1 - 0.08 * strange


def _within(word: str, own: set[str]) -> bool:
    return any(word.rstrip("s") in known for known in own)


def _current(value: str | float | None) -> Fraction | None:
    """The number that is there now; None for an empty field or a text."""
    if isinstance(value, str):
        found = amounts_in(straightened(value))
        return found[0].value if len(found) == 1 and not found[0].is_unclear else None
    if value is None or isinstance(value, bool) or not math.isfinite(value):
        return None
    return Fraction(str(value))


# -- reading -----------------------------------------------------------------------------


def _sum(
    wanted: FieldAsked, tokens: list[Token], amounts: list[Amount], current: Fraction | None
) -> Sum:
    names = {token.name for token in tokens}
    if any(amount.is_unclear for amount in amounts):
        raise refused(wanted, "It is unclear whether the separator means thousands; leave it out.")
    if "from-to" in names and len(amounts) == 2 and current is not None:
        first = _in_unit(wanted, amounts[0])
        if abs(first - current) > max(Fraction(1, 100), abs(current) / 500):
            raise refused(wanted, f"The field is {_shown(wanted, current)} now, not what it says.")
        return Sum("set", _in_unit(wanted, amounts[1]), amounts[1])
    if len(amounts) > 1:
        raise refused(wanted, "It names more than one number.")
    if not amounts:
        return _without_number(wanted, names)
    amount = amounts[0]
    way = _way(wanted, names, amount)
    if amount.unit == "%" and not (way == 0 and _is_percentage(wanted)):
        return _share(wanted, names, amount, way)
    if "times" in names or "divided" in names:
        return _times(wanted, names, amount)
    value = _in_unit(wanted, amount)
    return Sum("add", way * value, amount) if way else Sum("set", value, amount)


def _is_percentage(wanted: FieldAsked) -> bool:
    """Whether the field itself is in per cent, as wastage is."""
    return wanted.kind == "number" and wanted.unit in ("%", "percent")


def _way(wanted: FieldAsked, names: set[str], amount: Amount) -> int:
    """1 for more, -1 for less, 0 for a new value."""
    up, down = "longer" in names, "shorter" in names
    if up and down:
        raise refused(wanted, "It asks for more and for less.")
    if amount.sign == "-":
        if "set" in names:
            raise refused(wanted, "A value below zero is not possible.")
        return 1 if down and up else -1
    if amount.sign == "+":
        return -1 if down else 1
    if "by" not in names and _is_set_to(wanted, names):
        return 0
    return 1 if up else -1 if down else 0


def _is_set_to(wanted: FieldAsked, names: set[str]) -> bool:
    """ "increase to 72" says the result, "increase by 2" the step."""
    text = f" {straightened(wanted.words[:LONGEST])} "
    return bool(
        re.search(r"\b(?:to|auf)\s+(?:about |exactly |genau )?[\d.,]", text)
        or re.search(r"(?:到|至|为|成)\s*[\d.,]", text)
    )


def _share(wanted: FieldAsked, names: set[str], amount: Amount, way: int) -> Sum:
    if way == 0 and not _is_set_to(wanted, names):
        raise refused(wanted, "It is unclear whether the share is added or taken away.")
    share = amount.value / 100
    return Sum("share", 1 + way * share if way else share, amount)


def _times(wanted: FieldAsked, names: set[str], amount: Amount) -> Sum:
    if amount.unit or amount.value <= 0:
        raise refused(wanted)
    return Sum("share", amount.value if "times" in names else 1 / amount.value, amount)


def _without_number(wanted: FieldAsked, names: set[str]) -> Sum:
    for name, share in (("half", Fraction(1, 2)), ("double", Fraction(2)), ("triple", Fraction(3))):
        if name in names:
            return Sum("share", share)
    for name, way in (("round-up", 1), ("round-down", -1), ("round", 0)):
        if name in names:
            return Sum("round", Fraction(way))
    if names & {"longer", "shorter"}:
        raise refused(wanted, "It does not say by how much.")
    raise refused(wanted, "It names no number.")


def _in_unit(wanted: FieldAsked, amount: Amount) -> Fraction:
    """The amount in the field's unit."""
    if amount.unit in ("", wanted.unit) or amount.unit == "%":
        return amount.value
    if wanted.kind != "length" or wanted.unit not in UM_PER_UNIT:
        raise refused(wanted, "This field is no length.")
    return amount.value * UM_PER_UNIT[amount.unit] / UM_PER_UNIT[wanted.unit]


# -- the result --------------------------------------------------------------------------


def _result(wanted: FieldAsked, asked: Sum, current: Fraction | None) -> Fraction:
    if asked.kind == "set":
        return asked.value
    if current is None:
        raise refused(wanted, "The field is empty, so there is nothing to count from.")
    if asked.kind == "add":
        return current + asked.value
    if asked.kind == "share":
        return current * asked.value
    ways = {1: math.ceil, -1: math.floor, 0: lambda number: math.floor(number + Fraction(1, 2))}
    return Fraction(ways[int(asked.value)](current))


def _rounded(wanted: FieldAsked, value: Fraction, asked: Sum) -> float:
    """Two decimals; inches to sixteenths, as the trade writes them."""
    if wanted.kind == "length" and wanted.unit == "in":
        return math.floor(value * 16 + Fraction(1, 2)) / 16
    places = 2 if wanted.kind == "length" else 4
    return float(Fraction(math.floor(value * 10**places + Fraction(1, 2)), 10**places))


def _require_possible(
    wanted: FieldAsked, value: float, asked: Sum, current: Fraction | None
) -> None:
    least_allowed = wanted.kind == "number" and asked.kind == "set" and value == 0
    if value <= 0 and not least_allowed:
        raise refused(wanted, f"That would be {value:g}, and a value has to be above zero.")
    if value * UM_PER_UNIT.get(wanted.unit, 0) > LONGEST_UM or value > LARGEST:
        raise refused(wanted, f"That would be {_plain(value)} {wanted.unit}: too much to be meant.")
    if asked.kind != "set" or asked.said is None or asked.said.unit or not current:
        return
    ratio = value / float(current)
    if wanted.kind == "length" and current > 0 and not 1 / SLIP < ratio < SLIP:
        raise refused(
            wanted,
            f"{_plain(value)} {wanted.unit} is far from the {_shown(wanted, current)} that is "
            "there. If it is meant, say it with its unit.",
        )


def _because(wanted: FieldAsked, asked: Sum, current: Fraction | None, value: float) -> str:
    unit = f" {wanted.unit}" if wanted.unit else ""
    if asked.kind == "set":
        said = asked.said
        if said is not None and said.unit not in ("", "%", wanted.unit):
            return f"{_plain(float(said.value))} {said.unit} is {_plain(value)}{unit}"
        return "as written"
    before = _shown(wanted, current or Fraction(0))
    if asked.kind == "add":
        sign = "+" if asked.value > 0 else "−"
        return f"{before} {sign} {_plain(abs(float(asked.value)))}{unit}"
    if asked.kind == "share":
        return f"{before} × {_plain(float(asked.value))}"
    return f"{before}, rounded"


def _shown(wanted: FieldAsked, value: Fraction) -> str:
    return f"{_plain(float(value))} {wanted.unit}".strip()


def _plain(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
