"""Sketches: front, back and side flats; callouts and measures are drawn from data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from core import storage
from generation.kinds import Outcome
from generation.models import Job
from generation.providers.protocols import Answer
from generation.run import Run
from techpack import drawing, outlines, queries, seeing
from techpack.models import Product, Revision, Sketch
from techpack.pack import merge
from techpack.pack.build import numbers_of
from techpack.stale import fingerprint
from techpack.work.parts import Parts

OPERATION = "sketches/generate"
COUNT = 3
USUAL, FOOTWEAR = queries.SKETCHED, queries.SKETCHED_SHOE
SIDES = ("side", "left", "right")
DRAWN = frozenset({"front", "back", "top", "bottom", *SIDES})


def work(run: Run) -> Outcome:
    """Draw each view from its photo, or as a labelled schematic where there is none."""
    product = queries.product_behind(run.job)
    revisions = list(Revision.objects.filter(product=product, pk__in=run.input["revision_ids"]))
    revisions.sort(key=lambda row: queries.view_rank(row.view_type))
    for revision in revisions:
        revision.product = product
        outlines.ensure_geometry(revision)
    sources = sources_of(revisions, is_footwear=product.category == "footwear")
    # A retry draws only these, beside those that are there.
    if only := run.input.get("views"):
        sources = {view: sources.get(view) for view in only}
    run.report(done=0, planned=len(sources), step="Drawing the flats")
    parts = Parts(run, planned=len(sources), step="{done} of {planned} sketches")
    drawn: dict[str, Answer] = {}
    # Schematics are made from a drawing that is there, so photographed views come first.
    for views in (
        [view for view, photo in sources.items() if photo],
        [view for view, photo in sources.items() if not photo],
    ):
        work_on = partial(_draw, run, sources, revisions[0])
        for view, found in run.parallel(OPERATION, views, work_on):
            if isinstance(found, Exception):
                parts.lost(part_id=view, view_type=view, error=found)
            else:
                drawn[view] = found
                parts.took()
    beside = [row for row in queries.sketches_of(product) if only and row.view_type not in only]
    made = _composed(product, drawn, sources, beside)
    made_from = fingerprint(product, revisions)

    def store(job: Job) -> dict[str, Any]:
        current = Sketch.objects.filter(product=product, is_current=True)
        (current.filter(view_type__in=made) if only else current).update(is_current=False)
        for sketch in made.values():
            sketch.job, sketch.made_from = job, made_from
            sketch.save(force_insert=True)
        return {"sketches": [str(sketch.pk) for sketch in made.values()]}

    return parts.outcome(store)


def sources_of(revisions: list[Revision], *, is_footwear: bool) -> dict[str, Revision | None]:
    """The three views to draw, main one first, each with its photo if there is one.

    Photographed views come first in the order of the trade (a shoe is drawn from its
    side); what is missing of front, back and side is filled up as schematics.
    """
    order = FOOTWEAR if is_footwear else USUAL
    by_view: dict[str, Revision | None] = {}
    for revision in revisions:
        if revision.view_type in DRAWN:
            view = "side" if revision.view_type in SIDES else revision.view_type
            by_view.setdefault(view, revision)
    photographed = sorted(by_view, key=lambda view: order.index(view) if view in order else 9)
    if not photographed:
        by_view["front"] = revisions[0]
        photographed = ["front"]
    missing = [view for view in USUAL if view not in photographed]
    return {view: by_view.get(view) for view in (*photographed, *missing)[:COUNT]}


def _draw(
    run: Run,
    sources: Mapping[str, Revision | None],
    first: Revision,
    view_type: str,
) -> Answer:
    source = sources[view_type]
    brief = seeing.brief_of(first.product)
    view = seeing.view_of(source) if source else None
    front = seeing.view_of(first)
    return run.ask(
        OPERATION,
        part=view_type,
        told={"view": view_type, "photo": str(source.pk) if source else None},
        put=lambda provider, ask: provider.draw_flat(
            view=view, view_type=view_type, front=front, brief=brief, ask=ask
        ),
    )


def _composed(
    product: Product,
    drawn: dict[str, Answer],
    sources: dict[str, Revision | None],
    beside: list[Sketch],
) -> dict[str, Sketch]:
    """Place callouts and measures, write the SVG and its picture.

    Callouts are on one flat only, and a measure is drawn once: what is on the flats ``beside``
    is not drawn again.
    """
    pack = merge.load(product)
    numbers = numbers_of(pack)
    shown_codes = {row["code"] for sketch in beside for row in sketch.measurements}
    has_callouts = any(sketch.callouts for sketch in beside)
    made: dict[str, Sketch] = {}
    for view in sources:
        if view not in drawn:
            continue
        data = drawn[view].data
        sketch = Sketch(
            product=product,
            revision=sources[view],
            view_type=view,
            drawing=data["drawing"],
            callouts=[]
            if made or has_callouts
            else drawing.place_callouts(pack, data["anchors"], numbers),
            measurements=drawing.place_measures(pack, data["measures"], skip=shown_codes),
        )
        shown_codes |= {row["code"] for row in sketch.measurements}
        svg = drawing.svg_of(
            sketch, pack, numbers=numbers, unit=pack.unit, title=f"{product.name}, {view}"
        )
        sketch.svg_key = storage.put("generated", svg.encode(), "svg")
        sketch.image_key = storage.put("generated", drawing.png_of(svg), "png")
        made[view] = sketch
    return made


def present(job: Job) -> dict[str, Any]:
    """``{sketches: […]}``."""
    rows = Sketch.objects.filter(pk__in=(job.result or {}).get("sketches", []))
    found = {str(row.pk): row for row in rows}
    made = (job.result or {}).get("sketches", [])
    return {"sketches": [present_sketch(found[pk]) for pk in made if pk in found]}


def present_sketch(row: Sketch) -> dict[str, Any]:
    """A flat as clients see it."""
    return {
        "id": row.pk,
        "view_type": row.view_type,
        "image_url": storage.signed_url(row.image_key),
        "svg_url": storage.signed_url(row.svg_key),
        "width": row.drawing.get("width"),
        "height": row.drawing.get("height"),
        "note": row.drawing.get("note", ""),
        "assumed": row.drawing.get("assumed", []),
        "callouts": row.callouts,
        "measurements": row.measurements,
    }
