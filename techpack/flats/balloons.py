"""Where the numbered balloons go: near their anchors, off the product, leaders uncrossed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from techpack.flats.dims import Dim
from techpack.flats.geometry import (
    Ground,
    Point,
    Rect,
    away,
    crosses,
    cuts,
    distance,
)
from techpack.flats.shapes import Callout

SCALE = 2.0  # of a balloon, whose ring is 13 units before it
RADIUS = 13.0 * SCALE
_CLEAR = 12.0  # units that a balloon keeps from the product
_APART = 14.0  # units between balloons
_KEPT = 60  # nearest free places tried for each callout
_ROUNDS = 3


@dataclass(frozen=True)
class Balloon:
    """A callout with its balloon's centre."""

    callout: Callout
    at: Point


def place(callouts: Sequence[Callout], dims: Sequence[Dim], ground: Ground) -> list[Balloon]:
    """A place for every callout, in the order given. Deterministic."""
    free = [at for at in ground.cells(2) if ground.is_clear(at, RADIUS + _CLEAR)]
    free = [at for at in free if not any(_meets(at, dim) for dim in dims)]
    options = [_options(callout.anchor, free, dims, ground) for callout in callouts]
    chosen: list[Point | None] = [None] * len(callouts)
    # Callouts with the furthest way out choose last; later rounds undo early mistakes.
    order = sorted(range(len(callouts)), key=lambda i: (options[i][0][0], i))
    for _ in range(_ROUNDS):
        for i in order:
            chosen[i] = _best(i, callouts, options[i], chosen)
    return [
        Balloon(callout, at) for callout, at in zip(callouts, chosen, strict=True) if at is not None
    ]


def _options(
    anchor: Point, free: Sequence[Point], dims: Sequence[Dim], ground: Ground
) -> list[tuple[float, Point]]:
    """The best places for one balloon by itself, cheapest first; never empty."""
    near = sorted(free, key=lambda at: (distance(anchor, at), at))[: 2 * _KEPT]
    costs = [(_cost(anchor, at, dims, ground), at) for at in near if distance(anchor, at) > RADIUS]
    return sorted(costs)[:_KEPT] or [(0.0, (anchor[0], anchor[1] - 2 * RADIUS))]


def _cost(anchor: Point, at: Point, dims: Sequence[Dim], ground: Ground) -> float:
    length = distance(anchor, at)
    cost = length + 0.5 * ground.covered(anchor, at)
    # A leader that is level or upright is taken for a seam or a measure.
    if min(abs(anchor[0] - at[0]), abs(anchor[1] - at[1])) < 0.1 * length:
        cost += 18
    for dim in dims:
        if cuts(anchor, at, dim.label.grown(4)):
            cost += 140
        elif crosses(anchor, at, dim.start, dim.end):
            cost += 30
    return cost


def _best(
    i: int,
    callouts: Sequence[Callout],
    options: Sequence[tuple[float, Point]],
    chosen: Sequence[Point | None],
) -> Point:
    anchor = callouts[i].anchor
    others = [(callouts[k].anchor, at) for k, at in enumerate(chosen) if k != i and at is not None]
    best, best_cost = options[0][1], float("inf")
    for base, at in options:
        if base >= best_cost:
            break
        cost = base + sum(_conflict(anchor, at, other, its) for other, its in others)
        if cost < best_cost:
            best, best_cost = at, cost
    return best


def _conflict(anchor: Point, at: Point, other: Point, its: Point) -> float:
    cost = 0.0
    if distance(at, its) < 2 * RADIUS + _APART:
        cost += 4000
    if anchor != other and crosses(anchor, at, other, its):
        cost += 1200
    if away(its, anchor, at) < RADIUS + 5 or away(at, other, its) < RADIUS + 5:
        cost += 1500
    if anchor != other and away(other, anchor, at) < 9:
        cost += 200
    return cost


def _meets(at: Point, dim: Dim) -> bool:
    disc = Rect(at[0] - RADIUS, at[1] - RADIUS, at[0] + RADIUS, at[1] + RADIUS)
    if disc.overlap(dim.label.grown(6)) > 0:
        return True
    lines = [(dim.start, dim.end), *dim.extensions]
    return any(away(at, a, b) < RADIUS + 6 for a, b in lines)
