"""The outline as a shape: its mirror axis and the figures a shape is compared by.

Everything is worked out on small copies of the mask, so the cost hardly depends on
the size of the photo.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.shapes import Box, Outline, Silhouette

Mask = NDArray[np.bool_]

FEATURES = (
    "aspect", "legs", "three_runs", "solidity", "arm_left", "arm_right", "crotch", "neck",
    "holes", "parts", "fill", "w05", "w15", "w30", "w50", "w70", "w85", "w97",
    "symmetry", "top_narrow", "top_span", "roughness", "lean",
)  # fmt: skip

WORK_SIDE = 800  # pixels of the copy that everything is taken from
AXIS_SIDE = 160  # pixels of the copy the axis is searched on
SHAPE_SIDE = 360  # pixels of the copy the features are taken from
TILT_LIMIT = 9.0  # degrees either way
TILT_PRICE = 0.0012  # IoU a degree of tilt must earn, so that a disc stays upright
MIN_PIXELS = 48


class Defect(NamedTuple):
    """A bay of the outline: depth and deepest point as shares of the box."""

    depth: float
    x: float
    y: float


def runs(row: NDArray[np.bool_], least: float = 0.0) -> list[tuple[int, int]]:
    """First and last column of each stretch of product wider than ``least``."""
    steps = np.diff(np.concatenate(([0], row.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if b - a + 1 > least]


def largest_part(mask: Mask, rel: float = 1.0) -> Mask:
    """The biggest connected part, and every other of at least ``rel`` of its area."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    keep = stats[:, cv2.CC_STAT_AREA] >= rel * stats[1:, cv2.CC_STAT_AREA].max()
    keep[0] = False
    kept: Mask = keep[labels]
    return kept


def bounding_box(mask: Mask) -> Box:
    """x, y, width, height; zeros where there is nothing."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    return (
        int(cols[0]),
        int(rows[0]),
        int(cols[-1] - cols[0] + 1),
        int(rows[-1] - rows[0] + 1),
    )


def describe(outline: Outline) -> Silhouette:
    """Mirror axis within ±9° and the shape's figures (names: ``FEATURES``).

    ``angle_deg`` is counter-clockwise, about the mask's centroid, as
    ``cv2.getRotationMatrix2D`` takes it. An outline with nothing in it gives zeros.
    """
    small, scale = reduced(outline)
    mask = largest_part(small > 0.5, rel=0.05)
    box = bounding_box(mask)
    x, y, width, height = (round(v / scale) for v in box)
    place: Box = (x, y, width, height)
    if int(mask.sum()) < MIN_PIXELS or min(box[2:]) < 4:
        return Silhouette(0.0, place[0] + place[2] / 2, 0.0, place, dict.fromkeys(FEATURES, 0.0))
    iou, angle, axis_x = mirror_axis(mask, box)
    figures = features(mask, box, iou, angle)
    return Silhouette(angle, (axis_x + 0.5) / scale - 0.5, iou, place, figures)


def reduced(outline: Outline, side: int = WORK_SIDE) -> tuple[NDArray[np.float32], float]:
    """The outline's alpha at most ``side`` pixels long, and its scale."""
    height, width = outline.alpha.shape
    if not height or not width:
        return np.zeros((1, 1), np.float32), 1.0
    scale = min(1.0, side / max(height, width))
    alpha = outline.alpha.astype(np.float32, copy=False)
    if scale == 1.0:
        return alpha, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32), scale


def crop(mask: Mask, box: Box, side: int) -> tuple[Mask, float]:
    """The box's part of the mask at most ``side`` pixels long, and its scale."""
    x, y, width, height = box
    scale = min(1.0, side / max(width, height))
    part = mask[y : y + height, x : x + width].astype(np.uint8) * 255
    size = max(4, round(width * scale)), max(4, round(height * scale))
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA) > 127, scale


def mirror_axis(mask: Mask, box: Box) -> tuple[float, float, float]:
    """Mirror IoU, angle in degrees, and the axis's x at the centroid's row."""
    small, scale = crop(mask, box, AXIS_SIDE)
    if not small.any():
        return 0.0, 0.0, box[0] + box[2] / 2
    pad = max(small.shape) // 4 + 4
    small = np.pad(small, pad)
    rows, cols = np.nonzero(small)
    centre = float(cols.mean()), float(rows.mean())
    best = _best_mirror(small, centre, np.arange(-TILT_LIMIT, TILT_LIMIT + 0.1, 1.5), 0.0, 7.0)
    fine = np.clip(np.arange(best[1] - 1.0, best[1] + 1.1, 0.5), -TILT_LIMIT, TILT_LIMIT)
    iou, angle, offset = _best_mirror(small, centre, fine, best[2], 1.5)
    across = offset / math.cos(math.radians(angle))
    return iou, angle, box[0] + (centre[0] + across - pad + 0.5) / scale - 0.5


def _best_mirror(
    mask: Mask,
    centre: tuple[float, float],
    angles: NDArray[np.float64],
    around: float,
    reach: float,
) -> tuple[float, float, float]:
    """IoU, tilt and axis offset (pixels from the centroid) whose mirror fits best."""
    height, width = mask.shape
    source = mask.astype(np.uint8) * 255
    doubles = range(
        round(2 * (centre[0] + around - reach)), round(2 * (centre[0] + around + reach)) + 1
    )
    best, best_value = (0.0, 0.0, 0.0), -1.0
    for angle in angles:
        turn = cv2.getRotationMatrix2D(centre, float(angle), 1.0)
        upright = cv2.warpAffine(source, turn, (width, height)) > 127
        area = int(np.count_nonzero(upright))
        for double in doubles:  # twice the axis's x, so that half pixels are tried too
            low, high = max(0, double - width + 1), min(width - 1, double)
            part = upright[:, low : high + 1]
            both = int(np.count_nonzero(part & part[:, ::-1]))
            iou = both / max(2 * area - both, 1)
            if iou - abs(angle) * TILT_PRICE > best_value:
                best_value = iou - abs(angle) * TILT_PRICE
                best = iou, float(angle), double / 2 - centre[0]
    return best


def features(mask: Mask, box: Box, iou: float, angle: float) -> dict[str, float]:
    """The figures in ``FEATURES``: widths and depths are shares of the box."""
    shape, _ = crop(mask, box, SHAPE_SIDE)
    if not shape.any():
        return dict.fromkeys(FEATURES, 0.0)
    height, width = shape.shape
    found, _ = cv2.findContours(shape.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    edge = max(found, key=cv2.contourArea)
    hull = cv2.convexHull(edge)
    bays = defects(np.asarray(edge, np.int32), width, height)
    profile = shape.sum(axis=1) / width
    counts = np.array(
        [len(runs(shape[int(f * (height - 1))], 0.04 * width)) for f in np.linspace(0.02, 0.98, 49)]
    )
    parts = [c for c in found if cv2.contourArea(c) > 0.12 * cv2.contourArea(edge)]
    perimeter = cv2.arcLength(edge, True) / max(cv2.arcLength(hull, True), 1.0)
    values = {
        "aspect": height / width,
        "legs": float((counts[25:46] == 2).mean()),
        "three_runs": float((counts[5:44] >= 3).mean()),
        "solidity": float(shape.sum() / max(cv2.contourArea(hull), 1.0)),
        "arm_left": _deepest(bays, lambda b: b.x < 0.45 and 0.12 < b.y < 0.92),
        "arm_right": _deepest(bays, lambda b: b.x > 0.55 and 0.12 < b.y < 0.92),
        "crotch": _deepest(bays, lambda b: 0.3 < b.x < 0.7 and b.y > 0.25),
        "neck": _deepest(bays, lambda b: 0.25 < b.x < 0.75 and b.y < 0.3),
        "holes": holes(shape),
        "parts": float(len(parts)),
        "fill": float(shape.mean()),
        "symmetry": iou,
        "roughness": float(perimeter),
        "lean": angle,
        **top_figures(shape),
    }
    for name, at in (("05", 0.05), ("15", 0.15), ("30", 0.3), ("50", 0.5)):
        values[f"w{name}"] = _band(profile, at)
    for name, at in (("70", 0.7), ("85", 0.85), ("97", 0.97)):
        values[f"w{name}"] = _band(profile, at)
    return {name: float(values[name]) for name in FEATURES}


def defects(edge: NDArray[np.int32], width: float, height: float) -> list[Defect]:
    """The bays of a contour, deepest point as shares of width and height."""
    if len(edge) < 4:
        return []
    hull = cv2.convexHull(edge, returnPoints=False)
    hull[::-1].sort(axis=0)
    if len(hull) < 3:
        return []
    raw = cv2.convexityDefects(edge, hull)
    if raw is None:
        return []
    side = max(width, height)
    return [
        Defect(depth / 256 / side, float(edge[far, 0, 0]) / width, float(edge[far, 0, 1]) / height)
        for _, _, far, depth in raw.reshape(-1, 4)
    ]


def holes(shape: Mask) -> float:
    """Share of the box that is background enclosed by product."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (~np.pad(shape, 2)).astype(np.uint8), connectivity=4
    )
    outside = labels[0, 0]
    areas = [
        int(stats[i, cv2.CC_STAT_AREA])
        for i in range(1, count)
        if i != outside and stats[i, cv2.CC_STAT_AREA] > 0.004 * shape.size
    ]
    return sum(areas) / shape.size


def top_figures(shape: Mask) -> dict[str, float]:
    """How long the product stays narrow below its top, and how wide it starts.

    A hood or a strap's neck keeps the top narrow for a sixth of the height; a
    T-shirt reaches its shoulders within a twentieth.
    """
    height, width = shape.shape
    spans = np.zeros(height)
    for y in range(height):
        cols = np.flatnonzero(shape[y])
        spans[y] = cols[-1] - cols[0] + 1 if len(cols) else 0
    reference = float(np.median(spans[int(0.3 * height) : max(int(0.75 * height), 1) + 1]))
    wide = np.flatnonzero(spans > 0.62 * max(reference, 1.0))
    return {
        "top_narrow": float(wide[0] / height) if len(wide) else 1.0,
        "top_span": _band(spans / width, 0.03),
    }


def _band(profile: NDArray[np.float64], at: float) -> float:
    """The profile's mean over ±2 % of its length around a share of it."""
    n = len(profile)
    low, high = int(max(0.0, at - 0.02) * n), int(min(1.0, at + 0.02) * n) + 1
    return float(np.mean(profile[low:high]))


def _deepest(bays: list[Defect], wanted: Callable[[Defect], bool]) -> float:
    return max((b.depth for b in bays if wanted(b)), default=0.0)
