"""Views for which there is no photo: the front's outline mirrored, and side templates.

A schematic has the front's height and nothing else measured; it says so in its note and
on its face. Its outline is drawn whole, every inner line as assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Curve, Points
from generation.providers.studio.shapes import Drawing, Family, Stroke

BACK_NOTE = "outline mirrored from front – no back photo"
SIDE_NOTE = "schematic side – no side photo; depths unknown"
_PAD = 40.0
_USUAL_SLEEVE = 0.55  # of the body length, where the front does not show where it ends
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_COMMAND = re.compile(r"([MCL])([^MCLZ]*)|(Z)")


def mirrored_back(drawing: Drawing) -> Drawing:
    """The outline seen from behind: mirrored, without inner lines or neckline depth."""
    strokes = tuple(
        Stroke(_mirrored_path(stroke.d, drawing.width), stroke.kind, stroke.label)
        for stroke in drawing.strokes
        if stroke.kind == "outline"
    )
    (a, b, c), (d, e, f) = drawing.to_view
    return replace(
        drawing,
        strokes=strokes,
        to_view=((-a, -b, drawing.width - c), (d, e, f)),
        assumed=("back outline",),
        note=BACK_NOTE,
        texts=(),
    )


def side(family: Family, drawing: Drawing) -> Drawing:
    """A labelled side view from the family's template, as tall as the front drawing."""
    parts = side_parts(family, _front(drawing))
    points = np.vstack([bezier.sample(curves) for _, curves, _ in parts])
    low, high = points.min(axis=0), points.max(axis=0)
    shift = np.array([_PAD, _PAD]) - low
    strokes = []
    for kind, curves, label in parts:
        moved = [curve + shift for curve in curves]
        d = bezier.path_data(moved, closed=kind == "outline")
        strokes.append(Stroke(d, kind, label))  # type: ignore[arg-type]
    size = high - low + 2 * _PAD
    inner = dict.fromkeys(label for kind, _, label in parts if kind == "assumed")
    return Drawing(
        width=float(np.ceil(size[0])),
        height=float(np.ceil(size[1])),
        strokes=tuple(strokes),
        to_view=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        symmetrised=False,
        assumed=("depth", *inner),
        note=SIDE_NOTE,
        texts=((round(float(size[0] / 2), 1), round(float(size[1] - 8), 1), "SCHEMATIC"),),
    )


def side_parts(family: Family, front: Front) -> list[Part]:
    """The family's template in profile: kind of line, joined curves, label."""
    return _TEMPLATES[family](front)


@dataclass(frozen=True)
class Front:
    """What a front drawing tells about the side: its size, and how long a sleeve is."""

    width: float
    height: float
    sleeve: float  # length over height; 0 when the drawing has none


def _front(drawing: Drawing) -> Front:
    outline = _points(drawing, "outline", "")
    if len(outline) < 2:
        outline = np.array([[_PAD, _PAD], [drawing.width - _PAD, drawing.height - _PAD]])
    width, height = np.maximum(np.ptp(outline, axis=0), 1.0)
    seam, cuff = _points(drawing, "", "armhole seam"), _points(drawing, "", "cuff")
    bare = len(_points(drawing, "", "armhole stitch")) > 0
    sleeve = 0.0 if bare else _USUAL_SLEEVE
    if len(seam) and len(cuff):
        # Both are drawn on either side; the right half is enough.
        middle = outline[:, 0].mean()
        seam, cuff = (
            p[p[:, 0] >= middle] if (p[:, 0] >= middle).any() else p for p in (seam, cuff)
        )
        shoulder = seam[int(seam[:, 1].argmin())]
        sleeve = float(np.linalg.norm(cuff.mean(axis=0) - shoulder) / height)
    return Front(float(width), float(height), sleeve)


def _points(drawing: Drawing, kind: str, label: str) -> Points:
    numbers = [
        float(n)
        for stroke in drawing.strokes
        if stroke.kind.startswith(kind) and stroke.label.startswith(label)
        for n in _NUMBER.findall(stroke.d)
    ]
    return np.array(numbers, float).reshape(-1, 2)


def _mirrored_path(d: str, width: float) -> str:
    def turned(match: re.Match[str]) -> str:
        if match.group(3):
            return "Z"
        numbers = [float(n) for n in _NUMBER.findall(match.group(2))]
        pairs = zip(numbers[0::2], numbers[1::2], strict=True)
        return match.group(1) + " ".join(f"{width - x:.1f} {y:.1f}" for x, y in pairs)

    return _COMMAND.sub(turned, d)


Part = tuple[str, list[Curve], str]  # kind, joined curves, label


def _through(*stops: tuple[float, ...], closed: bool = False) -> list[Curve]:
    """Joined cubics: ``(x, y)`` is reached straight, ``(c1x, c1y, c2x, c2y, x, y)`` curved."""
    at: Points = np.array(stops[0][-2:], float)
    first = at
    curves = []
    for stop in stops[1:]:
        end = np.array(stop[-2:], float)
        if len(stop) == 6:
            curves.append(np.array([at, stop[0:2], stop[2:4], end], float))
        else:
            curves.append(bezier.line(at, end))
        at = end
    if closed and np.linalg.norm(at - first) > 0.01:
        curves.append(bezier.line(at, first))
    return curves


def _scaled(parts: list[Part], x: float, y: float) -> list[Part]:
    return [(kind, [c * np.array([x, y]) for c in curves], label) for kind, curves, label in parts]


def _top(front: Front) -> list[Part]:
    """A body in profile facing left, with its sleeve hanging, or the armhole without one."""
    body = _through(
        (0.36, 0.0), (0.46, -0.015, 0.60, -0.02, 0.70, 0.015), (0.80, 0.06, 0.90, 0.11, 0.94, 0.24),
        (0.98, 0.42, 0.95, 0.70, 0.95, 1.0), (0.75, 1.015, 0.30, 1.015, 0.06, 1.0),
        (0.04, 0.72, -0.02, 0.50, 0.05, 0.30), (0.10, 0.18, 0.22, 0.10, 0.36, 0.0), closed=True,
    )  # fmt: skip
    neck = _through((0.355, 0.018), (0.46, 0.03, 0.60, 0.03, 0.715, 0.035))
    hem = _through((0.055, 0.972), (0.30, 0.988, 0.75, 0.988, 0.95, 0.972))
    parts: list[Part] = [
        ("outline", body, ""), ("assumed", neck, "neckband"), ("assumed", hem, "hem stitch"),
    ]  # fmt: skip
    return _scaled(parts + _sleeve(front.sleeve), 0.32 * front.height, front.height)


def _sleeve(length: float) -> list[Part]:
    """A sleeve of a length given in body heights; 0 for none."""
    if length <= 0:
        hole = _through((0.50, 0.03), (0.70, 0.06, 0.72, 0.27, 0.50, 0.29),
                        (0.30, 0.27, 0.32, 0.06, 0.50, 0.03))  # fmt: skip
        return [("assumed", hole, "armhole")]
    end = 0.07 + min(max(length, 0.16), 0.85)
    drop = end - 0.07
    half = 0.19 - 0.1 * min(drop, 0.7)  # a long sleeve tapers
    middle = 0.49
    sleeve = _through(
        (0.50, 0.07),
        (0.66, 0.07 + 0.02 * drop, 0.74, 0.16, 0.735, 0.07 + 0.3 * drop + 0.06),
        (0.73, 0.07 + 0.62 * drop, middle + half + 0.03, end - 0.2 * drop, middle + half, end),
        (middle + 0.4 * half, end + 0.012, middle - 0.4 * half, end + 0.012, middle - half, end),
        (middle - half - 0.03, end - 0.2 * drop, 0.265, 0.07 + 0.62 * drop,
         0.265, 0.07 + 0.3 * drop + 0.06),
        (0.27, 0.16, 0.36, 0.07 + 0.02 * drop, 0.50, 0.07), closed=True,
    )  # fmt: skip
    up = end - 0.026
    cuff = _through(
        (middle - half, up),
        (middle - 0.4 * half, up + 0.012, middle + 0.4 * half, up + 0.012, middle + half, up),
    )
    return [("outline", sleeve, "sleeve"), ("assumed", cuff, "cuff stitch")]


def _dress(front: Front) -> list[Part]:
    body = _through(
        (0.36, 0.0), (0.46, -0.01, 0.60, -0.012, 0.68, 0.012), (0.78, 0.04, 0.86, 0.08, 0.86, 0.17),
        (0.86, 0.26, 0.78, 0.30, 0.80, 0.36), (0.92, 0.46, 1.0, 0.72, 1.02, 1.0),
        (0.76, 1.012, 0.26, 1.012, -0.02, 1.0), (0.02, 0.72, 0.10, 0.48, 0.17, 0.36),
        (0.16, 0.30, 0.06, 0.26, 0.10, 0.19), (0.14, 0.12, 0.24, 0.08, 0.36, 0.0), closed=True,
    )  # fmt: skip
    armhole = _through((0.47, 0.03), (0.66, 0.05, 0.66, 0.19, 0.46, 0.20),
                       (0.32, 0.19, 0.34, 0.06, 0.47, 0.03))  # fmt: skip
    waist = _through((0.17, 0.36), (0.36, 0.372, 0.60, 0.372, 0.80, 0.36))
    seam = _through((0.46, 0.20), (0.47, 0.42, 0.49, 0.75, 0.50, 1.005))
    parts: list[Part] = [
        ("outline", body, ""), ("assumed", armhole, "armhole"), ("assumed", waist, "waist seam"),
        ("assumed", seam, "side seam"),
    ]  # fmt: skip
    return _scaled(parts, 0.26 * front.height, front.height)


def _trousers(front: Front) -> list[Part]:
    body = _through(
        (0.12, 0.0), (0.40, 0.008, 0.64, 0.008, 0.86, -0.004), (0.93, 0.06, 1.06, 0.13, 1.04, 0.22),
        (1.0, 0.34, 0.90, 0.46, 0.88, 0.58), (0.86, 0.74, 0.84, 0.88, 0.84, 1.0),
        (0.66, 1.008, 0.42, 1.006, 0.24, 1.0), (0.22, 0.84, 0.14, 0.66, 0.12, 0.50),
        (0.08, 0.34, 0.02, 0.20, 0.12, 0.0), closed=True,
    )  # fmt: skip
    band = _through((0.095, 0.045), (0.40, 0.054, 0.66, 0.054, 0.905, 0.042))
    seam = _through((0.47, 0.05), (0.52, 0.30, 0.54, 0.66, 0.53, 1.003))
    hem = _through((0.24, 0.975), (0.42, 0.982, 0.66, 0.982, 0.84, 0.976))
    pocket = _through((0.26, 0.052), (0.30, 0.09, 0.38, 0.13, 0.48, 0.15))
    parts: list[Part] = [
        ("outline", body, ""), ("assumed", band, "waistband seam"), ("assumed", seam, "side seam"),
        ("assumed", hem, "leg hem stitch"), ("assumed", pocket, "pocket opening"),
    ]  # fmt: skip
    return _scaled(parts, 0.24 * front.height, front.height)


def _skirt(front: Front) -> list[Part]:
    body = _through(
        (0.24, 0.0), (0.40, 0.015, 0.60, 0.015, 0.76, 0.0), (0.84, 0.14, 0.94, 0.30, 0.98, 1.0),
        (0.70, 1.03, 0.30, 1.03, 0.02, 1.0), (0.06, 0.40, 0.16, 0.16, 0.24, 0.0), closed=True,
    )  # fmt: skip
    band = _through((0.20, 0.085), (0.38, 0.10, 0.62, 0.10, 0.80, 0.085))
    seam = _through((0.50, 0.096), (0.50, 0.40, 0.50, 0.70, 0.50, 1.022))
    hem = _through((0.022, 0.955), (0.30, 0.985, 0.70, 0.985, 0.978, 0.955))
    parts: list[Part] = [
        ("outline", body, ""), ("assumed", band, "waistband seam"), ("assumed", seam, "side seam"),
        ("assumed", hem, "hem stitch"),
    ]  # fmt: skip
    return _scaled(parts, 0.45 * min(front.width, 1.4 * front.height), front.height)


def _footwear(front: Front) -> list[Part]:
    """A low shoe in profile; length is the longer side seen, which may not be the sole."""
    upper = _through(
        (0.02, 0.86), (0.0, 0.60, 0.02, 0.20, 0.05, 0.04), (0.09, 0.0, 0.13, 0.02, 0.15, 0.06),
        (0.22, 0.30, 0.34, 0.34, 0.42, 0.12), (0.45, 0.04, 0.50, 0.05, 0.53, 0.14),
        (0.66, 0.38, 0.82, 0.42, 0.92, 0.56), (1.0, 0.66, 1.01, 0.78, 0.99, 0.86), closed=True,
    )  # fmt: skip
    sole = _through(
        (0.01, 0.86), (0.99, 0.86), (1.0, 0.92, 0.98, 1.0, 0.93, 1.0), (0.05, 1.0),
        (0.02, 1.0, 0.0, 0.95, 0.01, 0.86), closed=True,
    )  # fmt: skip
    topline = _through((0.055, 0.10), (0.16, 0.42, 0.34, 0.46, 0.44, 0.17))
    vamp = _through((0.44, 0.14), (0.40, 0.40, 0.46, 0.66, 0.56, 0.855))
    parts: list[Part] = [
        ("outline", upper, ""), ("outline", sole, "sole"), ("assumed", topline, "topline"),
        ("assumed", vamp, "vamp seam"),
    ]  # fmt: skip
    long = max(front.width, front.height)
    return _scaled(parts, long, 0.38 * long)


def _bag(front: Front) -> list[Part]:
    """The gusset: a narrow body with a handle over it."""
    body = _through(
        (0.18, 0.12), (0.22, 0.09, 0.78, 0.09, 0.82, 0.12), (0.94, 0.40, 1.0, 0.70, 1.0, 0.95),
        (0.99, 0.985, 0.96, 1.0, 0.90, 1.0), (0.10, 1.0), (0.04, 1.0, 0.01, 0.985, 0.0, 0.95),
        (0.0, 0.70, 0.06, 0.40, 0.18, 0.12), closed=True,
    )  # fmt: skip
    handle = _through((0.40, 0.10), (0.40, -0.02, 0.60, -0.02, 0.60, 0.10))
    zip_ = _through((0.50, 0.10), (0.50, 0.60))
    gusset = _through((0.26, 0.13), (0.20, 0.40, 0.14, 0.70, 0.14, 0.94), (0.86, 0.94),
                      (0.86, 0.70, 0.80, 0.40, 0.74, 0.13))  # fmt: skip
    parts: list[Part] = [
        ("outline", body, ""), ("assumed", handle, "handle"), ("assumed", zip_, "opening"),
        ("assumed", gusset, "gusset seam"),
    ]  # fmt: skip
    return _scaled(parts, 0.42 * min(front.width, front.height), front.height / 0.9)


def _object(front: Front) -> list[Part]:
    """The overall box: a front of known height and a depth that nobody has measured."""
    depth = 0.6 * min(front.width, front.height)
    box = _through((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), closed=True)
    axis = _through((0.5, -0.03), (0.5, 1.03))
    parts: list[Part] = [("outline", box, ""), ("assumed", axis, "centre line")]
    return _scaled(parts, depth, front.height)


_TEMPLATES: Mapping[Family, Callable[[Front], list[Part]]] = {
    "top": _top,
    "dress": _dress,
    "trousers": _trousers,
    "skirt": _skirt,
    "footwear": _footwear,
    "bag": _bag,
    "object": _object,
}
