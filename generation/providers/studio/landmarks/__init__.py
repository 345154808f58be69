"""Named points on a product, found from its outline.

Names are the same everywhere: ``hps_left`` is the high point shoulder at the left of
the picture. A point that the outline does not show is placed where such products
usually have it and marked ``sure=False``, so that a person is asked to confirm it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from generation.providers.studio.landmarks.anchor_points import anchors
from generation.providers.studio.landmarks.bottoms import find_skirt, find_trousers
from generation.providers.studio.landmarks.things import find_bag, find_footwear, find_object
from generation.providers.studio.landmarks.tops import find_dress, find_top
from generation.providers.studio.landmarks.upright import Finding, upright
from generation.providers.studio.shapes import Family, Landmark, Outline, Point, Silhouette
from generation.providers.studio.silhouette import bounding_box

__all__ = ["anchors", "find"]

FINDERS: Mapping[Family, Callable[[Finding], None]] = {
    "top": find_top,
    "dress": find_dress,
    "trousers": find_trousers,
    "skirt": find_skirt,
    "footwear": find_footwear,
    "bag": find_bag,
    "object": find_object,
}
CUT_FROM = 0.15  # of the product's width or height on the picture's edge
LEVELLED: frozenset[Family] = frozenset({"top", "dress", "trousers", "skirt"})


def find(
    outline: Outline,
    family: Family,
    silhouette: Silhouette,
    *,
    by_hand: Mapping[str, Point] | None = None,
) -> dict[str, Landmark]:
    """The family's landmarks in photo pixels, by name.

    Points in ``by_hand`` (photo pixels) are taken as they are, and whatever depends on
    them is found again from them. Never raises: an outline without enough product in
    it gives back the hand-placed points only.
    """
    placed = dict(by_hand or {})
    found = {
        name: Landmark(name, float(x), float(y), sure=True, by_hand=True)
        for name, (x, y) in placed.items()
    }
    frame = upright(outline, silhouette, level=family in LEVELLED)
    if frame is None:
        return found
    finding = Finding(frame, {name: frame.from_photo(p) for name, p in placed.items()})
    FINDERS[family](finding)
    cut = _cut_sides(outline)
    for name, point in finding.points.items():
        if name not in placed:
            x, y = frame.to_photo(point)
            sure = finding.sure[name] and not _at_cut(outline, cut, (x, y))
            found[name] = Landmark(name, x, y, sure=sure)
    return found


def _cut_sides(outline: Outline) -> frozenset[str]:
    """Sides of the picture that cut the product off, not merely touch it."""
    mask = outline.mask
    _, _, width, height = bounding_box(mask)
    contacts = {
        "top": (mask[0], width),
        "bottom": (mask[-1], width),
        "left": (mask[:, 0], height),
        "right": (mask[:, -1], height),
    }
    return frozenset(
        side for side, (edge, size) in contacts.items() if edge.sum() > CUT_FROM * max(size, 1)
    )


def _at_cut(outline: Outline, cut: frozenset[str], point: Point) -> bool:
    """Whether a point lies on a side of the picture that cuts the product off."""
    height, width = outline.alpha.shape
    margin = 0.012 * max(height, width)
    x, y = point
    near = {
        "top": y < margin,
        "bottom": y > height - 1 - margin,
        "left": x < margin,
        "right": x > width - 1 - margin,
    }
    return any(near[side] for side in cut)
