"""What the workspace shows, worked out before the template sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from core import storage
from core.ids import uuid7
from core.units import format_length
from credits.money import shown
from generation import queries as jobs
from generation.models import Job
from techpack import drawing, queries, trade
from techpack.models import VIEW_TYPES, Analysis, Product, Revision
from techpack.operations import steps
from techpack.pack import merge
from techpack.pack.build import REVISION, numbers_of, text_of, value_of
from techpack.pack.paths import path_of
from techpack.pack.rows import Cell, Merged, Row
from techpack.prices import VIEWS_INCLUDED, VIEWS_MOST, price_of
from techpack.readiness import Readiness, readiness_of

LOW = 0.7  # below this a guess asks to be checked


@dataclass(frozen=True)
class FieldCell:
    """A value that can be typed over."""

    path: str
    label: str
    text: str
    source: str  # measured, you, ai, standard, computed, or nothing
    mark: str
    is_low: bool = False
    number: int | None = None
    row_id: str = ""
    hint: str = ""


@dataclass(frozen=True)
class ViewCard:
    """A photo in the list of views."""

    revision: Revision
    picture: str
    verdict: str
    tone: str  # ok, warn or nothing


@dataclass(frozen=True)
class Step:
    """A step of the rail."""

    key: str
    number: int
    label: str
    state: str  # idle, queued, running, done, failed
    words: str
    detail: str
    button: str
    price: str
    once: str
    job: Job | None = None
    is_main: bool = False
    is_blocked: bool = False
    anchor: str = ""


@dataclass(frozen=True)
class Bench:
    """Everything on the page."""

    pack: Merged
    readiness: Readiness
    views: list[ViewCard]
    steps: list[Step]
    known: dict[str, Any]
    flat: str
    photo: str
    lengths: list[FieldCell]
    parts: list[FieldCell]
    colours: list[dict[str, Any]]
    elements: list[FieldCell]
    points: list[dict[str, Any]]
    materials: list[dict[str, Any]]
    shots: list[dict[str, Any]]
    flats: list[dict[str, Any]]
    categories: tuple[tuple[str, str], ...]
    subcategories: tuple[str, ...]
    drawn_by: str
    revision: str = REVISION
    is_busy: bool = False
    views_included: int = VIEWS_INCLUDED
    views_most: int = VIEWS_MOST
    running: list[Job] = field(default_factory=list)
    bom_columns: tuple[tuple[str, str], ...] = ()
    view_types: tuple[str, ...] = VIEW_TYPES
    units: tuple[tuple[str, str], ...] = tuple(Product.Unit.choices)


def bench_of(product: Product, *, user: Any, drawn_by: str) -> Bench:
    """The whole page of a product: a fixed number of queries."""
    pack = merge.load(product)
    readiness = readiness_of(pack)
    latest = jobs.latest_jobs(user, product.pk)
    numbers = numbers_of(pack)
    front = pack.sketches[0] if pack.sketches else None
    running = [job for job in latest.values() if not job.is_final]
    return Bench(
        pack=pack,
        readiness=readiness,
        views=[_view_card(view, pack.analyses) for view in pack.views],
        steps=_steps(pack, readiness, latest),
        known=_known(pack),
        flat=drawing.svg_of(front, pack, numbers=numbers, unit=pack.unit, on_page=True)
        if front
        else "",
        photo=storage.signed_url(pack.views[0].image_key) if pack.views else "",
        lengths=[_length(row, pack) for row in _shown_lengths(pack)],
        parts=[_part(row, numbers, pack) for row in pack.rows("construction") if row.id in numbers],
        colours=[_colour(row, pack) for row in pack.rows("colors")],
        elements=[
            _cell(row, "value", row.label, pack)
            for section in ("materials", "designElements")
            for row in pack.rows(section)
        ],
        points=[_point(row, pack) for row in pack.rows("pointsOfMeasure")],
        materials=[_material(row, pack) for row in pack.rows("bom")],
        shots=[_shot(row) for row in pack.close_ups],
        flats=[
            {
                "title": sketch.view_type.capitalize(),
                "svg": drawing.svg_of(sketch, pack, numbers=numbers, unit=pack.unit, on_page=True),
                "note": sketch.drawing.get("note", ""),
                "assumed": sketch.drawing.get("assumed", []),
                "download": storage.signed_url(sketch.svg_key),
            }
            for sketch in pack.sketches
        ],
        categories=trade.names(),
        subcategories=trade.subcategories(product.category or "other"),
        drawn_by=drawn_by,
        is_busy=bool(running),
        running=running,
        bom_columns=BOM_COLUMNS,
    )


def _view_card(view: Revision, analyses: tuple[Analysis, ...]) -> ViewCard:
    outline = view.outline or {}
    if not outline:
        verdict, tone = "Looking for the outline", ""
    elif outline.get("wornByPerson") and not outline.get("corrected"):
        verdict, tone = "Worn: check", "warn"
    elif outline.get("verdict") == "unreliable":
        verdict, tone = "Fix the outline", "warn"
    elif outline.get("verdict") == "check":
        verdict, tone = "Check the edge", "warn"
    elif any(row.revision_id == view.pk for row in analyses):
        verdict, tone = "Analysed", "ok"
    else:
        verdict, tone = "Outline found", "ok"
    return ViewCard(view, storage.signed_url(view.thumbnail_key), verdict, tone)


SOURCES = {"user": "you"}


def _mark(cell: Cell, unit: str) -> tuple[str, str]:
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


def _cell(
    row: Row, name: str, label: str, pack: Merged, *, number: int | None = None, hint: str = ""
) -> FieldCell:
    cell = row.cell(name)
    source, mark = _mark(cell, pack.unit)
    low = cell.provenance == "ai" and (cell.confidence or 0) < LOW
    return FieldCell(
        path=path_of(row, name),
        label=label,
        text=text_of(cell, pack.unit),
        source=source,
        mark=mark,
        is_low=low,
        number=number,
        row_id=row.id,
        hint=hint,
    )


def _shown_lengths(pack: Merged) -> list[Row]:
    rows = [row for row in pack.rows("pointsOfMeasure") if row.cell("value")]
    return rows[:12]


def _length(row: Row, pack: Merged) -> FieldCell:
    return _cell(row, "value", f"{row.id} {row.label}", pack)


def _part(row: Row, numbers: Mapping[str, int], pack: Merged) -> FieldCell:
    return _cell(row, "operation", row.label, pack, number=numbers[row.id])


def _colour(row: Row, pack: Merged) -> dict[str, Any]:
    share = row.facts.get("share")
    return {
        "hex": row.cell("hex").value,
        "share": f"{round(share * 100)} %" if share else "",
        "field": _cell(row, "value", row.label, pack),
    }


def _point(row: Row, pack: Merged) -> dict[str, Any]:
    return {
        "row": row,
        "unit": row.facts.get("unit") or pack.unit,
        "value": _cell(row, "value", f"{row.id} value", pack),
        "plus": _cell(row, "tolerancePlus", f"{row.id} tolerance plus", pack),
        "minus": _cell(row, "toleranceMinus", f"{row.id} tolerance minus", pack),
    }


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


def _material(row: Row, pack: Merged) -> dict[str, Any]:
    hint = str(row.facts.get("usualQuantity", ""))
    return {
        "row": row,
        "cells": [
            _cell(
                row,
                name,
                f"{row.label} {label.lower()}",
                pack,
                hint=f"usually {hint}" if name == "quantity" and hint else "",
            )
            for name, label in BOM_COLUMNS
        ],
    }


def _shot(row: Any) -> dict[str, Any]:
    return {
        "picture": storage.signed_url(row.thumbnail_key),
        "full": storage.signed_url(row.image_key),
        "name": row.shot_metadata.get("name", "Detail"),
        "shows": row.analysis_data.get("summary", ""),
        "bar": (row.shot_metadata.get("scaleBar") or {}).get("label", ""),
    }


def _known(pack: Merged) -> dict[str, Any]:
    """The form of the known length: which lengths are visible in the first photo."""
    view = pack.scaled or (pack.views[0] if pack.views else None)
    if view is None:
        return {"choices": []}
    points = pack.template.by_code
    lines = (view.geometry or {}).get("measures", [])
    choices = [
        (line["code"], points[line["code"]].name) for line in lines if line["code"] in points
    ]
    scale = view.scale or {}
    chosen = scale.get("code") or _usual_reference(pack, [code for code, _ in choices])
    value = ""
    if scale:
        px = next((line["px"] for line in lines if line["code"] == scale.get("code")), 0)
        um = px * (view.um_per_px or 0) if px else scale["length_um"]
        value = format_length(round(um / 1000) * 1000, pack.unit, with_unit=False)
    return {
        "revision": view,
        "choices": choices,
        "code": chosen,
        "value": value,
        "is_drawn": bool(scale) and not scale.get("code"),
    }


def _usual_reference(pack: Merged, codes: list[str]) -> str:
    from techpack.measuring import REFERENCE

    usual = REFERENCE.get(pack.template.family, "")
    return usual if usual in codes else (codes[0] if codes else "")


def _steps(pack: Merged, readiness: Readiness, latest: Mapping[str, Job]) -> list[Step]:
    stale = {row["output"]: row["because"] for row in readiness.stale}
    described = [
        ("category", steps.DETECT, "Category", _category_words(pack), bool(pack.views)),
        ("analysis", steps.ANALYZE, "Analysis", _analysis_words(pack), bool(pack.views)),
        (
            "close-ups",
            steps.CLOSE_UPS,
            "Close-ups",
            _count(len(pack.close_ups), "shot"),
            bool(pack.analyses),
        ),
        (
            "sketches",
            steps.SKETCHES,
            "Sketches",
            _count(len(pack.sketches), "flat"),
            bool(pack.analyses),
        ),
    ]
    done = {
        "category": bool(pack.product.category),
        "analysis": bool(pack.analyses),
        "close-ups": bool(pack.close_ups),
        "sketches": bool(pack.sketches),
    }
    waiting = next((key for key, *_, ready in described if ready and not done[key]), "")
    if not done["category"] and any(view.outline is None for view in pack.views):
        waiting = ""  # the photo is being looked at, and the category comes with it
    return [
        _step(
            number,
            key,
            operation,
            label,
            detail=stale.get(operation) or detail,
            is_done=done[key],
            is_ready=ready,
            is_main=key == waiting,
            job=latest.get(operation),
            is_stale=operation in stale,
            views=len(pack.views),
            is_coming=key == "category"
            and not done["category"]
            and bool(pack.views)
            and not waiting,
        )
        for number, (key, operation, label, detail, ready) in enumerate(described, start=1)
    ]


def _step(
    number: int,
    key: str,
    operation: str,
    label: str,
    *,
    detail: str,
    is_done: bool,
    is_ready: bool,
    is_main: bool,
    job: Job | None,
    is_stale: bool,
    views: int,
    is_coming: bool = False,
) -> Step:
    state, words = _state(job, is_done=is_done, is_stale=is_stale)
    if is_coming and state == "idle":
        state, words = "queued", "Looking at the photo"
    if state == "failed" and job is not None and job.error:
        detail = " ".join([job.error["message"], *job.error.get("suggestions", [])[:1]])
    if state in ("running", "queued") and job is not None and job.hold is not None:
        detail = f"{shown(job.hold.open)} held. {detail}"
    return Step(
        key=key,
        number=number,
        label=label,
        state=state,
        words=words,
        detail=detail,
        button="Run again" if is_done or state == "failed" else "Run",
        price=_price(operation, views),
        once=uuid7().hex,
        job=job,
        is_main=is_main,
        is_blocked=not is_ready,
        anchor=f"#{key}",
    )


def _state(job: Job | None, *, is_done: bool, is_stale: bool) -> tuple[str, str]:
    if job is not None and not job.is_final:
        if job.status == Job.Status.QUEUED:
            return "queued", "Queued"
        return "running", job.step
    if job is not None and job.status == Job.Status.FAILED:
        return "failed", "Failed, not charged"
    if is_stale:
        return "done", "Done, out of date"
    if not is_done:
        return "idle", "Not run yet"
    if job is None or job.hold is None:
        return "done", "Done"
    if job.hold.captured:
        part = "Part done" if job.status == Job.Status.PARTLY_SUCCEEDED else "Done"
        return "done", f"{part}, {shown(job.hold.captured)} charged"
    return "done", "Done, nothing charged"


def _price(operation: str, views: int) -> str:
    price = price_of(operation, {"revision_ids": [None] * max(views, 1)})
    seconds = settings.USUAL_SECONDS.get(operation, 10)
    if not price:
        return "free"
    amount = shown(price).removesuffix(".00")
    return f"{amount} credit{'s' if amount != '1' else ''} · about {seconds} s"


def _category_words(pack: Merged) -> str:
    product = pack.product
    if not product.category:
        return "Names the product and picks its template."
    name = dict(trade.names())[product.category]
    return f"{name}, {product.subcategory}" if product.subcategory else name


def _analysis_words(pack: Merged) -> str:
    if not pack.analyses:
        return "Materials, lengths, colours, construction."
    cells = [cell for row in pack.each() for cell in row.cells.values() if cell]
    low = [c for c in cells if c.provenance == "ai" and (c.confidence or 0) < LOW]
    return f"{len(pack.analyses)} of {len(pack.views)} views, {len(low)} values to check."


def _count(count: int, noun: str) -> str:
    return (
        f"{count} {noun}{'s' if count != 1 else ''}."
        if count
        else {
            "shot": "Six to ten details, each explained.",
            "flat": "Front, back and side as vectors.",
        }[noun]
    )


def input_of(step: str, product: Product) -> dict[str, Any]:
    """What the page gives to a step: the product's current photos or analyses."""
    if step == "category":
        return {"product_id": product.pk}
    if step == "analysis":
        ids: list[UUID] = [row.pk for row in queries.revisions_of(product)][:VIEWS_MOST]
        return {"product_id": product.pk, "revision_ids": ids}
    analyses = [row.pk for row in queries.latest_analyses(product)]
    name = "base_view_analyses" if step == "close-ups" else "product_analysis"
    return {"product_id": product.pk, name: analyses}


def changed(product: Product, typed: Mapping[str, str]) -> dict[str, Any]:
    """The typed values that differ from what is shown; emptied ones go back to the AI's."""
    pack = merge.load(product)
    shown_now = {
        path_of(row, name): text_of(cell, pack.unit)
        for row in pack.each()
        for name, cell in row.cells.items()
    }
    found: dict[str, Any] = {}
    for path, value in typed.items():
        text = value.replace("\r\n", "\n").strip()
        if text != shown_now.get(path, ""):
            found[path] = text or None
    return found
