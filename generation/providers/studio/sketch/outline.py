"""The outline as clean closed curves, mirrored exactly when the product is symmetric."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Curve, Points
from generation.providers.studio.sketch.frame import Frame

_STEP = 2.0  # units between contour points
_CORNER_REACH = 9  # points either side that a corner is judged over: 18 units
_CORNER_DEG = 38.0
_SMALLEST_PART = 900.0  # square units
_SMALLEST_HOLE = 700.0


@dataclass(frozen=True)
class Ring:
    """One closed curve of the outline."""

    points: Points  # (n, 2), about 2 units apart, clockwise or not as found
    curves: tuple[Curve, ...]
    is_hole: bool


def field(frame: Frame) -> NDArray[Any]:
    """Signed distance to the outline, positive inside, averaged with its mirror if symmetric."""
    inside = (frame.alpha > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(
        1 - inside, cv2.DIST_L2, 5
    )
    if frame.symmetric:
        flip = np.array([[-1.0, 0, 2 * frame.axis_x], [0, 1, 0]])
        other = cv2.warpAffine(distance, flip, frame.size, flags=1, borderValue=-50)
        distance = (distance + other) / 2
    sigma = 2.6 if frame.is_garment else 1.8
    return cv2.GaussianBlur(distance, (0, 0), sigma)


def rings(frame: Frame, distance: NDArray[np.float32], breaks: Sequence[Points]) -> list[Ring]:
    """The outline's closed curves, largest first. ``breaks`` are known corners."""
    found: list[Ring] = []
    smooth = 12.0 if frame.is_garment else 5.0
    tolerance = 3.0 if frame.is_garment else 1.8
    for contour, is_hole in _contours(distance):
        points = _smooth_closed(_resample(contour), 1.5)
        if frame.symmetric:
            ring = _symmetric(points, frame.axis_x, breaks, smooth, tolerance, is_hole)
            found.extend(ring)
        else:
            corners = _with_breaks(points, _corners(points), breaks)
            curves = _between(points, corners, smooth, tolerance)
            found.append(Ring(points, tuple(curves), is_hole))
    found.sort(key=lambda ring: -len(ring.points))
    return [ring for ring in found if ring.curves]


def _contours(distance: NDArray[np.float32]) -> list[tuple[Points, bool]]:
    # Twice the resolution: a contour on whole pixels would show its steps.
    double = cv2.resize(distance, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR) > 0
    contours, tree = cv2.findContours(
        double.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
    )
    found = []
    for contour, links in zip(contours, tree[0] if tree is not None else (), strict=False):
        is_hole = links[3] >= 0
        smallest = _SMALLEST_HOLE if is_hole else _SMALLEST_PART
        if cv2.contourArea(contour) / 4 > smallest:
            found.append(((contour[:, 0].astype(float) - 0.5) / 2, bool(is_hole)))
    return found


def _symmetric(
    points: Points,
    axis: float,
    breaks: Sequence[Points],
    smooth: float,
    tolerance: float,
    is_hole: bool,
) -> list[Ring]:
    crossings = _crossings(points, axis)
    if len(crossings) < 2:
        if points[:, 0].mean() < axis:
            return []  # drawn as the mirror of its twin
        corners = _with_breaks(points, _corners(points), breaks)
        right = bezier.rounded(_between(points, corners, smooth, tolerance))
        twin = np.stack([2 * axis - points[:, 0], points[:, 1]], axis=1)
        left = bezier.mirror(right, axis)
        return [Ring(points, tuple(right), is_hole), Ring(twin, tuple(left), is_hole)]
    half = _right_half(points, axis, crossings)
    whole = np.vstack([half, np.stack([2 * axis - half[-2:0:-1, 0], half[-2:0:-1, 1]], axis=1)])
    corners = [i for i in _with_breaks(whole, _corners(whole), breaks) if 3 < i < len(half) - 4]
    right = bezier.rounded(_open_between(half, [0, *corners, len(half) - 1], smooth, tolerance))
    right[0][0, 0] = right[-1][3, 0] = axis
    return [Ring(whole, (*right, *bezier.mirror(right, axis)), is_hole)]


def _crossings(points: Points, axis: float) -> list[int]:
    side = points[:, 0] >= axis
    return [int(i) for i in np.nonzero(side != np.roll(side, -1))[0]]


def _right_half(points: Points, axis: float, crossings: list[int]) -> Points:
    """The run on the right of the axis between its highest and lowest crossing, top first."""
    heights = points[crossings, 1]
    top, bottom = crossings[int(heights.argmin())], crossings[int(heights.argmax())]
    rolled = np.roll(points, -(top + 1), axis=0)
    count = (bottom - top) % len(points)
    one, other = rolled[:count], rolled[count:]
    half = one if one[:, 0].mean() > other[:, 0].mean() else other[::-1]
    # A neckline or a crotch may wander over the axis; the drawing must not.
    half = np.stack([np.maximum(half[:, 0], axis), half[:, 1]], axis=1)
    return np.vstack([[axis, half[0, 1]], half, [axis, half[-1, 1]]])


def _open_between(points: Points, stops: list[int], smooth: float, tolerance: float) -> list[Curve]:
    pieces = [points[a : b + 1] for a, b in itertools.pairwise(stops)]
    pieces = _sharpened(pieces, closed=False)
    curves: list[Curve] = []
    for i, piece in enumerate(pieces):
        piece = _calmed(piece, smooth)
        start, end = bezier.tangent(piece, at_end=False), bezier.tangent(piece, at_end=True)
        # Where the axis is crossed almost level the two halves must meet without a kink.
        if i == 0 and abs(start[1]) < 0.45:
            start = np.array([1.0, 0.0])
        if i == len(pieces) - 1 and abs(end[1]) < 0.45:
            end = np.array([1.0, 0.0])
        curves += bezier.fit(piece, tolerance, start=start, end=end)
    return curves


def _between(points: Points, corners: list[int], smooth: float, tolerance: float) -> list[Curve]:
    if len(corners) < 2:
        far = int(np.linalg.norm(points - points[0], axis=1).argmax())
        return _round(points, [0, far], smooth, tolerance)
    pieces = []
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        pieces.append(points[a : b + 1] if b > a else np.vstack([points[a:], points[: b + 1]]))
    curves: list[Curve] = []
    for piece in _sharpened(pieces, closed=True):
        curves += bezier.fit(_calmed(piece, smooth), tolerance)
    return curves


def _round(points: Points, stops: list[int], smooth: float, tolerance: float) -> list[Curve]:
    """A ring without corners: both joins share one direction, so none shows."""
    points = _smooth_closed(points, smooth / _STEP)
    a, b = stops
    ways = []
    for i in (a, b):
        way = points[(i + 4) % len(points)] - points[i - 4]
        ways.append(way / (np.linalg.norm(way) + 1e-9))
    out = bezier.fit(points[a : b + 1], tolerance, start=ways[0], end=-ways[1])
    home = np.vstack([points[b:], points[: a + 1]])
    return out + bezier.fit(home, tolerance, start=ways[1], end=-ways[0])


def _sharpened(pieces: list[Points], *, closed: bool) -> list[Points]:
    """Join neighbouring pieces where their straight runs meet: smoothing has cut the corner."""
    pieces = [piece.copy() for piece in pieces]
    count = len(pieces)
    for i in range(count if closed else count - 1):
        one, two = pieces[i], pieces[(i + 1) % count]
        if len(one) < 14 or len(two) < 14:
            continue
        vertex = _meet(one[-12:-3], two[3:12])
        if vertex is not None and np.linalg.norm(vertex - one[-1]) < 9:
            pieces[i] = np.vstack([one[:-3], vertex])
            pieces[(i + 1) % count] = np.vstack([vertex, two[3:]])
    return pieces


def _meet(one: Points, two: Points) -> Points | None:
    a, b = one[-1], two[0]
    u, v = one[-1] - one[0], two[-1] - two[0]
    cross = u[0] * v[1] - u[1] * v[0]
    if abs(cross) < 0.35 * np.linalg.norm(u) * np.linalg.norm(v):
        return None
    gap = b - a
    along = (gap[0] * v[1] - gap[1] * v[0]) / cross
    return a + u * along if along > 0 else None


def _calmed(points: Points, sigma: float) -> Points:
    """Points smoothed along the path with both ends held."""
    sigma = min(sigma / _STEP, len(points) / 8)
    if sigma < 0.6:
        return points
    reach = min(int(3 * sigma) + 1, len(points) - 1)
    head = 2 * points[0] - points[reach:0:-1]
    tail = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    padded = np.vstack([head, points, tail])
    kernel = cv2.getGaussianKernel(2 * reach + 1, sigma).ravel()
    calm = np.stack([np.convolve(padded[:, i], kernel, "valid") for i in (0, 1)], axis=1)
    calm[0], calm[-1] = points[0], points[-1]
    return calm


def _corners(points: Points) -> list[int]:
    count, reach = len(points), _CORNER_REACH
    into = points - np.roll(points, reach, axis=0)
    out = np.roll(points, -reach, axis=0) - points
    turn = np.arctan2(into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0], np.sum(into * out, axis=1))
    turn = np.degrees(np.abs(turn))
    found: list[int] = []
    for i in np.argsort(-turn, kind="stable"):
        if turn[i] < _CORNER_DEG:
            break
        if all(_apart(int(i), j, count) > reach * 1.2 for j in found):
            found.append(int(i))
    return sorted(found)


def _with_breaks(points: Points, corners: list[int], breaks: Sequence[Points]) -> list[int]:
    """Corners and, where none is near, the contour's points at the given places."""
    found = list(corners)
    for place in breaks:
        distances = np.linalg.norm(points - place, axis=1)
        i = int(distances.argmin())
        if distances[i] < 10 and all(_apart(i, j, len(points)) > 20 for j in found):
            found.append(i)
    return sorted(found)


def _apart(i: int, j: int, count: int) -> int:
    return min(abs(i - j), count - abs(i - j))


def _resample(points: Points) -> Points:
    ring = np.vstack([points, points[:1]])
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))]
    at = np.arange(0, along[-1], _STEP)
    return np.stack([np.interp(at, along, ring[:, i]) for i in (0, 1)], axis=1)


def _smooth_closed(points: Points, sigma: float) -> Points:
    reach = min(int(4 * sigma) + 1, len(points) - 1)
    kernel = cv2.getGaussianKernel(2 * reach + 1, sigma).ravel()
    ring = np.vstack([points[-reach:], points, points[:reach]])
    return np.stack([np.convolve(ring[:, i], kernel, "valid") for i in (0, 1)], axis=1)
