"""Values that can be typed over, with their marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core import storage
from techpack.bench.sentences import Sentences
from techpack.bench.shapes import FieldCell
from techpack.models import CloseUp
from techpack.pack.build import text_of, value_of
from techpack.pack.paths import path_of
from techpack.pack.rows import Cell, Merged, Row
from techpack.pack.telling_apart import share, shot_name

LOW = 0.7  # below this a guess asks to be checked


SOURCES = {"user": "you"}


def mark_of(cell: Cell, unit: str) -> tuple[str, str]:
    value = value_of(cell, unit)
    if not value or value.provenance is None:
        return "", ""
    source = SOURCES.get(value.provenance, value.provenance)
    if source == "you":
        return source, "you"
    if value.provenance == "ai" and cell.confidence == 0:
        return source, "unknown"
    if value.provenance == "measured" and value.uncertainty:
        return source, value.uncertainty
    if value.provenance == "ai" and value.uncertainty:
        return source, f"estimate {value.uncertainty}"
    return source, value.mark


@dataclass(frozen=True)
class Desk:
    """What cells are drawn from: the pack, and what sentences did to it."""

    pack: Merged
    sentences: Sentences


def cell_of(
    row: Row, name: str, label: str, desk: Desk, *, number: int | None = None, hint: str = ""
) -> FieldCell:
    pack, cell, path = desk.pack, row.cell(name), path_of(row, name)
    source, mark = mark_of(cell, pack.unit)
    low = cell.provenance == "ai" and (cell.confidence or 0) < LOW
    return FieldCell(
        path=path,
        label=label,
        text=text_of(cell, pack.unit),
        source=source,
        mark=mark,
        is_low=low,
        number=number,
        row_id=row.id,
        hint=hint,
        asked=desk.sentences.of(path, (row.section, row.id, name), cell, pack.unit),
    )


def shown_lengths(pack: Merged) -> list[Row]:
    rows = [row for row in pack.rows("pointsOfMeasure") if row.cell("value")]
    return rows[:12]


def length_of(row: Row, desk: Desk) -> FieldCell:
    return cell_of(row, "value", f"{row.id} {row.label}", desk)


def part_of(row: Row, numbers: Mapping[str, int], desk: Desk) -> FieldCell:
    return cell_of(row, "operation", row.label, desk, number=numbers[row.id])


def colour_of(row: Row, desk: Desk) -> dict[str, Any]:
    return {
        "hex": row.cell("hex").value,
        "share": share(row, desk.pack),
        "field": cell_of(row, "value", row.label, desk),
    }


def point_of(row: Row, desk: Desk) -> dict[str, Any]:
    cells = {
        "value": cell_of(row, "value", f"{row.id} value", desk),
        "plus": cell_of(row, "tolerancePlus", f"{row.id} tolerance plus", desk),
        "minus": cell_of(row, "toleranceMinus", f"{row.id} tolerance minus", desk),
    }
    unit = row.facts.get("unit") or desk.pack.unit
    return {"row": row, "unit": unit, **cells, "told": _told(cells.values())}


def _told(cells: Iterable[FieldCell]) -> list[FieldCell]:
    """The cells of a table's row that have more to say than their values."""
    return [cell for cell in cells if cell.asked and cell.asked.is_told]


BOM_COLUMNS = (
    ("material", "Material"),
    ("composition", "Composition"),
    ("weight", "Weight"),
    ("placement", "Placement"),
    ("quantity", "Quantity"),
    ("uom", "Unit"),
    ("wastage", "Wastage %"),
    ("supplier", "Supplier"),
)


def material_of(row: Row, desk: Desk) -> dict[str, Any]:
    hint = str(row.facts.get("usualQuantity", ""))
    cells = [
        cell_of(
            row,
            name,
            f"{row.label} {label.lower()}",
            desk,
            hint=f"usually {hint}" if name == "quantity" and hint else "",
        )
        for name, label in BOM_COLUMNS
    ]
    return {"row": row, "cells": cells, "told": _told(cells)}


def shot_of(row: CloseUp, pack: Merged) -> dict[str, Any]:
    return {
        "picture": storage.signed_url(row.thumbnail_key),
        "full": storage.signed_url(row.image_key),
        "name": shot_name(row, pack),
        "shows": row.analysis_data.get("summary", ""),
        "bar": (row.shot_metadata.get("scaleBar") or {}).get("label", ""),
    }
