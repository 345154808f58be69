"""What is run again of a step that failed, wholly or in part, with its photos as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from core.errors import Conflict
from generation.kinds import Prepared
from generation.models import Job
from techpack import queries
from techpack.models import CloseUp, Product, Revision, Sketch
from techpack.operations.steps import analysis_of


def detection(job: Job) -> Prepared:
    """The category once more. Raises NotFound where product or photo has gone."""
    if "revision_id" in job.input:
        queries.revision_of(job.user, UUID(job.input["revision_id"]))
    return Prepared(job.input, product_id=job.product_id)


def analysis(job: Job) -> Prepared:
    """The views that failed; all of them where none succeeded. Raises NotFound, Conflict."""
    product = _product(job)
    ids = _failed(job) or job.input["revision_ids"]
    return analysis_of(job.user, product, _photos(product, ids))


def close_ups(job: Job) -> Prepared:
    """The shots that failed, of the same plan. Raises NotFound, Conflict."""
    product = _product(job)
    failed = set(_failed(job))
    plan = (job.result or {}).get("plan", [])
    shots = [shot for shot in plan if f"shot-{shot['order']}" in failed]
    shots = shots or job.input.get("shots", [])
    if not shots:
        _photos(product, job.input["revision_ids"])
        return Prepared(job.input, product_id=product.pk, planned=job.planned)
    _check_current(job, CloseUp.objects.filter(product=product, is_current=True))
    ids = list(dict.fromkeys(shot["sourceRevisionId"] for shot in shots))
    _photos(product, ids)
    again = {"revision_ids": ids, "shots": shots}
    return Prepared(again, product_id=product.pk, planned=len(shots))


def sketches(job: Job) -> Prepared:
    """The views that were not drawn. Raises NotFound, Conflict."""
    product = _product(job)
    _photos(product, job.input["revision_ids"])
    views = _failed(job) or job.input.get("views", [])
    if not views:
        return Prepared(job.input, product_id=product.pk, planned=job.planned)
    _check_current(job, Sketch.objects.filter(product=product, is_current=True))
    again = {"revision_ids": job.input["revision_ids"], "views": views}
    return Prepared(again, product_id=product.pk, planned=len(views))


def _failed(job: Job) -> list[str]:
    return [str(part["id"]) for part in (job.result or {}).get("failed", [])]


def _product(job: Job) -> Product:
    assert job.product_id is not None  # noqa: S101 - these steps always have one
    return queries.product_of(job.user, job.product_id)


def _photos(product: Product, ids: Iterable[str]) -> list[Revision]:
    """The photos that the step worked on. Raises Conflict where one was deleted since."""
    wanted = [UUID(pk) for pk in ids]
    alive = Revision.objects.filter(product=product, pk__in=wanted, deleted_at__isnull=True)
    if alive.count() < len(wanted):
        raise Conflict(
            "A photo that this step worked on was deleted since.",
            code="PHOTO_DELETED",
            suggestions=["Run the step again with the photos that are there"],
        )
    return queries.revisions_in(product, wanted)


def _check_current(job: Job, made: Any) -> None:
    """A part is added only to what its own job made. Raises Conflict where that was replaced."""
    line: set[UUID] = set()
    earlier: Job | None = job
    while earlier is not None:
        line.add(earlier.pk)
        earlier = earlier.retry_of
    if made.exclude(job_id__in=line).exists():
        raise Conflict(
            "This step was run again since, so its missing part has no place any more.",
            code="RESULT_REPLACED",
            suggestions=["Run the step again"],
        )
