"""A photo changed by a sentence, or shown another way, and looked at again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import storage
from core.errors import Conflict, NotFound
from generation.errors import Failure, ProviderError
from generation.kinds import Outcome
from generation.models import AICall, Job
from generation.providers.protocols import Answer, Ask
from generation.providers.routes import Everything
from generation.run import Run
from techpack import outlines, queries, seeing, versions
from techpack.models import Analysis, Product, Revision
from techpack.operations.steps import cache_key
from techpack.present import present_revision
from techpack.typed import carry_over
from techpack.work import analysing
from techpack.work.parts import Parts

OPERATION = "regenerate"
PARTS = 2  # the picture, and what is seen in it
AGREES = 0.97  # of two outlines: their common part
# What the studio says it did that moves the product in its picture.
MOVES = ("rotated", "straightened", "mirrored", "flipped", "cropped")
NO_SCALE = "The known length was left out, as the product lies differently in this picture."


@dataclass(frozen=True)
class Made:
    """The new picture as a photo that is not stored yet, and what the provider said of it."""

    revision: Revision
    answer: Answer
    keeps_scale: bool


def work(run: Run) -> Outcome:
    """Change the photo, find its outline, analyse it; the picture is kept whatever follows."""
    product = queries.product_behind(run.job)
    source = _source(product, run.input)
    if run.input.get("made"):
        return _look_again(run, product, source)
    run.report(done=0, planned=PARTS, step="Changing the photo")
    outlines.ensure_geometry(source)
    made = _made(run, source, _ask(run, source))
    parts = Parts(run, planned=PARTS, step="{done} of {planned}: the picture is there")
    parts.took()
    seen = _seen(run, parts, made.revision)

    def store(job: Job) -> dict[str, Any]:
        revision = _keep_picture(job, source, made)
        return {
            **_told(made, source),
            "revision": str(revision.pk),
            "analysis": _keep_analysis(job, revision, seen),
        }

    return parts.outcome(store)


def _source(product: Product, given: dict[str, Any]) -> Revision:
    row = Revision.objects.filter(
        product=product, pk=given.get("made") or given["revision_id"], deleted_at__isnull=True
    ).first()
    if row is None:
        raise NotFound("The photo has gone. Nothing was charged.")
    row.product = product
    return row


def _ask(run: Run, source: Revision) -> Answer:
    view, brief = seeing.view_of(source), seeing.brief_of(source.product)
    words, seed = run.input["words"], run.input["seed"]

    def put(provider: Everything, ask: Ask) -> Answer:
        answer = provider.edit_view(view=view, words=words, brief=brief, seed=seed, ask=ask)
        if fault := versions.fault_of(answer.images.get("image.jpg")):
            raise ProviderError(Failure.MALFORMED_OUTPUT, fault, usage=answer.usage, ref=answer.ref)
        return answer

    told = {"view": source.view_type, "imageHash": source.image_hash, "words": words}
    return run.ask(OPERATION, part="picture", told=told, put=put)


def _made(run: Run, source: Revision, answer: Answer) -> Made:
    """The picture with its outline; a person's scale and marks, where they still hold."""
    picture = versions.picture_of(answer.keys["image.jpg"])
    revision = Revision(
        pk=uuid.UUID(run.input["new_id"]),
        product=source.product,
        view_type=source.view_type,
        **picture.fields(),
    )
    outlines.find_again(revision)
    is_same = _lies_the_same(source, revision, answer)
    if is_same:
        revision.scale, revision.landmarks = source.scale, source.landmarks
        if source.strokes:
            revision.strokes = source.strokes
            outlines.find_again(revision)
    notes = [str(answer.data.get("note", "")), *answer.data.get("warnings", [])]
    if source.scale and not is_same:
        notes.append(NO_SCALE)
    kept = source.notes if source.stage else []
    revision.notes = [*kept, *(note[:1].upper() + note[1:] for note in notes if note)]
    return Made(revision, answer, is_same and bool(source.scale))


def _lies_the_same(source: Revision, made: Revision, answer: Answer) -> bool:
    """The product is where it was, pixel for pixel: the studio says so, else outlines agree."""
    if (source.width, source.height) != (made.width, made.height):
        return False
    if (did := answer.data.get("did")) is not None:
        return not any(str(what).startswith(MOVES) for what in did)
    return outlines.agreement(source, made) >= AGREES


@dataclass(frozen=True)
class Seen:
    """What a picture shows: an answer just bought, or one known from before."""

    answer: Answer | None = None
    known: Analysis | None = None


def _seen(run: Run, parts: Parts, revision: Revision) -> Seen | None:
    """The analysis of the new picture; None where it failed, which ``parts`` keeps."""

    def look(row: Revision) -> Seen:
        analysing.ensure_category(run, row.product, row)
        key = _key(run.job, row)
        known = Analysis.objects.filter(user_id=run.job.user_id, cache_key=key).order_by("-pk")
        if (first := known.first()) is not None:
            outlines.ensure_geometry(row)
            return Seen(known=first)
        return Seen(answer=analysing.look(run, row))

    for _, found in run.parallel(analysing.OPERATION, [revision], look):
        if isinstance(found, Seen):
            parts.took()
            return found
        parts.lost(part_id="analysis", view_type=revision.view_type, error=found)
    return None


def _keep_picture(job: Job, source: Revision, made: Made) -> Revision:
    """The new picture as a version of its own, or in the photo's place; raises Conflict."""
    product = queries.locked_behind(job)
    now = Revision.objects.filter(pk=source.pk, deleted_at__isnull=True).first()
    if now is None or now.image_hash != source.image_hash:
        raise Conflict(
            "The photo was replaced or taken away meanwhile. Nothing was charged.",
            code="PHOTO_CHANGED",
        )
    row = made.revision
    if job.input["mode"] == "replace":
        kept = {
            **{name: getattr(row, name) for name in versions.OF_THE_PICTURE},
            "source": Revision.Source.EDITED,
            "prompt": job.input["words"],
            "job": job.pk,
        }
        versions.put_picture(now, kept, [*now.replaced, versions.kept_picture(now)])
        now.product = product
        return now
    later = versions.insert(
        product,
        pk=row.pk,
        view_type=now.view_type,
        is_current=now.stage != Revision.Stage.SAMPLE,
        is_view_guessed=now.is_view_guessed,
        original_name=now.original_name,
        stage=now.stage,
        source=Revision.Source.EDITED,
        made_from=now,
        job=job,
        prompt=job.input["words"],
        **{
            name: getattr(row, name)
            for name in versions.OF_THE_PICTURE
            if name not in ("source", "prompt")
        },
    )
    carry_over(now, later)
    return later


def _keep_analysis(job: Job, revision: Revision, seen: Seen | None) -> str | None:
    if seen is None:
        return None
    if seen.known is not None:
        return str(analysing.from_known(job, revision, seen.known).pk)
    assert seen.answer is not None  # noqa: S101 - one of both is there
    call = job.calls.filter(
        operation_name=analysing.OPERATION, status=AICall.Status.COMPLETED
    ).first()
    key = _key(job, revision)
    return str(analysing.keep(job, revision, seen.answer, key, call).pk)


def _key(job: Job, revision: Revision) -> str:
    route = job.routes[analysing.OPERATION]
    return cache_key(job.user, revision.product, revision, route)


def _told(made: Made, source: Revision) -> dict[str, Any]:
    data = made.answer.data
    return {
        "before": {
            "revision": str(source.pk),
            "image_key": source.image_key,
            "thumbnail_key": source.thumbnail_key,
        },
        "note": str(data.get("note", "")),
        "warnings": [str(words) for words in data.get("warnings", [])],
        "did": [str(what) for what in data.get("did") or []],
        "keeps_scale": made.keeps_scale,
        "model": made.answer.model,
    }


def _look_again(run: Run, product: Product, revision: Revision) -> Outcome:
    """Only the analysis, which failed the last time."""
    run.report(done=0, planned=1, step="Looking at the picture")
    parts = Parts(run, planned=1, step="{done} of {planned}")
    seen = _seen(run, parts, revision)

    def store(job: Job) -> dict[str, Any]:
        Product.objects.select_for_update().get(pk=product.pk)
        told = {**job.input["told"], "revision": str(revision.pk)}
        return {**told, "analysis": _keep_analysis(job, revision, seen)}

    return parts.outcome(store)


def present(job: Job) -> dict[str, Any]:
    """``{revision, analysis, note, warnings, did, …}``."""
    result = job.result or {}
    revision = Revision.objects.filter(pk__in=_named(result, "revision")).first()
    rows = Analysis.objects.filter(pk__in=_named(result, "analysis"))
    analysis = rows.select_related("revision__product").first()
    before = result.get("before", {})
    return {
        "revision": present_revision(revision) if revision else None,
        "analysis": analysing.present_analysis(analysis) if analysis else None,
        "mode": job.input["mode"],
        "before": {
            "revision_id": before.get("revision"),
            "image_url": storage.signed_url(before["image_key"]),
            "thumbnail_url": storage.signed_url(before["thumbnail_key"]),
        }
        if before
        else None,
        "note": result.get("note", ""),
        "warnings": result.get("warnings", []),
        "did": result.get("did", []),
        "keeps_scale": result.get("keeps_scale", False),
        "model_used": result.get("model", ""),
        "undone": bool(result.get("undone")),
    }


def _named(result: Mapping[str, Any], what: str) -> list[str]:
    return [result[what]] if result.get(what) else []
