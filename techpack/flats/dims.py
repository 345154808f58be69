"""Lines of measure: on the product where there is room, else outside with extension lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from techpack.flats.geometry import Ground, Point, Rect, along, cuts, distance
from techpack.flats.shapes import Measurement

SCALE = 1.9  # of a label, whose text is 14 units before it
LANE = 40.0  # units between parallel outside lines
_BESIDE = 36.0  # units from the edge to a line that runs along it
_CHARACTER = 8.6 * SCALE
_LABEL_HEIGHT = 19.0 * SCALE
_PLACES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.14, 0.86)  # of a label along its line
_STRAIGHT = 0.14  # slope up to which a line counts as level or upright


Laid = tuple[Point, Point, tuple[tuple[Point, Point], ...]]  # start, end, extension lines


@dataclass(frozen=True)
class Dim:
    """A laid out line of measure."""

    measurement: Measurement
    start: Point
    end: Point
    extensions: tuple[tuple[Point, Point], ...]
    label: Rect

    @property
    def label_at(self) -> Point:
        """The label's centre."""
        r = self.label
        return (r.left + r.right) / 2, (r.top + r.bottom) / 2


def lay_out(
    measurements: Sequence[Measurement],
    product: Rect,
    ground: Ground,
    *,
    keep_clear: Sequence[Rect] = (),
) -> list[Dim]:
    """Place every line and label; labels keep off each other, lines and ``keep_clear``."""
    lanes = {"left": 0, "right": 0, "top": 0, "bottom": 0}
    laid: list[tuple[Measurement, Laid]] = []
    finite = [m for m in measurements if _is_drawable(m)]
    # Short outside lines take the inner lanes, so that extension lines do not cross them.
    for m in sorted(finite, key=lambda m: distance(m.start, m.end)):
        side = _side(m, product)
        if side is None:
            laid.append((m, _inside(m, ground)))
        else:
            laid.append((m, _outside(m, side, lanes[side], product)))
            lanes[side] += 1
    placed: list[Dim] = []
    for m, (start, end, extensions) in laid:
        others = [(a, b) for other, (a, b, _) in laid if other is not m]
        label = _label(m, start, end, [*keep_clear, *(d.label for d in placed)], others)
        placed.append(Dim(m, start, end, extensions, label))
    order = {id(m): i for i, m in enumerate(measurements)}
    return sorted(placed, key=lambda dim: order[id(dim.measurement)])


def _is_drawable(m: Measurement) -> bool:
    numbers = (*m.start, *m.end)
    return all(math.isfinite(n) for n in numbers) and distance(m.start, m.end) > 1


def _side(m: Measurement, product: Rect) -> str | None:
    """The side that an overall dimension is drawn on; None: where it was measured."""
    dx, dy = abs(m.end[0] - m.start[0]), abs(m.end[1] - m.start[1])
    height, width = product.bottom - product.top, product.right - product.left
    middle = (m.start[1] + m.end[1]) / 2
    if dx <= _STRAIGHT * dy and dy > 0.62 * height:
        return "left" if (m.start[0] + m.end[0]) / 2 <= product.left + 0.6 * width else "right"
    if dy <= _STRAIGHT * dx:
        if middle > product.bottom - 0.075 * height:
            return "bottom"
        if middle < product.top + 0.05 * height:
            return "top"
    return None


def _outside(m: Measurement, side: str, lane: int, product: Rect) -> Laid:
    gap = LANE * (lane + 1)
    if side in ("left", "right"):
        x = product.left - gap if side == "left" else product.right + gap
        past = -7.0 if side == "left" else 7.0
        start, end = (x, m.start[1]), (x, m.end[1])
        ends = ((m.start, (x + past, m.start[1])), (m.end, (x + past, m.end[1])))
    else:
        y = product.top - gap if side == "top" else product.bottom + gap
        past = -7.0 if side == "top" else 7.0
        start, end = (m.start[0], y), (m.end[0], y)
        ends = ((m.start, (m.start[0], y + past)), (m.end, (m.end[0], y + past)))
    return start, end, ends


def _inside(m: Measurement, ground: Ground) -> Laid:
    """Where it was measured, or beside it when that runs along the product's edge."""
    length = distance(m.start, m.end)
    normal = (-(m.end[1] - m.start[1]) / length, (m.end[0] - m.start[0]) / length)
    middle = along(m.start, m.end, 0.5)
    for sign in (1.0, -1.0):
        beside = (middle[0] + sign * 30 * normal[0], middle[1] + sign * 30 * normal[1])
        other = (middle[0] - sign * 30 * normal[0], middle[1] - sign * 30 * normal[1])
        if not ground.is_taken(beside) and ground.is_taken(other):
            by = (sign * _BESIDE * normal[0], sign * _BESIDE * normal[1])
            start = (m.start[0] + by[0], m.start[1] + by[1])
            end = (m.end[0] + by[0], m.end[1] + by[1])
            past = 1.2
            ends = tuple((p, (p[0] + past * by[0], p[1] + past * by[1])) for p in (m.start, m.end))
            return start, end, ends
    return m.start, m.end, ()


def _label(
    m: Measurement,
    start: Point,
    end: Point,
    taken: Sequence[Rect],
    others: Sequence[tuple[Point, Point]],
) -> Rect:
    """The first place along the line whose label meets nothing, else the least bad."""
    width = _CHARACTER * max(2, len(m.code)) + 6
    places = []
    for rank, t in enumerate(_PLACES):
        x, y = along(start, end, t)
        rect = Rect(x - width / 2, y - _LABEL_HEIGHT / 2, x + width / 2, y + _LABEL_HEIGHT / 2)
        met = sum(rect.overlap(other) for other in taken)
        crossed = sum(cuts(a, b, rect) for a, b in others)
        places.append((met + 60 * crossed, rank, rect))
    return min(places, key=lambda place: place[:2])[2]
