"""Paths to the drawing's strokes: smooth curves that meet the outline, at most so many."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Curve, Points
from generation.providers.studio.shapes import Stroke
from generation.providers.studio.sketch.outline import Ring
from generation.providers.tracing.inside import Inside
from generation.providers.tracing.paths import Path

MOST_LINES: Final = 140  # the longest ones; a flat with more is texture
_TOLERANCE: Final = 1.1
_SMOOTH: Final = 2.2  # units along the path
_CORNER_DEG = 48.0
_CORNER_REACH: Final = 8
_MEETS_WITHIN: Final = 13.0  # units beyond the outline's own width
_RIB_LENGTH: Final = 62.0
_LEAST_RIBS = 8


def strokes_of(
    rings: list[Ring], inside: Inside, distance: NDArray[np.float32], band: float
) -> list[Stroke]:
    """The outline first, then the lines within it from the longest on, then stitches."""
    drawn = [Stroke(bezier.path_data(ring.curves, closed=True), "outline") for ring in rings]
    lines = [_met(line, distance, band) for line in [*inside.lines, *inside.fills]]
    lines.sort(key=lambda line: -line.length)
    ribs = _ribs(lines)
    plain = [line for line in lines if not any(line is rib for rib in ribs)]
    drawn += [Stroke(d, "seam") for line in plain[:MOST_LINES] if (d := _data(line))]
    if ribs:
        drawn.append(Stroke("".join(_data(rib) for rib in ribs), "seam", "knit rib"))
    stitches = [_met(line, distance, band) for line in inside.stitches]
    drawn += [Stroke(d, "stitch") for line in stitches[:MOST_LINES] if (d := _data(line, 4.0))]
    return drawn


def _ribs(lines: list[Path]) -> list[Path]:
    """Short straight lines that stand close together side by side."""
    short = [line for line in lines if line.length < _RIB_LENGTH and not line.is_closed]
    if len(short) < _LEAST_RIBS:
        return []
    middle = np.array([(line.points[0] + line.points[-1]) / 2 for line in short])
    chord = np.array([line.points[-1] - line.points[0] for line in short])
    length = np.linalg.norm(chord, axis=1) + 1e-6
    straight = length > 0.9 * np.array([line.length for line in short])
    way = chord / length[:, None]
    over = middle[None] - middle[:, None]
    across = np.abs(over[..., 0] * way[:, None, 1] - over[..., 1] * way[:, None, 0])
    along = np.abs(np.einsum("ijk,ik->ij", over, way))
    like = (np.abs(way @ way.T) > 0.94) & (across < 24) & (along < 0.6 * length[:, None])
    like &= straight[:, None] & straight[None]
    like &= like.T
    np.fill_diagonal(like, val=False)
    count, groups = _groups(like)
    sizes = np.bincount(groups, minlength=count)
    return [line for line, group in zip(short, groups, strict=True) if sizes[group] >= _LEAST_RIBS]


def _groups(like: NDArray[np.bool_]) -> tuple[int, NDArray[np.int64]]:
    """Numbers of the groups that are connected by ``like``."""
    groups = np.arange(len(like))
    while True:
        lowest = np.minimum(
            groups, np.where(like, groups[None], len(like)).min(axis=1, initial=len(like))
        )
        if (lowest == groups).all():
            return len(like), groups
        groups = lowest


def _met(path: Path, distance: NDArray[np.float32], band: float) -> Path:
    """The path within the outline; an end that comes near is led on to it."""
    if path.is_closed or len(path.points) < 2:
        return path
    points = path.points
    for side in (0, 1):
        if not path.ends[side] and _depth(distance, points[-side]) < band + _MEETS_WITHIN:
            points = _led_to(points, side, distance, band)
    return Path(points, path.ends)


def _led_to(points: Points, side: int, distance: NDArray[np.float32], band: float) -> Points:
    """Straight on from an end until the contour is met, or nothing."""
    way = -bezier.tangent(points, at_end=bool(side), reach=12)
    steps = np.arange(1.0, 2 * (band + _MEETS_WITHIN))
    ahead = points[-side] + steps[:, None] * way
    depths = np.array([_depth(distance, point) for point in ahead])
    crossed = np.nonzero(depths <= 0.3)[0]
    if not len(crossed):
        return points
    more = ahead[: crossed[0] + 1]
    return np.vstack([points, more]) if side else np.vstack([more[::-1], points])


def _depth(distance: NDArray[np.float32], point: Points) -> float:
    height, width = distance.shape
    x, y = round(float(point[0])), round(float(point[1]))
    inside = 0 <= x < width and 0 <= y < height
    return float(distance[y, x]) if inside else -1.0


def _data(path: Path, smooth: float = _SMOOTH) -> str:
    return bezier.path_data(curves_of(path, smooth), closed=path.is_closed)


def curves_of(path: Path, smooth: float = _SMOOTH) -> list[Curve]:
    """Smooth cubics with the path's corners kept."""
    points = _even(path.points)
    if len(points) < 2:
        return []
    if path.is_closed:
        return _closed(points, smooth)
    curves: list[Curve] = []
    for a, b in pairwise([0, *_corners(points), len(points) - 1]):
        curves += bezier.fit(_calmed(points[a : b + 1], smooth), _TOLERANCE)
    return curves


def _closed(points: Points, smooth: float) -> list[Curve]:
    ring = points[:-1]
    corners = _corners(np.vstack([ring[-_CORNER_REACH:], points, ring[1 : _CORNER_REACH + 1]]))
    corners = sorted({(i - _CORNER_REACH) % len(ring) for i in corners})
    if not corners:
        return _round(ring, smooth)
    ring = np.roll(ring, -corners[0], axis=0)
    stops = [*(corner - corners[0] for corner in corners), len(ring)]
    whole = np.vstack([ring, ring[:1]])
    curves: list[Curve] = []
    for a, b in pairwise(stops):
        curves += bezier.fit(_calmed(whole[a : b + 1], smooth), _TOLERANCE)
    return curves


def _round(ring: Points, smooth: float) -> list[Curve]:
    """A ring without corners: it is cut where the join does not show."""
    reach = min(len(ring) // 2, 12)
    wrapped = _calmed(np.vstack([ring[-reach:], ring, ring[: reach + 1]]), smooth)
    whole = wrapped[reach : reach + len(ring) + 1]
    way = wrapped[reach + 2] - wrapped[reach - 2]
    way = way / (np.linalg.norm(way) + 1e-9)
    return bezier.fit(np.vstack([whole[:-1], whole[:1]]), _TOLERANCE, start=way, end=-way)


def _even(points: Points) -> Points:
    """Points about one unit apart."""
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    count = max(2, round(along[-1]) + 1)
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, points[:, i]) for i in (0, 1)], axis=1)


def _corners(points: Points) -> list[int]:
    """Where the way turns sharply within a few units."""
    reach = _CORNER_REACH
    if len(points) < 3 * reach:
        return []
    into = points[reach:-reach] - points[: -2 * reach]
    out = points[2 * reach :] - points[reach:-reach]
    turn = np.arctan2(into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0], np.sum(into * out, axis=1))
    turn = np.degrees(np.abs(turn))
    found: list[int] = []
    for i in np.argsort(-turn, kind="stable"):
        if turn[i] < _CORNER_DEG:
            break
        if all(abs(int(i) + reach - j) > 1.5 * reach for j in found):
            found.append(int(i) + reach)
    return sorted(found)


def _calmed(points: Points, smooth: float) -> Points:
    """Pixel steps smoothed away, both ends held."""
    reach = min(int(2.5 * smooth) + 1, (len(points) - 1) // 2)
    if reach < 1:
        return points
    kernel = cv2.getGaussianKernel(2 * reach + 1, min(smooth, reach / 2)).ravel()
    head = 2 * points[0] - points[reach:0:-1]
    tail = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    padded = np.vstack([head, points, tail])
    calm = np.stack([np.convolve(padded[:, i], kernel, "valid") for i in (0, 1)], axis=1)
    calm[0], calm[-1] = points[0], points[-1]
    return calm
