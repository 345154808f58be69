"""The neck: high point shoulder, front neck, straps and hoods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.landmarks.upright import Points, Upright
from generation.providers.studio.shapes import Point

NECK_SHARE = 0.36  # neck width over chest width, usual for adult tops
HOOD_SHARE = 0.13  # what rises this far above the neck, over the height, is a hood
FRONT_DROP = 0.48  # front neck drop over neck width, where the photo hides it


@dataclass(frozen=True)
class Neck:
    """The neck as the outline shows it."""

    left: Point
    right: Point
    sure: bool
    hood: bool


def find_neck(frame: Upright, axis: float, half: float) -> Neck:
    """High point shoulders either side of the axis.

    ``half`` is half the chest width. The shoulder's straight slope is followed inwards
    until the outline leaves it: downwards into a neckline, or upwards into a collar or
    hood. The point where it leaves is the high point shoulder.
    """
    sides = {side: _follow_shoulder(frame, axis, half, side) for side in (-1, 1)}
    sure = all(found is not None for found in sides.values())
    points = {side: found or _usual(frame, axis, half, side) for side, found in sides.items()}
    reach = {side: abs(points[side][0] - axis) for side in points}
    if min(reach.values()) < 0.62 * max(reach.values()):
        sure = False
    if abs(points[-1][1] - points[1][1]) > 0.06 * frame.box[3]:
        sure = False
    level = min(points[-1][1], points[1][1])
    rise = level - frame.box[1]
    hood = rise > HOOD_SHARE * frame.box[3]
    return Neck(points[-1], points[1], sure and not hood, hood)


def _usual(frame: Upright, axis: float, half: float, side: int) -> Point:
    """Where the neck usually is, on the shoulder's slope: under a hood, say."""
    x = axis + side * NECK_SHARE * half
    reach = np.arange(round(0.5 * half), round(0.95 * half))
    columns = np.clip(np.rint(axis + side * reach).astype(int), 0, len(frame.top) - 1)
    fit = _line(reach, frame.top[columns].astype(np.float64), 0.6 * half, 0.95 * half)
    y = float(frame.top[frame.clip_x(x)])
    if fit and 0.0 < fit[0] < 1.0:
        y = max(y, fit[0] * NECK_SHARE * half + fit[1])
    return x, min(y, frame.box[1] + 0.35 * frame.box[3])


def _follow_shoulder(frame: Upright, axis: float, half: float, side: int) -> Point | None:
    """Walk the shoulder slope from its outer part inwards until the outline leaves it."""
    height = frame.box[3]
    reach = np.arange(round(0.06 * half), round(0.9 * half))
    if len(reach) < 12:
        return None
    columns = np.clip(np.rint(axis + side * reach).astype(int), 0, len(frame.top) - 1)
    rows = _smooth(frame.top[columns].astype(np.float64))
    fit = _line(reach, rows, 0.5 * half, 0.85 * half)
    if fit is None:
        return None
    slope, level = fit
    if not -0.05 < slope < 1.1:
        return None
    off = rows - (slope * reach + level)
    limit = 0.012 * height
    inner = np.flatnonzero((reach < 0.55 * half) & (np.abs(off) > limit))
    if not len(inner):
        return None
    leave = int(inner[-1]) + 1
    share = reach[leave] / half
    if not 0.1 < share < 0.62:
        return None
    if off[leave - 1] > 0:
        low, high = max(0, leave - round(0.16 * half)), leave + round(0.06 * half)
        leave = low + int(rows[low:high].argmin())
    x = axis + side * float(reach[leave])
    return x, float(frame.top[frame.clip_x(x)])


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel = np.ones(5) / 5
    return np.convolve(np.pad(values, 2, mode="edge"), kernel, mode="valid")


def _line(
    x: NDArray[np.int64], y: NDArray[np.float64], low: float, high: float
) -> tuple[float, float] | None:
    """Slope and level of the straight part between two x, outliers dropped."""
    keep = (x >= low) & (x <= high)
    if keep.sum() < 6:
        return None
    xs, ys = x[keep].astype(np.float64), y[keep]
    slope, level = np.polyfit(xs, ys, 1)
    for _ in range(2):
        off = np.abs(ys - slope * xs - level)
        good = off <= max(1.0, 1.5 * float(np.median(off)))
        if good.sum() >= 6:
            slope, level = np.polyfit(xs[good], ys[good], 1)
    return float(slope), float(level)


def find_front_neck(frame: Upright, axis: float, neck: Neck) -> tuple[Point, bool]:
    """Centre front of the neckline; sure only when the outline dips clearly there.

    A shallow dip is the back neck seen behind the front, so the front is put where it
    usually lies and left to be confirmed.
    """
    level = max(neck.left[1], neck.right[1])
    width = max(neck.right[0] - neck.left[0], 1.0)
    x = (neck.left[0] + neck.right[0]) / 2
    top = frame.top_at(x)
    if top is not None and not neck.hood and top - level > 0.3 * width:
        return (x, float(top)), neck.sure
    return (x, level + FRONT_DROP * width), False


@dataclass(frozen=True)
class Strap:
    """The top of a strap: its inner and outer corner."""

    inner: Point
    outer: Point


def find_straps(frame: Upright, axis: float) -> tuple[Strap, Strap] | None:
    """Left and right strap when the top of the outline is two narrow stretches."""
    _, y0, width, height = frame.box
    stretches = frame.row(y0 + 0.05 * height, 0.01 * width)
    left = [r for r in stretches if r[1] < axis - 0.04 * width]
    right = [r for r in stretches if r[0] > axis + 0.04 * width]
    if not left or not right or frame.inside(axis, y0 + 0.05 * height):
        return None
    contour = frame.contour
    band = contour[contour[:, 1] < y0 + 0.07 * height]
    found = []
    for side, (a, b) in ((-1, left[-1]), (1, right[0])):
        if b - a > 0.32 * width:
            return None
        margin = 0.05 * width
        near = band[(band[:, 0] > a - margin) & (band[:, 0] < b + margin)]
        if len(near) < 3:
            return None
        found.append(_strap(near, side))
    return found[0], found[1]


def _strap(points: Points, side: int) -> Strap:
    inner = points[int(np.argmax(points @ np.array([-0.5 * side, -1.0])))]
    outer = points[int(np.argmax(points @ np.array([0.5 * side, -1.0])))]
    return Strap((float(inner[0]), float(inner[1])), (float(outer[0]), float(outer[1])))
