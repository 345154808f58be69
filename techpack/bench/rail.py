"""The rail of steps: state, words, price, button."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from core.money import shown, worded
from generation.models import Job
from techpack import trade
from techpack.bench.sentences import failed_of
from techpack.bench.shapes import Step
from techpack.operations import steps
from techpack.pack.rows import Merged
from techpack.prices import price_of
from techpack.readiness import Readiness

LOW = 0.7  # below this a guess asks to be checked


def steps_of(pack: Merged, readiness: Readiness, latest: Mapping[str, Job]) -> list[Step]:
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
    if state in ("running", "queued") and job is not None and job.hold and not job.hold.unlimited:
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
        once=job.pk.hex if job else "first",
        job=job,
        is_main=is_main,
        is_blocked=not is_ready,
        anchor=f"#{key}",
        failed=failed_of(job) if state in ("done", "failed") else None,
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
    part = "Part done" if job.status == Job.Status.PARTLY_SUCCEEDED else "Done"
    if job.hold.unlimited:
        return "done", f"{part}, included in your plan"
    if job.hold.captured:
        return "done", f"{part}, {shown(job.hold.captured)} charged"
    return "done", "Done, nothing charged"


def _price(operation: str, views: int) -> str:
    price = price_of(operation, {"revision_ids": [None] * max(views, 1)})
    seconds = settings.USUAL_SECONDS.get(operation, 10)
    if not price:
        return "free"
    return f"{worded(price)} · about {seconds} s"


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
