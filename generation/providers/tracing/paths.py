"""Thin lines as paths: cut at junctions, freed of spurs, led straight on through a crossing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Points
from generation.providers.tracing.thinning import Bits, neighbours, thinned

Pixel = tuple[int, int]  # row, column
End = tuple[int, int]  # of a path: its number, and 0 for its start or 1 for its last point
_AROUND = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
_REACH = 12  # pixels over which a direction at a junction is taken
_INTO_CORNER: Final = 3.2  # times a junction's depth in the ink
_ON = -0.8  # two paths whose directions at a junction oppose each other this much are one


@dataclass(frozen=True)
class Path:
    """A line; each end is 0 where it is free, else the number of its junction."""

    points: Points  # (n, 2), x and y, a pixel apart
    ends: tuple[int, int] = (0, 0)
    is_closed: bool = False

    @property
    def length(self) -> float:
        """Along the points."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())


def paths_of(drawn: Bits, *, spur: float) -> list[Path]:
    """The centre lines of what is drawn.

    Free ends shorter than ``spur`` are taken off, and those that reach into a blot's corners.
    """
    thin = thinned(drawn)
    depth = cv2.distanceTransform(drawn, cv2.DIST_L2, 3)
    for _ in range(2):
        spurs = [path for path in _pieces(thin) if _is_spur(path, spur, depth)]
        if not spurs:
            break
        for path in spurs:
            at = np.round(path.points).astype(int)
            thin[at[:, 1], at[:, 0]] = 0
        thin = thinned(thin)  # a junction that lost its branch is a bend again
    return _led_on(_pieces(thin))


def _is_spur(path: Path, spur: float, depth: NDArray[Any]) -> bool:
    if (path.ends[0] == 0) == (path.ends[1] == 0):
        return False
    x, y = np.round(path.points[0 if path.ends[0] else -1]).astype(int)
    return len(path.points) < max(spur, _INTO_CORNER * float(depth[y, x]))


def _pieces(thin: Bits) -> list[Path]:
    """Paths between junctions and free ends; rings that touch no junction are closed."""
    touched = neighbours(thin)
    crossing = (touched >= 3).astype(np.uint8)
    _, junctions, _, centres = cv2.connectedComponentsWithStats(crossing, connectivity=8)
    rest = ((thin > 0) & (crossing == 0)).astype(np.uint8)
    left = dict.fromkeys(_pixels(rest))
    starts = _pixels((rest > 0) & (neighbours(rest) <= 1))
    found = []
    for start in [*starts, *left]:
        if start in left:
            found.append(_walked(start, left, junctions, np.asarray(centres)))
    return [path for path in found if len(path.points) > 1]


def _pixels(drawn: NDArray[Any]) -> list[Pixel]:
    return [(int(y), int(x)) for y, x in np.argwhere(drawn)]


def _next_to(pixel: Pixel) -> Iterator[Pixel]:
    y, x = pixel
    return ((y + dy, x + dx) for dy, dx in _AROUND)


def _walked(
    start: Pixel, left: dict[Pixel, None], junctions: NDArray[Any], centres: NDArray[np.float64]
) -> Path:
    """Follow the pixels from ``start`` to the end, using them up."""
    chain = [start]
    del left[start]
    while (step := next((p for p in _next_to(chain[-1]) if p in left), None)) is not None:
        del left[step]
        chain.append(step)
    points = np.array(chain, float)[:, ::-1]
    ends = (
        _junction_at(chain[0], junctions),
        _junction_at(chain[-1], junctions, is_second=len(chain) == 1),
    )
    if ends == (0, 0) and len(chain) > 8 and chain[0] in set(_next_to(chain[-1])):
        return Path(np.vstack([points, points[:1]]), is_closed=True)
    head = [centres[ends[0]]] if ends[0] else []
    tail = [centres[ends[1]]] if ends[1] else []
    return Path(np.vstack([*head, points, *tail]), ends)


def _junction_at(pixel: Pixel, junctions: NDArray[Any], *, is_second: bool = False) -> int:
    """The junction beside a pixel, 0 where there is none; or another one on its far side."""
    height, width = junctions.shape
    found = dict.fromkeys(
        int(junctions[y, x])
        for y, x in _next_to(pixel)
        if 0 <= y < height and 0 <= x < width and junctions[y, x]
    )
    return next(iter([*found][1:] if is_second else found), 0)


def _led_on(paths: list[Path]) -> list[Path]:
    """Paths that run straight through a junction are one."""
    at: dict[int, list[End]] = defaultdict(list)
    for number, path in enumerate(paths):
        for side, junction in enumerate(path.ends):
            if junction:
                at[junction].append((number, side))
    partner: dict[End, End] = {}
    for ends in at.values():
        for one, two in _straight_pairs(paths, ends):
            partner[one], partner[two] = two, one
    return walk(paths, partner)


def _straight_pairs(paths: list[Path], ends: list[End]) -> list[tuple[End, End]]:
    if len(ends) == 2:
        return [(ends[0], ends[1])] if ends[0] != ends[1] else []
    ways = [_way(paths[number].points, side) for number, side in ends]
    options = sorted(
        (float(ways[i] @ ways[j]), i, j) for i in range(len(ends)) for j in range(i + 1, len(ends))
    )
    used: set[int] = set()
    pairs = []
    for dot, i, j in options:
        if dot < _ON and not {i, j} & used:
            used |= {i, j}
            pairs.append((ends[i], ends[j]))
    return pairs


def _way(points: Points, side: int) -> Points:
    """From an end into the path; its first pixels bend towards the junction, so they are left."""
    skipped = min(3, len(points) // 3)
    part = points[: len(points) - skipped] if side else points[skipped:]
    return bezier.tangent(part, at_end=bool(side), reach=_REACH)


def walk(paths: list[Path], partner: dict[End, End]) -> list[Path]:
    """Paths that are joined at partner ends as one; a ring of them is closed."""
    loose = [(i, side) for i in range(len(paths)) for side in (0, 1) if (i, side) not in partner]
    used: set[int] = set()
    joined = []
    for start in [*loose, *partner]:
        if start[0] in used:
            continue
        run: list[Points] = []
        at: End | None = start
        last = start
        while at is not None and at[0] not in used:
            used.add(at[0])
            points = paths[at[0]].points
            run.append(points if at[1] == 0 else points[::-1])
            last = (at[0], 1 - at[1])
            at = partner.get(last)
        is_ring = at == start or paths[start[0]].is_closed
        ends = (0, 0) if is_ring else (paths[start[0]].ends[start[1]], paths[last[0]].ends[last[1]])
        whole = np.vstack(run)
        if is_ring and not paths[start[0]].is_closed:
            whole = np.vstack([whole, whole[:1]])
        joined.append(Path(whole, ends, is_ring))
    return joined


def bridged(paths: list[Path], *, gap: float, straight: float = 0.8) -> list[Path]:
    """Paths whose free ends face each other over a small gap, as one."""
    ends = [
        (i, side)
        for i, path in enumerate(paths)
        for side in (0, 1)
        if not path.is_closed and not path.ends[side]
    ]
    if len(ends) < 2:
        return paths
    at = np.array([paths[i].points[-side] for i, side in ends])
    way = np.array([-_way(paths[i].points, side) for i, side in ends])
    over = at[None] - at[:, None]
    distance = np.linalg.norm(over, axis=2)
    ahead = np.einsum("ijk,ik->ij", over, way) / (distance + 1e-6)
    good = (distance < gap) & (way @ way.T < -straight) & ((ahead > straight) | (distance < 3))
    good &= good.T
    number = np.array([i for i, _ in ends])
    rows, columns = np.nonzero(good & (number[:, None] < number[None]))
    partner: dict[End, End] = {}
    for k in np.argsort(distance[rows, columns], kind="stable"):
        one, two = ends[int(rows[k])], ends[int(columns[k])]
        if one not in partner and two not in partner:
            partner[one], partner[two] = two, one
    return walk(paths, partner)
