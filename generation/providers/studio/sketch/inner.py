"""Lines inside the outline that the photo shows: few, long and calm, or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .. import bezier
from ..bezier import Curve, Points
from .evidence import Evidence
from .frame import Frame

_GAP = 26.0  # units that two ends may be apart and still be one line
_TOO_CLOSE = 7.0  # units between lines below which the weaker is an echo of the other
_KEPT = {"garment": 14, "other": 26}


@dataclass(frozen=True)
class Found:
    """A line of the photo."""

    points: Points
    curves: tuple[Curve, ...]
    length: float
    strength: float  # mean normalised strength
    turning: float  # radians turned per tenth of the drawing's long side, jitter left out
    mirrored: bool = False  # the twin on the other half is to be drawn too


def trace(evidence: Evidence, *, shortest: float) -> list[Found]:
    """All lines at least ``shortest`` units long, the most telling first."""
    ridges = _ridges(evidence)
    parts = _joined([p for p in _chains(ridges) if len(p) > 10])
    lines = [_measured(evidence, _eased(points)) for points in parts]
    lines = [line for line in lines if line.length >= shortest and line.curves]
    lines.sort(key=lambda found: -_worth(found))
    return lines


def choose(
    lines: Iterable[Found], frame: Frame, evidence: Evidence, taken: Sequence[Points]
) -> list[Found]:
    """The lines worth drawing, symmetric ones mirrored. ``taken`` are lines already drawn."""
    kind = "garment" if frame.is_garment else "other"
    covered = _Covered(frame, taken)
    kept: list[Found] = []
    for line in lines:
        if len(kept) >= _KEPT[kind]:
            break
        if frame.is_garment and not _is_seam(line, frame, evidence):
            continue
        if not frame.is_garment and not _is_edge(line):
            continue
        if covered.share(line.points) > 0.4:
            continue
        if frame.symmetric:
            twin = _mirrored(line, frame, evidence)
            if twin is None:
                continue
            line = twin
        covered.add(line.points)
        if line.mirrored:
            covered.add(_flip(line.points, frame.axis_x))
        kept.append(line)
    return kept


def _is_seam(line: Found, frame: Frame, evidence: Evidence) -> bool:
    if evidence.busy > 0.24:
        return False
    return line.length >= 95 and line.strength >= 1.35 and line.turning < 1.1


def _is_edge(line: Found) -> bool:
    return line.length >= 55 and line.strength >= 1.2 and line.turning < 3.2


def _worth(line: Found) -> float:
    return line.length * min(line.strength, 3.0) / (1 + 0.8 * line.turning)


def _mirrored(line: Found, frame: Frame, evidence: Evidence) -> Found | None:
    """The line with its twin, on its own when it is the axis's, or nothing."""
    axis = frame.axis_x
    offset = line.points[:, 0] - axis
    if np.abs(offset).max() < 14 and np.ptp(line.points[:, 1]) > 60:
        straight = np.stack([np.full(2, axis), line.points[[0, -1], 1]], axis=1)
        return Found(straight, (bezier.line(*straight),), line.length, line.strength, 0.0)
    if offset.min() < -12 and offset.max() > 12:
        return _across(line, axis)
    best, shift = 0.0, np.zeros(2)
    for dx in (-10, -5, 0, 5, 10):
        for dy in (-8, 0, 8):
            move = np.array([dx, dy], float)
            value = evidence.support(_flip(line.points, axis) + move)
            if value > best:
                best, shift = value, move
    if best >= 0.5:
        # Half of the difference each: neither half of a garment is the true one.
        moved = line.points - np.array([-shift[0], shift[1]]) * np.array([0.5, -0.5])
        curves = bezier.fit(moved, 2.6)
        if moved[:, 0].mean() < axis:
            moved, curves = _flip(moved, axis), bezier.mirror(curves, axis)
        return Found(moved, tuple(curves), line.length, line.strength, line.turning, mirrored=True)
    alone = line.length > 150 and line.strength > 1.9 and line.turning < 0.7
    return line if alone else None


def _across(line: Found, axis: float) -> Found | None:
    """A line over the middle: averaged with its mirror when the two agree."""
    points = line.points if line.points[0, 0] < line.points[-1, 0] else line.points[::-1]
    twin = _flip(points, axis)[::-1]
    low, high = max(points[0, 0], twin[0, 0]), min(points[-1, 0], twin[-1, 0])
    if high - low < 0.6 * (points[-1, 0] - points[0, 0]) or np.any(np.diff(points[:, 0]) < -2):
        return line if line.length > 150 and line.turning < 0.7 else None
    at = np.linspace(low, high, 60)
    order, other = np.argsort(points[:, 0]), np.argsort(twin[:, 0])
    one = np.interp(at, points[order, 0], points[order, 1])
    two = np.interp(at, twin[other, 0], twin[other, 1])
    if np.abs(one - two).mean() > 14:
        return line if line.length > 150 and line.turning < 0.7 else None
    mean = np.stack([at, (one + two) / 2], axis=1)
    half = mean[mean[:, 0] >= axis]
    half = np.vstack([[axis, half[0, 1]], half])
    right = bezier.rounded(bezier.fit(half, 2.6, start=np.array([1.0, 0.0])))
    whole = tuple([*bezier.mirror(right, axis), *right])
    return Found(mean, whole, line.length, line.strength, line.turning)


class _Covered:
    """Where lines have been drawn already."""

    def __init__(self, frame: Frame, lines: Sequence[Points]) -> None:
        self._map = np.zeros(frame.alpha.shape, np.uint8)
        for points in lines:
            self.add(points)

    def add(self, points: Points) -> None:
        """Count the polyline as drawn."""
        thick = int(2 * _TOO_CLOSE)
        cv2.polylines(self._map, [np.round(points).astype(np.int32)], False, 1, thick)

    def share(self, points: Points) -> float:
        """Share of the polyline that lies beside a drawn one."""
        height, width = self._map.shape
        x = np.clip(np.round(points[:, 0]).astype(int), 0, width - 1)
        y = np.clip(np.round(points[:, 1]).astype(int), 0, height - 1)
        return float(self._map[y, x].mean())


def _flip(points: Points, axis: float) -> Points:
    return np.stack([2 * axis - points[:, 0], points[:, 1]], axis=1)


def _measured(evidence: Evidence, points: Points) -> Found:
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    corners = cv2.approxPolyDP(points.astype(np.float32)[:, None], 6.0, False)[:, 0]
    ways = np.diff(corners, axis=0)
    angles = np.arctan2(ways[:, 1], ways[:, 0])
    turned = float(np.abs(np.angle(np.exp(1j * np.diff(angles)))).sum()) if len(ways) > 1 else 0.0
    curves = bezier.fit(points, 2.6)
    turning = turned / max(1.0, length / 100)
    return Found(points, tuple(curves), length, evidence.score(points, reach=3), turning)


def _ridges(evidence: Evidence) -> NDArray[np.bool_]:
    # Canny's own thinning and hysteresis, on our strengths in place of plain gradients.
    scaled = np.clip(evidence.strength * 900, 0, 30000)
    dx = (evidence.across_x * scaled).astype(np.int16)
    dy = (evidence.across_y * scaled).astype(np.int16)
    edges = cv2.Canny(dx, dy, 620, 1500, L2gradient=True)
    edges[~evidence.inside] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    long = stats[:, cv2.CC_STAT_AREA] > 14
    long[0] = False
    return long[labels] if count > 1 else edges > 0


_AROUND = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def _chains(edges: NDArray[np.bool_]) -> list[Points]:
    """Thin 8-connected edges as ordered chains of x, y."""
    left = set(zip(*(a.tolist() for a in np.nonzero(edges)), strict=True))

    def around(p: tuple[int, int]) -> list[tuple[int, int]]:
        return [(p[0] + a, p[1] + b) for a, b in _AROUND if (p[0] + a, p[1] + b) in left]

    starts = sorted(p for p in left if len(around(p)) == 1) + sorted(left)
    chains = []
    for start in starts:
        if start not in left:
            continue
        left.discard(start)
        chain, way = [start], (0, 0)
        while options := around(chain[-1]):
            y, x = chain[-1]
            step = max(options, key=lambda q: (q[0] - y) * way[0] + (q[1] - x) * way[1])
            left.difference_update(options)
            chain.append(step)
            back = chain[-min(len(chain), 7)]
            way = (step[0] - back[0], step[1] - back[1])
        chains.append(np.array(chain, float)[:, ::-1])
    return chains


def _joined(parts: list[Points]) -> list[Points]:
    """Chains whose ends face each other over a small gap, as one."""
    parts = sorted(parts, key=lambda p: -len(p))[:220]
    merged = True
    while merged:
        merged = False
        ends = _Ends(parts)
        pair = ends.closest()
        if pair is not None:
            i, i_end, j, j_end = pair
            one = parts[i] if i_end else parts[i][::-1]
            two = parts[j][::-1] if j_end else parts[j]
            parts = [p for k, p in enumerate(parts) if k not in (i, j)]
            parts.append(np.vstack([one, two]))
            merged = True
    return parts


class _Ends:
    """Both ends of every chain, with the direction in which each would go on."""

    def __init__(self, parts: Sequence[Points]) -> None:
        self.at = np.array([p[k] for p in parts for k in (0, -1)]).reshape(-1, 2)
        ways = [-bezier.tangent(p, at_end=bool(k), reach=12) for p in parts for k in (0, 1)]
        self.way = np.array(ways).reshape(-1, 2)

    def closest(self) -> tuple[int, int, int, int] | None:
        """The nearest pair of ends that run into each other: chain, end, chain, end."""
        if len(self.at) < 4:
            return None
        gap = self.at[None] - self.at[:, None]
        distance = np.linalg.norm(gap, axis=2)
        ahead = np.einsum("ijk,ik->ij", gap, self.way) / (distance + 1e-6)
        facing = -(self.way @ self.way.T)
        good = (distance < _GAP) & (facing > 0.86) & ((ahead > 0.86) | (distance < 4))
        good &= good.T
        chain = np.arange(len(self.at)) // 2
        good &= chain[:, None] != chain[None]
        if not good.any():
            return None
        i, j = np.unravel_index(np.where(good, distance, np.inf).argmin(), distance.shape)
        return int(i) // 2, int(i) % 2, int(j) // 2, int(j) % 2


def _eased(points: Points, reach: int = 7) -> Points:
    """Pixel steps smoothed away, ends held."""
    if len(points) < 2 * reach + 2:
        return points
    kernel = cv2.getGaussianKernel(2 * reach + 1, reach / 2).ravel()
    head = 2 * points[0] - points[reach:0:-1]
    tail = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    padded = np.vstack([head, points, tail])
    return np.stack([np.convolve(padded[:, i], kernel, "valid") for i in (0, 1)], axis=1)
