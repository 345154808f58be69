"""Making, changing, deleting and restoring products."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.errors import InvalidRequest, NotFound
from techpack import outlines, queries, trade
from techpack.models import Product, Revision, TypedValue
from techpack.operations.revisions import add_revision

RECOVERABLE = timedelta(days=30)
CHANGEABLE = (
    "name",
    "description",
    "style_no",
    "season",
    "brand",
    "sizes",
    "sample_size",
    "unit",
)
UNTITLED = "Untitled product"


def create_product(*, user: Any, name: str = "", description: str = "") -> Product:
    """A new, empty product; in inches for who works in inches."""
    unit = Product.Unit.INCH if user.units == Product.Unit.INCH else ""
    return Product.objects.create(
        user=user, name=name.strip() or UNTITLED, description=description.strip(), unit=unit
    )


@transaction.atomic
def start_product(
    *, user: Any, photos: list[tuple[Any, str]], name: str = ""
) -> tuple[Product, list[Revision]]:
    """A product from its first photos: no form first.

    ``photos`` are (file, file name); raises what the image intake raises, and then
    nothing is made.
    """
    product = create_product(user=user, name=name)
    made = [
        add_revision(user=user, product_id=product.pk, file=file, filename=filename)
        for file, filename in photos
    ]
    return product, made


def change_product(*, user: Any, product_id: UUID, changes: dict[str, Any]) -> Product:
    """Change what a person says about the product, its category included.

    A category typed by a person is never overwritten by detection. Raises NotFound,
    InvalidRequest.
    """
    pk = queries.product_of(user, product_id).pk
    with transaction.atomic():
        # Read once nobody else can change it: what another tab saved meanwhile stays.
        product = Product.objects.select_for_update().get(pk=pk)
        typed = _type(product, changes)
        product.save()
        TypedValue.objects.filter(product=product, section="cover", field__in=typed).delete()
        if {"category", "subcategory"} & changes.keys():
            for revision in queries.revisions_of(product):
                outlines.prepare_later(revision)
    return product


def _type(product: Product, changes: dict[str, Any]) -> list[str]:
    """Put what was typed into the product; which of CHANGEABLE are other than before."""
    typed = [
        field
        for field in CHANGEABLE
        if field in changes and getattr(product, field) != changes[field]
    ]
    for field in typed:
        setattr(product, field, changes[field])
    product.name = product.name.strip() or UNTITLED
    if "category" in changes:
        _choose_category(product, changes["category"], changes.get("subcategory", ""))
    elif "subcategory" in changes:
        product.subcategory = changes["subcategory"].strip()
    return typed


def _choose_category(product: Product, category: str, subcategory: str) -> None:
    if category not in trade.CATEGORIES:
        raise InvalidRequest(
            "There is no such category.",
            fields={"category": [f"Use one of {', '.join(trade.CATEGORIES)}."]},
        )
    product.category, product.category_source = category, "user"
    product.category_confidence = 1.0
    product.subcategory = subcategory.strip()


def delete_product(*, user: Any, product_id: UUID) -> None:
    """Put the product away; it can be restored for 30 days. Raises NotFound."""
    product = queries.product_of(user, product_id)
    Product.objects.filter(pk=product.pk, deleted_at__isnull=True).update(deleted_at=Now())


def restore_product(*, user: Any, product_id: UUID) -> Product:
    """Bring a deleted product back. Raises NotFound after 30 days."""
    product = queries.product_of(user, product_id, deleted=True)
    if product.deleted_at is None or product.deleted_at < timezone.now() - RECOVERABLE:
        raise NotFound("There is no such product.")
    Product.objects.filter(pk=product.pk).update(deleted_at=None)
    product.refresh_from_db()
    return product
