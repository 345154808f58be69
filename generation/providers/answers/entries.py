"""The entries of an analysis: cleaned, rounded, each with its permanent id.

An id is the section's letter and the slug of the entry's name, of the value for colours, so that
the same thing keeps its id whoever saw it: the studio gives the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

from generation.errors import Failure, ProviderError
from generation.providers.answers import models
from generation.providers.answers.text import (
    NAME_MOST,
    VALUE_MOST,
    clean,
    free_id,
    slug,
)
from generation.providers.studio.oklab import from_hex, to_cielab

Row = dict[str, Any]

ROWS_MOST: Final = 40
COLOURS_MOST: Final = 12
FACTS_MOST: Final = 20
UM_PER_UNIT: Final = {"mm": 1_000, "cm": 10_000, "in": 25_400}
LONGEST_UM: Final = 50_000_000
SCREEN_COLOUR: Final = "screen colour under this light, not a dye standard"
# Entries of which there may be several of the same name are numbered from the first.
_NUMBERED: Final = {"surface-design": "artwork"}


def rows_of(prefix: str, entries: Sequence[models.Entry]) -> list[Row]:
    """Materials, construction, design elements."""
    rows: dict[str, Row] = {}
    for entry in entries[:ROWS_MOST]:
        name, value = clean(entry.name, NAME_MOST), clean(entry.value, VALUE_MOST)
        if not (name and value):
            continue
        key = _id_of(prefix, name, rows)
        rows[key] = _row(key, name, value, entry.confidence)
    return list(rows.values())


def _id_of(prefix: str, name: str, taken: dict[str, Row]) -> str:
    key = slug(name) or "entry"
    if key in _NUMBERED:
        numbers = range(1, ROWS_MOST + 2)
        ids = (f"{prefix}_{_NUMBERED[key]}-{number}" for number in numbers)
        return next(wanted for wanted in ids if wanted not in taken)
    return free_id(f"{prefix}_{key}", taken)


def _row(key: str, name: str, value: Any, confidence: float) -> Row:
    return {
        "id": key,
        "name": name,
        "value": value,
        "confidence": round(confidence, 2),
        "provenance": "ai",
    }


def palette_of(colours: Sequence[models.Colour]) -> list[Row]:
    """An analysis' colours, the main one first; shares never make more than the whole."""
    rows: dict[str, Row] = {}
    for rank, colour in enumerate(colours[:COLOURS_MOST]):
        value = clean(colour.value, NAME_MOST) or colour.hex.lower()
        key = f"c_{slug(value) or 'colour'}"
        if key in rows:
            key = free_id(f"{key}-{rank + 1}", rows)
        name = clean(colour.name, NAME_MOST) or _rank_name(rank)
        lab = to_cielab(np.asarray(from_hex(colour.hex)))
        rows[key] = {
            **_row(key, name, value, colour.confidence),
            "hex": colour.hex.lower(),
            "lab": [round(float(part), 1) for part in lab],
            "share": _share(colour, colours),
            "note": SCREEN_COLOUR,
        }
    return list(rows.values())


def _rank_name(rank: int) -> str:
    return "Main colour" if rank == 0 else f"Colour {rank + 1}"


def _share(colour: models.Colour, colours: Sequence[models.Colour]) -> float:
    total = sum(other.share for other in colours)
    return round(colour.share / max(total, 1.0), 3)


def swatches_of(colours: Sequence[models.Colour]) -> list[Row]:
    """A close-up's colours: numbered, for a detail has no main colour."""
    return [
        {
            **_row(
                f"c_{number}",
                clean(colour.name, NAME_MOST) or f"Colour {number}",
                clean(colour.value, NAME_MOST) or colour.hex.lower(),
                colour.confidence,
            ),
            "hex": colour.hex.lower(),
            "share": _share(colour, colours),
        }
        for number, colour in enumerate(colours[:COLOURS_MOST], start=1)
    ]


def lengths_of(lengths: Sequence[models.Length]) -> list[Row]:
    """Lengths that a model estimated: never more than an estimate, whatever it says.

    Raises ProviderError for one that no product has.
    """
    rows: dict[str, Row] = {}
    for number, length in enumerate(lengths[:ROWS_MOST]):
        um = round(Decimal(repr(length.value)) * UM_PER_UNIT[length.unit])
        if not 0 < um <= LONGEST_UM:
            raise ProviderError(
                Failure.MALFORMED_OUTPUT, f"dimensions.{number}.value: no product is that long"
            )
        code, name = slug(length.code).upper(), clean(length.name, NAME_MOST)
        if not (code or name):
            continue
        key = free_id(f"d_{code or slug(name) or 'length'}", rows)
        rows[key] = {
            **_row(key, name or code, length.value, length.confidence),
            "code": code,
            "unit": length.unit,
            "um": um,
            "status": "estimated",
            "isSure": False,
            "note": clean(length.reason, VALUE_MOST),
        }
    return list(rows.values())


def facts_of(facts: Sequence[models.Fact]) -> dict[str, Any]:
    """What fits nowhere else, by name."""
    found: dict[str, Any] = {}
    for fact in facts[:FACTS_MOST]:
        name = clean(fact.name, NAME_MOST)
        value = clean(fact.value, VALUE_MOST) if isinstance(fact.value, str) else fact.value
        if name and value != "":
            found[free_id(name, found)] = value
    return found
