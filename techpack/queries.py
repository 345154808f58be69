"""Reads; ownership is part of every query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from core.errors import NotFound
from generation.models import Job
from techpack.models import Analysis, CloseUp, FieldEdit, Product, Revision, Sketch

# The flats in the order of the trade: a shoe is drawn from its side.
SKETCHED = ("front", "back", "side")
SKETCHED_SHOE = ("side", "top", "back", "front")
ORDERS = {
    "recent": "-updated_at",
    "oldest": "created_at",
    "name": "name",
}


def products_of(user: Any, *, q: str = "", order: str = "recent") -> QuerySet[Product]:
    """The user's products that are not deleted; ``q`` looks in name and style number."""
    rows = Product.objects.filter(user=user, deleted_at__isnull=True)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(style_no__icontains=q))
    return rows.order_by(ORDERS.get(order, "-updated_at"), "-pk")


def product_of(user: Any, product_id: UUID, *, deleted: bool = False) -> Product:
    """One of the user's products; raises NotFound."""
    rows = Product.objects.filter(user=user, pk=product_id, deleted_at__isnull=not deleted)
    if (product := rows.first()) is None:
        raise NotFound("There is no such product.")
    return product


def product_behind(job: Job) -> Product:
    """The product that a job works on; raises NotFound where it has gone."""
    rows = Product.objects.filter(user_id=job.user_id)
    row = rows.filter(pk=job.product_id).first() if job.product_id else None
    if row is None:
        raise NotFound("The product has gone.")
    return row


def locked_behind(job: Job) -> Product:
    """The same, locked until the commit: what is typed or stored waits for it."""
    return Product.objects.select_for_update().get(pk=product_behind(job).pk)


def revisions_of(product: Product, *, every: bool = False) -> QuerySet[Revision]:
    """The product's current photos, or all versions."""
    rows = Revision.objects.filter(product=product, deleted_at__isnull=True)
    return rows.order_by("-pk") if every else rows.filter(is_current=True).order_by("pk")


def views_and_drafts(product: Product) -> tuple[list[Revision], list[Revision]]:
    """The current photos, and the drafts that were made from words, newest first."""
    alive = Revision.objects.filter(product=product, deleted_at__isnull=True)
    rows = list(alive.filter(Q(is_current=True) | Q(stage=Revision.Stage.SAMPLE)).order_by("pk"))
    views = [row for row in rows if row.is_current]
    return views, [row for row in reversed(rows) if not row.is_current]


def jobs_of(product: Product, *, each: int = 20) -> list[Job]:
    """The product's newest jobs with their holds, at most ``each`` of a kind; newest first."""
    newest = Window(RowNumber(), partition_by="kind", order_by=F("pk").desc())
    rows = Job.objects.filter(user_id=product.user_id, product_id=product.pk)
    kept = rows.annotate(number=newest).filter(number__lte=each)
    return list(kept.select_related("hold").order_by("-pk"))


def edit_of(user: Any, edit_id: UUID) -> FieldEdit:
    """One of the user's edits by a sentence, with its product; raises NotFound."""
    rows = FieldEdit.objects.filter(
        pk=edit_id, product__user=user, product__deleted_at__isnull=True
    )
    if (row := rows.select_related("product").first()) is None:
        raise NotFound("There is no such edit.")
    return row


def revision_of(user: Any, revision_id: UUID) -> Revision:
    """One of the user's photos with its product; raises NotFound."""
    row = (
        Revision.objects.filter(
            pk=revision_id,
            product__user=user,
            deleted_at__isnull=True,
            product__deleted_at__isnull=True,
        )
        .select_related("product")
        .first()
    )
    if row is None:
        raise NotFound("There is no such photo.")
    return row


def revisions_in(product: Product, ids: Iterable[UUID]) -> list[Revision]:
    """These photos of the product, in the order given; raises NotFound for any other id."""
    wanted = list(ids)
    found = {
        row.pk: row
        for row in Revision.objects.filter(product=product, pk__in=wanted, deleted_at__isnull=True)
    }
    if missing := [pk for pk in wanted if pk not in found]:
        raise NotFound(
            "There is no such photo in this product.",
            context={"missing": [str(pk) for pk in missing]},
        )
    return [found[pk] for pk in wanted]


def analyses_in(product: Product, ids: Iterable[UUID]) -> list[Analysis]:
    """These analyses of the product with their photos; raises NotFound for any other id."""
    wanted = list(ids)
    rows = Analysis.objects.filter(product=product, pk__in=wanted).select_related("revision")
    found = {row.pk: row for row in rows}
    if missing := [pk for pk in wanted if pk not in found]:
        raise NotFound(
            "There is no such analysis in this product.",
            context={"missing": [str(pk) for pk in missing]},
        )
    return [found[pk] for pk in wanted]


def analysis_of(revision: Revision) -> Analysis | None:
    """The newest analysis of the picture that the photo has now."""
    rows = revision.analyses.filter(image_hash=revision.image_hash)
    return rows.select_related("revision__product").order_by("-pk").first()


def latest_analyses(product: Product) -> list[Analysis]:
    """The newest analysis of each current photo's present picture, by view."""
    rows = (
        Analysis.objects.filter(
            product=product,
            revision__is_current=True,
            revision__deleted_at__isnull=True,
            image_hash=F("revision__image_hash"),
        )
        .select_related("revision")
        .order_by("revision_id", "-pk")
        .distinct("revision_id")
    )
    return sorted(rows, key=lambda row: view_rank(row.view_type))


def view_rank(view_type: str) -> int:
    """Front first, then back, then the sides."""
    order = ("front", "back", "side", "left", "right", "top", "bottom", "interior", "detail")
    return order.index(view_type) if view_type in order else len(order)


def main_first(product: Product, revisions: Iterable[Revision]) -> list[Revision]:
    """Photos with the one that shows the product best first: the side of a shoe, else the front."""
    main = "side" if product.category == "footwear" else "front"
    return sorted(revisions, key=lambda row: (row.view_type != main, view_rank(row.view_type)))


def close_ups_of(product: Product) -> list[CloseUp]:
    """The product's current close-ups in the plan's order."""
    return list(CloseUp.objects.filter(product=product, is_current=True).order_by("order"))


def sketches_of(product: Product) -> list[Sketch]:
    """The product's current flats, main view first, and those with a photo before those without."""
    order = SKETCHED_SHOE if product.category == "footwear" else SKETCHED
    rows = Sketch.objects.filter(product=product, is_current=True).order_by("pk")

    def rank(row: Sketch) -> tuple[bool, int]:
        place = order.index(row.view_type) if row.view_type in order else len(order)
        return row.revision_id is None, place

    return sorted(rows, key=rank)


def with_covers(rows: QuerySet[Product]) -> QuerySet[Product]:
    """Products with their current photos at hand as ``covers``, for lists."""
    current = Revision.objects.filter(is_current=True, deleted_at__isnull=True).order_by("pk")
    return rows.prefetch_related(Prefetch("revisions", queryset=current, to_attr="covers"))
