"""Callouts that point at one place point side by side, along the line that they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from techpack.flats.geometry import Ground, Point, along, away, distance
from techpack.flats.shapes import Callout

TOO_NEAR = 14.0  # units between two dots that are taken for one
STEP = 34.0  # units from one dot of a place to the next
_REACH = 40.0  # a line further off than this is not what is meant
_STEPS = 12


def side_by_side(
    callouts: Sequence[Callout], lines: Sequence[Sequence[Point]], ground: Ground
) -> list[Callout]:
    """The callouts in their order, none of them with its dot on another's.

    The first of a place keeps it; the next follow the nearest of the drawn ``lines``, or, where
    none is near, stand beside it, on the product if they can.
    """
    taken: list[Point] = []
    for callout in callouts:
        taken.append(_free(callout.anchor, taken, lines, ground))
    return [replace(one, anchor=at) for one, at in zip(callouts, taken, strict=True)]


def _free(
    anchor: Point, taken: Sequence[Point], lines: Sequence[Sequence[Point]], ground: Ground
) -> Point:
    if not any(distance(anchor, other) < TOO_NEAR for other in taken):
        return anchor
    level = list(_level(anchor))
    on_product = [at for at in level if ground.is_taken(at)]
    places = (*_beside(anchor, lines), *on_product, *level)
    free = (at for at in places if all(distance(at, other) >= STEP * 0.7 for other in taken))
    return next(free, anchor)


def _beside(anchor: Point, lines: Sequence[Sequence[Point]]) -> Iterator[Point]:
    """Places along the nearest line, from the anchor outwards, both ways in turn."""
    segments = [(away(anchor, a, b), line, i) for line in lines for i, (a, b) in _sides(line)]
    near, line, start = min(segments, default=(_REACH, (), 0), key=lambda found: found[0])
    if near >= _REACH:
        return
    ways = (
        [anchor, *line[start + 1 :]],
        [anchor, *reversed(line[: start + 1])],
    )
    for i in range(1, _STEPS):
        for way in ways:
            if (at := _walked(way, i * STEP)) is not None:
                yield at


def _sides(line: Sequence[Point]) -> Iterator[tuple[int, tuple[Point, Point]]]:
    return enumerate(pairwise(line))


def _walked(way: Sequence[Point], far: float) -> Point | None:
    """The place ``far`` units along the way, None where it ends before."""
    for a, b in pairwise(way):
        length = distance(a, b)
        if length >= far > 0:
            return along(a, b, far / length)
        far -= length
    return None


def _level(anchor: Point) -> Iterator[Point]:
    for i in range(1, _STEPS):
        yield anchor[0] + i * STEP, anchor[1]
        yield anchor[0] - i * STEP, anchor[1]
