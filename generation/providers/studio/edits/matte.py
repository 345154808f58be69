"""The product's edge at full size: how much of each pixel is product, and in what colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.edits.pixels import Grey, Picture
from generation.providers.studio.mask.regions import disc

BAND = 420  # the long side over the half width of the band in which an edge is looked for
CLEAR = 14.0  # levels between product and background; below, the outline is all there is


@dataclass(frozen=True)
class Matte:
    """Alpha (h, w) 0..1, and the product's own colour in every pixel of its soft edge.

    ``front`` is the picture inside and, along the edge, what the product would show if no
    background shone through. BGR 0..255.
    """

    alpha: Grey
    front: Grey


def matte_of(picture: Picture, alpha: Grey) -> Matte:
    """Refine an outline's alpha (any size) along the picture's own edges.

    Within a few pixels of the outline a pixel is taken as a mixture of the product's colour
    just inside and the background's just outside; where those two are alike the outline's
    own alpha stays.
    """
    height, width = picture.shape[:2]
    first = np.clip(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)
    reach = max(2, round(max(height, width) / BAND))
    hard = (first > 0.5).astype(np.uint8)
    inside = cv2.erode(hard, disc(reach), borderValue=1) > 0
    outside = cv2.dilate(hard, disc(reach)) == 0
    band = ~inside & ~outside
    front, known_front = _spread(picture, inside, 2 * reach)
    behind, known_behind = _spread(picture, outside, 2 * reach)
    rows, columns = np.nonzero(band & known_front & known_behind)
    own = picture[rows, columns].astype(np.float32)
    gap = front[rows, columns] - behind[rows, columns]
    length = (gap * gap).sum(axis=1)
    mixed = ((own - behind[rows, columns]) * gap).sum(axis=1) / np.maximum(length, 1)
    trust = np.clip((np.sqrt(length) - CLEAR) / (2 * CLEAR), 0, 1)
    refined = np.where(inside, 1.0, np.where(outside, 0.0, first)).astype(np.float32)
    refined[rows, columns] = trust * _firm(mixed) + (1 - trust) * first[rows, columns]
    return Matte(refined, _own_colour(picture, front, band & known_front, refined))


def _firm(mixed: Grey) -> Grey:
    """Texture of either side is no mixture: what is nearly all one side is that side."""
    return np.asarray(np.clip((mixed - 0.08) / 0.84, 0, 1), np.float32)


def _spread(picture: Picture, where: np.ndarray, reach: int) -> tuple[Grey, np.ndarray]:
    """Colours of a region carried a little over its border, and where they were carried to."""
    weight = where.astype(np.float32)
    side = (2 * reach + 1, 2 * reach + 1)
    total = cv2.blur(weight, side)
    colours = cv2.blur(picture * weight[..., None], side) / np.maximum(total, 1e-4)[..., None]
    return np.asarray(colours, np.float32), total > 1e-3


def _own_colour(picture: Picture, front: Grey, where: np.ndarray, alpha: Grey) -> Grey:
    """The picture, with what shines through at the edge replaced by the product's colour."""
    own = picture.astype(np.float32)
    share = alpha[where][:, None] ** 3  # the more background shines through, the less is read
    own[where] = share * own[where] + (1 - share) * front[where]
    return own
