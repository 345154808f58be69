"""What is written around and over a drawing, and is no part of the product: borders, leaders."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.bezier import Points
from generation.providers.tracing.paths import Path, paths_of
from generation.providers.tracing.thinning import Bits

Mask = NDArray[np.bool_]
_BOW: Final = 0.02  # of a straight line's length, to either side
_LEAST_PIECE: Final = 14.0  # pixels
_LEAST_LENGTH: Final = 50.0


def border_of(drawn: Bits) -> Mask:
    """A frame drawn around the whole page."""
    height, width = drawn.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(drawn, connectivity=8)
    found = np.zeros(drawn.shape, bool)
    for number in range(1, len(stats)):
        x, y, wide, tall, area = stats[number]
        if wide < 0.9 * width or tall < 0.9 * height or area > 12 * (wide + tall):
            continue
        part = labels[y : y + tall, x : x + wide] == number
        edge = round(0.03 * max(wide, tall))
        if part[edge:-edge, edge:-edge].sum() < 0.05 * area:
            found |= labels == number
    return found


def leaders_of(drawn: Bits, product: Mask, width: float) -> Mask:
    """Straight lines that point at the product from where a note stands, with their arrowheads.

    ``product`` is the silhouette as far as it is known; ``width`` the usual line's, in pixels.
    What they cross stays whole.
    """
    touching = drawn & _touching(drawn, product)
    paths = paths_of(touching, spur=max(7.0, 1.7 * width))
    reach = max(3, round(2 * width))
    near = cv2.dilate(product.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8))
    found = np.zeros(drawn.shape, np.uint8)
    taken: set[int] = set()
    for number, path in enumerate(paths):
        side = _away_side(path, near)
        if side is None:
            continue
        run = _in_line(paths, number, side, width)
        if _points_in([paths[i] for i in run], product):
            taken |= set(run)
            _draw(found, [paths[i] for i in run], round(width) + 3)
            tip = paths[run[-1]].points[[0, -1]]
            far = tip[int(np.linalg.norm(tip - path.points[-side], axis=1).argmax())]
            cv2.circle(found, np.round(far).astype(int).tolist(), round(3 * width) + 4, 1, -1)
    kept = np.zeros(drawn.shape, np.uint8)
    others = [path for i, path in enumerate(paths) if i not in taken and path.length > 8 * width]
    _draw(kept, others, round(_broadest(touching)) + 2)
    return (found > 0) & (kept == 0) & (_bolder(touching, found) == 0)


def _away_side(path: Path, near: NDArray[Any]) -> int | None:
    """The end of a straight line that is free and stands away from the product."""
    if not _is_straight(path):
        return None
    for side in (0, 1):
        x, y = np.round(path.points[-side]).astype(int)
        if not path.ends[side] and not near[y, x]:
            return side
    return None


def _in_line(paths: list[Path], first: int, side: int, width: float) -> list[int]:
    """The first path and the straight ones that go on from it, through whatever it crosses."""
    points = paths[first].points[::-1] if side else paths[first].points
    start, way = _line_of(points)
    reached = float((points[-1] - start) @ way)
    ahead = []
    for number, path in enumerate(paths):
        tips = path.points[[0, -1]] - start
        along, off = tips @ way, np.abs(tips @ np.array([-way[1], way[0]]))
        if number != first and _is_straight(path) and off.max() < width + 3:
            ahead.append((float(along.min()), float(along.max()), number))
    run = [first]
    for begins, ends, number in sorted(ahead):
        if -2 < begins - reached < 6 * width + 10:
            run.append(number)
            reached = ends
    return run


def _line_of(points: Points) -> tuple[Points, Points]:
    """A point and the direction of a line; its last pixels bend at a crossing and do not count."""
    trim = min(8, len(points) // 5)
    middle = points[trim : len(points) - trim]
    vx, vy, x, y = cv2.fitLine(middle.astype(np.float32), cv2.DIST_L2, 0, 0.01, 0.01).ravel()
    way = np.array([vx, vy], float)
    return np.array([x, y], float), way if way @ (points[-1] - points[0]) > 0 else -way


def _points_in(run: list[Path], product: Mask) -> bool:
    at = np.round(np.vstack([path.points for path in run])).astype(int)
    return sum(path.length for path in run) >= _LEAST_LENGTH and bool(
        product[at[:, 1], at[:, 0]].any()
    )


def _draw(sheet: Bits, paths: list[Path], thick: int) -> None:
    for path in paths:
        cv2.polylines(sheet, [np.round(path.points).astype(np.int32)], False, 1, thick)


def _bolder(drawn: Bits, found: Bits) -> Bits:
    """Ink that is clearly thicker than the lines found: they only run along it there."""
    inner = cv2.distanceTransform(drawn, cv2.DIST_L2, 3)
    on = (found > 0) & (inner > 0) & (inner >= cv2.dilate(inner, np.ones((3, 3), np.uint8)))
    if not on.any():
        return np.zeros_like(drawn)
    side = 2 * round(1.7 * float(np.median(inner[on]))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    bold = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, disc)
    return np.asarray(cv2.dilate(bold, np.ones((3, 3), np.uint8)), np.uint8)


def _broadest(drawn: Bits) -> float:
    """The width of the boldest lines in pixels: the outline's."""
    inner = cv2.distanceTransform(drawn, cv2.DIST_L2, 3)
    ridge = (inner > 0) & (inner >= cv2.dilate(inner, np.ones((3, 3), np.uint8)))
    return float(2 * np.percentile(inner[ridge], 90)) if ridge.any() else 2.0


def _is_straight(path: Path) -> bool:
    """Whether the points stay by their chord, pixel steps aside."""
    chord = path.points[-1] - path.points[0]
    length = float(np.linalg.norm(chord))
    if path.is_closed or length < _LEAST_PIECE:
        return False
    off = np.abs((path.points - path.points[0]) @ np.array([-chord[1], chord[0]])) / length
    return bool(off.max() < max(3.0, _BOW * length))


def _touching(drawn: Bits, product: Mask) -> Bits:
    """The pieces of ink that reach both into the product and out of it."""
    _, labels = cv2.connectedComponents(drawn, connectivity=8)
    inside, outside = np.unique(labels[product]), np.unique(labels[~product])
    both = np.intersect1d(inside, outside)
    return np.isin(labels, both[both > 0]).astype(np.uint8)
