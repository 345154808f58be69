"""What comes of a sentence about a field: a new value, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from generation.errors import RequestRefused
from generation.providers.protocols import FieldAsked

CAN = (
    "The local studio changes one field by a plain sentence: a new value, a sum or a share of "
    "what is there, a colour, or words in place of others."
)
EXAMPLES = {
    "length": "“set to 72 cm”, “2 cm longer” or “add 5 %”",
    "number": "“set to 12”, “2 more” or “add 5 %”",
    "colour": "“make it navy”, “#1f2a4a” or “a bit darker”",
    "text": "“change to rib knit” or “replace cotton with organic cotton”",
}
LONGEST = 600  # characters of a sentence that are read


@dataclass(frozen=True)
class New:
    """The field's new value; ``is_literal`` where it stands in the person's own words."""

    value: str | float
    confidence: float
    is_literal: bool
    because: str


def refused(wanted: FieldAsked, why: str = "") -> RequestRefused:
    """A sentence that is not done: why, what can be said, and that it was free."""
    example = EXAMPLES.get(wanted.kind, EXAMPLES["text"])
    parts = [why or "This sentence cannot be read.", CAN, f"Write {example}."]
    return RequestRefused(
        "the sentence about a field cannot be done",
        words=" ".join([*parts, "Nothing was charged."]),
        suggestions=[f"Write {example}", "Type the value into the field: that is free"],
    )
