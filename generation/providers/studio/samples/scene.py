"""The nouns of a drawn product: layers of cloth or material, their lines and folds.

Coordinates are centimetres of a usual size, x to the right, y down, the product's axis at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 2)
LineKind = Literal["seam", "stitch", "crease", "cord", "zip", "edge"]
Surface = Literal["plain", "rib", "knit", "denim", "quilt", "leather", "wood", "terry"]
Ground = Literal["lying", "standing"]
STEPS = 20  # points of a curve


@dataclass(frozen=True)
class Line:
    """A line on a layer; ``width`` in centimetres."""

    points: Points
    kind: LineKind = "seam"
    width: float = 0.16


@dataclass(frozen=True)
class Fold:
    """A soft ridge (or, below zero, a hollow) along a line; height and width in centimetres."""

    points: Points
    height: float = 0.5
    width: float = 2.0


@dataclass(frozen=True)
class Layer:
    """A piece of the product, drawn over those before it.

    ``colour``: main, second, or ``#rrggbb``. ``shade`` multiplies its lightness, as inside a
    neck. ``round``: how far from its edge it bends away, in centimetres; ``turned``: it is round
    about an upright axis. ``over``: how far it stands above what lies below.
    """

    shape: tuple[Points, ...]
    colour: str = "main"
    shade: float = 1.0
    round: float = 6.0
    turned: bool = False
    gloss: float = 0.0
    surface: Surface = "plain"
    angle: float = 0.0  # of the surface's lines, degrees
    pitch: float = 0.0  # distance of the surface's lines; 0 for its usual one
    over: float = 0.8
    drape: float = 1.0  # how much the cloth falls in soft waves
    striped: bool = False
    lines: tuple[Line, ...] = ()
    folds: tuple[Fold, ...] = ()


@dataclass(frozen=True)
class Scene:
    """All layers of one view, the lowest first."""

    layers: tuple[Layer, ...]
    ground: Ground = "lying"
    note: str = ""
    details: tuple[str, ...] = field(default=())  # what was drawn, in words


def way(*stops: Sequence[float]) -> Points:
    """A polyline through stops: ``(x, y)`` straight, ``(c1x, c1y, c2x, c2y, x, y)`` curved."""
    at = np.array(stops[0][-2:], float)
    parts = [at[None]]
    for stop in stops[1:]:
        end = np.array(stop[-2:], float)
        if len(stop) == 6:
            parts.append(_cubic(at, np.array(stop[:2]), np.array(stop[2:4]), end))
        else:
            parts.append(end[None])
        at = end
    return np.vstack(parts)


def _cubic(a: Points, b: Points, c: Points, d: Points) -> Points:
    t = np.linspace(0, 1, STEPS + 1)[1:, None]
    return np.asarray(
        (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    )


def smooth(*stops: Sequence[float], closed: bool = False) -> Points:
    """A curve through all stops without corners (Catmull–Rom)."""
    given = np.array(stops, float)
    if closed:
        ends = np.vstack([given[-1], given, given[0], given[1 % len(given)]])
    else:
        ends = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    parts = []
    for at in range(1, len(ends) - 2):
        p, a, b, n = ends[at - 1 : at + 3]
        parts.append(_cubic(a, a + (b - p) / 6, b - (n - a) / 6, b))
    return np.vstack([ends[1][None], *parts])


def mirrored(points: Points) -> Points:
    """The other half, in the order that closes a loop."""
    return np.asarray(points[::-1] * [-1, 1])


def both(right: Points) -> Points:
    """A closed shape from its right half, from top to bottom."""
    return np.vstack([right, mirrored(right)])


def oval(x: float, y: float, wide: float, high: float) -> Points:
    """An ellipse of those half sizes."""
    t = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    return np.stack([x + wide * np.cos(t), y + high * np.sin(t)], axis=1)


def bar(points: Points, width: float) -> Points:
    """A band of that width along a line."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) * width / 2
    return np.vstack([points + across, (points - across)[::-1]])


def moved(points: Points, x: float, y: float) -> Points:
    """Shifted."""
    return np.asarray(points + np.array([x, y]))


def rounded(x: float, y: float, wide: float, high: float, radius: float) -> Points:
    """A rectangle about (x, y) with round corners; ``wide`` and ``high`` are half sizes."""
    radius = min(radius, wide, high)
    k = 0.45 * radius
    l_, r, t, b = x - wide, x + wide, y - high, y + high
    return way(
        (l_ + radius, t), (r - radius, t), (r - k, t, r, t + k, r, t + radius),
        (r, b - radius), (r, b - k, r - k, b, r - radius, b), (l_ + radius, b),
        (l_ + k, b, l_, b - k, l_, b - radius), (l_, t + radius),
        (l_, t + k, l_ + k, t, l_ + radius, t),
    )  # fmt: skip


def offset(points: Points, by: float) -> Points:
    """A line moved sideways (to the left of its way)."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return np.asarray(points + np.stack([along[:, 1], -along[:, 0]], axis=1) * by)
