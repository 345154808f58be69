"""What happens to a new photo by itself, free: its outline, and the product's category."""

from __future__ import annotations

from uuid import UUID

from core.errors import RateLimited
from core.outbox import emit
from generation.models import Job
from techpack import outlines
from techpack.models import Revision
from techpack.operations.steps import DETECT, detect_category


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
