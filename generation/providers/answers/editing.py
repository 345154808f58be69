"""A field's new value, as a model read it out of a sentence."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from generation.errors import Failure, ProviderError, RequestRefused
from generation.providers.answers import models
from generation.providers.answers.context import Context
from generation.providers.answers.entries import LONGEST_UM, UM_PER_UNIT
from generation.providers.answers.text import SENTENCE_MOST, clean
from generation.providers.protocols import FieldAsked

TEXT_MOST: Final = 500
LARGEST: Final = 1e9
_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
_FIGURES: Final = re.compile(r"-?\d+(?:[.,]\d+)?")
_KINDS: Final = {
    "length": "a number in the field's unit",
    "number": "a number",
    "colour": "#rrggbb",
    "text": "a text",
}


def field_of(told: models.FieldTold, context: Context) -> dict[str, Any]:
    """``{value, confidence, isLiteral, because}``.

    Raises ProviderError where the value is of another kind than the field, and RequestRefused
    where the sentence says no value for it.
    """
    wanted = context.wanted
    if wanted is None:
        raise ValueError("the field that was asked about has to be in the context")
    if not told.isAnswered or told.confidence == 0:
        raise RequestRefused(
            "the sentence says no value for the field",
            words=f"This does not say what “{clean(wanted.label, 80)}” should be. "
            "Nothing was charged.",
            suggestions=("Name the new value", "Change the field by hand"),
        )
    value = _value(told.value, wanted)
    return {
        "value": value,
        "confidence": round(told.confidence, 2),
        "isLiteral": told.isLiteral and _stands_in(wanted.words, value, wanted),
        "because": clean(told.because, SENTENCE_MOST),
    }


def _value(value: str | float, wanted: FieldAsked) -> str | float:
    if wanted.kind in ("length", "number"):
        number = _number(value, wanted)
        if number is not None:
            return number
    elif isinstance(value, str):
        if wanted.kind == "text" and (text := clean(value, TEXT_MOST)):
            return text
        if wanted.kind == "colour" and _HEX.fullmatch(value):
            return value.lower()
    raise ProviderError(Failure.MALFORMED_OUTPUT, f"value: has to be {_KINDS[wanted.kind]}")


def _number(value: str | float, wanted: FieldAsked) -> float | None:
    if isinstance(value, str) or not math.isfinite(value) or abs(value) > LARGEST:
        return None
    if wanted.kind == "length":
        um = value * UM_PER_UNIT.get(wanted.unit, 1_000)
        return value if 0 < um <= LONGEST_UM else None
    return value


def _stands_in(words: str, value: str | float, wanted: FieldAsked) -> bool:
    """Whether a person's words bear out that the value is their own.

    Words without any figure name no number, and a text or colour has to be there as it is.
    """
    if isinstance(value, str):
        return value.casefold() in " ".join(words.split()).casefold()
    return _FIGURES.search(words) is not None
