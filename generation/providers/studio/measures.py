"""Points of measure read off the landmarks, in pixels.

How each is taken, without a scale in the picture (codes as in the trade's tables):

- A01, C10 chest: the row 3.5 % of the body length below the underarm, for 2.5 cm of 70.
- A02, C12 waist: the narrowest row between underarm and hip; on a straight body the row
  at 60 % of the length (dress 42 %). C14 hip: half the distance HPS to waist below it.
- A04, C15 length: HPS down to the hem, parallel to the axis.
- A13 sleeve, B12 outseam, C02 sweep: along the edge where it bends, else straight.
- A15 bicep: square to the upper fold, as far below the underarm as the chest row.
- B05 hip: 70 % of the rise below the top edge. B08 thigh: 3.3 % of the inseam below the
  crotch; B09 knee: 43 % of the inseam below it; both square to the inseam.

``spread`` is the relative difference to expect when the same outline is found again:
the root mean square over some eighty photos' outlines turned by up to 5°, mirrored and
shrunk to 0.6, and at least 1.5 %. How a cloth is laid comes on top, and a guessed row's is
larger.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.landmarks.things import long_direction
from generation.providers.studio.shapes import Family, Landmark, Measure, Outline, Point
from generation.providers.studio.silhouette import Mask, bounding_box, largest_part
from generation.providers.studio.ways import arc_length, edge_length, last_on, meet, walk

SPREAD = {
    "A01": 0.015, "A02": 0.015, "A03": 0.025, "A04": 0.015, "A06": 0.03, "A11": 0.06,
    "A13": 0.04, "A15": 0.12, "A17": 0.06, "A18": 0.06, "A19": 0.06,
    "C10": 0.015, "C12": 0.015, "C14": 0.015, "C15": 0.015, "C16": 0.015,
    "B01": 0.03, "B05": 0.015, "B06": 0.015, "B08": 0.06, "B09": 0.06, "B10": 0.08,
    "B11": 0.025, "B12": 0.03, "C01": 0.015, "C02": 0.015,
    "F04": 0.015, "F08": 0.03, "G01": 0.015, "G02": 0.015, "G04": 0.2,
    "Z01W": 0.015, "Z01H": 0.025,
}  # fmt: skip
GUESSED = 0.15  # added to the spread of a row whose ends are not sure
CHEST_BELOW = 0.035


@dataclass(frozen=True)
class Lines:
    """Draws measuring lines between landmarks."""

    mask: Mask
    landmarks: Mapping[str, Landmark]

    def has(self, *names: str) -> bool:
        """Whether every landmark is known."""
        return all(name in self.landmarks for name in names)

    def at(self, name: str) -> Point:
        """A landmark's place."""
        return self.landmarks[name].at

    def sure(self, *names: str) -> bool:
        """Whether every landmark is sure."""
        return all(self.landmarks[name].sure for name in names)

    def straight(self, code: str, a: str, b: str) -> list[Measure]:
        """From one landmark to another."""
        if not self.has(a, b):
            return []
        return _measure(code, self.at(a), self.at(b), sure=self.sure(a, b))

    def along_edge(self, code: str, a: str, b: str) -> list[Measure]:
        """Between two landmarks along the outline, straight when that strays."""
        if not self.has(a, b):
            return []
        start, end = self.at(a), self.at(b)
        length = edge_length(self.mask, start, end)
        return _measure(code, start, end, px=length, sure=self.sure(a, b))


def measure(outline: Outline, family: Family, landmarks: Mapping[str, Landmark]) -> list[Measure]:
    """The family's points of measure whose landmarks are known; lengths in photo pixels.

    A row is sure when each landmark it rests on is. Never raises; nothing known gives
    an empty list.
    """
    box = bounding_box(outline.mask)
    if not landmarks or min(box[2:]) < 2:
        return []
    return RECIPES[family](Lines(outline.mask, landmarks))


def _measure(
    code: str, start: Point, end: Point, *, sure: bool, px: float | None = None
) -> list[Measure]:
    length = math.dist(start, end) if px is None else px
    if length < 1.0:
        return []
    spread = SPREAD[code] + (0.0 if sure else GUESSED)
    return [Measure(code, start, end, length, sure, spread)]


# -- upper body --------------------------------------------------------------------------


def _top(lines: Lines) -> list[Measure]:
    return [
        *lines.straight("A01", "chest_left", "chest_right"),
        *lines.straight("A02", "waist_left", "waist_right"),
        *lines.straight("A03", "hem_left", "hem_right"),
        *_length(lines, "A04"),
        *_shoulders_and_sleeves(lines),
        *_neck(lines),
    ]


def _dress(lines: Lines) -> list[Measure]:
    return [
        *lines.straight("C10", "chest_left", "chest_right"),
        *lines.straight("C12", "waist_left", "waist_right"),
        *lines.straight("C14", "hip_left", "hip_right"),
        *_length(lines, "C15"),
        *_hem_curve(lines, "C16"),
        *[m for m in _shoulders_and_sleeves(lines) if m.code in {"A06", "A13", "A17"}],
        *_neck(lines),
    ]


def _down(lines: Lines) -> Point:
    """The direction of centre front, down the product."""
    names = ("hps_left", "hps_right", "hem_left", "hem_right")
    if not lines.has(*names):
        return 0.0, 1.0
    a, b, c, d = (lines.at(n) for n in names)
    x, y = (c[0] + d[0] - a[0] - b[0]) / 2, (c[1] + d[1] - a[1] - b[1]) / 2
    length = math.hypot(x, y)
    return (x / length, y / length) if length > 1 else (0.0, 1.0)


def _length(lines: Lines, code: str) -> list[Measure]:
    """HPS straight down to the hem, parallel to centre front."""
    if not lines.has("hps_right", "hem_left", "hem_right", "hem_centre"):
        return []
    hem = (lines.at("hem_left"), lines.at("hem_centre"), lines.at("hem_right"))
    down, start = _down(lines), lines.at("hps_right")
    end = meet(start, down, hem)
    if end is None:
        return []
    end = last_on(lines.mask, start, end)
    return _measure(code, start, end, sure=lines.sure("hps_right", "hem_centre"))


def _shoulders_and_sleeves(lines: Lines) -> list[Measure]:
    rows = lines.straight("A06", "shoulder_left", "shoulder_right")
    if not lines.has("cuff_top_left") and not lines.has("cuff_top_right"):
        return rows if lines.has("shoulder_left") else []
    side = _better_side(lines)
    rows += lines.straight("A11", f"shoulder_{side}", f"armpit_{side}")
    rows += _sleeve(lines, side)
    rows += _bicep(lines, side)
    rows += lines.straight("A17", f"cuff_top_{side}", f"cuff_bottom_{side}")
    return rows


def _sleeve(lines: Lines, side: str) -> list[Measure]:
    """Shoulder to cuff along the upper fold; by way of the elbow where it is folded over."""
    shoulder, elbow, cuff = f"shoulder_{side}", f"elbow_{side}", f"cuff_top_{side}"
    if not lines.has(shoulder, elbow, cuff):
        return lines.along_edge("A13", shoulder, cuff)
    a, b, c = lines.at(shoulder), lines.at(elbow), lines.at(cuff)
    px = math.dist(a, b) + math.dist(b, c)
    return _measure("A13", a, c, px=px, sure=lines.sure(shoulder, cuff))


def _better_side(lines: Lines) -> str:
    """The sleeve with more sure points; the one at the left when they tie."""
    parts = ("shoulder", "armpit", "cuff_top", "cuff_bottom")
    score = {
        side: sum(lines.has(f"{part}_{side}") and lines.sure(f"{part}_{side}") for part in parts)
        + lines.has(f"cuff_top_{side}")
        for side in ("left", "right")
    }
    return "right" if score["right"] > score["left"] else "left"


def _bicep(lines: Lines, side: str) -> list[Measure]:
    """Square to the upper fold, a little below the underarm."""
    names = tuple(f"{p}_{side}" for p in ("shoulder", "armpit", "cuff_top", "cuff_bottom"))
    if not lines.has(*names, "hps_right", "hem_centre"):
        return []
    shoulder, armpit, cuff, under = (lines.at(n) for n in names)
    if lines.has(f"elbow_{side}"):
        cuff = lines.at(f"elbow_{side}")
        under = armpit[0] + cuff[0] - shoulder[0], armpit[1] + cuff[1] - shoulder[1]
    body = math.dist(lines.at("hps_right"), lines.at("hem_centre"))
    seam = max(math.dist(armpit, under), 1.0)
    share = min(CHEST_BELOW * body / seam, 0.5)
    start = (
        armpit[0] + share * (under[0] - armpit[0]),
        armpit[1] + share * (under[1] - armpit[1]),
    )
    fold = max(math.dist(shoulder, cuff), 1.0)
    along = (cuff[0] - shoulder[0]) / fold, (cuff[1] - shoulder[1]) / fold
    square = (along[1], -along[0])
    if (shoulder[0] - armpit[0]) * square[0] + (shoulder[1] - armpit[1]) * square[1] < 0:
        square = -square[0], -square[1]
    span = walk(lines.mask, start, square, 1.6 * math.dist(shoulder, armpit))
    if span is None:
        return []
    return _measure("A15", *span, sure=lines.sure(*names))


def _neck(lines: Lines) -> list[Measure]:
    rows = lines.straight("A18", "hps_left", "hps_right")
    if not lines.has("hps_left", "hps_right", "neck_front"):
        return rows
    a, b, front = lines.at("hps_left"), lines.at("hps_right"), lines.at("neck_front")
    down = _down(lines)
    centre = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    drop = (front[0] - centre[0]) * down[0] + (front[1] - centre[1]) * down[1]
    start = front[0] - drop * down[0], front[1] - drop * down[1]
    if drop <= 0:
        return rows
    sure = lines.sure("hps_left", "hps_right", "neck_front")
    return rows + _measure("A19", start, front, sure=sure)


def _hem_curve(lines: Lines, code: str) -> list[Measure]:
    """From corner to corner along the hem, through its lowest middle."""
    if not lines.has("hem_left", "hem_right", "hem_centre"):
        return []
    a, b, c = lines.at("hem_left"), lines.at("hem_right"), lines.at("hem_centre")
    px = arc_length(a, c, b)
    return _measure(code, a, b, px=px, sure=lines.sure("hem_left", "hem_right"))


# -- lower body --------------------------------------------------------------------------


def _trousers(lines: Lines) -> list[Measure]:
    return [
        *lines.straight("B01", "waist_left", "waist_right"),
        *lines.straight("B05", "hip_left", "hip_right"),
        *lines.straight("B06", "waist_centre", "crotch"),
        *lines.straight("B08", "thigh_left", "thigh_right"),
        *lines.straight("B09", "knee_left", "knee_right"),
        *lines.straight("B10", "leg_outer_left", "leg_inner_left"),
        *lines.straight("B11", "crotch", "leg_inner_left"),
        *lines.along_edge("B12", "waist_left", "leg_outer_left"),
    ]


def _skirt(lines: Lines) -> list[Measure]:
    rows = [
        *lines.straight("B01", "waist_left", "waist_right"),
        *lines.straight("B05", "hip_left", "hip_right"),
    ]
    if lines.has("waist_left", "waist_right", "hem_centre"):
        a, b = lines.at("waist_left"), lines.at("waist_right")
        top, hem = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), lines.at("hem_centre")
        sure = lines.sure("waist_left", "waist_right", "hem_centre")
        rows += _measure("C01", _edge_above(lines.mask, top, hem), hem, sure=sure)
    return rows + _hem_curve(lines, "C02")


def _edge_above(mask: Mask, top: Point, hem: Point) -> Point:
    """The upper edge on the line from the hem to the middle of the waist."""
    length = max(math.dist(top, hem), 1.0)
    up = (top[0] - hem[0]) / length, (top[1] - hem[1]) / length
    inside = hem[0] + 0.5 * length * up[0], hem[1] + 0.5 * length * up[1]
    span = walk(mask, inside, up, 0.62 * length)
    return span[1] if span and math.dist(span[1], top) < 0.1 * length else top


# -- shoes, bags, objects ----------------------------------------------------------------


def _footwear(lines: Lines) -> list[Measure]:
    names = ("heel", "toe", "topline_back", "sole_left")
    if not lines.has(*names) or not lines.sure("heel", "toe"):
        return _overall(lines, None)
    heel, toe, back = lines.at("heel"), lines.at("toe"), lines.at("topline_back")
    floor = lines.at("sole_left")[1]
    level = (heel[1] + toe[1]) / 2
    rows = _measure("F04", (heel[0], level), (toe[0], level), sure=True)
    sure = lines.sure("topline_back", "sole_left")
    return rows + _measure("F08", (back[0], floor), back, sure=sure)


def _bag(lines: Lines) -> list[Measure]:
    rows: list[Measure] = []
    if lines.has("left", "right"):
        a, b = lines.at("left"), lines.at("right")
        level = (a[1] + b[1]) / 2
        rows += _measure("G01", (a[0], level), (b[0], level), sure=lines.sure("left", "right"))
    rows += lines.straight("G02", "bottom", "body_top")
    if lines.has("handle_top", "body_top"):
        handle, top = lines.at("handle_top"), lines.at("body_top")
        sure = lines.sure("handle_top", "body_top")
        rows += _measure("G04", (handle[0], top[1]), handle, sure=sure)
    return rows


def _object(lines: Lines) -> list[Measure]:
    names = ("left", "right", "top", "bottom")
    if not lines.has(*names):
        return _overall(lines, None)
    return _overall(lines, tuple(lines.at(n) for n in names), sure=lines.sure(*names), slender=True)


def _overall(
    lines: Lines, ends: tuple[Point, ...] | None, *, sure: bool = True, slender: bool = False
) -> list[Measure]:
    """Overall width and height, each drawn across the product's middle."""
    if ends is None:
        x, y, width, height = bounding_box(largest_part(lines.mask, rel=0.1))
        ends = (
            (x - 0.5, y + height / 2),
            (x + width - 0.5, y + height / 2),
            (x + width / 2, y - 0.5),
            (x + width / 2, y + height - 0.5),
        )
    left, right, top, bottom = ends
    down = _long_direction(lines.mask) if slender else (0.0, 1.0)
    across = down[1], -down[0]
    rows = _span("Z01W", left, right, across, sure=sure)
    return rows + _span("Z01H", top, bottom, down, sure=sure)


def _long_direction(mask: Mask) -> Point:
    """Down the product, as the landmarks of objects take it."""
    found, _ = cv2.findContours(
        largest_part(mask, rel=0.1).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    return long_direction(np.concatenate([c[:, 0] for c in found]).astype(np.float64))


def _span(code: str, a: Point, b: Point, along: Point, *, sure: bool) -> list[Measure]:
    """The distance along a direction, drawn through the middle between both ends."""
    far = (b[0] - a[0]) * along[0] + (b[1] - a[1]) * along[1]
    cx, cy = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    start = cx - far / 2 * along[0], cy - far / 2 * along[1]
    end = cx + far / 2 * along[0], cy + far / 2 * along[1]
    return _measure(code, start, end, px=abs(far), sure=sure)


RECIPES: Mapping[Family, Callable[[Lines], list[Measure]]] = {
    "top": _top,
    "dress": _dress,
    "trousers": _trousers,
    "skirt": _skirt,
    "footwear": _footwear,
    "bag": _bag,
    "object": _object,
}
