"""Outlines and measuring lines of photos: found by the studio engine, free, kept as rows."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageChops, ImageDraw

from core.commits import after_commit
from generation.providers.studio import engine
from techpack.models import Revision
from techpack.seeing import brief_of, view_of

COMPARED_PX = 512  # the longer side of two outlines that are laid over each other


def prepare_later(revision: Revision) -> None:
    """Find the outline in the background once the photo is committed."""
    from techpack.tasks import prepare_revision

    after_commit(prepare_revision.delay, str(revision.pk))


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


def agreement(one: Revision, other: Revision) -> float:
    """How much of two outlines is common, 0 to 1; their pictures are of one size."""
    scale = COMPARED_PX / max(one.width, one.height)
    shapes = [_filled(row, scale) for row in (one, other)]
    both = ImageChops.multiply(*shapes).histogram()[255]
    either = ImageChops.lighter(*shapes).histogram()[255]
    return both / either if either else 0.0


def _filled(revision: Revision, scale: float) -> Image.Image:
    """The outline as white on black, by the even-odd rule."""
    size = (max(1, round(revision.width * scale)), max(1, round(revision.height * scale)))
    shape = Image.new("1", size)
    for ring in (revision.outline or {}).get("rings", []):
        if len(ring) > 2:
            drawn = Image.new("1", size)
            points = [(x * scale, y * scale) for x, y in ring]
            ImageDraw.Draw(drawn).polygon(points, fill=1)
            shape = ImageChops.logical_xor(shape, drawn)
    return shape.convert("L")
