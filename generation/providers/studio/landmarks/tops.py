"""Landmarks of tops and dresses."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from generation.providers.studio.landmarks.corners import cut_off
from generation.providers.studio.landmarks.neck import (
    Neck,
    find_front_neck,
    find_neck,
    find_straps,
)
from generation.providers.studio.landmarks.sleeves import (
    Bay,
    Sleeve,
    armhole_top,
    find_bay,
    find_shoulder,
    find_sleeve,
    find_underarm,
    fold_sleeve,
    is_folded,
)
from generation.providers.studio.landmarks.upright import (
    Finding,
    Upright,
    contour_of,
    distance,
    farthest,
)
from generation.providers.studio.silhouette import Mask

ARMPIT_AT = 0.37  # of the body length below HPS, for armpits that a sleeve hides
HIDDEN_FROM = 1.45  # a bay this many times deeper than that is not the armpit
CHEST_BELOW = 0.035  # 2.5 cm of a 70 cm body, below the underarm; no scale is known here
FLARE = 1.3  # hem over chest; no sleeveless top flares more
WAIST_AT = 0.60  # of the length from HPS where a straight body has its waist
DRESS_WAIST_AT = 0.42
HIP_BELOW = 0.5  # of the distance HPS to waist, below the waist: 20 cm of 40
SIDES = ((-1, "left"), (1, "right"))


def find_top(finding: Finding) -> None:
    """Landmarks of T-shirts, shirts, hoodies, jackets and tank tops."""
    _find_upper(finding, dress=False)


def find_dress(finding: Finding) -> None:
    """As for tops, with a hip line."""
    _find_upper(finding, dress=True)


def _find_upper(finding: Finding, *, dress: bool) -> None:
    finding.frame = frame = without_hook(finding.frame)
    axis = frame.axis
    bays = _bays(finding, axis)
    free: float | None = None
    if bays is not None:
        axis = _body_axis(frame, axis, bays)
        _with_sleeves(finding, axis, bays, dress=dress)
        free = max(bay.at[1] for bay in bays.values())
    else:
        _without_sleeves(finding, axis)
    _below_the_arms(finding, axis, free, dress=dress)


def without_hook(frame: Upright) -> Upright:
    """The frame without a hanger's hook: a thin piece on top near the axis."""
    _, y0, width, height = frame.box
    size = max(3, round(0.03 * width)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    solid = cv2.morphologyEx(frame.mask.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    thin = frame.mask & ~solid
    count, labels, stats, centres = cv2.connectedComponentsWithStats(thin.astype(np.uint8))
    hooks = [
        i
        for i in range(1, count)
        if abs(centres[i][0] - frame.axis) < 0.15 * width
        and stats[i, cv2.CC_STAT_TOP] < y0 + 0.06 * height
        and stats[i, cv2.CC_STAT_TOP] + stats[i, cv2.CC_STAT_HEIGHT] < y0 + 0.3 * height
        and stats[i, cv2.CC_STAT_AREA] < 0.02 * frame.mask.sum()
    ]
    if not hooks:
        return frame
    hook = np.zeros(count, bool)
    hook[hooks] = True
    return replace(frame, mask=frame.mask & ~hook[labels])


def _bays(finding: Finding, axis: float) -> dict[str, Bay] | None:
    """The bay under each sleeve, or None for a product without; one may mirror the other."""
    frame = finding.frame
    found: dict[str, Bay] = {}
    for side, name in SIDES:
        by_hand = finding.by_hand.get(f"armpit_{name}")
        bay = find_bay(frame, axis, side)
        if bay and not by_hand and not find_sleeve(frame, axis, side, bay.at, bay.at):
            bay = None
        if bay is None and by_hand:
            bay = Bay(by_hand, True)
        if bay:
            found[name] = bay
    if not found:
        return None
    if len(found) == 1:
        ((name, bay),) = found.items()
        other = "right" if name == "left" else "left"
        found[other] = Bay((2 * axis - bay.at[0], bay.at[1]), False)
    heights = [bay.at[1] for bay in found.values()]
    if abs(heights[0] - heights[1]) > 0.09 * frame.box[3]:
        lower = max(found, key=lambda n: found[n].at[1])
        found[lower] = Bay(found[lower].at, False)
    return found


def _body_axis(frame: Upright, axis: float, bays: dict[str, Bay]) -> float:
    """The middle of the body below the bays, for products whose sleeves differ."""
    top = max(bay.at[1] for bay in bays.values())
    bottom = frame.bottom_at(axis)
    if bottom is None or bottom - top < 8:
        return axis
    middles = []
    for y in np.linspace(top + 0.15 * (bottom - top), bottom - 0.2 * (bottom - top), 15):
        run = frame.central_run(float(y), axis)
        if run:
            middles.append((run[0] + run[1]) / 2)
    if not middles:
        return axis
    centre = float(np.median(middles))
    return centre if abs(centre - axis) < 0.06 * frame.box[2] else axis


def _with_sleeves(finding: Finding, axis: float, bays: dict[str, Bay], *, dress: bool) -> None:
    frame = finding.frame
    half = abs(bays["right"].at[0] - bays["left"].at[0]) / 2
    neck = find_neck(frame, axis, half)
    _put_neck(finding, axis, neck)
    level = (finding.points["hps_left"][1] + finding.points["hps_right"][1]) / 2
    bottom = frame.bottom_at(axis)
    length = max((bottom if bottom is not None else frame.mask.shape[0]) - level, 8.0)
    depth = half if dress else (half + ARMPIT_AT * length) / 2
    sleeves: dict[str, Sleeve] = {}
    for side, name in SIDES:
        bay = bays[name]
        hidden = bay.at[1] - level > HIDDEN_FROM * depth
        armpit = (bay.at[0], level + depth) if hidden else bay.at
        armpit = finding.put(f"armpit_{name}", armpit, sure=bay.clear and not hidden)
        sleeve = find_sleeve(frame, axis, side, armpit, bay.at if hidden else armpit)
        if sleeve and hidden and is_folded(sleeve, side, bay.at, length, hooded=neck.hood):
            sleeve = fold_sleeve(sleeve, side, armpit, bay.at, length)
        if sleeve:
            sleeves[name] = sleeve
            _put_cuff(finding, name, sleeve)
        _put_shoulder(finding, axis, side, name)
    _compare_sleeves(finding)
    _cut_body_free(finding, sleeves)


def _put_cuff(finding: Finding, name: str, sleeve: Sleeve) -> None:
    sure = sleeve.sure and finding.sure[f"armpit_{name}"]
    finding.put(f"cuff_top_{name}", sleeve.cuff_top, sure=sure)
    finding.put(f"cuff_bottom_{name}", sleeve.cuff_bottom, sure=sure)
    if sleeve.elbow:
        finding.put(f"elbow_{name}", sleeve.elbow, sure=False)


def _put_neck(finding: Finding, axis: float, neck: Neck) -> None:
    left = finding.put("hps_left", neck.left, sure=neck.sure)
    right = finding.put("hps_right", neck.right, sure=neck.sure)
    placed = replace(neck, left=left, right=right)
    point, sure = find_front_neck(finding.frame, axis, placed)
    finding.put("neck_front", point, sure=sure)


def _put_shoulder(finding: Finding, axis: float, side: int, name: str) -> None:
    frame = finding.frame
    armpit = finding.points[f"armpit_{name}"]
    cuff = finding.get(f"elbow_{name}") or finding.get(f"cuff_top_{name}")
    if cuff is None:
        finding.put(f"shoulder_{name}", armhole_top(frame, axis, armpit), sure=False)
        return
    hps = finding.points[f"hps_{name}"]
    point, sure = find_shoulder(frame, axis, side, hps, armpit, cuff)
    sure = sure and finding.sure[f"armpit_{name}"]
    finding.put(f"shoulder_{name}", point, sure=sure)


def _compare_sleeves(finding: Finding) -> None:
    """Two sleeves that differ by more than an eighth are both guesses."""
    lengths = []
    for _, name in SIDES:
        start, end = finding.get(f"shoulder_{name}"), finding.get(f"cuff_top_{name}")
        if start and end:
            lengths.append(distance(start, end))
    if len(lengths) == 2 and min(lengths) < 0.87 * max(lengths):
        for _, name in SIDES:
            finding.doubt(f"cuff_top_{name}", f"cuff_bottom_{name}", f"shoulder_{name}")


def _cut_body_free(finding: Finding, sleeves: dict[str, Sleeve]) -> None:
    """Take the sleeves off the frame, so that rows below see the body only."""
    mask = finding.frame.mask.copy()
    for name in sleeves:
        armpit = finding.points[f"armpit_{name}"]
        piece = sleeves[name].piece
        rows = np.arange(mask.shape[0])[:, None]
        mask &= ~(piece & (rows > armpit[1] - 2))  # above, the row of the chest is whole
    if mask.sum() > 0.3 * finding.frame.mask.sum():
        finding.frame = replace(finding.frame, mask=mask)


def _without_sleeves(finding: Finding, axis: float) -> None:
    """Straps or a sleeveless body; also a body whose sleeves cannot be told apart."""
    frame = finding.frame
    _, y0, _, height = frame.box
    straps = find_straps(frame, axis)
    contour = frame.contour
    upper = contour[contour[:, 1] < y0 + 0.22 * height]
    upper = upper if len(upper) else contour
    if straps:
        outer = {"left": straps[0].outer, "right": straps[1].outer}
        neck = Neck(straps[0].inner, straps[1].inner, True, False)
    else:
        outer = {name: farthest(upper, (0.9 * side, -1.0)) for side, name in SIDES}
        across = max(outer["right"][0] - outer["left"][0], 8.0)
        neck = find_neck(frame, axis, 0.55 * across)
    _put_neck(finding, axis, neck)
    across = max(outer["right"][0] - outer["left"][0], 8.0)
    for side, name in SIDES:
        shoulder = finding.put(f"shoulder_{name}", outer[name], sure=straps is not None)
        point, sure = find_underarm(frame, side, shoulder, across, 0.55 * across)
        finding.put(f"armpit_{name}", point, sure=sure)


def _below_the_arms(finding: Finding, axis: float, free: float | None, *, dress: bool) -> None:
    """Chest, waist, hip and hem; rows under ``free`` are clear of any sleeve."""
    frame = finding.frame
    arm = (finding.points["armpit_left"][1] + finding.points["armpit_right"][1]) / 2
    neck = min(finding.points["hps_left"][1], finding.points["hps_right"][1])
    known = finding.sure["armpit_left"] and finding.sure["armpit_right"]
    _put_hem(finding, axis, arm)
    if free is None and not known:
        finding.doubt("hem_left", "hem_right")
    bottom = finding.points["hem_centre"][1]
    length = max(bottom - neck, 4.0)
    _put_chest(finding, arm + CHEST_BELOW * length, axis, sure=known)
    waist, distinct = _waist_row(frame, axis, (neck, arm, bottom), free or arm, dress=dress)
    seen = known or (free is not None and waist > free)
    _put_row(finding, "waist", waist, axis, sure=seen and (distinct or not dress))
    if free is None and not dress:
        _doubt_hidden_sleeves(finding)
    if dress:
        waist = (finding.points["waist_left"][1] + finding.points["waist_right"][1]) / 2
        hip = waist + HIP_BELOW * (waist - neck)
        within = seen and hip < bottom - 0.04 * length
        _put_row(finding, "hip", min(hip, bottom - 0.08 * length), axis, sure=within)


def _doubt_hidden_sleeves(finding: Finding) -> None:
    """A "sleeveless" body much wider below than at the chest has sleeves lying on it."""
    at = finding.points
    chest = at["chest_right"][0] - at["chest_left"][0]
    hem = at["hem_right"][0] - at["hem_left"][0]
    if hem > FLARE * chest:
        for part in ("armpit", "chest", "waist", "hem"):
            finding.doubt(f"{part}_left", f"{part}_right")


def _put_chest(finding: Finding, y: float, axis: float, *, sure: bool) -> None:
    """The chest's ends; under a sleeve that hides the side, level with the armpit."""
    left, right = finding.points["armpit_left"], finding.points["armpit_right"]
    slack = 0.03 * (right[0] - left[0])
    row = finding.frame.mask[finding.frame.clip_y(y)]
    columns = np.flatnonzero(row)
    within = columns[(columns > left[0] - slack) & (columns < right[0] + slack)]
    start, end = (within[0] - 0.5, within[-1] + 0.5) if len(within) else (left[0], right[0])
    start = left[0] if start <= left[0] - slack + 1 else start
    end = right[0] if end >= right[0] + slack - 1 else end
    finding.put("chest_left", (float(start), y), sure=sure)
    finding.put("chest_right", (float(end), y), sure=sure)


def _body_run(frame: Upright, y: float, axis: float) -> tuple[int, int] | None:
    """The body's stretch on a row, across an open front where there is one."""
    run = frame.central_run(y, axis)
    if run is None or run[0] - 2 <= axis <= run[1] + 2:
        return run
    found = frame.row(y)
    before = [r for r in found if r[1] < axis]
    after = [r for r in found if r[0] > axis]
    if before and after and after[0][0] - before[-1][1] < 0.4 * frame.box[2]:
        return before[-1][0], after[0][1]
    return run


def _put_row(finding: Finding, name: str, y: float, axis: float, *, sure: bool) -> None:
    """Both ends of the body's width on a row."""
    run = _body_run(finding.frame, y, axis)
    if run is None:
        x0, _, width, _ = finding.frame.box
        run, sure = (x0, x0 + width - 1), False
    finding.put(f"{name}_left", (run[0] - 0.5, y), sure=sure)
    finding.put(f"{name}_right", (run[1] + 0.5, y), sure=sure)


def _waist_row(
    frame: Upright,
    axis: float,
    levels: tuple[float, float, float],
    free: float,
    *,
    dress: bool,
) -> tuple[float, bool]:
    """The narrowest row between arm and hip; the usual place when the body is straight.

    ``levels`` are the rows of neck, arm and hem; rows above ``free`` may hold a sleeve.
    """
    neck, arm, bottom = levels
    usual = neck + (DRESS_WAIST_AT if dress else WAIST_AT) * (bottom - neck)
    low = max(arm + 0.12 * (bottom - arm), free + 0.02 * (bottom - neck))
    high = bottom - (0.35 if dress else 0.25) * (bottom - arm)
    if high - low < 4:
        return min(max(usual, low), bottom - 1), False
    rows = np.arange(low, high, max((high - low) / 60, 0.5))
    found = [_body_run(frame, float(y), axis) for y in rows]
    widths = np.array([r[1] - r[0] if r else np.inf for r in found])
    best = int(widths.argmin())
    at_chest = _body_run(frame, arm + CHEST_BELOW * (bottom - neck), axis)
    chest = at_chest[1] - at_chest[0] if at_chest else float(widths[0])
    bounds = 0.97 * chest, (0.97 if dress else 0.99) * float(widths[-1])
    if 0 < best < len(rows) - 1 and widths[best] < min(bounds):
        return float(rows[best]), True
    return min(max(usual, low), high), False


def _put_hem(finding: Finding, axis: float, arm: float) -> None:
    """Hem corners and centre, on the body without its sleeves."""
    frame = finding.frame
    bottom = frame.bottom_at(axis)
    _, y0, width, height = frame.box
    floor = float(bottom if bottom is not None else y0 + height - 1)
    body = _body_piece(frame, axis, arm, floor)
    points = contour_of(body)
    points = points[points[:, 1] > (arm + floor) / 2] if len(points) else points
    sure = len(points) > 8
    for side, name in SIDES:
        corner = farthest(points, (side, 1.0)) if sure else (axis + side * 0.4 * width, floor)
        finding.put(f"hem_{name}", (corner[0] + 0.5 * side, corner[1]), sure=sure)
    left, right = finding.points["hem_left"], finding.points["hem_right"]
    if abs(left[1] - right[1]) > 0.1 * height:
        finding.doubt("hem_left", "hem_right")
    middle_x = (left[0] + right[0]) / 2
    under = frame.bottom_at(middle_x)
    finding.put("hem_centre", (middle_x, float(under if under is not None else floor) + 0.5))


def _body_piece(frame: Upright, axis: float, arm: float, floor: float) -> Mask:
    """Connected product below the armpits that holds the axis."""
    below = frame.mask.copy()
    below[: frame.clip_y(arm + 0.1 * (floor - arm))] = False
    seed_y = arm + 0.5 * (floor - arm)
    piece = cut_off(below, (), (axis, seed_y))
    return below if piece is None else piece
