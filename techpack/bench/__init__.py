"""What the workspace shows, worked out before the template sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core import storage
from core.units import format_length
from techpack import drawing, queries, trade
from techpack.bench import fields, rail, sentences
from techpack.bench.shapes import Bench, ViewCard
from techpack.measuring import REFERENCE, known_um
from techpack.models import Analysis, Product, Revision
from techpack.notes import note_of
from techpack.pack import merge
from techpack.pack.build import numbers_of, text_of
from techpack.pack.paths import path_of
from techpack.pack.rows import Merged
from techpack.prices import VIEWS_MOST
from techpack.readiness import readiness_of

__all__ = ["Bench", "asked_in_words", "bench_of", "changed", "input_of"]


def bench_of(product: Product, *, drawn_by: str, open_at: str = "", words: str = "") -> Bench:
    """The whole page of a product: a fixed number of queries.

    ``open_at`` is the field whose sentence is being written, ``words`` what it says so far.
    """
    pack = merge.load(product)
    readiness = readiness_of(pack)
    jobs = queries.jobs_of(product)
    latest = {job.kind: job for job in reversed(jobs)}
    desk = fields.Desk(pack, sentences.sentences_of(pack, jobs, open_at=open_at, words=words))
    changes = sentences.changes_of(pack.views, jobs)
    numbers = numbers_of(pack)
    front = pack.sketches[0] if pack.sketches else None
    running = [job for job in jobs if not job.is_final]
    return Bench(
        pack=pack,
        readiness=readiness,
        views=[_view_card(view, pack.analyses, changes[view.pk]) for view in pack.views],
        steps=rail.steps_of(pack, readiness, latest),
        known=_known(pack),
        flat=drawing.svg_of(front, pack, numbers=numbers, unit=pack.unit, on_page=True)
        if front
        else "",
        photo=storage.signed_url(pack.views[0].image_key) if pack.views else "",
        photo_note=note_of(pack.views[0]) if pack.views else "",
        lengths=[fields.length_of(row, desk) for row in fields.shown_lengths(pack)],
        parts=[
            fields.part_of(row, numbers, desk)
            for row in pack.rows("construction")
            if row.id in numbers
        ],
        colours=[fields.colour_of(row, desk) for row in pack.rows("colors")],
        elements=[
            fields.cell_of(row, "value", row.label, desk)
            for section in ("materials", "designElements")
            for row in pack.rows(section)
        ],
        points=[fields.point_of(row, desk) for row in pack.rows("pointsOfMeasure")],
        materials=[fields.material_of(row, desk) for row in pack.rows("bom")],
        shots=[fields.shot_of(row, pack) for row in pack.close_ups],
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
        drafts=sentences.drafts_of(pack, jobs),
        categories=trade.names(),
        subcategories=trade.subcategories(product.category or "other"),
        drawn_by=drawn_by,
        open_at=open_at,
        is_busy=bool(running),
        running=running,
        bom_columns=fields.BOM_COLUMNS,
    )


def _view_card(
    view: Revision, analyses: tuple[Analysis, ...], change: sentences.Change
) -> ViewCard:
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
    note = "" if view.is_photo else note_of(view)
    picture = storage.signed_url(view.thumbnail_key)
    return ViewCard(view, picture, verdict, tone, note, change)


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
    value = format_length(known_um(view), pack.unit, with_unit=False) if scale else ""
    return {
        "revision": view,
        "choices": choices,
        "code": chosen,
        "value": value,
        "is_drawn": bool(scale) and not scale.get("code"),
    }


def _usual_reference(pack: Merged, codes: list[str]) -> str:
    usual = REFERENCE.get(pack.template.family, "")
    return usual if usual in codes else (codes[0] if codes else "")


def input_of(
    step: str, product: Product, *, photos: Sequence[str] | int | None = None
) -> dict[str, Any]:
    """What the page gives to a step: the product's current photos or analyses.

    ``photos`` are those to analyse, by id, or how many: then the front comes first.
    """
    if step == "category":
        return {"product_id": product.pk}
    if step == "analysis":
        return {"product_id": product.pk, "revision_ids": _photos_to_analyse(product, photos)}
    analyses = [row.pk for row in queries.latest_analyses(product)]
    name = "base_view_analyses" if step == "close-ups" else "product_analysis"
    return {"product_id": product.pk, name: analyses}


def _photos_to_analyse(product: Product, photos: Sequence[str] | int | None) -> list[Any]:
    rows = list(queries.revisions_of(product))
    if isinstance(photos, int):
        rows = sorted(rows, key=lambda row: queries.view_rank(row.view_type))[:photos]
    elif photos is not None:
        return list(photos)
    return [row.pk for row in rows[:VIEWS_MOST]]


def asked_in_words(step: str, product: Product, data: Mapping[str, Any]) -> str:
    """What a step was asked for, as a person says it: "Harbor Hoodie, analysis of 7 views"."""
    if step == "analysis":
        count = len(data["revision_ids"])
        return f"{product.name}, analysis of {count} view{'' if count == 1 else 's'}"
    return f"{product.name}, {step}"


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
