"""Ways over a mask: rays, edges and arcs, in pixels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.shapes import Point
from generation.providers.studio.silhouette import Mask

BENT = 1.25  # an edge longer than this times its chord was not followed rightly


def last_on(mask: Mask, start: Point, end: Point) -> Point:
    """The product's edge near ``end`` on the line from ``start``; a hem is seldom straight."""
    length = math.dist(start, end)
    if length < 4:
        return end
    along = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    steps = np.arange(0.9 * length, 1.1 * length, 0.5)
    height, width = mask.shape
    rows = np.rint(start[1] + steps * along[1]).astype(int)
    cols = np.rint(start[0] + steps * along[0]).astype(int)
    within = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    steps, rows, cols = steps[within], rows[within], cols[within]
    on = np.flatnonzero(mask[rows, cols])
    if not len(on):
        return end
    far = float(steps[on[-1]])
    return start[0] + far * along[0], start[1] + far * along[1]


def meet(start: Point, along: Point, line: Sequence[Point]) -> Point | None:
    """Where a ray meets a polyline."""
    for a, b in itertools.pairwise(line):
        dx, dy = b[0] - a[0], b[1] - a[1]
        cross = along[0] * dy - along[1] * dx
        if abs(cross) < 1e-9:
            continue
        ox, oy = a[0] - start[0], a[1] - start[1]
        far, share = (ox * dy - oy * dx) / cross, (ox * along[1] - oy * along[0]) / cross
        if -0.02 <= share <= 1.02 and far > 0:
            return start[0] + far * along[0], start[1] + far * along[1]
    return None


def walk(mask: Mask, start: Point, along: Point, limit: float) -> tuple[Point, Point] | None:
    """The product's stretch on a ray: from its first pixel near the start to its last."""
    back = 0.25 * limit
    steps = np.arange(-back, max(limit, 1.0), 0.5)
    xs, ys = start[0] + steps * along[0], start[1] + steps * along[1]
    height, width = mask.shape
    on = mask[
        np.clip(np.rint(ys).astype(int), 0, height - 1),
        np.clip(np.rint(xs).astype(int), 0, width - 1),
    ]
    zero = int(np.searchsorted(steps, 0.0))
    near = np.flatnonzero(on[zero : zero + max(8, int(0.2 * len(steps)))])
    if not len(near):
        return None
    inside = zero + int(near[0])
    before, after = np.flatnonzero(~on[:inside]), np.flatnonzero(~on[inside:])
    first = int(before[-1]) + 1 if len(before) else inside
    last = inside + int(after[0]) - 1 if len(after) else len(steps) - 1
    return (float(xs[first]), float(ys[first])), (float(xs[last]), float(ys[last]))


def arc_length(a: Point, middle: Point, b: Point) -> float:
    """Length of the circular arc through three points; the chord when it is nearly flat."""
    chord = math.dist(a, b)
    if chord < 1:
        return chord
    nx, ny = -(b[1] - a[1]) / chord, (b[0] - a[0]) / chord
    rise = abs((middle[0] - a[0]) * nx + (middle[1] - a[1]) * ny)
    rise = min(rise, 0.5 * chord)
    if rise < 0.01 * chord:
        return chord
    radius = (chord * chord / 4 + rise * rise) / (2 * rise)
    return 2 * radius * math.asin(min(1.0, chord / 2 / radius))


def edge_length(mask: Mask, a: Point, b: Point) -> float:
    """Length of the outline between two points near it, smoothed over pixel steps.

    Falls back to the straight distance when a point is off the outline (a person moved
    it) or when the way along the outline is much longer than the chord.
    """
    chord = math.dist(a, b)
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found or chord < 8:
        return chord
    contour = max(found, key=cv2.contourArea)[:, 0].astype(np.float64)
    ends = []
    for point in (a, b):
        away = np.linalg.norm(contour - np.asarray(point), axis=1)
        if away.min() > 0.03 * chord + 2:
            return chord
        ends.append(int(away.argmin()))
    low, high = min(ends), max(ends)
    ways = contour[low : high + 1], np.concatenate([contour[high:], contour[: low + 1]])
    length = min(smooth_length(way) for way in ways)
    return length if chord <= length <= BENT * chord else chord


def smooth_length(way: NDArray[np.float64]) -> float:
    """Length of a polyline once pixel steps are averaged over some 2 % of it."""
    window = max(3, round(0.02 * len(way))) | 1
    if len(way) < 2 * window:
        return float(np.linalg.norm(way[-1] - way[0])) if len(way) else 0.0
    kernel = np.ones(window) / window
    inner = np.stack([np.convolve(way[:, i], kernel, mode="valid") for i in (0, 1)], axis=1)
    points = np.concatenate([way[:1], inner[:: max(1, window // 2)], way[-1:]])
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
