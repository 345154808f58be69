"""Landmarks of trousers, shorts and skirts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.landmarks.corners import apex, concave_corners, piece_points
from generation.providers.studio.landmarks.upright import (
    Finding,
    Upright,
    distance,
    end_corners,
    farthest,
    march,
    unit,
)
from generation.providers.studio.shapes import Point
from generation.providers.studio.silhouette import Mask, largest_part

HIP_AT = 0.70  # of the front rise, from the top: 18–20 cm of a 26 cm rise
THIGH_BELOW = 0.033  # of the inseam, below the crotch: 2.5 cm of 76
KNEE_AT = 0.43  # of the inseam, below the crotch: 5 cm above its middle
SHORT_LEG = 0.2  # of the height; below that the opening is sought from further up
USUAL_RISE = 0.29  # of the outseam, for long trousers whose crotch is hidden
SKIRT_HIP = 0.54  # of the waist width, below the waist: 20 cm of 37
SIDES = ((-1, "left"), (1, "right"))


def find_trousers(finding: Finding) -> None:
    """Waist, hip, crotch, and thigh, knee and opening of the leg at the left."""
    frame = finding.frame
    _put_waist(finding)
    crotch, sure = find_crotch(frame)
    crotch = finding.put("crotch", crotch, sure=sure)
    centre = finding.points["waist_centre"]
    hip = centre[1] + HIP_AT * (crotch[1] - centre[1])
    _put_row(finding, "hip", hip, sure=sure)
    _put_leg(finding, crotch)


def find_skirt(finding: Finding) -> None:
    """Waist, hip and hem."""
    frame = finding.frame
    _put_waist(finding)
    _, y0, _, height = frame.box
    contour = frame.contour
    contour = contour[contour[:, 1] > y0 + 0.4 * height]
    for side, name in SIDES:
        corner = farthest(contour, (side, 0.8)) if len(contour) else (frame.axis, y0 + height)
        finding.put(f"hem_{name}", (corner[0] + 0.5 * side, corner[1]), sure=len(contour) > 8)
    left, right = finding.points["hem_left"], finding.points["hem_right"]
    if abs(left[1] - right[1]) > 0.12 * height:
        finding.doubt("hem_left", "hem_right")
    x = finding.points["waist_centre"][0]
    bottom = frame.bottom_at(x)
    floor = float(bottom if bottom is not None else y0 + height - 1)
    finding.put("hem_centre", (x, floor + 0.5))
    waist = distance(finding.points["waist_left"], finding.points["waist_right"])
    top = finding.points["waist_centre"][1]
    below = min(SKIRT_HIP * waist, 0.6 * (floor - top))
    _put_row(finding, "hip", top + below, sure=SKIRT_HIP * waist < 0.6 * (floor - top))
    finding.points.pop("waist_centre")
    finding.sure.pop("waist_centre")


def _put_waist(finding: Finding) -> None:
    """Corners and centre of the top edge."""
    frame = finding.frame
    _, y0, width, height = frame.box
    contour = frame.contour
    contour = contour[contour[:, 1] < y0 + 0.35 * height]
    for side, name in SIDES:
        corner = farthest(contour, (side, -2.0)) if len(contour) else (frame.axis, float(y0))
        finding.put(f"waist_{name}", (corner[0] + 0.5 * side, corner[1]), sure=len(contour) > 8)
    left, right = finding.points["waist_left"], finding.points["waist_right"]
    if abs(left[1] - right[1]) > 0.06 * height or right[0] - left[0] < 0.2 * width:
        finding.doubt("waist_left", "waist_right")
    x = (left[0] + right[0]) / 2
    top = frame.top_at(x)
    level = (left[1] + right[1]) / 2
    if top is None or abs(top - level) > 0.08 * height:
        finding.put("waist_centre", (x, level), sure=False)
    else:
        finding.put("waist_centre", (x, float(top) - 0.5))


def find_crotch(frame: Upright) -> tuple[Point, bool]:
    """Top of the gap between the legs, else an inward corner of the lower edge."""
    _, y0, width, height = frame.box
    centre = _waist_middle(frame)
    columns = np.arange(
        frame.clip_x(centre - 0.22 * width), frame.clip_x(centre + 0.22 * width) + 1
    )
    gap = _leg_gap(frame, columns)
    if gap is not None:
        (x, y), tall = gap
        share = (y - y0) / height
        return apex(frame, (x, y)), tall > 0.12 * height and 0.15 < share < 0.88
    bends = [
        c
        for c in concave_corners(frame)
        if abs(c.x - centre) < 0.2 * width and c.y > y0 + 0.25 * height
    ]
    if bends:
        return bends[0].at, False
    return (centre, y0 + USUAL_RISE * height), False


def _waist_middle(frame: Upright) -> float:
    run = frame.central_run(frame.box[1] + 0.06 * frame.box[3])
    return (run[0] + run[1]) / 2 if run else frame.axis


def _leg_gap(frame: Upright, columns: NDArray[np.int64]) -> tuple[Point, float] | None:
    """The deepest bay from below near the middle: its top and how tall it is."""
    _, y0, _, height = frame.box
    part = frame.mask[:, columns]
    found = part.any(axis=0)
    if not found.any():
        return None
    bottoms = np.where(found, part.shape[0] - 1 - part[::-1].argmax(axis=0), part.shape[0])
    best = int(bottoms.argmin())
    y = int(bottoms[best])
    row = frame.row(min(y + max(4, round(0.05 * height)), y0 + height - 1))
    x = float(columns[best])
    if not (any(b < x for _, b in row) and any(a > x for a, _ in row)):
        return None
    level = np.flatnonzero(bottoms <= y + 1)
    near = level[np.abs(level - best) < 0.1 * len(columns) + 2]
    return (float(columns[near].mean()), float(y)), float(y0 + height - 1 - y)


def _put_row(finding: Finding, name: str, y: float, *, sure: bool) -> None:
    run = finding.frame.central_run(y)
    if run is None:
        x0, _, width, _ = finding.frame.box
        run, sure = (x0, x0 + width - 1), False
    finding.put(f"{name}_left", (run[0] - 0.5, y), sure=sure)
    finding.put(f"{name}_right", (run[1] + 0.5, y), sure=sure)


def leg_piece(frame: Upright, crotch: Point, side: int) -> Mask:
    """The leg on one side below the crotch; of shorts with hardly any, the lower half."""
    _, y0, _, height = frame.box
    rows, columns = np.indices(frame.mask.shape)
    start = crotch[1] + 2
    if y0 + height - start < SHORT_LEG * height:
        start = y0 + 0.5 * height
    below = frame.mask & (rows > start) & ((columns - crotch[0]) * side > 0)
    return largest_part(below)


def _put_leg(finding: Finding, crotch: Point) -> None:
    """Opening, thigh and knee of the leg at the left of the picture."""
    frame = finding.frame
    width = frame.box[2]
    leg = leg_piece(frame, crotch, -1)
    points = piece_points(leg)
    clear = len(points) > 12 and finding.sure["crotch"]
    if len(points) <= 12:
        points = frame.contour
    inner, outer = end_corners(points, _leg_direction(frame, leg, crotch))
    inner = finding.put("leg_inner_left", inner, sure=clear)
    outer = finding.put("leg_outer_left", outer, sure=clear)
    if not 0.08 * width < distance(inner, outer) < 0.7 * width:
        finding.doubt("leg_inner_left", "leg_outer_left")
    along = _bisector(unit(crotch, inner), unit(finding.points["hip_left"], outer))
    if distance(crotch, inner) < 0.3 * distance(inner, outer):
        along = unit(finding.points["hip_left"], outer)
    square = -along[1], along[0]
    for name, share in (("thigh", THIGH_BELOW), ("knee", KNEE_AT)):
        seam = _on_seam(frame, crotch, inner, share)
        right = finding.put(f"{name}_right", seam, sure=clear)
        start = right[0] + square[0] * 3, right[1] + square[1] * 3
        finding.put(f"{name}_left", march(frame, start, square, width), sure=clear)


def _leg_direction(frame: Upright, leg: Mask, crotch: Point) -> Point:
    """Down the leg: from the middle of its upper half to the middle of its lower half."""
    rows, columns = np.nonzero(leg)
    if len(rows) < 12:
        return 0.0, 1.0
    low = rows > np.median(rows)
    if not low.any():
        return 0.0, 1.0
    return unit(
        (float(columns[~low].mean()), float(rows[~low].mean())),
        (float(columns[low].mean()), float(rows[low].mean())),
    )


def _bisector(a: Point, b: Point) -> Point:
    return unit((0.0, 0.0), (a[0] + b[0], a[1] + b[1]))


def _on_seam(frame: Upright, crotch: Point, inner: Point, share: float) -> Point:
    """The inseam's edge at a share of the way from crotch to hem."""
    x, y = (
        crotch[0] + share * (inner[0] - crotch[0]),
        crotch[1] + share * (inner[1] - crotch[1]),
    )
    left = [r for r in frame.row(y) if r[0] < crotch[0] - 2 and r[1] > r[0] + 3]
    if not left:
        return x, y
    edge = min((r[1] for r in left), key=lambda e: abs(e - x))
    if edge > crotch[0] + 2 or abs(edge - x) > 0.2 * frame.box[2]:
        return x, y
    return edge + 0.5, y
