"""Cubic Bézier curves through measured points: Schneider's fit, and SVG path data.

Source: Philip J. Schneider, "An Algorithm for Automatically Fitting Digitized Curves",
Graphics Gems (1990). Curves are ``(4, 2)`` float arrays; points are ``(n, 2)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[Any]
Points = NDArray[Any]

_MAX_DEPTH = 10
_REPARAMETRISATIONS = 5


def evaluate(curve: Curve, t: NDArray[np.float64]) -> Points:
    """Points of a cubic at parameters ``t`` in 0..1, ``(len(t), 2)``."""
    u = t[:, None]
    v = 1 - u
    return v**3 * curve[0] + 3 * v**2 * u * curve[1] + 3 * v * u**2 * curve[2] + u**3 * curve[3]


def sample(curves: Sequence[Curve], step: float = 4.0) -> Points:
    """Points along joined cubics, about ``step`` apart."""
    parts = []
    for curve in curves:
        hull = float(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum())
        parts.append(evaluate(curve, np.linspace(0, 1, max(3, int(hull / step) + 1))))
    return np.vstack(parts) if parts else np.zeros((0, 2))


def line(start: Points, end: Points) -> Curve:
    """A straight cubic."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    return np.array([a, a + (b - a) / 3, b - (b - a) / 3, b])


def quadratic(start: Points, control: Points, end: Points) -> Curve:
    """The cubic equal to a quadratic curve."""
    a, c, b = (np.asarray(p, float) for p in (start, control, end))
    return np.array([a, a + (c - a) * 2 / 3, b + (c - b) * 2 / 3, b])


def mirror(curves: Sequence[Curve], axis_x: float) -> list[Curve]:
    """The curves reflected in a vertical axis, in reverse so that a path runs on."""
    return [np.stack([2 * axis_x - c[::-1, 0], c[::-1, 1]], axis=1) for c in reversed(curves)]


def rounded(curves: Sequence[Curve], digits: int = 1) -> list[Curve]:
    """The curves on the grid that path data is written on."""
    return [np.round(c, digits) for c in curves]


def path_data(curves: Sequence[Curve], *, closed: bool = False) -> str:
    """SVG path data (absolute M, C, L, Z) of joined cubics, to a tenth of a unit."""
    if not curves:
        return ""
    parts = [f"M{_pair(curves[0][0])}"]
    for curve in curves:
        if _is_straight(curve):
            parts.append(f"L{_pair(curve[3])}")
        else:
            parts.append(f"C{_pair(curve[1])} {_pair(curve[2])} {_pair(curve[3])}")
    return "".join(parts) + ("Z" if closed else "")


def fit(
    points: Points,
    tolerance: float,
    *,
    start: Points | None = None,
    end: Points | None = None,
) -> list[Curve]:
    """Joined cubics that stay within ``tolerance`` of the points.

    ``start`` and ``end`` are the unit directions in which the path leaves its first point
    and, looking back, its last one; measured from the points when not given.
    """
    points = _distinct(np.asarray(points, float))
    if len(points) < 2:
        return []
    first = tangent(points, at_end=False) if start is None else start
    last = tangent(points, at_end=True) if end is None else end
    return _fit(points, first, last, tolerance, 0)


def tangent(points: Points, *, at_end: bool, reach: int = 7) -> Points:
    """The unit direction from an end of the points into them."""
    reach = min(reach, len(points) - 1)
    chord = points[-1 - reach] - points[-1] if at_end else points[reach] - points[0]
    return chord / (np.linalg.norm(chord) + 1e-9)


def _fit(points: Points, t1: Points, t2: Points, tolerance: float, depth: int) -> list[Curve]:
    if len(points) == 2:
        reach = float(np.linalg.norm(points[1] - points[0])) / 3
        return [np.array([points[0], points[0] + t1 * reach, points[1] + t2 * reach, points[1]])]
    u = _chord_parameters(points)
    split = len(points) // 2
    for _ in range(_REPARAMETRISATIONS):
        curve = _least_squares(points, u, t1, t2)
        errors = np.sum((evaluate(curve, u) - points) ** 2, axis=1)
        split = int(errors.argmax())
        if errors[split] <= tolerance**2:
            return [curve]
        if errors[split] > (6 * tolerance) ** 2:
            break
        u = _newton(curve, points, u)
    if depth >= _MAX_DEPTH:
        return [curve]
    split = min(max(split, 1), len(points) - 2)
    reach = max(1, min(6, split, len(points) - 1 - split))
    back = points[split - reach] - points[split + reach]
    back = back / (np.linalg.norm(back) + 1e-9)
    return _fit(points[: split + 1], t1, back, tolerance, depth + 1) + _fit(
        points[split:], -back, t2, tolerance, depth + 1
    )


def _least_squares(points: Points, u: NDArray[np.float64], t1: Points, t2: Points) -> Curve:
    b0, b1, b2, b3 = (1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3
    a1, a2 = t1 * b1[:, None], t2 * b2[:, None]
    rest = points - (points[0] * (b0 + b1)[:, None] + points[-1] * (b2 + b3)[:, None])
    c11, c12, c22 = np.sum(a1 * a1), np.sum(a1 * a2), np.sum(a2 * a2)
    x1, x2 = np.sum(a1 * rest), np.sum(a2 * rest)
    chord = float(np.linalg.norm(points[-1] - points[0]))
    det = c11 * c22 - c12 * c12
    alpha = beta = chord / 3
    if abs(det) > 1e-9:
        alpha, beta = (x1 * c22 - x2 * c12) / det, (c11 * x2 - c12 * x1) / det
        # Wild handles make loops; Wu and Barsky's thirds are safe, and splitting repairs them.
        if min(alpha, beta) < 1e-3 * chord or max(alpha, beta) > 3 * chord:
            alpha = beta = chord / 3
    return np.array([points[0], points[0] + t1 * alpha, points[-1] + t2 * beta, points[-1]])


def _newton(curve: Curve, points: Points, u: NDArray[np.float64]) -> NDArray[np.float64]:
    v = (1 - u)[:, None]
    w = u[:, None]
    d1, d2, d3 = np.diff(curve, axis=0)
    first = 3 * (v**2 * d1 + 2 * v * w * d2 + w**2 * d3)
    step = np.sum((evaluate(curve, u) - points) * first, axis=1) / (np.sum(first**2, axis=1) + 1e-9)
    return np.maximum.accumulate(np.clip(u - step, 0, 1))


def _chord_parameters(points: Points) -> NDArray[np.float64]:
    lengths = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    return lengths / max(float(lengths[-1]), 1e-9)


def _distinct(points: Points) -> Points:
    if len(points) < 2:
        return points
    moved = np.linalg.norm(np.diff(points, axis=0), axis=1) > 1e-6
    return points[np.r_[True, moved]]


def _is_straight(curve: Curve) -> bool:
    chord = curve[3] - curve[0]
    length = float(np.linalg.norm(chord))
    if length < 1e-9:
        return True
    off = np.abs((curve[1:3] - curve[0]) @ np.array([-chord[1], chord[0]])) / length
    return bool(off.max() < 0.05)


def _pair(point: Points) -> str:
    # Adding zero turns -0.0 into 0.0.
    x, y = np.round(point, 1) + 0.0
    return f"{x:.1f} {y:.1f}"
