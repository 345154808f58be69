"""Plane geometry for laying out a drawing: paths as points, free ground, crossings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
_TOKEN = re.compile(r"([MLCZ])|(-?\d*\.?\d+(?:e-?\d+)?)", re.IGNORECASE)
_STEPS = 8  # chords of a curve


@dataclass(frozen=True)
class Rect:
    """A rectangle by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float) -> Rect:
        """The rectangle with a margin on all sides."""
        return Rect(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def union(self, other: Rect) -> Rect:
        """The smallest rectangle around both."""
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def overlap(self, other: Rect) -> float:
        """Shared area."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    @classmethod
    def around(cls, points: Iterable[Point]) -> Rect:
        """The smallest rectangle around points; raises ValueError when there are none."""
        xs, ys = zip(*points, strict=True)
        return cls(min(xs), min(ys), max(xs), max(ys))


def polylines(d: str) -> list[list[Point]]:
    """Path data of absolute M, L, C and Z as polylines; what it cannot read ends the path."""
    lines: list[list[Point]] = []
    command = ""
    numbers: list[float] = []
    for letter, number in _TOKEN.findall(d):
        if letter:
            command, numbers = letter.upper(), []
            if command == "Z" and lines and lines[-1]:
                lines[-1].append(lines[-1][0])
            continue
        numbers.append(float(number))
        if command == "M" and len(numbers) == 2:
            lines.append([(numbers[0], numbers[1])])
            command, numbers = "L", []
        elif command == "L" and len(numbers) == 2 and lines:
            lines[-1].append((numbers[0], numbers[1]))
            numbers = []
        elif command == "C" and len(numbers) == 6 and lines:
            lines[-1].extend(_curve(lines[-1][-1], numbers))
            numbers = []
    return [line for line in lines if len(line) > 1]


def _curve(start: Point, n: Sequence[float]) -> list[Point]:
    points = []
    for i in range(1, _STEPS + 1):
        t = i / _STEPS
        a, b, c, e = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        x = a * start[0] + b * n[0] + c * n[2] + e * n[4]
        y = a * start[1] + b * n[1] + c * n[3] + e * n[5]
        points.append((x, y))
    return points


class Ground:
    """Which cells of a coarse grid lie on or near the product."""

    def __init__(self, rings: Sequence[Sequence[Point]], area: Rect, *, cell: float) -> None:
        self.cell = cell
        self.area = area
        self.columns = int((area.right - area.left) / cell) + 1
        self.rows = int((area.bottom - area.top) / cell) + 1
        self._taken = [bytearray(self.columns) for _ in range(self.rows)]
        for row in range(self.rows):
            self._fill(row, rings)

    def _fill(self, row: int, rings: Sequence[Sequence[Point]]) -> None:
        y = self.area.top + row * self.cell
        hits: list[float] = []
        for ring in rings:
            for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
                if (y0 <= y) != (y1 <= y):
                    hits.append(x0 + (y - y0) / (y1 - y0) * (x1 - x0))
        hits.sort()
        for a, b in zip(hits[::2], hits[1::2], strict=False):
            first = max(0, math.ceil((a - self.area.left) / self.cell))
            last = min(self.columns - 1, math.floor((b - self.area.left) / self.cell))
            for column in range(first, last + 1):
                self._taken[row][column] = 1

    def is_taken(self, at: Point) -> bool:
        """Whether the point lies on the product."""
        column = round((at[0] - self.area.left) / self.cell)
        row = round((at[1] - self.area.top) / self.cell)
        return (
            0 <= row < self.rows and 0 <= column < self.columns and bool(self._taken[row][column])
        )

    def is_clear(self, at: Point, radius: float) -> bool:
        """Whether a disc around the point is off the product."""
        diagonal = radius * 0.7071
        around = [(0.0, 0.0), (radius, 0.0), (-radius, 0.0), (0.0, radius), (0.0, -radius)]
        around += [(sx * diagonal, sy * diagonal) for sx in (-1, 1) for sy in (-1, 1)]
        return not any(self.is_taken((at[0] + dx, at[1] + dy)) for dx, dy in around)

    def covered(self, start: Point, end: Point) -> float:
        """Length of a segment that runs over the product."""
        length = distance(start, end)
        steps = max(1, int(length / self.cell))
        on = sum(self.is_taken(along(start, end, (i + 0.5) / steps)) for i in range(steps))
        return length * on / steps

    def cells(self, step: int) -> list[Point]:
        """Every ``step``-th cell's centre."""
        return [
            (self.area.left + column * self.cell, self.area.top + row * self.cell)
            for row in range(0, self.rows, step)
            for column in range(0, self.columns, step)
        ]


def distance(a: Point, b: Point) -> float:
    """Between two points."""
    return math.hypot(b[0] - a[0], b[1] - a[1])


def along(a: Point, b: Point, t: float) -> Point:
    """The point a share ``t`` of the way."""
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def crosses(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments cross or touch."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0


def cuts(a: Point, b: Point, rect: Rect) -> bool:
    """Whether a segment runs into a rectangle."""
    if rect.left <= a[0] <= rect.right and rect.top <= a[1] <= rect.bottom:
        return True
    corners = [
        (rect.left, rect.top),
        (rect.right, rect.top),
        (rect.right, rect.bottom),
        (rect.left, rect.bottom),
    ]
    return any(crosses(a, b, corners[i], corners[(i + 1) % 4]) for i in range(4))


def away(point: Point, a: Point, b: Point) -> float:
    """Distance of a point from a segment."""
    length = distance(a, b)
    if length < 1e-9:
        return distance(point, a)
    t = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / length**2
    return distance(point, along(a, b, min(1.0, max(0.0, t))))
