"""Sketches: front, back and side flats; callouts and measures are drawn from data."""

from __future__ import annotations

from typing import Any

from core import storage
from generation.kinds import Outcome
from generation.models import Job
from generation.providers.protocols import Answer, Call
from generation.providers.routes import Route, route_of
from generation.run import Run
from techpack import drawing, outlines, queries, seeing
from techpack.models import Product, Revision, Sketch
from techpack.pack import merge
from techpack.pack.build import numbers_of
from techpack.stale import fingerprint
from techpack.work.parts import Parts

OPERATION = "sketches/generate"
VIEWS = ("front", "back", "side")
SIDES = ("side", "left", "right")


def work(run: Run) -> Outcome:
    """Draw each view from its photo, or as a labelled schematic where there is none."""
    product = queries.product_behind(run.job)
    revisions = list(Revision.objects.filter(product=product, pk__in=run.input["revision_ids"]))
    revisions.sort(key=lambda row: queries.view_rank(row.view_type))
    for revision in revisions:
        revision.product = product
        outlines.ensure_geometry(revision)
    route = route_of(OPERATION)
    run.report(done=0, planned=len(VIEWS), step="Drawing the flats")
    sources = {view: _source(view, revisions) for view in VIEWS}
    parts = Parts(run, planned=len(VIEWS), step="{done} of {planned} sketches")
    drawn: dict[str, Answer] = {}
    jobs = run.parallel(VIEWS, lambda view: _draw(run, route, view, sources[view], revisions[0]))
    for view, found in jobs:
        if isinstance(found, Exception):
            parts.lost(part_id=view, view_type=view, error=found)
        else:
            drawn[view] = found
            parts.took()
    made = _composed(product, drawn, sources, revisions)
    made_from = fingerprint(product, revisions)

    def store(job: Job) -> dict[str, Any]:
        Sketch.objects.filter(product=product, is_current=True, view_type__in=made).update(
            is_current=False
        )
        for sketch in made.values():
            sketch.job, sketch.made_from = job, made_from
            sketch.save(force_insert=True)
        return {"sketches": [str(sketch.pk) for sketch in made.values()]}

    return parts.outcome(store)


def _source(view: str, revisions: list[Revision]) -> Revision | None:
    wanted = SIDES if view == "side" else (view,)
    return next((row for row in revisions if row.view_type in wanted), None)


def _draw(
    run: Run, route: Route, view_type: str, source: Revision | None, first: Revision
) -> Answer:
    brief = seeing.brief_of(first.product)
    call = Call(
        part=view_type,
        operation=OPERATION,
        type="image",
        provider=route.name,
        model=route.model,
        is_resubmittable=route.provider.is_resubmittable,
        input={"view": view_type, "photo": str(source.pk) if source else None},
    )
    return run.call(
        call,
        lambda: route.provider.draw_flat(
            view=seeing.view_of(source) if source else None,
            view_type=view_type,
            front=seeing.view_of(first),
            brief=brief,
            model=route.model,
        ),
    )


def _composed(
    product: Product,
    drawn: dict[str, Answer],
    sources: dict[str, Revision | None],
    revisions: list[Revision],
) -> dict[str, Sketch]:
    """Place callouts and measures, write the SVG and its picture."""
    pack = merge.load(product)
    numbers = numbers_of(pack)
    shown_codes: set[str] = set()
    made: dict[str, Sketch] = {}
    for view in VIEWS:
        if view not in drawn:
            continue
        data = drawn[view].data
        sketch = Sketch(
            product=product,
            revision=sources[view],
            view_type=view,
            drawing=data["drawing"],
            callouts=[] if made else drawing.place_callouts(pack, data["anchors"], numbers),
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
    ordered = sorted(rows, key=lambda row: queries.view_rank(row.view_type))
    return {"sketches": [present_sketch(row) for row in ordered]}


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
