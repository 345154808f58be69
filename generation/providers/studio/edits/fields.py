"""A field of the pack changed by a sentence: numbers, lengths, colours and words."""

from __future__ import annotations

from generation.providers.protocols import Answer, FieldAsked
from generation.providers.studio.edits.field_answers import New
from generation.providers.studio.edits.field_colours import new_colour
from generation.providers.studio.edits.field_numbers import new_number
from generation.providers.studio.edits.field_words import new_words


def edit_field(wanted: FieldAsked) -> Answer:
    """``{value, confidence, isLiteral, because}``; raises RequestRefused for what it cannot read.

    The sentence is data: it can say what this one field becomes and nothing else.
    """
    new = _new(wanted)
    return Answer(
        {
            "value": new.value,
            "confidence": round(new.confidence, 2),
            "isLiteral": new.is_literal,
            "because": new.because,
        }
    )


def _new(wanted: FieldAsked) -> New:
    if wanted.kind in ("length", "number"):
        return new_number(wanted)
    if wanted.kind == "colour":
        return new_colour(wanted)
    return new_words(wanted)
