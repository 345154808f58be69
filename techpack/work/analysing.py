"""Base-view analysis: each view on its own, in parallel, cached by what it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from generation.kinds import Outcome
from generation.models import AICall, Job
from generation.providers.protocols import Answer
from generation.run import Run
from techpack import measuring, outlines, queries, seeing
from techpack.models import Analysis, Product, Revision
from techpack.pack.merge import laid_over
from techpack.work import detecting, weighing
from techpack.work.parts import Parts

OPERATION = "base-views/analyze"


def not_cached(user: Any, keys: Mapping[str, str]) -> list[str]:
    """The ids of the photos whose answer is not known to this account yet."""
    known = set(
        Analysis.objects.filter(user=user, cache_key__in=set(keys.values()))
        .values_list("cache_key", flat=True)
        .distinct()
    )
    return [pk for pk, cache_key in keys.items() if cache_key not in known]


def work(run: Run) -> Outcome:
    """Analyse the fresh views; keep what succeeds and charge for that."""
    product = queries.product_behind(run.job)
    revisions = _photos(run.input["revision_ids"], product)
    fresh = [row for row in revisions if str(row.pk) in run.input["fresh"]]
    run.report(
        done=0, planned=len(fresh), step=f"Looking at {len(fresh)} of {len(revisions)} views"
    )
    ensure_category(run, product, revisions[0])
    parts = Parts(run, planned=len(fresh), step="{done} of {planned} views")
    answers: dict[str, Answer] = {}
    for row, found in run.parallel(OPERATION, fresh, lambda row: look(run, row)):
        if isinstance(found, Exception):
            parts.lost(part_id=str(row.pk), view_type=row.view_type, error=found)
        else:
            answers[str(row.pk)] = found
            parts.took()

    def store(job: Job) -> dict[str, Any]:
        return _store(job, revisions, answers)

    return parts.outcome(store, of=len(revisions))


def _photos(ids: Iterable[str], product: Product) -> list[Revision]:
    found = {str(row.pk): row for row in Revision.objects.filter(product=product, pk__in=list(ids))}
    for row in found.values():
        row.product = product
    return [found[pk] for pk in ids if pk in found]


def ensure_category(run: Run, product: Product, revision: Revision) -> None:
    """Nobody named the category yet: detect it first, free."""
    if product.category:
        return
    outlines.ensure_outline(revision)
    guess = detecting.ask(run, seeing.view_of(revision), seeing.brief_of(product))
    detecting.keep(product, guess)


def look(run: Run, revision: Revision) -> Answer:
    """What the provider sees in a photo."""
    outlines.ensure_geometry(revision)
    view, brief = seeing.view_of(revision), seeing.brief_of(revision.product)
    weighing.measure_photo(run.job, OPERATION, revision, view.data)
    told = {
        "view": revision.view_type,
        "imageHash": revision.image_hash,
        "category": brief.category,
    }
    return run.ask(
        OPERATION,
        part=str(revision.pk),
        told=told,
        put=lambda provider, ask: provider.analyze_view(view=view, brief=brief, ask=ask),
    )


def _store(job: Job, revisions: list[Revision], answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Write a row for each answer; a view that was cached is written from its cache."""
    bought = job.calls.filter(operation_name=OPERATION, status=AICall.Status.COMPLETED)
    times = {call.part: call for call in bought}
    made = []
    for revision in revisions:
        answer = answers.get(str(revision.pk))
        if answer is not None:
            known_as = job.input["cache_keys"][str(revision.pk)]
            made.append(keep(job, revision, answer, known_as, times.get(str(revision.pk))))
        elif str(revision.pk) not in job.input["fresh"]:
            made.append(_from_cache(job, revision))
    weighing.weigh(revisions[0].product, [row for row in made if row.job_id == job.pk])
    return {"analyses": [[str(row.pk), row.is_cached] for row in made]}


def keep(
    job: Job, revision: Revision, answer: Answer, cache_key: str, call: AICall | None
) -> Analysis:
    """Write an answer as the photo's newest analysis; ``call`` is how it was bought."""
    row = _write(
        job,
        revision,
        raw=answer.data,
        tokens=answer.usage.total_tokens,
        ms=call.processing_time_ms if call else 0,
        model=f"{call.provider}:{call.model_name}" if call else "",
        cached=False,
        cache_key=cache_key,
    )
    weighing.weigh(revision.product, [row])
    return row


def _from_cache(job: Job, revision: Revision) -> Analysis:
    """The newest answer with the same key; the photo's own row is used as it is."""
    cache_key = job.input["cache_keys"][str(revision.pk)]
    known = Analysis.objects.filter(user_id=job.user_id, cache_key=cache_key).order_by("-pk")
    own = known.filter(revision=revision).first()
    newest = queries.analysis_of(revision)
    if own is not None and newest is not None and own.pk == newest.pk:
        own.is_cached = True
        own.tokens_used = own.processing_time_ms = 0
        return own
    first = known[0]
    return from_known(job, revision, first)


def from_known(job: Job, revision: Revision, known: Analysis) -> Analysis:
    """Write what is known of the same picture as the photo's newest analysis."""
    return _write(
        job,
        revision,
        raw=known.raw_data,
        tokens=0,
        ms=0,
        model=known.model_used,
        cached=True,
        cache_key=known.cache_key,
    )


def _write(
    job: Job,
    revision: Revision,
    *,
    raw: dict[str, Any],
    tokens: int,
    ms: int,
    model: str,
    cached: bool,
    cache_key: str,
) -> Analysis:
    lengths = measuring.dimension_entries(revision)
    dimensions = measuring.beside_estimates(lengths, raw.get("dimensions", ()))
    data = {**raw, "dimensions": dimensions}
    confidence = data.pop("confidence", 0.0)
    return Analysis.objects.create(
        product_id=revision.product_id,
        user_id=job.user_id,
        revision=revision,
        job=job,
        view_type=revision.view_type,
        image_hash=revision.image_hash,
        cache_key=cache_key,
        category=revision.product.category,
        raw_data=raw,
        analysis_data=data,
        model_used=model,
        tokens_used=tokens,
        processing_time_ms=ms,
        confidence_score=confidence,
        is_cached=cached,
    )


def store_cached(job: Job) -> dict[str, Any]:
    """Everything was known: the result without any run."""
    product = queries.product_behind(job)
    with transaction.atomic():
        return _store(job, _photos(job.input["revision_ids"], product), {})


def present(job: Job) -> dict[str, Any]:
    """``{analyses: […]}`` in the order asked for."""
    listed = dict((job.result or {}).get("analyses", []))
    rows = Analysis.objects.filter(pk__in=listed).select_related("revision__product")
    found = {str(row.pk): row for row in rows}
    return {
        "analyses": [
            present_analysis(found[pk], cached=cached)
            for pk, cached in listed.items()
            if pk in found
        ]
    }


def present_analysis(row: Analysis, *, cached: bool = False) -> dict[str, Any]:
    """An analysis as clients see it; a cached one used nothing this time."""
    return {
        "id": row.pk,
        "revision_id": row.revision_id,
        "view_type": row.view_type,
        "image_hash": row.image_hash,
        "analysis_data": laid_over(row),
        "confidence_score": row.confidence_score,
        "model_used": row.model_used,
        "tokens_used": 0 if cached else row.tokens_used,
        "processing_time_ms": 0 if cached else row.processing_time_ms,
        "cached": cached,
        "status": row.status,
    }
