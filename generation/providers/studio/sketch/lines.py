"""Geometry that every template shares: pieces of the outline, offsets, clipping, mirrors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Curve, Points
from generation.providers.studio.shapes import Landmark
from generation.providers.studio.sketch.evidence import Evidence
from generation.providers.studio.sketch.frame import Frame
from generation.providers.studio.sketch.outline import Ring

SEEN = 0.55  # share of a template line that the photo must show for it to be drawn solid
SEEN_IN_PRINT = 0.75
STANDS_OUT = 0.22  # how much more support than the lines beside it


Kind = Literal["seam", "stitch", "assumed"]


@dataclass(frozen=True)
class Piece:
    """Joined curves with the meaning of their line."""

    curves: tuple[Curve, ...]
    kind: Kind

    label: str


@dataclass
class Sheet:
    """What a template draws on: the frame, its outline and evidence, and the pieces so far."""

    frame: Frame
    ring: Ring  # the largest
    distance: NDArray[np.float32]
    evidence: Evidence
    marks: dict[str, Points]
    unsure: frozenset[str]  # landmarks that are placed by habit, not found
    printed: bool  # an all-over print: support means nothing
    pieces: list[Piece] = field(default_factory=list)
    taken: list[Points] = field(default_factory=list)  # what free lines must keep clear of

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the outline."""
        low, high = self.ring.points.min(axis=0), self.ring.points.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def height(self) -> float:
        """Of the outline, in units."""
        return self.box[3] - self.box[1]

    def both(self, name: str) -> tuple[Points, Points] | None:
        """Left and right of a pair of landmarks, made symmetric when the drawing is."""
        left, right = self.marks.get(f"{name}_left"), self.marks.get(f"{name}_right")
        if left is None or right is None:
            return None
        if self.frame.symmetric:
            right = (right + flip(left, self.frame.axis_x)) / 2
            left = flip(right, self.frame.axis_x)
        return left, right

    def is_sure(self, name: str) -> bool:
        """Whether the landmark, or both of its pair, was found on the outline."""
        return not {name, f"{name}_left", f"{name}_right"} & self.unsure

    def support(self, points: Points) -> float:
        """Support of a line; with its mirror's when the drawing is symmetric."""
        if self.frame.symmetric and not self._over_axis(points):
            twin = flip(points, self.frame.axis_x)
            return (self.evidence.support(points) + self.evidence.support(twin)) / 2
        return self.evidence.support(points)

    def stands_out(self, points: Points) -> float:
        """As :meth:`support`, above the neighbourhood's."""
        if self.frame.symmetric and not self._over_axis(points):
            twin = flip(points, self.frame.axis_x)
            return (self.evidence.stands_out(points) + self.evidence.stands_out(twin)) / 2
        return self.evidence.stands_out(points)

    def sees(self, points: Points) -> bool:
        """Whether the photo shows the line."""
        return self.belief(points) > 0

    def belief(self, points: Points) -> float:
        """How well the photo shows the line, 0 where it does not; to pick the best of many."""
        if len(points) < 5:
            return 0.0
        seen, least = (SEEN_IN_PRINT, 0.42) if self.printed else (SEEN, STANDS_OUT)
        support = self.support(points)
        if support < seen:
            return 0.0
        more = self.stands_out(points)
        return more + 0.3 * support if more >= least else 0.0

    def draw(
        self,
        points: Points,
        label: str,
        kind: Kind | None = None,
        *,
        tolerance: float = 2.0,
        mirrored: bool = False,
    ) -> None:
        """Add a line, solid when the photo shows it; ``kind`` overrides."""
        if len(points) < 3:
            return
        kind = kind or ("seam" if self.sees(points) else "assumed")
        self.draw_curves(bezier.fit(points, tolerance), label, kind, mirrored=mirrored)

    def draw_curves(
        self, curves: Iterable[Curve], label: str, kind: Kind, *, mirrored: bool = False
    ) -> None:
        """Add curves, and their mirror."""
        curves = bezier.rounded(list(curves))
        sets = [curves]
        if mirrored:
            sets.append(bezier.mirror(curves, self.frame.axis_x))
        for one in sets:
            if one:
                self.pieces.append(Piece(tuple(one), kind, label))
                self.taken.append(bezier.sample(one, 6))

    def _over_axis(self, points: Points) -> bool:
        offset = points[:, 0] - self.frame.axis_x
        return bool(offset.min() < 0 < offset.max())


def placed(
    landmarks: Mapping[str, Landmark] | Iterable[Landmark], frame: Frame
) -> tuple[dict[str, Points], frozenset[str]]:
    """Landmarks in frame units by name, and which are unsure; points not finite are left out."""
    found = list(landmarks.values() if isinstance(landmarks, Mapping) else landmarks)
    marks = {mark.name: np.array(frame.place(mark.at)) for mark in found}
    marks = {name: at for name, at in marks.items() if np.isfinite(at).all()}
    return marks, frozenset(mark.name for mark in found if not (mark.sure or mark.by_hand))


def flip(points: Points, axis: float) -> Points:
    """Points reflected in the vertical line ``x = axis``."""
    turned = np.array(points, float)
    turned[..., 0] = 2 * axis - turned[..., 0]
    return turned


def arc(ring: Points, start: Points, end: Points) -> Points:
    """The shorter way along a closed contour from near ``start`` to near ``end``."""
    a = int(np.linalg.norm(ring - start, axis=1).argmin())
    b = int(np.linalg.norm(ring - end, axis=1).argmin())
    count = len(ring)
    forward, backward = (b - a) % count, (a - b) % count
    steps = np.arange(forward + 1) if forward <= backward else -np.arange(backward + 1)
    return ring[(a + steps) % count]


def shifted(points: Points, by: Points, reach: float = 60.0) -> Points:
    """A line moved by a vector and lengthened straight at both ends."""
    moved = points + by
    if len(moved) < 3:
        return moved
    width = min(8, len(moved) - 1)
    head = moved[0] - moved[width]
    tail = moved[-1] - moved[-1 - width]
    head /= np.linalg.norm(head) + 1e-9
    tail /= np.linalg.norm(tail) + 1e-9
    out = np.arange(reach, 0, -3.0)[:, None]
    return np.vstack([moved[0] + head * out, moved, moved[-1] + tail * out[::-1]])


def clipped(points: Points, distance: NDArray[np.float32], least: float = 0.5) -> Points:
    """The stretch of the line around its middle that lies inside the outline."""
    height, width = distance.shape
    x, y = np.round(points[:, 0]).astype(int), np.round(points[:, 1]).astype(int)
    ok = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    inside = ok & (distance[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] > least)
    middle = len(points) // 2
    if not inside[middle]:
        return points[:0]
    before, after = np.nonzero(~inside[:middle])[0], np.nonzero(~inside[middle:])[0]
    start = before[-1] + 1 if len(before) else 0
    stop = middle + after[0] if len(after) else len(points)
    return points[start:stop]


def inset(points: Points, distance: NDArray[np.float32], by: float) -> Points:
    """A stretch of the outline moved inwards along the field, its own shape kept."""
    height, width = distance.shape
    x = np.clip(np.round(points[:, 0]).astype(int), 3, width - 4)
    y = np.clip(np.round(points[:, 1]).astype(int), 3, height - 4)
    way = np.stack(
        [distance[y, x + 3] - distance[y, x - 3], distance[y + 3, x] - distance[y - 3, x]], axis=1
    )
    kernel = np.ones(9) / 9
    if len(points) > 18:
        padded = np.vstack([np.repeat(way[:1], 4, 0), way, np.repeat(way[-1:], 4, 0)])
        way = np.stack([np.convolve(padded[:, i], kernel, "valid") for i in (0, 1)], axis=1)
    return points + by * way / (np.linalg.norm(way, axis=1, keepdims=True) + 1e-6)


def bowed(start: Points, end: Points, bow: float, count: int = 48) -> Points:
    """A quadratic curve whose middle stands ``bow`` units off the chord, to its left."""
    chord = end - start
    normal = np.array([chord[1], -chord[0]]) / (np.linalg.norm(chord) + 1e-9)
    curve = bezier.quadratic(start, (start + end) / 2 + 2 * bow * normal, end)
    return bezier.evaluate(curve, np.linspace(0, 1, count))
