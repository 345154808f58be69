"""Bands at an edge: hems, cuffs, waistbands, with the seam where the photo shows one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Points
from generation.providers.studio.sketch.lines import Sheet, arc, clipped, inset, shifted

STITCH = 25.0  # units from the edge to a hem's stitch row when the photo does not show it
_RIB_FROM = 36.0  # a seam nearer to the edge is a turned hem, not a band
_RIB_STEP = 8.0  # units between rib lines


def hem(sheet: Sheet) -> None:
    """The hem's seam or stitch row, parallel to the lower edge."""
    ends = sheet.both("hem")
    if ends is None:
        return
    edge = _lower_edge(sheet, *ends)
    if len(edge) > 12:
        band(sheet, edge, "hem", widest=0.13 * sheet.height)


def cuff(sheet: Sheet, side: str) -> None:
    """A sleeve's seam or stitch row; on a symmetric drawing the right one serves both."""
    if sheet.frame.symmetric:
        side = "right"
    tops, bottoms = sheet.both("cuff_top"), sheet.both("cuff_bottom")
    if tops is None or bottoms is None or not sheet.is_sure("cuff_top"):
        return
    i = 0 if side == "left" else 1
    edge = arc(sheet.ring.points, tops[i], bottoms[i])
    if 6 < len(edge) < 0.2 * len(sheet.ring.points):
        band(sheet, edge, "cuff", widest=0.11 * sheet.height, mirrored=sheet.frame.symmetric)


def band(sheet: Sheet, edge: Points, name: str, *, widest: float, mirrored: bool = False) -> None:
    """Draw the band's inner line: a seam that is seen, else a stitch row that is assumed."""
    depth = seen_depth(sheet, np.arange(13.0, widest, 3.0), lambda d: _inner_line(sheet, edge, d))
    if depth is None:
        row = _inner_line(sheet, edge, STITCH)
        sheet.draw(row, f"{name} stitch", "assumed", mirrored=mirrored)
        return
    line = _inner_line(sheet, edge, depth)
    if depth < _RIB_FROM:
        sheet.draw(line, f"{name} stitch", "stitch", mirrored=mirrored)
        return
    sheet.draw(line, f"{name} seam", "seam", mirrored=mirrored)
    if _looks_ribbed(sheet, edge, depth):
        _ribs(sheet, edge, line, name, mirrored)


def seen_depth(
    sheet: Sheet, depths: NDArray[np.float64], line_at: Callable[[float], Points]
) -> float | None:
    """The depth at which the photo shows a line best, or None where it shows none.

    A seam is believed a little to both sides of itself, so it is the middle of the
    believed stretch.
    """
    beliefs = np.array([sheet.belief(line_at(float(depth))) for depth in depths])
    if not beliefs.size or beliefs.max() <= 0:
        return None
    best = int(beliefs.argmax())
    high = beliefs > 0.85 * beliefs[best]
    first, last = best, best
    while first > 0 and high[first - 1]:
        first -= 1
    while last < len(high) - 1 and high[last + 1]:
        last += 1
    return float((depths[first] + depths[last]) / 2)


def _inner_line(sheet: Sheet, edge: Points, depth: float) -> Points:
    """The edge moved into the product, running from side to side of it."""
    inner = inset(edge, sheet.distance, 6.0)
    way = np.median(inner - edge, axis=0)
    way /= np.linalg.norm(way) + 1e-9
    trimmed = edge[4:-4] if len(edge) > 20 else edge
    return clipped(shifted(trimmed, way * depth), sheet.distance, 0.0)


def _lower_edge(sheet: Sheet, left: Points, right: Points) -> Points:
    """The outline between the hem's ends, by the lower way round."""
    ring = sheet.ring.points
    one = arc(ring, left, right)
    width = float(np.linalg.norm(right - left))
    if len(one) < 3 or len(one) * 2.0 > 1.8 * width + 60:
        return one[:0]
    level = np.abs(np.gradient(one[:, 1])) < 0.8 * np.abs(np.gradient(one[:, 0])) + 0.3
    keep = np.nonzero(level)[0]
    return one[keep[0] : keep[-1] + 1] if len(keep) > 12 else one[:0]


def _looks_ribbed(sheet: Sheet, edge: Points, depth: float) -> bool:
    """Rib pulls the cloth in, or shows as lines that run from the seam to the edge."""
    if depth > 0.12 * sheet.height:
        return False
    beyond = _inner_line(sheet, edge, depth * 1.35)
    at_edge = float(np.linalg.norm(edge[-1] - edge[0]))
    if len(beyond) > 8 and at_edge < 0.9 * float(np.linalg.norm(beyond[-1] - beyond[0])):
        return True
    inside = _grain(sheet, edge, (0.3 * depth, 0.5 * depth, 0.7 * depth))
    cloth = _grain(sheet, edge, (1.4 * depth, 1.7 * depth, 2.0 * depth))
    return inside > 1.25 and inside > 1.35 * cloth


def _grain(sheet: Sheet, edge: Points, depths: Sequence[float]) -> float:
    """Contrast along the edge's direction over contrast across it, at some depths."""
    along = across = 1e-6
    ev = sheet.evidence
    for depth in depths:
        line = _inner_line(sheet, edge, depth)
        if len(line) < 8:
            return 0.0
        way = (line[-1] - line[0]) / (np.linalg.norm(line[-1] - line[0]) + 1e-9)
        x = np.clip(np.round(line[:, 0]).astype(int), 0, ev.contrast.shape[1] - 1)
        y = np.clip(np.round(line[:, 1]).astype(int), 0, ev.contrast.shape[0] - 1)
        part = np.abs(ev.across_x[y, x] * way[0] + ev.across_y[y, x] * way[1])
        along += float((ev.contrast[y, x] * part).mean())
        across += float((ev.contrast[y, x] * (1 - part)).mean())
    return along / across


def _ribs(sheet: Sheet, edge: Points, seam: Points, name: str, mirrored: bool) -> None:
    if np.linalg.norm(seam[0] - edge[0]) > np.linalg.norm(seam[-1] - edge[0]):
        seam = seam[::-1]
    count = max(3, int(np.linalg.norm(seam[-1] - seam[0]) / _RIB_STEP))
    for a, b in zip(_spread(seam, count), _spread(edge, count), strict=True):
        sheet.draw_curves(
            [bezier.line(a + (b - a) * 0.06, b - (b - a) * 0.06)], f"{name} rib", "seam",
            mirrored=mirrored,
        )  # fmt: skip


def _spread(points: Points, count: int) -> Sequence[Points]:
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    at = np.linspace(0, along[-1], count + 2)[1:-1]
    return list(np.stack([np.interp(at, along, points[:, i]) for i in (0, 1)], axis=1))
