"""The drawn product's silhouette: what its outermost line encloses, less what stands around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.silhouette import bounding_box, largest_part, runs
from generation.providers.tracing.notes import border_of, leaders_of
from generation.providers.tracing.page import Page, unusable
from generation.providers.tracing.thinning import Bits

Mask = NDArray[np.bool_]
_GAPS: Final = (0, 1, 2, 4, 7, 11)  # radii in px by which a gap in the outline is bridged
_WHOLE = 0.97  # of what the widest bridge encloses; with less, a part of it leaked out
_PAIR: Final = 0.25  # of the larger part's area, for a second shoe
_DETAIL: Final = 0.02  # and for a loose part that lies within the product's box
_COMPARED_PX = 256
_LEAST_HOLE: Final = 0.004  # of the product's area
_THROUGH: Final = 0.3  # share of product in the photo below which it is a hole


def line_width(drawn: Bits) -> float:
    """The usual width of the lines in pixels."""
    inner = cv2.distanceTransform(drawn, cv2.DIST_L2, 3)
    ridge = (inner > 0) & (inner >= cv2.dilate(inner, np.ones((3, 3), np.uint8)))
    return float(np.clip(2 * np.median(inner[ridge]) - 0.5, 1.5, 24)) if ridge.any() else 2.0


@dataclass(frozen=True)
class Shape:
    """The product as drawn, out to the outer edge of its outline, and what is no part of it."""

    mask: Mask
    notes: Mask


def shape_of(page: Page, *, known: Mask | None, pairs: bool) -> Shape:
    """Find the product on the page.

    ``known`` is the silhouette in the photo, to decide by where a gap leaves a doubt; ``pairs``
    keeps two parts of like size. Raises ProviderError where nothing is enclosed, where it is cut
    off, and where several views are drawn.
    """
    aside = border_of(page.drawn)
    drawn = page.drawn & ~aside
    _refuse_cut_off(drawn)
    width = line_width(drawn)
    first = _enclosed(drawn, width, known)
    leaders = leaders_of(drawn, largest_part(first), width)
    if leaders.any():
        aside |= leaders
        first = _enclosed(drawn & ~leaders, width, known)
    mask = _product_parts(first, pairs=pairs)
    return Shape(mask & ~_holes(drawn, mask, known), aside)


def _enclosed(drawn: Bits, width: float, known: Mask | None) -> Mask:
    options = [_without_spurs(filled, width) for filled in _filled(drawn)]
    chosen = _best(options, known)
    if chosen.mean() < 0.02:
        raise unusable(
            "No closed outline was found: draw the whole product large, its outer contour as one "
            "closed black line."
        )
    return chosen


def _holes(drawn: Bits, mask: Mask, known: Mask | None) -> Mask:
    """Enclosed paper where the photo shows the background through the product."""
    found = np.zeros(mask.shape, bool)
    if known is None:
        return found
    seen = _placed(known, mask)
    paper = (mask & (drawn == 0)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    for number in range(1, len(stats)):
        if stats[number, cv2.CC_STAT_AREA] > _LEAST_HOLE * mask.sum():
            part = labels == number
            if seen[part].mean() < _THROUGH:
                found |= part
    return found


def _placed(known: Mask, mask: Mask) -> Mask:
    """The photo's silhouette moved and scaled into the drawing's box."""
    x, y, width, height = bounding_box(known)
    left, top, wide, tall = bounding_box(mask)
    placed = np.zeros(mask.shape, bool)
    if width and height and wide and tall:
        part = known[y : y + height, x : x + width].astype(np.uint8) * 255
        fitted = cv2.resize(part, (wide, tall), interpolation=cv2.INTER_AREA)
        placed[top : top + tall, left : left + wide] = fitted > 127
    return placed


def _filled(drawn: Bits) -> Iterator[Mask]:
    """What the lines enclose, with ever wider gaps bridged."""
    paper = np.pad(1 - drawn, 1, constant_values=1)
    for radius in _GAPS:
        free = paper if radius == 0 else cv2.erode(paper, _disc(radius))
        free[[0, -1]] = free[:, [0, -1]] = 1
        _, labels = cv2.connectedComponents(free, connectivity=4)
        outside = labels == labels[0, 0]
        if radius:
            # Back to the lines, except through the gaps.
            reach = cv2.distanceTransform((~outside).astype(np.uint8), cv2.DIST_L2, 5)
            outside |= (reach <= radius + 0.5) & (paper > 0)
        yield ~outside[1:-1, 1:-1]


def _without_spurs(filled: Mask, width: float) -> Mask:
    """Lines that lead away from the product, and loose letters, are thinner than it."""
    radius = max(1, round(0.75 * width))
    solid = filled.astype(np.uint8)
    core = cv2.morphologyEx(solid, cv2.MORPH_OPEN, _disc(radius))
    return filled & (cv2.dilate(core, _disc(radius + 1)) > 0)


def _best(options: list[Mask], known: Mask | None) -> Mask:
    """The narrowest bridging that leaves nothing out, or is most like the photo."""
    if known is not None:
        likeness = [round(overlap(option, known), 2) for option in options]
        return options[int(np.argmax(likeness))]
    whole = options[-1].sum()
    return next(option for option in options if option.sum() >= _WHOLE * whole)


def _product_parts(filled: Mask, *, pairs: bool) -> Mask:
    """The largest part, with its pair or what lies within its box."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(filled.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    main = 1 + int(areas.argmax())
    box = stats[main, :4]
    kept = [main]
    for number in range(1, len(stats)):
        share = areas[number - 1] / areas[main - 1]
        within = _within(stats[number, :4], box)
        if number == main or share < _DETAIL:
            continue
        if within > 0.6 or (pairs and share >= _PAIR):
            kept.append(number)
        elif share > 0.5:
            raise unusable("Several views are drawn: draw this one view of the product alone.")
    return np.isin(labels, kept)


def _within(box: NDArray[Any], other: NDArray[Any]) -> float:
    """Share of a box (x, y, width, height) that lies in the other."""
    low = np.maximum(box[:2], other[:2])
    high = np.minimum(box[:2] + box[2:], other[:2] + other[2:])
    return float(np.prod(np.maximum(high - low, 0)) / max(1, np.prod(box[2:])))


def _refuse_cut_off(drawn: Bits) -> None:
    """Raise where lines run over the page's edge."""
    for edge in (drawn[:2], drawn[-2:], drawn[:, :2].T, drawn[:, -2:].T):
        if len(runs(np.atleast_1d(edge.any(axis=0)))) > 1:
            raise unusable("The drawing is cut off: draw the whole product with a white margin.")


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union of two shapes, each moved and scaled into the same box.

    Proportions count by their half: a model draws sleeves a little longer, not a dress for a hat.
    """
    first, second = _normal(one), _normal(other)
    if first is None or second is None:
        return 0.0
    iou = float((first[0] & second[0]).sum() / max(1, (first[0] | second[0]).sum()))
    stretched = min(first[1], second[1]) / max(first[1], second[1])
    return iou * float(np.sqrt(stretched))


def _normal(mask: Mask) -> tuple[Mask, float] | None:
    """The shape in a square, and its width over its height."""
    largest = largest_part(mask, rel=0.2)
    x, y, width, height = bounding_box(largest)
    if min(width, height) < 4:
        return None
    part = largest[y : y + height, x : x + width].astype(np.uint8) * 255
    square = cv2.resize(part, (_COMPARED_PX, _COMPARED_PX), interpolation=cv2.INTER_AREA)
    return square > 127, width / height


def _disc(radius: int) -> Bits:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
