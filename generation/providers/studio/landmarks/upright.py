"""The product turned so that its axis is vertical, and how to look at it there.

Landmarks are found in this frame and carried back to the photo, so a product laid a
few degrees askew is measured like a straight one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.shapes import Outline, Point, Silhouette
from generation.providers.studio.silhouette import (
    MIN_PIXELS,
    Mask,
    bounding_box,
    largest_part,
    runs,
)

SIDE = 800  # longest side of the frame landmarks are found in, pixels
PAD = 6
Points = NDArray[np.float64]  # (n, 2)


@dataclass(frozen=True)
class Upright:
    """An upright mask, its axis, and the way back to the photo."""

    mask: Mask
    axis: float
    forward: NDArray[np.float64]  # 2×3, photo → here

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width, height of the product here."""
        return bounding_box(self.mask)

    @cached_property
    def backward(self) -> NDArray[np.float64]:
        """2×3, here → photo."""
        return np.asarray(cv2.invertAffineTransform(self.forward), np.float64)

    def to_photo(self, point: Point) -> Point:
        """A point of this frame, in the photo."""
        return _apply(self.backward, point)

    def from_photo(self, point: Point) -> Point:
        """A point of the photo, in this frame."""
        return _apply(self.forward, point)

    @cached_property
    def top(self) -> NDArray[np.int64]:
        """First product row of each column; the frame's height where there is none."""
        first = self.mask.argmax(axis=0)
        return np.where(self.mask.any(axis=0), first, self.mask.shape[0]).astype(np.int64)

    @cached_property
    def contour(self) -> Points:
        """The outer contour of the largest part, as points in order."""
        return contour_of(self.mask)

    def row(self, y: float, least: float = 0.0) -> list[tuple[int, int]]:
        """The product's stretches on a row."""
        return runs(self.mask[self.clip_y(y)], least)

    def central_run(self, y: float, axis: float | None = None) -> tuple[int, int] | None:
        """The stretch the axis goes through, else the widest one."""
        found = self.row(y)
        if not found:
            return None
        x = self.axis if axis is None else axis
        inside = [r for r in found if r[0] - 2 <= x <= r[1] + 2]
        return max(inside or found, key=lambda r: r[1] - r[0])

    def clip_y(self, y: float) -> int:
        """A row inside the frame."""
        return int(min(max(round(y), 0), self.mask.shape[0] - 1))

    def clip_x(self, x: float) -> int:
        """A column inside the frame."""
        return int(min(max(round(x), 0), self.mask.shape[1] - 1))

    def inside(self, x: float, y: float) -> bool:
        """Whether a point lies on the product."""
        rows, cols = self.mask.shape
        i, j = round(y), round(x)
        return bool(0 <= i < rows and 0 <= j < cols and self.mask[i, j])

    def bottom_at(self, x: float) -> int | None:
        """Last product row of a column."""
        rows = np.flatnonzero(self.mask[:, self.clip_x(x)])
        return int(rows[-1]) if len(rows) else None

    def top_at(self, x: float) -> int | None:
        """First product row of a column."""
        rows = np.flatnonzero(self.mask[:, self.clip_x(x)])
        return int(rows[0]) if len(rows) else None


@dataclass
class Finding:
    """Landmarks as they are found; a hand-placed one always wins."""

    frame: Upright
    by_hand: dict[str, Point]  # in the upright frame
    points: dict[str, Point] = field(default_factory=dict)
    sure: dict[str, bool] = field(default_factory=dict)

    def put(self, name: str, point: Point, *, sure: bool = True) -> Point:
        """Note a point unless a person placed it; returns the one that counts."""
        if name in self.by_hand:
            point, sure = self.by_hand[name], True
        self.points[name] = float(point[0]), float(point[1])
        self.sure[name] = sure
        return self.points[name]

    def doubt(self, *names: str) -> None:
        """Mark points as guesses, except hand-placed ones."""
        for name in names:
            if name in self.sure and name not in self.by_hand:
                self.sure[name] = False

    def get(self, name: str) -> Point | None:
        """A point found so far."""
        return self.points.get(name)


def upright(outline: Outline, silhouette: Silhouette, *, level: bool = True) -> Upright | None:
    """The outline in its upright frame; None when there is too little of it.

    ``level=False`` keeps the photo's own directions, for things without an axis.
    """
    mask = outline.mask
    x, y, width, height = bounding_box(mask)
    if int(np.count_nonzero(mask)) < MIN_PIXELS or min(width, height) < 4:
        return None
    moments = cv2.moments(mask.astype(np.uint8), binaryImage=True)
    centre = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    angle = silhouette.angle_deg if level else 0.0
    scale = min(1.0, SIDE / max(width, height))
    turn = np.asarray(cv2.getRotationMatrix2D(centre, angle, scale), np.float64)
    corners = np.array(
        [[x, y, 1], [x + width, y, 1], [x, y + height, 1], [x + width, y + height, 1]], float
    )
    turned = corners @ turn.T
    turn[:, 2] += PAD - turned.min(axis=0)
    size = np.ceil(turned.max(axis=0) - turned.min(axis=0)).astype(int) + 2 * PAD
    alpha = outline.alpha.astype(np.float32, copy=False)
    here = cv2.warpAffine(alpha, turn, (int(size[0]), int(size[1])))
    clean = largest_part(here > 0.5, rel=0.1)
    if int(np.count_nonzero(clean)) < MIN_PIXELS:
        return None
    axis = _apply(turn, (silhouette.axis_x, centre[1]))[0]
    return Upright(clean, axis, turn)


def _apply(matrix: NDArray[np.float64], point: Point) -> Point:
    (a, b, c), (d, e, f) = matrix
    return float(a * point[0] + b * point[1] + c), float(d * point[0] + e * point[1] + f)


def contour_of(mask: Mask) -> Points:
    """The outer contour of a mask's largest part; empty where there is none."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found:
        return np.zeros((0, 2))
    return max(found, key=cv2.contourArea)[:, 0].astype(np.float64)


def farthest(points: Points, direction: Point) -> Point:
    """The point farthest along a direction."""
    best = points[int(np.argmax(points @ np.asarray(direction, float)))]
    return float(best[0]), float(best[1])


def unit(a: Point, b: Point) -> Point:
    """The direction from a to b; straight down when they coincide."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.hypot(dx, dy)
    return (dx / length, dy / length) if length > 1e-9 else (0.0, 1.0)


def middle(a: Point, b: Point) -> Point:
    """Halfway between two points."""
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def distance(a: Point, b: Point) -> float:
    """Straight distance."""
    return math.hypot(b[0] - a[0], b[1] - a[1])


def end_corners(points: Points, along: Point, slant: float = 0.8) -> tuple[Point, Point]:
    """The two corners of a limb's end: farthest along, leaning to either side.

    The first corner lies to the left of ``along`` as one looks down the limb on the
    screen (y down), the second to the right. A cut that is up to about 35° off square
    still gives its corners.
    """
    dx, dy = along
    left = dy, -dx
    first = farthest(points, (dx + slant * left[0], dy + slant * left[1]))
    second = farthest(points, (dx - slant * left[0], dy - slant * left[1]))
    return first, second


def march(frame: Upright, start: Point, direction: Point, limit: float) -> Point:
    """The last point on the product going from ``start`` along ``direction``.

    A start just off the product is allowed; the walk then begins at the edge.
    """
    steps = np.arange(0.0, max(limit, 1.0), 0.5)
    xs, ys = start[0] + steps * direction[0], start[1] + steps * direction[1]
    rows, cols = frame.mask.shape
    cols_i = np.clip(np.rint(xs).astype(int), 0, cols - 1)
    rows_i = np.clip(np.rint(ys).astype(int), 0, rows - 1)
    on = frame.mask[rows_i, cols_i]
    lead = int(on.argmax()) if on[:12].any() else 0
    off = np.flatnonzero(~on[lead:])
    last = lead + int(off[0]) - 1 if len(off) else len(steps) - 1
    last = max(last, 0)
    return float(xs[last]), float(ys[last])
