"""Views that are made: a photo changed by a sentence, drafts from words, final views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import ApiKey
from core.errors import Conflict, InvalidRequest, NotFound
from core.ids import uuid7
from core.shape import checked
from credits.errors import Alternative
from generation import queries as jobs
from generation.kinds import Prepared
from generation.models import Job
from generation.operations import submit
from techpack import queries, seeing, versions
from techpack.inputs import GenerateInput, IdeaInput, MadeView, RegenerateInput
from techpack.models import Product, Revision
from techpack.operations.products import create_product
from techpack.prices import SAMPLES_MOST, pictures_in, pictures_price, price_of
from techpack.words import quoted

REGENERATE = "regenerate"
GENERATE = "base-views/generate"
SEEDS = 2**31


def regenerate_view(
    *,
    user: Any,
    data: Mapping[str, Any],
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Hold 1 credit and queue the change of a photo by a sentence, with its analysis.

    Without a sentence it is a variation of how the product is presented. Raises
    InsufficientCredits, InvalidRequest, NotFound.
    """

    def prepare() -> Prepared:
        given = checked(RegenerateInput, data)
        revision = queries.revision_of(user, given.revision_id)
        new_id = uuid7()
        return Prepared(
            {
                "revision_id": str(revision.pk),
                "mode": given.mode,
                "words": given.regenerate_prompt or "",
                "seed": new_id.int % SEEDS,
                "new_id": str(new_id),
            },
            product_id=revision.product_id,
            planned=2,
        )

    return submit(
        user=user,
        kind=REGENERATE,
        price=price_of(REGENERATE, data),
        prepare=prepare,
        reason=quoted(data.get("regenerate_prompt")),
        key=key,
        request_id=request_id,
        api_key=api_key,
    )


@transaction.atomic
def undo_regenerate(*, user: Any, job_id: UUID) -> Revision:
    """Bring the earlier picture back: free, and the same however often it is asked.

    Returns the photo that stands there now. Raises NotFound, and Conflict where the picture
    was changed or another version was chosen since.
    """
    job = jobs.job_of(user, job_id, lock=True)
    result = job.result or {}
    made_id: Any = result.get("revision")  # None where the job made no picture
    made = Revision.objects.filter(pk=made_id, product__deleted_at__isnull=True).first()
    if job.kind != REGENERATE or made is None:
        raise NotFound("There is no such change.")
    Product.objects.select_for_update().get(pk=made.product_id)
    made.refresh_from_db()
    if not result.get("undone"):
        _take_back(job, made)
        _mark_undone(job)
    now = Revision.objects.filter(pk=job.input["revision_id"], deleted_at__isnull=True).first()
    if now is None:
        raise NotFound("The photo has gone.")
    return now


def _take_back(job: Job, made: Revision) -> None:
    changed = Conflict(
        "This photo was changed again, or another version was chosen since.",
        code="PHOTO_CHANGED",
        suggestions=["Undo the newer change first, or choose a version on the photo's page"],
    )
    if job.input["mode"] == "replace":
        if made.deleted_at is not None or made.job_id not in _line_of(job) or not made.replaced:
            raise changed
        *earlier, last = made.replaced
        versions.put_picture(made, last, earlier)
        return
    if made.deleted_at is not None:
        return
    if made.replaced or not (made.is_current or made.stage == Revision.Stage.SAMPLE):
        raise changed
    versions.take_away(made, instead=made.made_from)


def _mark_undone(job: Job) -> None:
    """The job, and those that tried a part of it again, tell that it was undone."""
    line = _line_of(job)
    for one in Job.objects.filter(Q(pk__in=line) | Q(retry_of__in=line), result__isnull=False):
        Job.objects.filter(pk=one.pk).update(result={**(one.result or {}), "undone": True})


def _line_of(job: Job) -> list[UUID]:
    """The job and those that it tried again."""
    line = [job.pk]
    while job.retry_of is not None:
        job = job.retry_of
        line.append(job.pk)
    return line


def generate_views(
    *,
    user: Any,
    data: Mapping[str, Any],
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Hold 0.25 credits a draft or 1 a final view, and queue their making.

    Drafts wait to be chosen; final views become their views' current versions. They are made
    from the picture that is named, else from the product's photos, else from words. Raises
    InsufficientCredits, InvalidRequest, NotFound.
    """

    def prepare() -> Prepared:
        given = checked(GenerateInput, data)
        return _prepared(queries.product_of(user, given.product_id), given)

    return _submitted(user, data, prepare, key=key, request_id=request_id, api_key=api_key)


def start_from_idea(
    *, user: Any, data: Mapping[str, Any], key: str | None = None, request_id: str = ""
) -> Job:
    """A product from words: it is made with its first drafts, or not at all.

    ``data`` is ``{words, name?, count?}``. Raises InsufficientCredits, InvalidRequest.
    """

    def prepare() -> Prepared:
        given = checked(IdeaInput, data)
        product = create_product(user=user, name=given.name, description=given.words)
        wanted = GenerateInput(
            product_id=product.pk, prompt=given.words, stage="sample", count=given.count
        )
        return _prepared(product, wanted)

    asked = {"count": SAMPLES_MOST, **data, "stage": "sample"}
    return _submitted(user, asked, prepare, key=key, request_id=request_id, api_key=None)


def _submitted(user: Any, data: Mapping[str, Any], prepare: Any, **rest: Any) -> Job:
    stage = str(data.get("stage")) if isinstance(data, Mapping) else ""
    count = pictures_in(data)
    noun = "final view" if stage == Revision.Stage.FINAL else "draft"
    return submit(
        user=user,
        kind=GENERATE,
        price=pictures_price(stage, count),
        prepare=prepare,
        alternatives=_fewer(data, stage, count),
        reason=f"{count} {noun}{'' if count == 1 else 's'}",
        **rest,
    )


def _fewer(data: Mapping[str, Any], stage: str, count: int) -> Iterator[Alternative]:
    """Fewer drafts, or only the first of the views that were asked for."""
    if stage == Revision.Stage.FINAL:
        views = list(data.get("views") or [])
        for fewer in range(1, min(count, len(views))):
            label = f"Make only {_listed(views[:fewer])}"
            price = pictures_price(stage, fewer)
            yield Alternative(label, price, "final_views", {"views": views[:fewer]})
        return
    for fewer in range(1, count):
        label = f"Make {fewer} draft{'' if fewer == 1 else 's'} instead"
        yield Alternative(label, pictures_price(stage, fewer), "drafts", {"count": fewer})


def _listed(views: Sequence[Any]) -> str:
    return " and ".join(str(view)[:10] for view in views)


def _prepared(product: Product, given: GenerateInput) -> Prepared:
    source = None
    if given.source_revision_id is not None:
        source = queries.revisions_in(product, [given.source_revision_id])[0]
    photos = [source] if source else _photos(product, given.stage)
    words = given.prompt or (source.prompt if source else "")
    if not (words or photos or seeing.words_of(product)):
        raise InvalidRequest(
            "There is nothing to go by.",
            fields={"prompt": ["Say what it is, or name a photo to go by."]},
        )
    pictures = _pictures(product, given, source)
    return Prepared(
        {
            "stage": given.stage,
            "words": words,
            "sources": [str(row.pk) for row in photos],
            "pictures": pictures,
        },
        product_id=product.pk,
        planned=len(pictures),
    )


def _photos(product: Product, stage: str) -> list[Revision]:
    """What final views go by where nothing is named: the current pictures, front first."""
    if stage != Revision.Stage.FINAL:
        return []
    rows = list(queries.revisions_of(product))
    return sorted(rows, key=lambda row: queries.view_rank(row.view_type))


def _pictures(
    product: Product, given: GenerateInput, source: Revision | None
) -> list[dict[str, Any]]:
    """What is to be made, each with its seed: further drafts differ from the first ones."""
    main: MadeView = "side" if product.category == "footwear" else "front"
    if given.stage == "sample":
        first = product.revisions.filter(stage=Revision.Stage.SAMPLE).count()
    else:
        first = _seed_of(source)
    each = given.count or 1
    return [
        {
            "id": f"{view}-{number + 1}",
            "revision_id": str(uuid7()),
            "view_type": view,
            "seed": first + number,
        }
        for view in given.views or [main]
        for number in range(each)
    ]


def _seed_of(source: Revision | None) -> int:
    """The seed of a draft: its final views are made with the same."""
    asked = source.job.input if source is not None and source.job is not None else {}
    made = [
        one for one in asked.get("pictures", []) if one["revision_id"] == str(source and source.pk)
    ]
    return int(made[0]["seed"]) if made else 0


def regeneration_again(job: Job) -> Prepared:
    """The analysis that failed, or all of it. Raises NotFound, Conflict."""
    made = (job.result or {}).get("revision")
    queries.revision_of(job.user, UUID(made or job.input["revision_id"]))
    if made is None:
        new_id = str(uuid7())
        return Prepared({**job.input, "new_id": new_id}, product_id=job.product_id, planned=2)
    if (job.result or {}).get("undone"):
        raise Conflict("This change was undone.", code="PHOTO_CHANGED")
    told = {name: value for name, value in (job.result or {}).items() if name not in UNTOLD}
    return Prepared({**job.input, "made": made, "told": told}, product_id=job.product_id)


UNTOLD = frozenset({"failed", "left", "analysis", "undone"})


def generation_again(job: Job) -> Prepared:
    """The pictures that failed; all of them where none was made. Raises NotFound."""
    assert job.product_id is not None  # noqa: S101 - always of a product
    product = queries.product_of(job.user, job.product_id)
    failed = {part["id"] for part in (job.result or {}).get("failed", [])}
    pictures = [
        {**one, "revision_id": str(uuid7())}
        for one in job.input["pictures"]
        if not failed or one["id"] in failed
    ]
    again = {**job.input, "pictures": pictures}
    return Prepared(again, product_id=product.pk, planned=len(pictures))
