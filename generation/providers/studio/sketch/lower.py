"""Template lines of trousers, skirts, shoes and bags."""

from __future__ import annotations

import numpy as np

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Points
from generation.providers.studio.sketch import bands
from generation.providers.studio.sketch.lines import Sheet, arc, clipped, shifted


def trousers(sheet: Sheet) -> None:
    """Waistband, centre front with fly, leg hems."""
    depth = waistband(sheet)
    _centre_front(sheet, depth)
    _legs(sheet)


def skirt(sheet: Sheet) -> None:
    """Waistband and hem."""
    waistband(sheet)
    bands.hem(sheet)


def waistband(sheet: Sheet) -> float:
    """The seam under the waistband; its depth in units, 0 when there is no waist."""
    ends = sheet.both("waist")
    if ends is None:
        return 0.0
    edge = _upper_edge(sheet, *ends)
    if len(edge) < 12:
        return 0.0
    usual = 0.042 * max(sheet.height, 0.6 * (sheet.box[2] - sheet.box[0]))
    depths = np.arange(16.0, 0.16 * sheet.height, 3.0)
    depth = bands.seen_depth(sheet, depths, lambda d: _below(sheet, edge, d)) or usual
    sheet.draw(_below(sheet, edge, depth), "waistband seam")
    return depth


def _upper_edge(sheet: Sheet, left: Points, right: Points) -> Points:
    top = sheet.box[1]
    one = arc(sheet.ring.points, np.array([left[0], top]), np.array([right[0], top]))
    width = float(np.linalg.norm(right - left))
    return one if len(one) * 2.0 < 1.6 * width + 40 else one[:0]


def _below(sheet: Sheet, edge: Points, depth: float) -> Points:
    trimmed = edge[5:-5] if len(edge) > 30 else edge
    return clipped(shifted(trimmed, np.array([0.0, depth])), sheet.distance, 0.0)


def _centre_front(sheet: Sheet, waist: float) -> None:
    crotch = sheet.marks.get("crotch")
    if crotch is None:
        return
    if sheet.frame.symmetric:
        crotch = np.array([sheet.frame.axis_x, crotch[1]])
    ends = sheet.both("waist")
    x = float((ends[0][0] + ends[1][0]) / 2) if ends is not None else float(crotch[0])
    top = np.array([x, sheet.box[1] + waist + 2])
    if crotch[1] - top[1] < 40:
        return
    line = np.linspace(top, crotch, 40)
    sheet.draw(clipped(line, sheet.distance), "centre front seam")
    # The J of a fly is only believable under a waistband that opens.
    reach, low = 0.035 * sheet.height, top[1] + 0.62 * (crotch[1] - top[1])
    side = x + reach
    curve = np.array([[side, low - 2.2 * reach], [side, low - 0.6 * reach],
                      [side - 0.4 * reach, low], [x, low]])  # fmt: skip
    bend = bezier.evaluate(curve, np.linspace(0, 1, 24))
    upright = np.stack([np.full(30, side), np.linspace(top[1], bend[0, 1], 30)], axis=1)
    fly = np.vstack([upright, bend[1:]])
    if sheet.sees(fly):
        sheet.draw(fly, "fly stitch", "stitch")


def _legs(sheet: Sheet) -> None:
    for left, right in _leg_ends(sheet):
        edge = arc(sheet.ring.points, left, right)
        if 8 < len(edge) < 0.25 * len(sheet.ring.points):
            mirrored = sheet.frame.symmetric
            bands.band(sheet, edge, "leg hem", widest=0.07 * sheet.height, mirrored=mirrored)


def _leg_ends(sheet: Sheet) -> list[tuple[Points, Points]]:
    """The two corners of each leg's hem, from the lowest stretch of the outline."""
    _, _, _, _bottom = sheet.box
    ring = sheet.ring.points
    axis = sheet.frame.axis_x if sheet.frame.symmetric else float(ring[:, 0].mean())
    crotch = sheet.marks.get("crotch")
    if crotch is not None and not sheet.frame.symmetric:
        axis = float(crotch[0])
    found = []
    for on_right in (True, False):
        side = ring[(ring[:, 0] > axis) == on_right]
        if len(side) < 20 or (sheet.frame.symmetric and not on_right):
            continue
        low = side[side[:, 1] > side[:, 1].max() - 0.055 * sheet.height]
        found.append((low[_corner(low, -1)], low[_corner(low, 1)]))
    return found


def _corner(points: Points, sign: int) -> int:
    """Index of the point furthest down and to one side."""
    return int((points[:, 0] * sign + 1.6 * points[:, 1]).argmax())


def footwear(sheet: Sheet) -> None:
    """The sole line of a shoe seen from the side."""
    left, top, right, bottom = sheet.box
    width, height = right - left, bottom - top
    if width < 1.7 * height or sheet.frame.symmetric:
        return
    ring = sheet.ring.points
    low = ring[ring[:, 1] > top + 0.55 * height]
    edge = arc(ring, low[int(low[:, 0].argmin())], low[int(low[:, 0].argmax())])
    lower = edge[edge[:, 1] > top + 0.6 * height]
    if len(lower) < 20:
        return
    depths = np.arange(0.08, 0.4, 0.01) * height
    depth = bands.seen_depth(sheet, depths, lambda d: _raised(sheet, lower, d))
    sheet.draw(_raised(sheet, lower, depth or 0.16 * height), "sole line")


def _raised(sheet: Sheet, lower: Points, depth: float) -> Points:
    order = np.argsort(lower[:, 0], kind="stable")
    x = np.linspace(lower[:, 0].min() + 2, lower[:, 0].max() - 2, 90)
    y = np.interp(x, lower[order, 0], lower[order, 1])
    kernel = np.ones(15) / 15
    y = np.convolve(np.pad(y, 7, mode="edge"), kernel, "valid") - depth
    return clipped(np.stack([x, y], axis=1), sheet.distance, 0.0)
