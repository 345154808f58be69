"""The product's edge at full size: how much of each pixel is product, and in what colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.edits.pixels import Grey, Picture
from generation.providers.studio.mask.regions import disc

Places = tuple[NDArray[np.intp], ...]  # rows and columns

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
    inside = np.asarray(cv2.erode(hard, disc(reach), borderValue=1), np.uint8)
    outside = np.asarray(cv2.dilate(hard, disc(reach)) == 0, np.uint8)
    band = np.nonzero((inside | outside) == 0)
    own = picture[band].astype(np.float32)
    front, is_known = _carried(picture, inside, band, 2 * reach)
    behind, has_ground = _carried(picture, outside, band, 2 * reach)
    gap = front - behind
    length = (gap * gap).sum(axis=1)
    mixed = ((own - behind) * gap).sum(axis=1) / np.maximum(length, 1)
    trust = np.clip((np.sqrt(length) - CLEAR) / (2 * CLEAR), 0, 1) * (is_known & has_ground)
    refined = inside.astype(np.float32)
    refined[band] = trust * _firm(mixed) + (1 - trust) * first[band]
    colours = picture.astype(np.float32)
    # The more background shines through a pixel, the less of its colour is read.
    share = np.where(is_known, refined[band] ** 3, 1.0)[:, None]
    colours[band] = share * own + (1 - share) * front
    return Matte(refined, colours)


def _firm(mixed: Grey) -> Grey:
    """Texture of either side is no mixture: what is nearly all one side is that side."""
    return np.asarray(np.clip((mixed - 0.08) / 0.84, 0, 1), np.float32)


def _carried(
    picture: Picture, region: NDArray[np.uint8], band: Places, reach: int
) -> tuple[Grey, NDArray[np.bool_]]:
    """A region's colours beside each pixel of a band, and whether any is within reach."""
    side = (2 * reach + 1, 2 * reach + 1)
    kept = cv2.bitwise_and(picture, picture, mask=region)
    total = cv2.boxFilter(region, cv2.CV_32F, side)[band]
    colours = cv2.boxFilter(kept, cv2.CV_32F, side)[band]
    return np.asarray(colours / np.maximum(total, 1e-4)[:, None], np.float32), total > 1e-3
