"""Draws the line exactly: GrabCut near the first outline, then a soft edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import Grey, Mask, grow, shrink

SEED = 7
NO_BOX = (0, 0, 1, 1)  # GrabCut starts from the labels


def cut(
    frame: Frame,
    first: Mask,
    *,
    sure: Mask,
    never: Mask,
    turns: int,
    around: Mask | None = None,
    margin: int = 24,
) -> Mask:
    """GrabCut from a first outline; ``sure`` stays inside and ``never`` outside.

    Works on the box of ``around`` only, by default the outline's. Returns ``first``
    where one of the two colour models would be empty.
    """
    ys, xs = np.where(first | sure if around is None else around)
    if not len(ys):
        return first
    height, width = first.shape
    top, bottom = max(0, ys.min() - margin), min(height, ys.max() + margin + 1)
    left, right = max(0, xs.min() - margin), min(width, xs.max() + margin + 1)
    box = (slice(top, bottom), slice(left, right))
    labels = np.where(first, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[never] = cv2.GC_BGD
    labels[sure] = cv2.GC_FGD
    inside = labels[box]
    outer = int(((inside == cv2.GC_BGD) | (inside == cv2.GC_PR_BGD)).sum())
    if min(outer, inside.size - outer) < 16:
        return first
    cv2.setRNGSeed(SEED)
    hints = np.ascontiguousarray(inside)
    background, product = np.zeros((1, 65)), np.zeros((1, 65))
    picture = np.ascontiguousarray(frame.bgr[box])
    cv2.grabCut(picture, hints, NO_BOX, background, product, turns, cv2.GC_INIT_WITH_MASK)
    result = first.copy() if around is not None else np.zeros_like(first)
    result[box] = (hints == cv2.GC_FGD) | (hints == cv2.GC_PR_FGD)
    return result


def within_band(first: Mask, second: Mask, radius: int) -> Mask:
    """``second`` near the contour of ``first``, ``first`` elsewhere."""
    band = grow(first, radius) & ~shrink(first, radius)
    return np.where(band, second, first)


def soft_edge(bgr: NDArray[np.uint8], mask: Mask, scale: float) -> Grey:
    """Alpha in the photo's frame: a guided filter on a narrow band around the outline."""
    height, width = bgr.shape[:2]
    smooth = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    smooth = cv2.GaussianBlur(smooth, (0, 0), max(0.3, 0.6 / scale))
    hard = (smooth > 0.5).astype(np.uint8)
    radius = max(2, round(1.6 / scale))
    alpha = np.zeros((height, width), np.float32)
    left, top, wide, high = cv2.boundingRect(hard)
    if not wide:
        return alpha
    reach = 3 * radius
    rows = slice(max(0, top - reach), top + high + reach)
    columns = slice(max(0, left - reach), left + wide + reach)
    alpha[rows, columns] = _edge_alpha(bgr[rows, columns], hard[rows, columns], radius)
    return alpha


def _edge_alpha(bgr: NDArray[np.uint8], hard: NDArray[np.uint8], radius: int) -> Grey:
    """The filtered mask, but sure away from the edge."""
    guide = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    alpha = np.clip((_guided(guide, hard.astype(np.float32), radius) - 0.12) / 0.76, 0, 1)
    alpha[shrink(hard > 0, radius)] = 1
    alpha[~grow(hard > 0, radius)] = 0
    return np.asarray(alpha, dtype=np.float32)


def _guided(guide: cv2.typing.MatLike, target: NDArray[np.float32], radius: int) -> Grey:
    """He, Sun and Tang's guided filter, grey guide, epsilon 1e-3."""
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(grey: cv2.typing.MatLike) -> cv2.typing.MatLike:
        return cv2.blur(grey, side)

    mean_guide, mean_target = mean(guide), mean(target)
    covariance = mean(guide * target) - mean_guide * mean_target
    variance = mean(guide * guide) - mean_guide * mean_guide
    slope = covariance / (variance + 1e-3)
    offset = mean_target - slope * mean_guide
    return np.asarray(mean(slope) * guide + mean(offset), dtype=np.float32)
