"""Template lines of tops and dresses: neck, armholes, placket, cuffs, hem."""

from __future__ import annotations

import numpy as np

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Points
from generation.providers.studio.sketch import bands
from generation.providers.studio.sketch.lines import (
    Sheet,
    arc,
    bowed,
    clipped,
    flip,
    inset,
)

_ARMHOLE_BOWS = (0.02, 0.05, 0.08, 0.11, 0.14, 0.17)  # shares of the shoulder–armpit chord


def draw(sheet: Sheet) -> None:
    """Add every line of a top that its landmarks allow."""
    neck(sheet)
    armholes(sheet)
    placket(sheet)
    for side in ("left", "right"):
        bands.cuff(sheet, side)
        if sheet.frame.symmetric:
            break
    bands.hem(sheet)


def armholes(sheet: Sheet) -> None:
    """The seam from shoulder to armpit; on a sleeveless top the stitch along its edge."""
    shoulders, armpits = sheet.both("shoulder"), sheet.both("armpit")
    if shoulders is None or armpits is None:
        return
    has_sleeves = sheet.both("cuff_top") is not None
    for i, sign in enumerate((-1, 1)):
        if i == 0 and sheet.frame.symmetric:
            continue
        if has_sleeves:
            line = _armhole(sheet, shoulders[i], armpits[i], sign)
            sheet.draw(line, "armhole seam", mirrored=sheet.frame.symmetric)
        else:
            edge = arc(sheet.ring.points, shoulders[i], armpits[i])
            if 8 < len(edge) < 0.3 * len(sheet.ring.points):
                line = clipped(inset(edge, sheet.distance, 15), sheet.distance)
                sheet.draw(line, "armhole stitch", mirrored=sheet.frame.symmetric)


def _armhole(sheet: Sheet, shoulder: Points, armpit: Points, sign: int) -> Points:
    """The best supported of some usual armhole curves, else the middle one."""
    chord = float(np.linalg.norm(armpit - shoulder))
    best, best_score = None, 0.0
    for bow in _ARMHOLE_BOWS:
        for slide in (-0.08, 0.0, 0.08):
            top = shoulder + np.array([sign * slide * chord, 0.0])
            line = _scye(top, armpit, sign * bow * chord)
            score = sheet.belief(line)
            if score > best_score:
                best, best_score = line, score
    line = best if best is not None else _scye(shoulder, armpit, sign * 0.07 * chord)
    return clipped(_to_edge(line, sheet), sheet.distance, 0.0)


def _scye(shoulder: Points, armpit: Points, bow: float) -> Points:
    """A cubic that leaves the shoulder steeply, stands inwards, and turns out to the armpit."""
    drop = armpit[1] - shoulder[1]
    first = shoulder + np.array([-bow * 1.1, drop * 0.42])
    second = armpit + np.array([-bow * 2.0 - np.sign(bow) * 0.06 * abs(drop), -drop * 0.22])
    return bezier.evaluate(np.array([shoulder, first, second, armpit]), np.linspace(0, 1, 48))


def _to_edge(line: Points, sheet: Sheet) -> Points:
    """The first point moved onto the outline, so that the seam meets the shoulder."""
    ring = sheet.ring.points
    nearest = ring[int(np.linalg.norm(ring - line[0], axis=1).argmin())]
    if np.linalg.norm(nearest - line[0]) > 40:
        return line
    fade = np.linspace(1, 0, len(line))[:, None] ** 2
    return line + fade * (nearest - line[0])


def neck(sheet: Sheet) -> None:
    """Collar or hood seam where the neck rises, front neckline and band where it dips."""
    high = sheet.both("hps")
    if high is None:
        return
    axis = (high[0][0] + high[1][0]) / 2
    top = _top_at(sheet, axis)
    base = _collar_base(sheet)
    if base is not None:
        _collar_seam(sheet, *base)
        return
    dip = top - (high[0][1] + high[1][1]) / 2
    front = _front_neckline(sheet, high[0], high[1], dip)
    if front is not None:
        sheet.draw_curves(bezier.fit(front, 2.0), "front neckline", "seam")
        below = front[2:-2] + np.array([0, 20.0])
        if sheet.sees(below):
            sheet.draw(clipped(below, sheet.distance), "neckband")
        return
    if dip > 14:
        _neckband(sheet, high[0], high[1])


def _top_at(sheet: Sheet, x: float) -> float:
    column = sheet.distance[:, int(np.clip(round(x), 0, sheet.distance.shape[1] - 1))] > 0
    return float(column.argmax()) if column.any() else sheet.box[1]


def _collar_base(sheet: Sheet) -> tuple[Points, Points] | None:
    """Where a collar or hood meets the shoulders: the deepest bay between top and shoulder."""
    shoulders = sheet.both("shoulder")
    if shoulders is None:
        return None
    left, _top, right, _ = sheet.box
    axis = sheet.frame.axis_x if sheet.frame.symmetric else (left + right) / 2
    found = []
    for shoulder, sign in zip(shoulders, (-1, 1), strict=True):
        crown = np.array([axis, _top_at(sheet, axis)])
        edge = arc(sheet.ring.points, crown, shoulder)
        # From the highest point outwards: a scooped neck first climbs to it.
        edge = edge[int(edge[:, 1].argmin()) :]
        if len(edge) < 12:
            return None
        chord = edge[-1] - edge[0]
        across = np.array([chord[1], -chord[0]]) / (np.linalg.norm(chord) + 1e-9)
        depth = (edge - edge[0]) @ across * -sign
        i = int(depth.argmax())
        rise = edge[i][1] - edge[0][1]
        if depth[i] < 7 or rise < 0.022 * sheet.height or abs(edge[i][0] - axis) < 20:
            return None
        found.append(edge[i])
    if sheet.frame.symmetric:
        found[1] = (found[1] + flip(found[0], axis)) / 2
        found[0] = flip(found[1], axis)
    return found[0], found[1]


def _collar_seam(sheet: Sheet, left: Points, right: Points) -> None:
    rise = (left[1] + right[1]) / 2 - sheet.box[1]
    label = "hood seam" if rise > 0.1 * sheet.height else "collar seam"
    best, best_score = bowed(right, left, -0.035 * sheet.height), 0.0
    for sag in np.arange(-0.01, 0.14, 0.008) * sheet.height:
        for line in (bowed(right, left, -sag), _vee(right, left, sag)):
            score = sheet.belief(line[2:-2])
            if score > best_score:
                best, best_score = line, score
    sheet.draw(best, label)


def _vee(right: Points, left: Points, sag: float) -> Points:
    tip = (left + right) / 2 + np.array([0.0, sag])
    steps = np.linspace(0, 1, 24)[:, None]
    return np.vstack([right + (tip - right) * steps, (tip + (left - tip) * steps)[1:]])


def _front_neckline(sheet: Sheet, left: Points, right: Points, dip: float) -> Points | None:
    """The front edge below the back neck, when the photo shows the inside back."""
    best, best_score = None, 0.56
    start = max(dip, 0.0) + 16
    for sag in np.arange(start, 0.3 * sheet.height, 5.0):
        for line in (_scoop(right, left, sag), _vee(right, left, sag)):
            score = sheet.belief(line[3:-3])
            if score > best_score:
                best, best_score = line, score
    return best


def _scoop(right: Points, left: Points, sag: float) -> Points:
    """A neckline: steep at the shoulders, level at the middle."""
    down = np.array([0.0, sag * 1.33])
    curve = np.array([right, right + down - [0.1 * (right[0] - left[0]), 0],
                      left + down + [0.1 * (right[0] - left[0]), 0], left])  # fmt: skip
    return bezier.evaluate(curve, np.linspace(0, 1, 56))


def _neckband(sheet: Sheet, left: Points, right: Points) -> None:
    """A line parallel to the dipped neckline, at the band width the photo shows best."""
    edge = arc(sheet.ring.points, left, right)
    if len(edge) < 12 or len(edge) > 0.4 * len(sheet.ring.points):
        return
    best, best_score = None, 0.0
    for width in range(12, 46, 3):
        line = clipped(inset(edge, sheet.distance, width), sheet.distance)
        score = sheet.belief(line)
        if score > best_score:
            best, best_score = line, score
    if best is None:
        best = clipped(inset(edge, sheet.distance, 20), sheet.distance)
    sheet.draw(best, "neckband")


def placket(sheet: Sheet) -> None:
    """The longest upright line near the middle, and its partner when there are two."""
    left, top, right, bottom = sheet.box
    axis = sheet.frame.axis_x if sheet.frame.symmetric else (left + right) / 2
    width = right - left
    runs = []
    for x in np.arange(axis - 0.16 * width, axis + 0.16 * width, 2.0):
        run = _upright_run(sheet, x, top, bottom)
        # A front opens at the neck; an upright line that starts lower is a fold or a print.
        if run is not None and run[1] < top + (0.2 if sheet.printed else 0.3) * (bottom - top):
            runs.append(run)
    runs.sort(key=lambda run: -run[2] * run[3])
    kept: list[tuple[float, float, float, float]] = []
    for run in runs:
        beside = all(9 < abs(run[0] - k[0]) < 70 and run[2] > 0.6 * k[2] for k in kept)
        if len(kept) < 2 and beside:
            kept.append(run)
    if len(kept) == 1 and abs(kept[0][0] - axis) > 14 and kept[0][2] < 0.3 * sheet.height:
        return
    _draw_uprights(sheet, kept, axis)


def _draw_uprights(
    sheet: Sheet, runs: list[tuple[float, float, float, float]], axis: float
) -> None:
    if sheet.frame.symmetric and len(runs) == 1 and abs(runs[0][0] - axis) < 14:
        runs = [(axis, *runs[0][1:])]
    tops, ends = [r[1] for r in runs], [r[1] + r[2] for r in runs]
    for x, y, length, _ in runs:
        y0, y1 = (min(tops), max(ends)) if len(runs) == 2 else (y, y + length)
        curve = bezier.line(np.array([x, y0]), np.array([x, y1]))
        sheet.draw_curves([curve], "placket" if len(runs) == 2 else "front opening", "seam")
    if len(runs) == 2 and max(ends) < sheet.box[1] + 0.7 * sheet.height:
        low = max(ends)
        curve = bezier.line(np.array([runs[0][0], low]), np.array([runs[1][0], low]))
        sheet.draw_curves([curve], "placket end", "seam")


def _upright_run(
    sheet: Sheet, x: float, top: float, bottom: float
) -> tuple[float, float, float, float] | None:
    """x, first y, length and share seen of the longest seen stretch of an upright line."""
    ev = sheet.evidence
    column = round(x)
    if not 4 <= column < ev.strength.shape[1] - 4:
        return None
    rows = slice(int(top), int(bottom))
    band = slice(column - 3, column + 4)
    aligned = np.abs(ev.across_x[rows, band]) > 0.9
    seen = np.any((ev.strength[rows, band] > 1.0) & aligned, axis=1).reshape(-1)
    best = None
    start, last = None, -99
    for y in np.nonzero(seen)[0]:
        if start is None or y - last > 22:
            start = int(y)
        last = int(y)
        length = last - start + 1
        share = float(seen[start : last + 1].mean())
        if share > 0.72 and length > 0.12 * sheet.height and (best is None or length > best[2]):
            best = (float(x), top + start, float(length), share)
    if best is None:
        return None
    line = np.stack([np.full(40, x), np.linspace(best[1], best[1] + best[2], 40)], axis=1)
    return best if ev.stands_out(line) > (0.5 if sheet.printed else 0.3) else None
