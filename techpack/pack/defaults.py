"""What the template contributes: rows with the trade's defaults, provenance ``standard``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from techpack import trade
from techpack.pack.rows import Cell, Row


def _standard(value: Any) -> Cell:
    return Cell(value, "standard") if value not in (None, "") else Cell()


def span(ends: tuple[Decimal, Decimal] | None, unit: str = "") -> str:
    """``10-12``, or one figure where both ends agree."""
    if ends is None:
        return ""
    low, high = (f"{end.normalize():f}" for end in ends)
    text = low if low == high else f"{low}-{high}"
    return f"{text} {unit}".strip()


def points_of_measure(
    template: trade.Template, lengths: Mapping[str, Mapping[str, Any]]
) -> tuple[Row, ...]:
    """The template's rows with the lengths that were found, by code."""
    return tuple(
        _point(template, point, lengths.get(point.code)) for point in template.points_of_measure
    )


def _point(
    template: trade.Template, point: trade.PointOfMeasure, entry: Mapping[str, Any] | None
) -> Row:
    um = int(entry["um"]) if entry and "um" in entry else None
    tolerance = None
    if not point.unit:
        tolerance = trade.tolerance_of(point, nominal_um=um or 0, unit=template.unit)
    plus = minus = Cell()
    if tolerance is not None and (um or not (point.iso_2768 or point.tolerance_percent)):
        plus = Cell(provenance="standard", um=tolerance.plus)
        minus = Cell(provenance="standard", um=tolerance.minus)
    elif point.unit and point.tolerance is not None:
        plus = minus = _standard(f"{point.tolerance.normalize():f}")
    return Row(
        id=point.code,
        section="pointsOfMeasure",
        label=point.name,
        cells={"value": _length_cell(entry, um), "tolerancePlus": plus, "toleranceMinus": minus},
        facts={
            "code": point.code,
            "how": point.how,
            "criticality": point.criticality,
            "isRequired": point.is_required,
            "isMinimum": point.minimum,
            "unit": point.unit,
            "status": entry["status"] if entry else "unknown",
            "viewType": entry.get("viewType", "") if entry else "",
        },
    )


def _length_cell(entry: Mapping[str, Any] | None, um: int | None) -> Cell:
    if entry is None:
        return Cell()
    if um is None:  # typed for one view, as a plain value
        return Cell(entry.get("value"), entry.get("provenance"), entry.get("confidence"))
    return Cell(
        provenance=entry.get("provenance"),
        confidence=entry.get("confidence"),
        um=um,
        uncertainty_um=entry.get("uncertaintyUm"),
        job_id=entry.get("jobId"),
    )


def bom(template: trade.Template) -> tuple[Row, ...]:
    """The materials and trims that such a product usually needs."""
    return tuple(
        Row(
            id=item.id,
            section="bom",
            label=item.component,
            cells={
                "component": _standard(item.component),
                "material": _standard(item.material),
                "composition": Cell(),
                "weight": Cell(),
                "finish": Cell(),
                "supplier": Cell(),
                "supplierCode": Cell(),
                "placement": _standard(item.placement),
                "quantity": _standard(f"{item.quantity.normalize():f}" if item.quantity else ""),
                "uom": _standard(item.uom),
                "wastage": _standard(
                    f"{item.wastage_percent.normalize():f}" if item.wastage_percent else ""
                ),
                "unitCost": Cell(),
            },
            facts={"usualQuantity": _usual(item)},
        )
        for item in template.bom
        if not item.optional
    )


def _usual(item: trade.BomDefault) -> str:
    if item.quantity_range is None:
        return ""
    low, high = item.quantity_range
    return span((low, high if high is not None else low), item.uom)


def construction(template: trade.Template, seen: tuple[Row, ...]) -> tuple[Row, ...]:
    """The template's rows; what a view shows is noted beside the row that it speaks of."""
    rows = []
    spoken_for: set[str] = set()
    for item in template.construction:
        if item.optional:
            continue
        observed = [row for row in seen if _speaks_of(row, item)]
        spoken_for |= {row.id for row in observed}
        rows.append(_part(item, observed))
    rest = (row for row in seen if row.id not in spoken_for)
    return (*rows, *(_observed(row) for row in rest))


def _speaks_of(row: Row, item: trade.ConstructionDefault) -> bool:
    said = row.label.lower().replace("-", " ")
    place = item.at.replace("_", " ")
    return place in said or item.part.lower() in said or said in item.part.lower()


def _part(item: trade.ConstructionDefault, observed: list[Row]) -> Row:
    note = observed[0].cell("value") if observed else Cell()
    return Row(
        id=item.id,
        section="construction",
        label=item.part,
        cells={
            "operation": _standard(item.operation),
            "stitch": _standard(" + ".join(item.stitch)),
            "seam": _standard(" / ".join(item.seam)),
            "spi": _standard(span(item.spi)),
            "allowance": _standard(span(item.allowance_mm)),
            "thread": _standard(item.thread or item.process),
            "note": note,
        },
        facts={"at": item.at, "isSewn": bool(item.stitch)},
    )


def _observed(row: Row) -> Row:
    return Row(
        id=row.id,
        section="construction",
        label=row.label,
        cells={"operation": row.cell("value"), "value": row.cell("value")},
        facts={**row.facts, "at": "", "isSewn": False, "isObserved": True},
    )
