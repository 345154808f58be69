"""What happens to a new photo by itself, free: its outline, and the product's category."""

from __future__ import annotations

import time
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.errors import RateLimited
from core.outbox import emit
from generation.models import Job
from techpack import outlines
from techpack.models import Revision
from techpack.operations.steps import DETECT, detect_category

# A photo that is still bare after the first was forgotten; after the second nobody waits for it.
FORGOTTEN_AFTER_S, FORGOTTEN_UNTIL_S = 20, 15 * 60


def prepare(*, revision_id: UUID) -> None:
    """Find the outline; where nobody named the category, ask for it once."""
    revision = (
        Revision.objects.filter(pk=revision_id, deleted_at__isnull=True)
        .select_related("product__user")
        .first()
    )
    if revision is None:
        return
    product = revision.product
    if product.category:
        outlines.ensure_geometry(revision)
    else:
        outlines.ensure_outline(revision)
    emit(
        type="product.updated",
        user_id=product.user_id,
        data={"id": str(product.pk), "revisionId": str(revision.pk)},
    )
    asked = Job.objects.filter(product_id=product.pk, kind=DETECT).exists()
    if product.category or asked:
        return
    try:
        detect_category(
            user=product.user, data={"revision_id": str(revision.pk)}, key=f"first:{product.pk}"
        )
    except RateLimited:
        return  # the analysis detects it when its turn comes


def prepare_forgotten() -> int:
    """Ring again for photos whose bell was lost, or whose worker was; returns how many."""
    bare = list(_forgotten()[:200])
    for revision in bare:
        outlines.prepare_later(revision)
    return len(bare)


def _forgotten() -> QuerySet[Revision]:
    asked = Job.objects.filter(product_id=OuterRef("product_id"), kind=DETECT)
    return Revision.objects.filter(
        Q(outline__isnull=True) | Q(product__category="") & ~Exists(asked),
        pk__gt=_oldest_id(FORGOTTEN_UNTIL_S),
        pk__lt=_oldest_id(FORGOTTEN_AFTER_S),
        is_current=True,
        deleted_at__isnull=True,
        product__deleted_at__isnull=True,
    ).order_by("pk")


def _oldest_id(age_s: int) -> UUID:
    """The smallest UUIDv7 of that age: ids are in the order of time, and indexed."""
    return UUID(int=int((time.time() - age_s) * 1000) << 80)
