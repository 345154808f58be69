"""Small operations on binary pictures; each takes and returns (h, w) booleans."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Grey = NDArray[np.float32]


def disc(radius: int) -> NDArray[np.uint8]:
    """A round structuring element."""
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def grow(mask: Mask, radius: int) -> Mask:
    """Dilate by a disc; what lies outside the picture counts as empty."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc(radius)) > 0)


def shrink(mask: Mask, radius: int) -> Mask:
    """Erode by a disc; what lies outside the picture counts as filled."""
    return np.asarray(cv2.erode(mask.astype(np.uint8), disc(radius)) > 0)


def opened(mask: Mask, radius: int) -> Mask:
    """Without what is thinner than the disc."""
    return grow(shrink(mask, radius), radius)


def closed(mask: Mask, radius: int) -> Mask:
    """With gaps that are thinner than the disc bridged."""
    return shrink(grow(mask, radius), radius)


def rim(mask: Mask) -> Mask:
    """The outermost pixels of the mask."""
    return mask & ~np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def border_band(shape: tuple[int, ...], share: float) -> Mask:
    """A frame along the picture's border, ``share`` of the shorter side wide."""
    height, width = shape[:2]
    wide = max(2, min(int(share * min(height, width)), (min(height, width) + 1) // 2))
    band = np.zeros((height, width), bool)
    band[:wide] = band[-wide:] = True
    band[:, :wide] = band[:, -wide:] = True
    return band


def reached_from_border(free: Mask) -> Mask:
    """The part of ``free`` that is 4-connected to the picture's border."""
    count, labels = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
    wanted = np.zeros(count, bool)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        wanted[side] = True
    wanted[0] = False
    return wanted[labels]


def connected_to(seed: Mask, through: Mask) -> Mask:
    """The components of ``seed | through`` that contain a pixel of ``seed``."""
    count, labels = cv2.connectedComponents((seed | through).astype(np.uint8), connectivity=4)
    wanted = np.zeros(count, bool)
    wanted[labels[seed]] = True
    wanted[0] = False
    return wanted[labels]


def parts(mask: Mask, *, at_least: int = 1) -> Iterator[Mask]:
    """Each connected part of at least that many pixels, largest first."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    for index in np.argsort(-areas, kind="stable"):
        if areas[index] < at_least:
            return
        yield labels == index + 1


def large_parts(mask: Mask, share: float) -> Mask:
    """Without the parts smaller than ``share`` of the largest."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 3:
        return mask
    wanted = stats[:, cv2.CC_STAT_AREA] >= share * stats[1:, cv2.CC_STAT_AREA].max()
    wanted[0] = False
    return wanted[labels]


def without_small_holes(mask: Mask, pixels: float) -> Mask:
    """With holes smaller than ``pixels`` filled."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (~mask).astype(np.uint8), connectivity=4
    )
    small = stats[:count, cv2.CC_STAT_AREA] < pixels
    small[0] = False
    return mask | small[labels]


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union; 1 when both are empty."""
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 1.0
