"""Lines inside the outline that the photo shows: few, long and calm, or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Curve, Points
from generation.providers.studio.sketch.evidence import Evidence
from generation.providers.studio.sketch.frame import Frame

_GAP = 26.0  # units that two ends may be apart and still be one line
_TOO_CLOSE = 7.0  # units between lines below which the weaker is an echo of the other
_EDGE_SHADING = 56.0  # units: a soft edge of cloth shades in, on both sides of the outline
_MOST_CHAINS = 260  # the longest; what is shorter is texture
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
    lines: Iterable[Found],
    frame: Frame,
    evidence: Evidence,
    outline: Points,
    taken: Sequence[Points],
) -> list[Found]:
    """The lines worth drawing, symmetric ones mirrored. ``taken`` are lines already drawn."""
    covered = _Covered(frame, taken)
    if frame.is_garment:
        covered.add(outline, thick=_EDGE_SHADING)
    kept: list[Found] = []
    for line in lines:
        if len(kept) >= _KEPT["garment" if frame.is_garment else "other"]:
            break
        if not (_is_seam(line, evidence) if frame.is_garment else _is_edge(line)):
            continue
        if covered.share(line.points) > 0.4:
            continue
        found = _mirrored(line, frame, evidence) if frame.symmetric else line
        if found is None and not frame.is_garment:
            found = line  # an object's edge is there, whatever the other half does
        if found is None:
            continue
        covered.add(found.points)
        if found.mirrored:
            covered.add(_flip(found.points, frame.axis_x))
        kept.append(found)
    return kept


def _is_seam(line: Found, evidence: Evidence) -> bool:
    return (
        line.length >= 115
        and line.strength >= 1.6
        and line.turning < 0.7
        and evidence.stands_out(line.points) > 0.5
    )


def _is_edge(line: Found) -> bool:
    closed = np.linalg.norm(line.points[0] - line.points[-1]) < 30
    if closed and line.length < 130 and line.turning > 2.6:
        return False  # a speck of print
    return line.length >= 55 and line.strength >= 1.2 and line.turning < 3.2


def _worth(line: Found) -> float:
    return line.length * min(line.strength, 3.0) / (1 + 0.8 * line.turning)


def _mirrored(line: Found, frame: Frame, evidence: Evidence) -> Found | None:
    """The line with its twin, on its own when it is the axis's, or nothing."""
    axis = frame.axis_x
    offset = line.points[:, 0] - axis
    if np.abs(offset).max() < 14 and np.ptp(line.points[:, 1]) > 60:
        # Down a top's middle runs an opening or a fold; the placket search knows the former.
        if frame.family in ("top", "dress") and line.length < 0.3 * frame.size[1]:
            return None
        straight = np.stack([np.full(2, axis), line.points[[0, -1], 1]], axis=1)
        return Found(straight, (bezier.line(*straight),), line.length, line.strength, 0.0)
    if offset.min() < -12 and offset.max() > 12:
        return _across(line, frame, evidence)
    best, shift = 0.0, np.zeros(2)
    for dx in (-10, -5, 0, 5, 10):
        for dy in (-8, 0, 8):
            move = np.array([dx, dy], float)
            value = evidence.support(_flip(line.points, axis) + move)
            if value > best:
                best, shift = value, move
    shift_way = np.array([-shift[0], shift[1]])
    twin = _flip(line.points + shift_way, axis)
    if frame.is_garment and _bulges_at_axis(line.points, axis):
        return None
    telling = line.length > 150 and line.strength > 2.0 and best > 0.35
    if telling or (best >= 0.6 and evidence.stands_out(twin) > 0.3):
        # Half of the difference each: neither half of a garment is the true one.
        return _pair(line, line.points + shift_way / 2, axis)
    alone = line.length > 150 and line.strength > 2.2 and line.turning < 0.3
    return line if alone else None


def _bulges_at_axis(points: Points, axis: float) -> bool:
    """An upright line by the middle that bows: with its mirror a leaf, which no seam makes."""
    chord = points[-1] - points[0]
    if np.abs(points[:, 0] - axis).min() > 34 or abs(chord[1]) < 1.6 * abs(chord[0]):
        return False
    length = float(np.linalg.norm(chord)) + 1e-6
    off = np.abs((points - points[0]) @ np.array([-chord[1], chord[0]])) / length
    return bool(off.max() > 0.06 * length)


def _pair(line: Found, points: Points, axis: float) -> Found:
    """The right one of a mirrored pair, running into the axis level when it ends near it."""
    points = _flip(points, axis) if points[:, 0].mean() < axis else points
    points = points if points[0, 0] <= points[-1, 0] else points[::-1]
    ahead = points[min(6, len(points) - 1)] - points[0]
    level = None
    if points[0, 0] - axis < 22 and abs(ahead[1]) < ahead[0]:
        meet = np.array([[axis, points[0, 1] - 0.5 * ahead[1] / max(ahead[0], 1e-6) * 10]])
        points = np.vstack([meet, points[points[:, 0] > axis + 6]])
        level = np.array([1.0, 0.0])
    curves = tuple(bezier.fit(points, 3.0, start=level))
    return Found(points, curves, line.length, line.strength, line.turning, mirrored=True)


def _across(line: Found, frame: Frame, evidence: Evidence) -> Found | None:
    """A line over the middle: averaged with its mirror, or its longer half mirrored."""
    axis = frame.axis_x
    points = line.points if line.points[0, 0] < line.points[-1, 0] else line.points[::-1]
    if np.any(np.diff(points[:, 0]) < -2):
        return None
    order = np.argsort(points[:, 0], kind="stable")
    low, high = points[0, 0] - axis, points[-1, 0] - axis
    shared = min(-low, high)
    at = np.linspace(0, max(-low, high), 50)
    right = np.interp(axis + at, points[order, 0], points[order, 1])
    left = np.interp(axis - at, points[order, 0], points[order, 1])
    if shared > 0.55 * max(-low, high) and np.abs(left - right)[at <= shared].mean() < 14:
        y = np.where(at <= shared, (left + right) / 2, right if high > -low else left)
    else:
        y = right if high > -low else left
        half = np.stack([axis + at, y], axis=1)
        strong = line.strength > 2.2 and line.length > 250
        least = 0.25 if strong else 0.55
        far = half if high < -low else _flip(half, axis)
        if evidence.support(far[at > shared]) < least:
            return None
    return _pair(line, np.stack([axis + at, y], axis=1), axis)


class _Covered:
    """Where lines have been drawn already."""

    def __init__(self, frame: Frame, lines: Sequence[Points]) -> None:
        self._map: NDArray[Any] = np.zeros(frame.alpha.shape, np.uint8)
        for points in lines:
            self.add(points)

    def add(self, points: Points, *, thick: float = 2 * _TOO_CLOSE) -> None:
        """Count the polyline and what lies beside it as drawn."""
        cv2.polylines(self._map, [np.round(points).astype(np.int32)], False, 1, int(thick))

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
    return Found(points, tuple(curves), length, evidence.score(points), turning)


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
    rows, columns = np.nonzero(edges)
    left = set(zip(rows.tolist(), columns.tolist(), strict=True))

    def around(p: tuple[int, int]) -> list[tuple[int, int]]:
        return [(p[0] + a, p[1] + b) for a, b in _AROUND if (p[0] + a, p[1] + b) in left]

    starts = sorted(p for p in left if len(around(p)) == 1) + sorted(left)
    chains = []
    for start in starts:
        if start not in left:
            continue
        left.discard(start)
        chain = [start]
        way = (0, 0)
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
    parts = sorted(parts, key=lambda p: -len(p))[:_MOST_CHAINS]
    partner: dict[tuple[int, int], tuple[int, int]] = {}
    for one, two in _facing_ends(parts):
        if one not in partner and two not in partner:
            partner[one], partner[two] = two, one
    joined: list[Points] = []
    used: set[int] = set()
    loose = [(i, k) for i in range(len(parts)) for k in (0, 1) if (i, k) not in partner]
    for start in [*loose, *partner]:
        if start[0] not in used:
            joined.append(_walk(parts, partner, start, used))
    return joined


def _walk(
    parts: list[Points],
    partner: dict[tuple[int, int], tuple[int, int]],
    start: tuple[int, int],
    used: set[int],
) -> Points:
    """Follow partners from a free end; marks the chains it runs through as used."""
    run = []
    at: tuple[int, int] | None = start
    while at is not None and at[0] not in used:
        chain, end = at
        used.add(chain)
        run.append(parts[chain] if end == 0 else parts[chain][::-1])
        at = partner.get((chain, 1 - end))
    return np.vstack(run)


def _facing_ends(parts: list[Points]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of (chain, end) that run into each other, nearest first."""
    if len(parts) < 2:
        return []
    at = np.array([p[k] for p in parts for k in (0, -1)])
    way = np.array([-bezier.tangent(p, at_end=bool(k), reach=12) for p in parts for k in (0, 1)])
    gap = at[None] - at[:, None]
    distance = np.linalg.norm(gap, axis=2)
    ahead = np.einsum("ijk,ik->ij", gap, way) / (distance + 1e-6)
    good = (distance < _GAP) & (way @ way.T < -0.86) & ((ahead > 0.86) | (distance < 4))
    good &= good.T
    chain = np.arange(len(at)) // 2
    rows, columns = np.nonzero(good & (chain[:, None] < chain[None]))
    order = np.argsort(distance[rows, columns], kind="stable")
    return [
        ((int(i) // 2, int(i) % 2), (int(j) // 2, int(j) % 2))
        for i, j in zip(rows[order], columns[order], strict=True)
    ]


def _eased(points: Points, reach: int = 7) -> Points:
    """Pixel steps smoothed away, ends held."""
    if len(points) < 2 * reach + 2:
        return points
    kernel = cv2.getGaussianKernel(2 * reach + 1, reach / 2).ravel()
    head = 2 * points[0] - points[reach:0:-1]
    tail = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    padded = np.vstack([head, points, tail])
    return np.stack([np.convolve(padded[:, i], kernel, "valid") for i in (0, 1)], axis=1)
