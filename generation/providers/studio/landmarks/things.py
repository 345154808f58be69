"""Landmarks of shoes, bags and any other object."""

from __future__ import annotations

import math

import cv2
import numpy as np

from generation.providers.studio.landmarks.upright import Finding, Points, Upright
from generation.providers.studio.shapes import Point
from generation.providers.studio.silhouette import Mask, bounding_box, largest_part

SLENDER = 2.5  # length over width from which an object is measured along itself
LEVEL = 12.0  # degrees within which it counts as laid straight


def find_object(finding: Finding) -> None:
    """The outermost points left, right, top and bottom.

    A slender thing lying diagonally (a watch, a belt, a pen) is measured along itself:
    ``top`` and ``bottom`` are then its ends, ``left`` and ``right`` its sides.
    """
    frame = finding.frame
    points = _edge_points(frame)
    down = long_direction(points)
    right = down[1], -down[0]
    finding.put("left", _extreme(points, (-right[0], -right[1])))
    finding.put("right", _extreme(points, right))
    finding.put("top", _extreme(points, (-down[0], -down[1])))
    finding.put("bottom", _extreme(points, down))


def long_direction(points: Points) -> Point:
    """Unit vector pointing down the product: straight down unless it lies diagonally."""
    if len(points) < 5:
        return 0.0, 1.0
    (_, (wide, tall), angle) = cv2.minAreaRect(points.astype(np.float32))
    if min(wide, tall) <= 0 or max(wide, tall) < SLENDER * min(wide, tall):
        return 0.0, 1.0
    turn = math.radians(angle if wide > tall else angle + 90.0)
    x, y = math.cos(turn), math.sin(turn)
    tilt = math.degrees(math.atan2(abs(x), abs(y)))
    if tilt < LEVEL or tilt > 90.0 - LEVEL:
        return 0.0, 1.0
    return (x, y) if y >= 0 else (-x, -y)


def _edge_points(frame: Upright) -> Points:
    found, _ = cv2.findContours(
        frame.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    return np.concatenate([c[:, 0] for c in found]).astype(np.float64)


def _extreme(points: Points, direction: Point) -> Point:
    """The outermost point; of a whole edge that is equally far out, its middle."""
    along = points @ np.asarray(direction)
    level = points[along > along.max() - 0.75]
    best = level[int(np.argmin(np.linalg.norm(level - level.mean(axis=0), axis=1)))]
    return float(best[0]) + 0.5 * direction[0], float(best[1]) + 0.5 * direction[1]


def find_footwear(finding: Finding) -> None:
    """Toe, heel, sole and topline of one shoe from the side; else doubtful guesses."""
    frame = finding.frame
    _, y0, width, height = frame.box
    side_view = looks_from_the_side(frame)
    heel_side = _heel_side(frame)
    low = _edge_points(frame)
    band = low[low[:, 1] > y0 + 0.72 * height]
    band = band if len(band) else low
    left, right = _extreme(band, (-1.0, 0.0)), _extreme(band, (1.0, 0.0))
    heel, toe = (left, right) if heel_side < 0 else (right, left)
    finding.put("heel", heel, sure=side_view)
    finding.put("toe", toe, sure=side_view)
    floor = float(y0 + height - 0.5)
    ground = low[low[:, 1] > y0 + 0.97 * height - 1]
    finding.put("sole_left", (float(ground[:, 0].min()), floor), sure=side_view)
    finding.put("sole_right", (float(ground[:, 0].max()), floor), sure=side_view)
    back = low[(low[:, 0] - heel[0]) * -heel_side < 0.25 * width]
    finding.put("topline_back", _extreme(back, (0.0, -1.0)), sure=side_view)


def looks_from_the_side(frame: Upright) -> bool:
    """One part, longer than tall, standing flat on most of its length, one end lower."""
    x0, y0, width, height = frame.box
    parts = largest_part(frame.mask, rel=1.0).sum() / max(int(frame.mask.sum()), 1)
    if parts < 0.97 or width < 1.25 * height:
        return False
    bottoms = [b for x in range(x0, x0 + width) if (b := frame.bottom_at(x)) is not None]
    flat = np.mean(np.array(bottoms) > y0 + 0.9 * height)
    toe, heel = sorted((_end_height(frame, -1), _end_height(frame, 1)))
    return bool(flat > 0.62) and toe < 0.85 * heel


def _end_height(frame: Upright, side: int) -> float:
    """How tall the shoe is near one end."""
    x0, _, width, _ = frame.box
    centre = x0 + width / 2 + side * 0.36 * width
    low, high = frame.clip_x(centre - 0.04 * width), frame.clip_x(centre + 0.04 * width)
    columns = frame.mask[:, low:high]
    return float(columns.sum(axis=0).mean()) if columns.size else 0.0


def _heel_side(frame: Upright) -> int:
    """-1 when the taller end, the heel, is at the left of the picture."""
    return -1 if _end_height(frame, -1) >= _end_height(frame, 1) else 1


def find_bag(finding: Finding) -> None:
    """Extremes of the body, the bag's top edge, and the top of its handle."""
    frame = finding.frame
    body = bag_body(frame)
    x, y, width, height = bounding_box(body)
    found, _ = cv2.findContours(body.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(found, key=cv2.contourArea)[:, 0].astype(np.float64)
    for name, direction in (("left", (-1.0, 0.0)), ("right", (1.0, 0.0))):
        finding.put(name, _extreme(points, direction))
    centre = x + width / 2
    column = np.flatnonzero(body[:, frame.clip_x(centre)])
    top = float(column[0]) - 0.5 if len(column) else float(y)
    finding.put("body_top", (centre, top))
    finding.put("top", (centre, top))
    bottom = float(column[-1]) + 0.5 if len(column) else float(y + height)
    finding.put("bottom", (centre, bottom))
    handle = _handle_top(frame, body, top)
    if handle:
        finding.put("handle_top", handle)


def bag_body(frame: Upright) -> Mask:
    """The mask without handles and straps: what a disc of a tenth of the width fits in."""
    width = frame.box[2]
    size = max(3, round(0.13 * width)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    filled = _without_small_holes(frame)
    solid = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    body = largest_part(frame.mask & solid)
    return body if body.sum() > 0.4 * frame.mask.sum() else frame.mask


def _without_small_holes(frame: Upright) -> Mask:
    """Small holes closed, but for those near the top, which a handle may frame."""
    mask, (_, y0, _, height) = frame.mask, frame.box
    _, labels, stats, centres = cv2.connectedComponentsWithStats((~mask).astype(np.uint8))
    close = stats[:, cv2.CC_STAT_AREA] < 0.004 * mask.sum()
    close &= centres[:, 1] > y0 + 0.2 * height
    close[0] = False
    filled: Mask = mask | close[labels]
    return filled


def _handle_top(frame: Upright, body: Mask, top: float) -> Point | None:
    """The highest point of a handle that closes a hole above the bag's top edge."""
    height = bounding_box(body)[3]
    above = np.zeros_like(frame.mask)
    above[: frame.clip_y(top + 0.05 * height)] = True
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        np.pad(~frame.mask, 1, constant_values=True).astype(np.uint8), connectivity=4
    )
    for i in range(1, count):
        area = stats[i, cv2.CC_STAT_AREA]
        inside = i != labels[0, 0] and area > 0.002 * body.sum()
        if inside and centres[i][1] - 1 < top + 0.05 * height:
            handle = frame.mask & above
            rows = np.flatnonzero(handle.any(axis=1))
            columns = np.flatnonzero(handle[rows[0]])
            return float(columns.mean()), float(rows[0]) - 0.5
    return None
