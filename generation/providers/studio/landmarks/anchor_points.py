"""Places on a product that callouts and close-ups point to, by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.shapes import Family, Landmark, Outline, Point
from generation.providers.studio.silhouette import Mask, bounding_box, largest_part, reduced

# Each anchor is a weighted mean of landmarks; one without all of its landmarks is left out.
Recipe = Mapping[str, tuple[tuple[str, float], ...]]

UPPER: Recipe = {
    "neckline": (("neck_front", 1.0),),
    "shoulder_seam": (("hps_right", 0.5), ("shoulder_right", 0.5)),
    "armhole": (("shoulder_right", 0.45), ("armpit_right", 0.55)),
    "side_seam": (("armpit_left", 0.45), ("hem_left", 0.55)),
    "sleeve": (
        ("shoulder_left", 0.25),
        ("armpit_left", 0.25),
        ("cuff_top_left", 0.25),
        ("cuff_bottom_left", 0.25),
    ),
    "cuff": (("cuff_top_right", 0.5), ("cuff_bottom_right", 0.5)),
    "hem": (("hem_right", 0.6), ("hem_centre", 0.4)),
    "centre_front": (("neck_front", 0.55), ("hem_centre", 0.45)),
    "waist": (("waist_right", 1.0),),
}
RECIPES: Mapping[Family, Recipe] = {
    "top": UPPER,
    "dress": UPPER,
    "trousers": {
        "waistband": (("waist_left", 0.35), ("waist_centre", 0.65)),
        "fly": (("waist_centre", 0.55), ("crotch", 0.45)),
        "side_seam": (("hip_left", 0.5), ("knee_left", 0.5)),
        "inseam": (("crotch", 0.45), ("leg_inner_left", 0.55)),
        "crotch": (("crotch", 1.0),),
        "thigh": (("thigh_left", 0.5), ("thigh_right", 0.5)),
        "leg_opening": (("leg_outer_left", 0.5), ("leg_inner_left", 0.5)),
    },
    "skirt": {
        "waistband": (("waist_left", 0.7), ("waist_right", 0.3)),
        "side_seam": (("hip_left", 0.5), ("hem_left", 0.5)),
        "hem": (("hem_right", 0.6), ("hem_centre", 0.4)),
        "centre_front": (("waist_left", 0.25), ("waist_right", 0.25), ("hem_centre", 0.5)),
    },
    "footwear": {
        "toe": (("toe", 1.0),),
        "heel": (("heel", 1.0),),
        "sole": (("sole_left", 0.5), ("sole_right", 0.5)),
        "topline": (("topline_back", 1.0),),
        "vamp": (("toe", 0.62), ("topline_back", 0.38)),
    },
    "bag": {
        "opening": (("body_top", 1.0),),
        "handle": (("handle_top", 1.0),),
        "body": (("body_top", 0.45), ("bottom", 0.55)),
        "base": (("bottom", 1.0),),
        "side_seam": (("right", 1.0),),
    },
    "object": {
        "top": (("top", 1.0),),
        "body": (("left", 0.25), ("right", 0.25), ("top", 0.25), ("bottom", 0.25)),
        "base": (("bottom", 1.0),),
        "left": (("left", 1.0),),
        "right": (("right", 1.0),),
    },
}


def anchors(
    outline: Outline, family: Family, landmarks: Mapping[str, Landmark]
) -> dict[str, Point]:
    """Where each named part is, on the product, in photo pixels.

    Parts that the landmarks do not show are left out; an empty outline has none.
    """
    alpha, scale = reduced(outline, 400)
    mask = largest_part(alpha > 0.5, rel=0.1)
    if not mask.any():
        return {}
    pixels = np.argwhere(mask)
    places: dict[str, Point] = {}
    for name, recipe in RECIPES[family].items():
        if all(part in landmarks for part, _ in recipe):
            x = sum(weight * landmarks[part].x for part, weight in recipe)
            y = sum(weight * landmarks[part].y for part, weight in recipe)
            here = (x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5
            at = _onto_product(mask, pixels, here)
            places[name] = (
                (x, y) if at == here else ((at[0] + 0.5) / scale - 0.5, (at[1] + 0.5) / scale - 0.5)
            )
    return places


def _onto_product(mask: Mask, pixels: NDArray[np.int64], point: Point) -> Point:
    """The point itself when it lies on the product, else the nearest place well on it."""
    x, y = point
    height, width = mask.shape
    i, j = round(y), round(x)
    if 0 <= i < height and 0 <= j < width and mask[i, j]:
        return point
    nearest = pixels[int(np.argmin((pixels[:, 1] - x) ** 2 + (pixels[:, 0] - y) ** 2))]
    left, top, wide, tall = bounding_box(mask)
    edge = float(nearest[1]), float(nearest[0])
    inwards = (
        edge[0] + 0.02 * (left + wide / 2 - edge[0]),
        edge[1] + 0.02 * (top + tall / 2 - edge[1]),
    )
    return inwards if mask[round(inwards[1]), round(inwards[0])] else edge
