"""Outlines and measuring lines of photos: found by the studio engine, free, kept as rows."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from generation.providers.studio import engine
from techpack.models import Revision
from techpack.seeing import brief_of, view_of


def prepare_later(revision: Revision) -> None:
    """Find the outline in the background once the photo is committed."""
    from techpack.tasks import prepare_revision

    def ring() -> None:
        prepare_revision.delay(str(revision.pk))

    transaction.on_commit(ring, robust=True)


def ensure_outline(revision: Revision) -> dict[str, Any]:
    """The photo's outline, found now if it is not known yet: about a second."""
    return revision.outline or find_again(revision)


def find_again(revision: Revision) -> dict[str, Any]:
    """Find the outline with the strokes that a person drew, and keep it."""
    view = view_of(revision)
    found = engine.find_outline(
        view,
        keep=revision.strokes.get("keep", ()),
        remove=revision.strokes.get("remove", ()),
        worn=revision.strokes.get("worn"),
    )
    revision.outline, revision.geometry = found, None
    Revision.objects.filter(pk=revision.pk).update(outline=found, geometry=None)
    return found


def ensure_geometry(revision: Revision) -> dict[str, Any]:
    """Landmarks, anchors and measuring lines for the product's category.

    ``{family, landmarks, anchors, measures}`` in pixels of the stored picture; found
    again when the category or a person's corrections changed since.
    """
    ensure_outline(revision)
    made_from = [revision.product.category, revision.product.subcategory, revision.landmarks]
    known = revision.geometry
    if known and known["madeFrom"] == made_from:
        return known
    found = engine.geometry(view_of(revision), brief_of(revision.product))
    revision.geometry = {**found, "madeFrom": made_from}
    Revision.objects.filter(pk=revision.pk).update(geometry=revision.geometry)
    return revision.geometry
