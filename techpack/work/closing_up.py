"""Close-ups: a plan of six to ten shots, then the shots, then what each shows."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from PIL import Image

from core import storage
from generation.kinds import Outcome
from generation.models import Job
from generation.providers.protocols import Answer, View
from generation.run import Run
from techpack import outlines, queries, seeing
from techpack.models import CloseUp, Product, Revision
from techpack.stale import fingerprint
from techpack.work.parts import Parts

PLAN, CUT, DESCRIBE = "close-ups/plan", "close-ups/cut", "close-ups/describe"
ASKS = (PLAN, CUT, DESCRIBE)
THUMBNAIL_PX = 480

Shot = dict[str, Any]


def work(run: Run) -> Outcome:
    """Plan, cut and describe; a shot that fails is left out and not charged."""
    product = queries.product_behind(run.job)
    revisions = list(Revision.objects.filter(product=product, pk__in=run.input["revision_ids"]))
    for revision in revisions:
        revision.product = product
        outlines.ensure_outline(revision)
    views = {str(row.pk): seeing.view_of(row) for row in revisions}
    # A retry makes only these of an earlier plan, beside those that are there.
    plan: list[Shot] = run.input.get("shots") or []
    adds = bool(plan)
    if not adds:
        run.report(done=0, planned=8, step="Planning the shots")
        plan = _plan(run, [views[str(row.pk)] for row in revisions], product)
    parts = Parts(run, planned=len(plan), step="{done} of {planned} shots")
    made: dict[int, tuple[Answer, Answer]] = {}
    for shot, found in run.parallel(DESCRIBE, plan, lambda shot: _shoot(run, views, shot)):
        if isinstance(found, Exception):
            parts.lost(part_id=f"shot-{shot['order']}", view_type=shot["viewType"], error=found)
        else:
            made[shot["order"]] = found
            parts.took()
    thumbnails = {order: _thumbnail(cut.keys["image.jpg"]) for order, (cut, _) in made.items()}
    made_from = fingerprint(product, revisions)

    def store(job: Job) -> dict[str, Any]:
        if not adds:
            CloseUp.objects.filter(product=product, is_current=True).update(is_current=False)
        rows = [
            _row(job, product, shot, *made[shot["order"]], thumbnails[shot["order"]], made_from)
            for shot in plan
            if shot["order"] in made
        ]
        return {"plan": plan, "close_ups": [str(row.pk) for row in rows]}

    return parts.outcome(store)


def _plan(run: Run, views: list[View], product: Product) -> list[Shot]:
    brief = seeing.brief_of(product)
    answer = run.ask(
        PLAN,
        part="plan",
        told={"views": [view.view_type for view in views], "category": brief.category},
        put=lambda provider, ask: provider.plan_close_ups(views=views, brief=brief, ask=ask),
    )
    return list(answer.data["shots"])


def _shoot(run: Run, views: dict[str, View], shot: Shot) -> tuple[Answer, Answer]:
    view = views[shot["sourceRevisionId"]]
    part = f"shot-{shot['order']}"
    cut = run.ask(
        CUT,
        part=part,
        told={"shot": shot["name"], "box": shot["box"]},
        put=lambda provider, ask: provider.close_up(view=view, shot=shot, ask=ask),
    )
    told = run.ask(
        DESCRIBE,
        part=part,
        told={"shot": shot["name"]},
        put=lambda provider, ask: provider.describe_close_up(view=view, shot=shot, ask=ask),
    )
    return cut, told


def _thumbnail(image_key: str) -> str:
    with Image.open(io.BytesIO(storage.read(image_key))) as picture:
        picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        held = io.BytesIO()
        picture.convert("RGB").save(held, "WEBP", quality=82)
    return storage.put("generated", held.getvalue(), "webp")


def _row(
    job: Job,
    product: Product,
    shot: Shot,
    cut: Answer,
    told: Answer,
    thumbnail_key: str,
    made_from: dict[str, Any],
) -> CloseUp:
    return CloseUp.objects.create(
        product=product,
        job=job,
        revision_id=UUID(shot["sourceRevisionId"]),
        image_key=cut.keys["image.jpg"],
        thumbnail_key=thumbnail_key,
        shot_metadata={**shot, **cut.data},
        analysis_data=told.data,
        order=shot["order"],
        made_from=made_from,
    )


def present(job: Job) -> dict[str, Any]:
    """``{plan, generatedImages}``."""
    result = job.result or {}
    rows = CloseUp.objects.filter(pk__in=result.get("close_ups", [])).order_by("order")
    return {
        "plan": list(result.get("plan", [])),
        "generated_images": [present_close_up(row) for row in rows],
    }


def present_close_up(row: CloseUp) -> dict[str, Any]:
    """A close-up as clients see it."""
    return {
        "id": row.pk,
        "image_url": storage.signed_url(row.image_key),
        "thumbnail_url": storage.signed_url(row.thumbnail_key),
        "shot_metadata": row.shot_metadata,
        "analysis_data": row.analysis_data,
        "order": row.order,
    }
