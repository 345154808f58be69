"""Views without a photo: drafts to choose from, then final ones made from the chosen draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast
from uuid import UUID

from generation.errors import Failure, ProviderError
from generation.kinds import Outcome
from generation.models import Job
from generation.providers.protocols import Answer, Ask, View
from generation.providers.routes import Everything
from generation.run import Run
from techpack import outlines, queries, seeing, versions
from techpack.models import Product, Revision
from techpack.present import present_revision
from techpack.work.parts import Parts

OPERATION = "base-views/generate"
ASKS = (f"{OPERATION}:sample", f"{OPERATION}:final")
NO_PHOTO = "Made by an AI model, not a photo"

Wanted = dict[str, Any]  # {id, revision_id, view_type, seed}


def work(run: Run) -> Outcome:
    """Make each picture on its own; those that fail are left out and not charged."""
    product = queries.product_behind(run.job)
    sources = _sources(product, run.input["sources"])
    wanted: list[Wanted] = run.input["pictures"]
    run.report(done=0, planned=len(wanted), step=f"Making {_many(len(wanted), run)}")
    parts = Parts(run, planned=len(wanted), step="{done} of {planned} pictures")
    made: dict[str, tuple[versions.Picture, Answer]] = {}
    operation = f"{OPERATION}:{run.input['stage']}"
    shown = [seeing.view_of(row) for row in sources]
    for one, found in run.parallel(
        operation, wanted, lambda one: _make(run, operation, product, shown, one)
    ):
        if isinstance(found, Exception):
            parts.lost(part_id=one["id"], view_type=one["view_type"], error=found)
        else:
            made[one["id"]] = (versions.picture_of(found.keys["image.jpg"]), found)
            parts.took()

    def store(job: Job) -> dict[str, Any]:
        Product.objects.select_for_update().get(pk=product.pk)
        rows = [
            _keep(job, product, sources, one, *made[one["id"]])
            for one in wanted
            if one["id"] in made
        ]
        product.save(update_fields=["updated_at"])
        return {"revisions": [str(row.pk) for row in rows]}

    return parts.outcome(store)


def _many(count: int, run: Run) -> str:
    noun = "draft" if run.input["stage"] == Revision.Stage.SAMPLE else "view"
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _sources(product: Product, ids: Sequence[str]) -> list[Revision]:
    """The pictures to stay true to, with their outlines, in the order given."""
    rows = Revision.objects.filter(product=product, pk__in=ids, deleted_at__isnull=True)
    found = {str(row.pk): row for row in rows}
    for row in found.values():
        row.product = product
        outlines.ensure_outline(row)
    return [found[pk] for pk in ids if pk in found]


def _make(
    run: Run, operation: str, product: Product, sources: Sequence[View], one: Wanted
) -> Answer:
    brief = seeing.brief_of(product)
    stage = cast(Literal["sample", "final"], run.input["stage"])

    def put(provider: Everything, ask: Ask) -> Answer:
        answer = provider.make_view(
            view_type=one["view_type"],
            stage=stage,
            sources=sources,
            words=run.input["words"],
            brief=brief,
            seed=one["seed"],
            ask=ask,
        )
        if fault := versions.fault_of(answer.images.get("image.jpg")):
            raise ProviderError(Failure.MALFORMED_OUTPUT, fault, usage=answer.usage, ref=answer.ref)
        return answer

    told = {
        "view": one["view_type"],
        "words": run.input["words"],
        "seed": one["seed"],
        "from": [view.id for view in sources],
    }
    return run.ask(operation, part=one["id"], told=told, put=put)


def _keep(
    job: Job,
    product: Product,
    sources: Sequence[Revision],
    one: Wanted,
    picture: versions.Picture,
    answer: Answer,
) -> Revision:
    """A draft waits to be chosen; a final view is its view's current version at once."""
    is_final = job.input["stage"] == Revision.Stage.FINAL
    note = str(answer.data.get("note") or NO_PHOTO)
    row = versions.insert(
        product,
        pk=UUID(one["revision_id"]),
        view_type=one["view_type"],
        is_current=is_final,
        source=Revision.Source.GENERATED,
        stage=job.input["stage"],
        made_from=sources[0] if sources else None,
        job=job,
        prompt=job.input["words"],
        notes=[note[:1].upper() + note[1:], *answer.data.get("warnings", [])],
        **picture.fields(),
    )
    if is_final:
        outlines.prepare_later(row)
    return row


def present(job: Job) -> dict[str, Any]:
    """``{stage, revisions: […]}`` in the order asked for."""
    listed = (job.result or {}).get("revisions", [])
    found = {str(row.pk): row for row in Revision.objects.filter(pk__in=listed)}
    return {
        "stage": job.input["stage"],
        "revisions": [present_revision(found[pk]) for pk in listed if pk in found],
    }
