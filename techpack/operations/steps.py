"""The steps: each holds its price, checks its input and queues its job.

``data`` is unchecked on purpose: the hold is real before the input is looked at, and
a refusal leaves a held-and-released pair on the statement with its reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from accounts.models import ApiKey
from core import storage
from core.errors import DomainError, InvalidRequest
from core.images import take_image
from core.shape import checked
from credits.errors import Alternative
from generation.kinds import Prepared
from generation.models import Job
from generation.operations import submit
from generation.prompts import prompt_of
from generation.routing import pin
from techpack import queries, seeing, trade
from techpack.inputs import AnalyzeInput, CloseUpsInput, DetectInput, SketchesInput, ids_of
from techpack.models import Analysis, Product, Revision
from techpack.prices import VIEWS_INCLUDED, price_of, views_in, views_price
from techpack.words import category_in_words
from techpack.work import analysing

DETECT = "category/detect"
ANALYZE = "base-views/analyze"
CLOSE_UPS = "close-ups/generate"
SKETCHES = "sketches/generate"
STUDIO_VERSION = "1"  # it is asked without a prompt


def detect_category(
    *,
    user: Any,
    data: Mapping[str, Any],
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Name the category of a product, a photo or an image. Free.

    Raises InvalidRequest, NotFound, and what the image intake raises.
    """

    def prepare() -> Prepared:
        given = checked(DetectInput, data)
        if given.image is not None:
            taken = take_image(given.image, filename=getattr(given.image, "name", "") or "")
            image_key = storage.put("photos", taken.data, taken.extension)
            size = {"width": taken.width, "height": taken.height}
            return Prepared({"image_key": image_key, "words": taken.name, **size})
        if given.revision_id is not None:
            revision = queries.revision_of(user, given.revision_id)
            product = revision.product
        else:
            product = queries.product_of(user, given.product_id)  # type: ignore[arg-type]
            found = sorted(
                queries.revisions_of(product), key=lambda row: queries.view_rank(row.view_type)
            )
            if not found:
                raise InvalidRequest(
                    "The product has no photo yet.",
                    fields={"productId": ["Add a photo first."]},
                )
            revision = found[0]
        return Prepared({"revision_id": str(revision.pk)}, product_id=product.pk)

    return submit(
        user=user,
        kind=DETECT,
        price=price_of(DETECT, data),
        prepare=prepare,
        key=key,
        request_id=request_id,
        api_key=api_key,
    )


def analyze_base_views(
    *,
    user: Any,
    data: Mapping[str, Any],
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Hold 3 credits (0.6 more a view beyond 5) and queue the analysis of up to 8 views.

    When every view is cached the job has succeeded already, at no cost. Raises
    InsufficientCredits, InvalidRequest, NotFound; on the last two the hold is released
    with the reason.
    """

    def prepare() -> Prepared:
        given = checked(AnalyzeInput, data)
        product = queries.product_of(user, given.product_id)
        revisions = queries.revisions_in(product, given.revision_ids)
        choose_category(product, given.category)
        return analysis_of(user, product, revisions)

    count = views_in(data)
    return submit(
        user=user,
        kind=ANALYZE,
        price=views_price(count),
        prepare=prepare,
        key=key,
        request_id=request_id,
        api_key=api_key,
        alternatives=_fewer_views(user, data),
        reason=f"{count} view{'' if count == 1 else 's'}",
    )


def analysis_of(user: Any, product: Product, revisions: list[Revision]) -> Prepared:
    """The analysis of these photos: by whom, and which of them are not known yet.

    Who is asked is part of what is kept, so the one that was looked up by is the one that is asked.
    Raises ProviderUnavailable.
    """
    routes = pin(user, [ANALYZE])
    keys = {str(row.pk): cache_key(user, product, row, routes[ANALYZE]) for row in revisions}
    fresh = analysing.not_cached(user, keys)
    inputs = {"revision_ids": list(keys), "cache_keys": keys, "fresh": fresh}
    if fresh:
        return Prepared(inputs, product_id=product.pk, planned=len(fresh), routes=routes)
    store = analysing.store_cached
    return Prepared(inputs, product_id=product.pk, planned=len(keys), store=store, routes=routes)


def _fewer_views(user: Any, data: Mapping[str, Any]) -> Iterator[Alternative]:
    """What costs less than all the views: those that were not analysed yet, or just fewer."""
    count = views_in(data)
    if count <= VIEWS_INCLUDED:
        return
    fresh = _fresh_views(user, data)
    if 0 < len(fresh) < count:
        label = f"Analyse only the {len(fresh)} that are new"
        yield Alternative(label, views_price(len(fresh)), "new_views", {"revision_ids": fresh})
    for fewer in range(VIEWS_INCLUDED, count):
        label = f"Analyse {fewer} views instead"
        yield Alternative(label, views_price(fewer), "views", {"views": fewer})


def _fresh_views(user: Any, data: Mapping[str, Any]) -> list[str]:
    """The ids of the views that are not cached; none for an input that would be refused."""
    try:
        given = checked(AnalyzeInput, data)
        product = queries.product_of(user, given.product_id)
        revisions = queries.revisions_in(product, given.revision_ids)
        if given.category not in (None, "", product.category):
            return []  # in another category nothing is cached
        fresh: list[str] = analysis_of(user, product, revisions).input["fresh"]
    except DomainError:
        return []
    return fresh


def generate_close_ups(
    *,
    user: Any,
    data: Mapping[str, Any],
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Hold 3 credits and queue six to ten detail shots of the analysed views.

    Raises InsufficientCredits, InvalidRequest, NotFound.
    """

    def prepare() -> Prepared:
        given = checked(CloseUpsInput, data)
        return _of_analyses(user, given, ids_of(given.base_view_analyses), planned=8)

    return submit(
        user=user,
        kind=CLOSE_UPS,
        price=price_of(CLOSE_UPS, data),
        prepare=prepare,
        key=key,
        request_id=request_id,
        api_key=api_key,
    )


def generate_sketches(
    *,
    user: Any,
    data: Mapping[str, Any],
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Hold 3 credits and queue the front, back and side flats.

    Raises InsufficientCredits, InvalidRequest, NotFound.
    """

    def prepare() -> Prepared:
        given = checked(SketchesInput, data)
        return _of_analyses(user, given, ids_of(given.product_analysis), planned=3)

    return submit(
        user=user,
        kind=SKETCHES,
        price=price_of(SKETCHES, data),
        prepare=prepare,
        key=key,
        request_id=request_id,
        api_key=api_key,
    )


def _of_analyses(
    user: Any, given: CloseUpsInput | SketchesInput, ids: list[UUID], *, planned: int
) -> Prepared:
    """A step on the photos of these analyses."""
    product = queries.product_of(user, given.product_id)
    analyses = queries.analyses_in(product, ids)
    choose_category(product, given.category)
    return Prepared({"revision_ids": _photos(analyses)}, product_id=product.pk, planned=planned)


def _photos(analyses: list[Analysis]) -> list[str]:
    return list(dict.fromkeys(str(row.revision_id) for row in analyses))


# What choosing a category changes; the rest may have been typed since the product was read.
CHOSEN = ("category", "subcategory", "category_source", "category_confidence", "updated_at")


def choose_category(product: Product, said: str | None) -> None:
    """Take over the category that a client names; free words choose the generic template."""
    if not said or said == product.category:
        return
    known = dict(trade.names())
    by_name = {name.lower(): key for key, name in known.items()}
    category = said if said in known else by_name.get(said.lower(), "")
    if not category:
        category, product.subcategory = category_in_words(said)
    product.category, product.category_source, product.category_confidence = category, "user", 1.0
    product.save(update_fields=CHOSEN)


def cache_key(user: Any, product: Product, revision: Revision, route: str) -> str:
    """Account, image, model, prompt, category and words: what an answer depends on.

    ``route`` is the ``provider:model`` that is asked.
    """
    version = STUDIO_VERSION if route.startswith("studio:") else _prompt_version(product, revision)
    said = [product.description, product.subcategory, revision.strokes, revision.landmarks]
    words = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    parts = [
        str(user.pk),
        revision.image_hash,
        route,
        version,
        product.category,
        words,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _prompt_version(product: Product, revision: Revision) -> str:
    """Changes with every word of the instructions, and so with the product's domain."""
    brief = seeing.brief_of(product)
    return prompt_of(ANALYZE, view_type=revision.view_type, brief=brief).fingerprint
