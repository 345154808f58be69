"""Armpits, shoulders and cuffs: where a sleeve begins and how it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from generation.providers.studio.landmarks.corners import (
    Corner,
    apex,
    concave_corners,
    cut_off,
    gap_top,
    piece_points,
)
from generation.providers.studio.landmarks.upright import (
    Points,
    Upright,
    distance,
    end_corners,
    farthest,
    middle,
    unit,
)
from generation.providers.studio.shapes import Point
from generation.providers.studio.silhouette import Mask

ARMHOLE_LEAN = 0.87  # shoulder point's distance from the axis as a share of the armpit's
USUAL_SLEEVE = 0.9  # sleeve length over body length, long sleeves
USUAL_CUFF = 0.14  # cuff width over body length
WIDEST_HANGING_CUFF = 0.24  # over body length; a longer edge back to the body is a fold
LONG_SLEEVE = 2.2  # length over width from which a sleeve may be bent


@dataclass(frozen=True)
class Bay:
    """Where the outline turns in under a sleeve; ``clear`` when it is unmistakable."""

    at: Point
    clear: bool


@dataclass(frozen=True)
class Sleeve:
    """What one side's sleeve shows; ``elbow`` is set when it is folded over the body."""

    cuff_top: Point
    cuff_bottom: Point
    sure: bool
    piece: Mask
    elbow: Point | None = None


def find_bay(frame: Upright, axis: float, side: int) -> Bay | None:
    """The bay under one side's sleeve; None where no sleeve hangs off.

    It is the armpit unless the sleeve touches the body, which hides the armpit and
    leaves the bay further down (``expected_armpit`` tells).
    """
    _, y0, _, height = frame.box
    gap = gap_top(frame, axis, side)
    bends = [c for c in concave_corners(frame) if _under_a_sleeve(frame, axis, side, c)]
    if gap:
        (x, y), tall = gap
        above = [c for c in bends if c.y < y - 0.04 * height and c.turn < -60]
        if above and tall < 0.2 * height:
            return Bay(above[0].at, True)
        return Bay(apex(frame, (x, y)), True)
    if bends:
        best = min(bends, key=lambda c: c.turn + 60 * abs((c.y - y0) / height - 0.33))
        return Bay(best.at, best.turn < -35)
    return None


def _under_a_sleeve(frame: Upright, axis: float, side: int, corner: Corner) -> bool:
    """Product outwards above and inwards below, background outwards below."""
    _, y0, width, height = frame.box
    share = (corner.y - y0) / height
    if not 0.1 < share < 0.85 or (corner.x - axis) * side < 0.10 * width:
        return False
    step = 0.03 * width * side
    above = frame.mask[
        frame.clip_y(corner.y - 0.06 * height) : frame.clip_y(corner.y) + 1,
        frame.clip_x(corner.x + step),
    ]
    beside = frame.inside(corner.x - step, corner.y + 0.03 * height)
    below = frame.inside(corner.x + step, corner.y + 0.06 * height)
    return bool(above.mean() > 0.4) and beside and not below


def armhole_top(frame: Upright, axis: float, armpit: Point) -> Point:
    """Where the armhole meets the upper edge when no shoulder bend is known."""
    x = axis + (armpit[0] - axis) * ARMHOLE_LEAN
    y = frame.top[frame.clip_x(x)]
    return x, float(min(y, armpit[1] - 1))


def find_sleeve(frame: Upright, axis: float, side: int, armpit: Point, bay: Point) -> Sleeve | None:
    """The sleeve's piece and the corners of its end; None when it is too short to be one."""
    root = armhole_top(frame, axis, armpit)
    piece = _piece(frame, side, armpit, root, bay)
    if piece is None:
        return None
    points = piece_points(piece)
    if len(points) < 12:
        return None
    along = _direction(piece, middle(root, armpit), side)
    first, second = end_corners(points, along)
    upper, lower = (second, first) if side < 0 else (first, second)
    upper = _outer_corner(points, side, root, upper, lower)
    hole, opening = distance(root, armpit), distance(upper, lower)
    length = distance(middle(root, armpit), middle(upper, lower))
    if length < 0.10 * frame.box[2] or (upper[0] - armpit[0]) * side < -0.15 * frame.box[2]:
        return None
    sure = 0.25 * hole < opening < 1.25 * hole and not _is_merged(piece, frame, axis)
    return Sleeve(upper, lower, sure, piece)


def _outer_corner(points: Points, side: int, root: Point, upper: Point, lower: Point) -> Point:
    """The cuff's outer corner; the outermost point when both corners fell on one.

    That happens where a wide sleeve hangs and shows its opening at a steep slant.
    """
    outermost = farthest(points, (side, 0.1))
    length = distance(root, lower)
    if distance(upper, lower) > 0.12 * length or distance(root, outermost) < 0.72 * length:
        return upper
    return outermost


def fold_sleeve(sleeve: Sleeve, side: int, armpit: Point, bay: Point, length: float) -> Sleeve:
    """The sleeve as folded over the body at the elbow, its hidden end where it usually is.

    ``length`` is the body's, from the high point shoulder to the hem.
    """
    points = piece_points(sleeve.piece)
    elbow = farthest(points, (side, 0.25))
    along = unit(elbow, bay)
    rest = max(USUAL_SLEEVE * length - distance(armhole_edge(points, armpit), elbow), 0.0)
    top = elbow[0] + along[0] * rest, elbow[1] + along[1] * rest
    across = along[1] * -side, along[0] * side
    width = USUAL_CUFF * length
    bottom = top[0] + across[0] * width, top[1] + across[1] * width
    return replace(sleeve, cuff_top=top, cuff_bottom=bottom, sure=False, elbow=elbow)


def armhole_edge(points: Points, armpit: Point) -> Point:
    """The upper end of the armhole: the piece's highest point, level with the shoulder."""
    best = points[int(points[:, 1].argmin())]
    return float(best[0]), float(min(best[1], armpit[1]))


def is_folded(sleeve: Sleeve, side: int, bay: Point, length: float, *, hooded: bool) -> bool:
    """Whether a sleeve that touches the body bends back over it instead of ending there."""
    points = piece_points(sleeve.piece)
    if not len(points) or float(points[:, 1].max()) > bay[1] + 0.06 * length:
        return False
    elbow = farthest(points, (side, 0.25))
    return hooded or distance(elbow, bay) > WIDEST_HANGING_CUFF * length


def _piece(frame: Upright, side: int, armpit: Point, root: Point, bay: Point) -> Mask | None:
    """The sleeve's pixels: what a cut along the armhole leaves on the outer side."""
    over = unit(armpit, root)
    above = root[0] + over[0] * 12, root[1] + over[1] * 12
    if distance(armpit, bay) > 6:
        end, into = bay, unit(armpit, bay)
    else:
        end, into = armpit, (-over[0], -over[1])
    below = end[0] + into[0] * 3, end[1] + into[1] * 3
    beside = below[0] + side * max(4.0, 0.02 * frame.box[3]), below[1] + 2
    path = (above, root, armpit, below, beside)
    seed = middle(root, armpit)
    seed = seed[0] + side * 6, seed[1]
    piece = cut_off(frame.mask, path, seed)
    if piece is None:
        return None
    if piece.sum() > 0.45 * frame.mask.sum():
        columns = np.arange(frame.mask.shape[1])
        outer = frame.mask & ((columns - armpit[0]) * side > 1)[None, :]
        piece = cut_off(outer, path, seed)
    return None if piece is None else _without_flare(piece, frame, side, end)


def _without_flare(piece: Mask, frame: Upright, side: int, bay: Point) -> Mask:
    """The piece above the bay only, when what hangs below it is the body's own flare."""
    start = frame.clip_y(bay[1] + 0.03 * frame.box[3])
    below = piece[start:]
    rows = int(below.any(axis=1).sum())
    beside = np.roll(frame.mask[start:] & ~below, side, axis=1)
    touching = int((below & beside).any(axis=1).sum())
    if rows < 4 or touching < 0.3 * rows:
        return piece
    upper = piece.copy()
    upper[frame.clip_y(bay[1]) :] = False
    return upper


def _is_merged(piece: Mask, frame: Upright, axis: float) -> bool:
    """Whether the cut left the sleeve hanging on to the body."""
    return bool(piece[:, frame.clip_x(axis)].any())


def _direction(piece: Mask, root: Point, side: int) -> Point:
    """Which way the sleeve points at its end, from its pixels' centres of gravity."""
    rows, cols = np.nonzero(piece)
    points = np.stack([cols, rows], axis=1).astype(np.float64)
    away = np.linalg.norm(points - np.asarray(root), axis=1)
    reach = float(np.percentile(away, 99))
    width = len(points) / max(reach, 1.0)
    cuts = (0.5, 0.75, 1.01) if reach > LONG_SLEEVE * width else (0.0, 0.5, 1.01)
    near = points[(away >= cuts[0] * reach) & (away < cuts[1] * reach)]
    far = points[(away >= cuts[1] * reach) & (away < cuts[2] * reach)]
    if not len(near) or not len(far):
        return unit(root, (float(cols.mean()), float(rows.mean())))
    a, b = near.mean(axis=0), far.mean(axis=0)
    along = unit((float(a[0]), float(a[1])), (float(b[0]), float(b[1])))
    return along if along != (0.0, 1.0) else (0.7 * side, 0.7)


def find_shoulder(
    frame: Upright, axis: float, side: int, hps: Point, armpit: Point, cuff_top: Point
) -> tuple[Point, bool]:
    """The shoulder point: the upper edge's bend between neck and cuff, near the armhole.

    Sure when the edge bends there by at least 10° and the armhole stands about upright.
    """
    upper = _upper_edge(frame, hps, cuff_top, side)
    half = abs(armpit[0] - axis)
    guess = armhole_top(frame, axis, armpit)
    if len(upper) < 8 or half < 4:
        return guess, False
    chord = unit(hps, cuff_top)
    normal = chord[1] * side, -chord[0] * side
    out = (upper - np.asarray(hps)) @ np.asarray(normal)
    share = np.abs(upper[:, 0] - axis) / half
    allowed = (share > 0.62) & (share < 1.2) & (upper[:, 1] < armpit[1])
    if not allowed.any():
        return guess, False
    length = max(distance(hps, cuff_top), 1.0)
    value = out / length - 0.5 * (share - 0.88) ** 2
    best = int(np.flatnonzero(allowed)[value[allowed].argmax()])
    point = float(upper[best, 0]), float(upper[best, 1])
    bend = math.degrees(math.acos(max(-1.0, min(1.0, _cosine(hps, point, cuff_top)))))
    return point, bend > 10 and 0.7 < share[best] < 1.12


def _upper_edge(frame: Upright, hps: Point, cuff_top: Point, side: int) -> Points:
    """The topmost product pixels between the neck and the cuff."""
    low, high = sorted((frame.clip_x(hps[0]), frame.clip_x(cuff_top[0])))
    columns = np.arange(low, high + 1)
    rows = frame.top[low : high + 1]
    keep = rows < frame.mask.shape[0]
    return np.stack([columns[keep], rows[keep]], axis=1).astype(np.float64)


def _cosine(a: Point, b: Point, c: Point) -> float:
    first, second = unit(a, b), unit(b, c)
    return first[0] * second[0] + first[1] * second[1]


def find_underarm(
    frame: Upright, side: int, shoulder: Point, across: float, depth: float
) -> tuple[Point, bool]:
    """The underarm corner of a sleeveless product, below the armhole's scoop.

    ``across`` is the distance between the shoulders; ``depth`` where the underarm
    usually lies below them. Sure when the outline scoops in between.
    """
    part = _outer_edge(frame, side, shoulder[1], shoulder[1] + 1.05 * across)
    usual_run = frame.central_run(shoulder[1] + depth)
    edge = usual_run[(side + 1) // 2] if usual_run else shoulder[0]
    usual = float(edge), shoulder[1] + depth
    if len(part) < 8:
        return usual, False
    lowest = part[int(part[:, 1].argmax())]
    scoop, inward = _off_chord(part, shoulder, (float(lowest[0]), float(lowest[1])), -side)
    if inward < 0.006 * frame.box[3] or scoop[1] - shoulder[1] > 0.7 * across:
        return usual, False
    under = part[part[:, 1] >= scoop[1]]
    corner, _ = _off_chord(under, scoop, (float(lowest[0]), float(lowest[1])), side)
    sane = 0.3 * across < corner[1] - shoulder[1] < across
    return corner, sane and _is_scooped(frame, shoulder, corner)


def _outer_edge(frame: Upright, side: int, top: float, bottom: float) -> Points:
    """The outermost product pixel of each row on one side."""
    rows = np.arange(frame.clip_y(top), frame.clip_y(bottom) + 1)
    band = frame.mask[rows]
    rows, band = rows[band.any(axis=1)], band[band.any(axis=1)]
    last = band.shape[1] - 1 - band[:, ::-1].argmax(axis=1)
    columns = band.argmax(axis=1) if side < 0 else last
    return np.stack([columns, rows], axis=1).astype(np.float64)


def _off_chord(points: Points, a: Point, b: Point, side: int) -> tuple[Point, float]:
    """The point farthest off the chord a to b towards ``side``, and how far."""
    x, y = unit(a, b)
    normal = np.array([y, -x]) * (1 if y * side >= 0 else -1)
    away = (points - np.asarray(a)) @ normal
    best = int(away.argmax())
    return (float(points[best, 0]), float(points[best, 1])), float(away[best])


def _is_scooped(frame: Upright, a: Point, b: Point) -> bool:
    """Whether the outline runs inside the chord from a to b, as an armhole does."""
    shares = np.linspace(0.15, 0.85, 15)
    off = [not frame.inside(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])) for t in shares]
    return float(np.mean(off)) > 0.5
