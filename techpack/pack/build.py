"""From the merged pack to the document's description: every figure becomes text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.utils import timezone

from core import storage
from core.units import format_length
from techpack import drawing, trade
from techpack.document.description import (
    BomRow,
    BomSheet,
    CloseUp,
    CloseUpsSheet,
    Colour,
    ColoursSheet,
    ConstructionRow,
    ConstructionSheet,
    Cover,
    Fact,
    FlatsSheet,
    FlatView,
    MeasuresSheet,
    Pack,
    Picture,
    PomRow,
    Provenance,
    ScaleBar,
    Swatch,
    Unit,
    Value,
)
from techpack.measuring import known_um
from techpack.models import CloseUp as CloseUpRow
from techpack.models import Sketch
from techpack.notes import note_of
from techpack.pack.colour import cmyk_words, lab_words
from techpack.pack.rows import Cell, Merged, Row
from techpack.pack.telling_apart import share, shot_name
from techpack.readiness import Readiness

REVISION = "A"


def text_of(cell: Cell, unit: str) -> str:
    """A cell's text; lengths in the pack's unit, without it."""
    if cell.um is not None:
        return format_length(cell.um, unit, with_unit=False)
    return "" if cell.value is None else str(cell.value)


def value_of(cell: Cell, unit: str) -> Value:
    """A cell as the document shows it."""
    text = text_of(cell, unit)
    if not text:
        return Value()
    uncertainty = ""
    if cell.um is not None and cell.uncertainty_um and cell.provenance in ("measured", "ai"):
        uncertainty = f"±{format_length(cell.uncertainty_um, unit, with_unit=False)}"
    return Value(text, cell.provenance, cell.confidence, uncertainty)


def numbers_of(pack: Merged) -> dict[str, int]:
    """Callout numbers by construction row: rows with a place on the drawing, in order."""
    placed = [row for row in pack.rows("construction") if row.facts.get("at")]
    return {row.id: number for number, row in enumerate(placed, start=1)}


def build(
    pack: Merged, readiness: Readiness, *, drawn_by: str, unit: str = "", on_page: bool = False
) -> Pack:
    """The whole description, for paper or (``on_page``) for the screen."""
    unit = unit or pack.unit
    product = pack.product
    return Pack(
        product=product.name,
        generated_at=timezone.now(),
        unit=cast(Unit, unit),
        style_no=product.style_no,
        revision=REVISION,
        drawn_by=drawn_by,
        draft=readiness.is_draft,
        blockers=tuple(
            f"{finding.message}. {finding.hint}".strip() for finding in readiness.blockers
        ),
        cover=_cover(pack, readiness, unit),
        flats=_flats(pack, unit, on_page=on_page),
        bom=_bom(pack, unit),
        measures=_measures(pack, unit),
        construction=_construction(pack, unit),
        colours=_colours(pack),
        close_ups=_close_ups(pack),
    )


def _picture(key: str, alt: str) -> Picture:
    return Picture(key, alt, storage.signed_url(key))


def _cover(pack: Merged, readiness: Readiness, unit: str) -> Cover:
    product, template = pack.product, pack.template
    sizes = " ".join(product.sizes or template.size_run)
    category = product.subcategory or template.subcategory

    asked = pack.row("cover", "")

    def said(label: str, text: str, fallback: str = "", *, name: str = "") -> Fact:
        source: Provenance | None = "user" if text else "standard" if fallback else None
        cell = asked.cell(name) if asked else Cell()
        if text and cell and _as_text(cell.value) == text:  # a sentence said so
            return Fact(label, Value(text, cell.provenance, cell.confidence))
        return Fact(label, Value(text or fallback, source))

    facts = [
        said("Style no.", product.style_no, name="style_no"),
        said("Season", product.season, name="season"),
        said("Brand", product.brand, name="brand"),
        Fact(
            "Category",
            Value(
                f"{template.name}, {category}",
                "user" if product.category_source == "user" else "ai",
                product.category_confidence,
            ),
        )
        if product.category
        else said("Category", ""),
        said("Sizes", " ".join(product.sizes), sizes, name="sizes"),
        said("Sample size", product.sample_size, template.sample_size, name="sample_size"),
        Fact("Known length", _known_length(pack, unit)),
        Fact("Readiness", Value(f"{readiness.score} / 100", "computed")),
    ]
    front = pack.views[0] if pack.views else None
    return Cover(
        facts=tuple(facts),
        photo=_picture(front.image_key, f"{product.name}, {front.view_type}") if front else None,
        photo_note=note_of(front) if front else "",
        swatches=tuple(
            Swatch(text_of(row.cell("value"), unit), str(row.cell("hex").value))
            for row in pack.rows("colors")
            if row.cell("hex")
        ),
        summary=said("Summary", product.description, name="description").value,
        readiness=readiness.score,
    )


def _as_text(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _known_length(pack: Merged, unit: str) -> Value:
    view = pack.scaled
    if view is None or view.scale is None:
        return Value()
    code = view.scale.get("code") or f"{view.view_type} photo"
    return Value(f"{code} {format_length(known_um(view), unit)}", "user")


def _flats(pack: Merged, unit: str, *, on_page: bool) -> FlatsSheet:
    numbers = numbers_of(pack)
    views = tuple(
        FlatView(
            view=sketch.view_type,
            title=sketch.view_type.capitalize(),
            svg=drawing.svg_of(sketch, pack, numbers=numbers, unit=unit, on_page=on_page),
            note=str(sketch.drawing.get("note", "")),
        )
        for sketch in pack.sketches
    )
    note = _not_photos(pack, pack.sketches) if views else "No sketches yet."
    return FlatsSheet(views=views, note=note)


def _not_photos(pack: Merged, made: Sequence[Sketch | CloseUpRow]) -> str:
    """What to know of drawings and details that were made from views that are no photos."""
    sources = {row.revision_id for row in made}
    drawn = [view for view in pack.views if view.pk in sources and not view.is_photo]
    if not drawn:
        return ""
    sides = " and ".join(view.view_type for view in drawn)
    return f"Made from the {sides} view. {note_of(drawn[0])}."


def _bom(pack: Merged, unit: str) -> BomSheet:
    main = next((text_of(row.cell("value"), unit) for row in pack.rows("colors")), "")
    return BomSheet(
        rows=tuple(
            _bom_row(row, index, unit, main) for index, row in enumerate(pack.rows("bom"), start=1)
        ),
        colourways=(f"A {main}",) if main else (),
    )


def _bom_row(row: Row, index: int, unit: str, main: str) -> BomRow:
    def value(name: str) -> Value:
        return value_of(row.cell(name), unit)

    material = _joined([row.cell("material"), row.cell("composition"), row.cell("weight")], unit)
    return BomRow(
        code=f"M{index}",
        component=text_of(row.cell("component"), unit) or row.label,
        material=material,
        finish=value("finish"),
        supplier=value("supplier"),
        supplier_code=value("supplierCode"),
        placement=value("placement"),
        quantity=value("quantity"),
        uom=text_of(row.cell("uom"), unit),
        wastage=value("wastage"),
        unit_cost=value("unitCost"),
        shades=("A" if index == 1 else "DTM",) if main else (),
    )


def _joined(cells: Sequence[Cell], unit: str) -> Value:
    """Several cells in one; a typed part makes the whole typed."""
    there = [cell for cell in cells if cell]
    if not there:
        return Value()
    typed = next((cell for cell in there if cell.provenance == "user"), there[0])
    return Value(", ".join(text_of(cell, unit) for cell in there), typed.provenance)


def status_of(row: Row) -> Any:
    """How far a point's value can be trusted."""
    cell = row.cell("value")
    if not cell:
        return "unknown"
    if cell.provenance in ("user", "measured"):
        return "measured"
    return row.facts.get("status", "estimated")


def grade_of(row: Row, pack: Merged, unit: str) -> str:
    """The step per size in the unit: ``2.5``, ``0.5 every 2 sizes``, ``0``, or nothing."""
    point = pack.template.by_code.get(row.id)
    if point is None or point.grade is None:
        return ""
    if point.unit:
        step = f"{point.grade.normalize():f}"
    else:
        um = trade.to_um(point.grade, pack.template.unit)
        step = format_length(um, unit, with_unit=False)
    return step if point.grade_every == 1 else f"{step} every {point.grade_every} sizes"


def _measures(pack: Merged, unit: str) -> MeasuresSheet:
    product = pack.product
    known = _known_length(pack, unit)
    return MeasuresSheet(
        rows=tuple(
            PomRow(
                code=row.id,
                name=row.label,
                how=str(row.facts.get("how", "")),
                criticality=row.facts.get("criticality", "detail"),
                value=value_of(row.cell("value"), unit),
                tolerance_plus=value_of(row.cell("tolerancePlus"), unit),
                tolerance_minus=value_of(row.cell("toleranceMinus"), unit),
                grade=Value(grade_of(row, pack, unit), "standard"),
                unit=str(row.facts.get("unit", "")),
                status=status_of(row),
            )
            for row in pack.rows("pointsOfMeasure")
        ),
        sample_size=product.sample_size or pack.template.sample_size,
        known_length=known.text,
        note="" if known else "No known length yet: lengths are estimates.",
    )


def _construction(pack: Merged, unit: str) -> ConstructionSheet:
    numbers = numbers_of(pack)
    parts = [row for row in pack.rows("construction") if not row.facts.get("isObserved")]
    observed = [row for row in pack.rows("construction") if row.facts.get("isObserved")]
    facts = [*observed, *pack.rows("designElements"), *pack.rows("materials")]
    return ConstructionSheet(
        rows=tuple(
            ConstructionRow(
                callout=numbers.get(row.id),
                part=row.label,
                operation=value_of(row.cell("operation"), unit),
                stitch=value_of(row.cell("stitch"), unit),
                seam=value_of(row.cell("seam"), unit),
                spi=value_of(row.cell("spi"), unit),
                allowance=value_of(row.cell("allowance"), unit),
                thread=value_of(row.cell("thread"), unit),
                note=text_of(row.cell("note"), unit),
            )
            for row in parts
        ),
        facts=tuple(
            Fact(row.label, value_of(row.cell("value") or row.cell("operation"), unit))
            for row in facts
        ),
    )


def _colours(pack: Merged) -> ColoursSheet:
    return ColoursSheet(
        rows=tuple(
            Colour(
                name=value_of(row.cell("value"), pack.unit),
                hex=str(row.cell("hex").value),
                lab=lab_words(str(row.cell("hex").value)),
                cmyk=cmyk_words(str(row.cell("hex").value)),
                share=share(row, pack),
                standard=text_of(row.cell("standard"), pack.unit),
            )
            for row in pack.rows("colors")
            if row.cell("hex")
        )
    )


def _close_ups(pack: Merged) -> CloseUpsSheet:
    return CloseUpsSheet(
        shots=tuple(
            CloseUp(
                picture=_picture(row.image_key, shot_name(row, pack)),
                name=shot_name(row, pack),
                shows=Value(
                    str(row.analysis_data.get("summary", "")),
                    "ai",
                    row.analysis_data.get("confidence"),
                ),
                scale_bar=_bar(row.shot_metadata.get("scaleBar"), row.shot_metadata),
            )
            for row in pack.close_ups
        ),
        note=_not_photos(pack, pack.close_ups) if pack.close_ups else "No close-ups yet.",
    )


def _bar(bar: dict[str, Any] | None, shot: dict[str, Any]) -> ScaleBar | None:
    if not bar or not shot.get("width"):
        return None
    return ScaleBar(float(bar["px"]) / float(shot["width"]), str(bar["label"]))
