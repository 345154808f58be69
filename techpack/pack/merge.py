"""One pack from a template, what was seen in each view, and what a person typed.

What a person typed, or asked for in a sentence, lies on top, whatever runs follow; it stays
when a run no longer finds its entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from django.db.models import QuerySet

from core.units import in_unit
from generation.providers.studio.edits import phrases
from techpack import queries
from techpack.measuring import template_of, unit_of
from techpack.models import Analysis, Product, TypedValue
from techpack.pack import defaults
from techpack.pack.rows import SECTIONS, Cell, Merged, Provenance, Row

COLOURS_MOST = 8
_RANK = {"user": 0, "measured": 2, "computed": 3, "ai": 4, "standard": 5}
_ASKED = 1  # a sentence asked for it: above whatever was found without one


def load(product: Product) -> Merged:
    """Read and merge: a fixed number of queries, whatever the pack holds."""
    current, drafts = queries.views_and_drafts(product)
    views = tuple(sorted(current, key=lambda row: queries.view_rank(row.view_type)))
    analyses = tuple(queries.latest_analyses(product))
    close_ups = tuple(queries.close_ups_of(product))
    sketches = tuple(queries.sketches_of(product))
    typed = list(_in_order(TypedValue.objects.filter(product=product)))
    template, unit = template_of(product), unit_of(product)
    by_view = [_laid_over(analysis, typed, unit) for analysis in analyses]
    found: dict[str, tuple[Row, ...]] = {
        "materials": _entries("materials", by_view),
        "colors": _ranked(_entries("colors", by_view)[:COLOURS_MOST]),
        "designElements": _entries("designElements", by_view),
        "other": (),
        "construction": defaults.construction(template, _entries("construction", by_view)),
        "bom": defaults.bom(template),
        "pointsOfMeasure": defaults.points_of_measure(template, _lengths(by_view)),
    }
    changes = [product.updated_at, *(row.created_at for row in analyses), *(v.at for v in typed)]
    return Merged(
        product=product,
        template=template,
        unit=unit,
        sections=_typed_over(found, [value for value in typed if value.revision_id is None]),
        views=views,
        analyses=analyses,
        close_ups=close_ups,
        sketches=sketches,
        last_change=max(changes),
        drafts=tuple(drafts),
    )


ViewEntries = dict[str, list[dict[str, Any]]]


def laid_over(analysis: Analysis) -> dict[str, Any]:
    """The analysis' data with what was typed for this view."""
    typed = _in_order(TypedValue.objects.filter(revision_id=analysis.revision_id))
    unit = unit_of(analysis.revision.product)
    return {**analysis.analysis_data, **_laid_over(analysis, typed, unit)}


def _laid_over(analysis: Analysis, typed: Iterable[TypedValue], unit: str) -> ViewEntries:
    origin = {"at": analysis.created_at, "job_id": analysis.job_id, "view": analysis.view_type}
    entries: ViewEntries = {
        name: [{**entry, "_origin": origin} for entry in rows]
        for name, rows in analysis.analysis_data.items()
        if isinstance(rows, list)
    }
    for value in typed:
        if value.revision_id != analysis.revision_id:
            continue
        rows = entries.setdefault(value.section, [])
        entry = next((row for row in rows if row.get("id") == value.entry_id), None)
        if entry is None:
            entry = {"id": value.entry_id, "name": value.entry_id}
            rows.append(entry)
        entry |= _as_entry(value, str(entry.get("unit") or unit))
        entry["_origin"] = {**origin, "at": value.at, "job_id": value.job_id}
    return {name: [_public(row) for row in rows] for name, rows in entries.items()}


def _as_entry(value: TypedValue, unit: str) -> dict[str, Any]:
    """What a typed value changes of an entry; a length also says how sure it is."""
    told = {"provenance": value.provenance, "confidence": value.confidence}
    if value.job_id is not None:
        told["isAsked"] = True
    if not _is_length(value.value):
        shade = _asked_shade(value)
        return {value.field: value.value, **told, **({"hex": shade} if shade else {})}
    um = int(value.value["um"])
    return {
        value.field: in_unit(um, unit),
        "unit": unit,
        "um": um,
        "uncertainty": None,
        "uncertaintyUm": None,
        "status": "measured" if value.provenance == "user" else "estimated",
        **told,
    }


def _is_length(stored: Any) -> bool:
    return isinstance(stored, dict) and "um" in stored


def _public(entry: dict[str, Any]) -> dict[str, Any]:
    origin = entry.pop("_origin", {})
    job_id = origin.get("job_id")
    return {
        **entry,
        "viewType": origin.get("view", ""),
        "at": origin["at"].isoformat() if origin.get("at") else None,
        "jobId": str(job_id) if job_id else None,
    }


def _entries(section: str, by_view: list[ViewEntries]) -> tuple[Row, ...]:
    """The entries of all views, merged by id; what is better known wins."""
    best: dict[str, dict[str, Any]] = {}
    for view in by_view:
        for entry in view.get(section, ()):
            held = best.get(entry["id"])
            if held is None or _trust(entry) < _trust(held):
                best[entry["id"]] = entry
    return tuple(_row(section, entry) for entry in best.values())


def _ranked(colours: tuple[Row, ...]) -> tuple[Row, ...]:
    """Views count their colours each for itself; the pack counts them once."""
    return tuple(
        replace(row, label="Main colour" if number == 1 else f"Colour {number}")
        for number, row in enumerate(colours, start=1)
    )


def _trust(entry: Mapping[str, Any]) -> tuple[int, float]:
    rank = _RANK.get(entry.get("provenance", "ai"), 9)
    if entry.get("isAsked"):
        rank = min(rank, _ASKED)
    return rank, -float(entry.get("confidence") or 0)


def _row(section: str, entry: Mapping[str, Any]) -> Row:
    cell = Cell(
        value=entry.get("value"),
        provenance=entry.get("provenance", "ai"),
        confidence=entry.get("confidence"),
        job_id=entry.get("jobId"),
    )
    facts = {
        name: value
        for name, value in entry.items()
        if name not in ("id", "name", "value", "provenance", "confidence")
    }
    cells = {"value": cell}
    if "hex" in entry:
        cells["hex"] = Cell(entry["hex"], cell.provenance, cell.confidence)
    return Row(entry["id"], section, str(entry.get("name", entry["id"])), cells, facts)


def _lengths(by_view: list[ViewEntries]) -> dict[str, dict[str, Any]]:
    """The best length of each code over the views."""
    best: dict[str, dict[str, Any]] = {}
    for view in by_view:
        for entry in view.get("dimensions", ()):
            code = entry.get("code") or entry["id"].removeprefix("d_")
            if code not in best or _trust(entry) < _trust(best[code]):
                best[code] = entry
    return best


def _typed_over(
    found: Mapping[str, tuple[Row, ...]], typed: Iterable[TypedValue]
) -> dict[str, tuple[Row, ...]]:
    sections = {name: {row.id: row for row in found.get(name, ())} for name in SECTIONS}
    for value in typed:
        rows = sections.setdefault(value.section, {})
        row = rows.get(value.entry_id)
        if row is None:
            label = value.entry_id.split("_", 1)[-1].replace("-", " ").capitalize()
            row = Row(value.entry_id, value.section, label, {}, {"isOrphan": True})
        if value.section == "pointsOfMeasure" and value.field == "value":
            status = "measured" if value.provenance == "user" else "estimated"
            row = replace(row, facts={**row.facts, "status": status})
        row = row.typed(value.field, _typed_cell(value))
        if shade := _asked_shade(value):
            row = row.typed("hex", Cell(shade, "computed", value.confidence))
        rows[value.entry_id] = row
    return {name: tuple(rows.values()) for name, rows in sections.items()}


def _in_order(typed: QuerySet[TypedValue]) -> QuerySet[TypedValue]:
    """A colour's name before its shade."""
    return typed.order_by("-field", "pk")


def _asked_shade(value: TypedValue) -> str:
    """The usual shade, ``#rrggbb``, of a colour that a sentence named; "" for anything else.

    A shade that was typed is laid over it: see ``_in_order``.
    """
    if value.section != "colors" or value.field != "value" or value.job_id is None:
        return ""
    shade, _ = phrases.colour_names().get(phrases.folded(str(value.value)), ("", ""))
    return shade


def _typed_cell(value: TypedValue) -> Cell:
    told = Cell(
        provenance=cast(Provenance, value.provenance),
        confidence=value.confidence,
        at=value.at,
        job_id=value.job_id,
    )
    if _is_length(value.value):
        return replace(told, um=int(value.value["um"]))
    return replace(told, value=value.value)
