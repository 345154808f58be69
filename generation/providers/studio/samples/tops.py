"""Templates of tops and outerwear, in centimetres of a usual size M."""

from __future__ import annotations

import math

import numpy as np

from generation.providers.studio.samples.bottoms import falls
from generation.providers.studio.samples.cuts import Cut, cut_of, neckline
from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.fronts import front
from generation.providers.studio.samples.necks import finish, hood_behind, inside
from generation.providers.studio.samples.scene import (
    Fold,
    Layer,
    Line,
    Points,
    Scene,
    bar,
    both,
    mirrored,
    offset,
    smooth,
    way,
)


def scene_of(design: Design, back: bool) -> Scene:
    """A top from the front or the back."""
    cut = cut_of(design)
    neck = "crew" if back else design.word("neck")
    layers: list[Layer] = []
    if design.word("neck") == "hood":
        layers += hood_behind(cut, back)
    elif not back:
        layers += inside(cut, neck)
    surface = design.surface
    layers += [_sleeve(cut, design, side) for side in (-1, 1) if cut.sleeve]
    layers.append(_body(cut, design, neck, back))
    layers += _ribs(cut, design)
    layers += finish(cut, design, neck, back)
    layers += front(cut, design, back)
    if back:
        layers += _back_details(cut, design)
    return Scene(tuple(layer for layer in layers), details=(surface,))


def _armhole(cut: Cut) -> tuple[Points, Points]:
    """The right armhole from shoulder to underarm, and the underarm point."""
    top = np.array([cut.shoulder, cut.slope])
    low = np.array([cut.chest, cut.slope + cut.armhole])
    bend = 2.6 if cut.sleeve else 4.5
    line = way(
        tuple(top),
        (top[0] - bend, top[1] + 0.45 * cut.armhole, low[0] - bend - 0.5, low[1] - 3.0, *low),
    )
    return line, low


def _body(cut: Cut, design: Design, neck: str, back: bool) -> Layer:
    kind = "back" if back else neck
    front = neckline(cut, kind)
    right_neck = front[len(front) // 2 :]
    armhole, low = _armhole(cut)
    side = _dress_side(cut, low) if design.kind == "dress" else _side(cut, design, low)
    half = np.vstack([right_neck, armhole, side[1:]])
    lines = [Line(armhole[2:], "seam"), Line(mirrored(armhole)[:-2], "seam")]
    if not design.has_ribs:
        lines.append(Line(_hem_line(cut, design, 2.2), "stitch", 0.10))
    if design.kind == "dress":
        y = low[1] + 15.0
        lines.append(Line(way((-cut.waist, y), (-8, y + 1, 8, y + 1, cut.waist, y)), "seam"))
    if cut.sleeve == 0:
        lines = [Line(offset(a, 1.2 * s), "stitch", 0.1) for a, s in
                 ((armhole, -1), (mirrored(armhole), -1))] + lines[2:]  # fmt: skip
    return Layer(
        (both(half),), surface=design.surface, round=7.0, drape=design.drape, gloss=design.gloss,
        striped=design.striped, pitch=design.pitch,
        lines=tuple(lines), folds=_body_folds(cut, design), over=0.9,
    )  # fmt: skip


def _side(cut: Cut, design: Design, low: Points) -> Points:
    """From the underarm over the side seam to the middle of the hem."""
    y, c = cut.length, _curve(design)
    return way(
        tuple(low),
        (cut.waist, 0.35 * y + 0.65 * low[1], cut.waist, 0.6 * y + 0.4 * low[1], cut.hem, y),
        (0.66 * cut.hem, y + c, 0.33 * cut.hem, y + 1.2 * c, 0.0, y + 1.2 * c),
    )


def _dress_side(cut: Cut, low: Points) -> Points:
    """From the underarm in to the waist and out to the hem."""
    y, waist = cut.length, low[1] + 15.0
    sag = 0.17 * max(cut.hem - 25.0, 0.0) + 0.8
    out = cut.hem - 22.0
    return way(
        tuple(low),
        (cut.chest - 0.4, low[1] + 6, cut.waist, waist - 5, cut.waist, waist),
        (cut.waist + 0.4, waist + 5, 22.5 + 0.12 * out, waist + 12, 24.0 + 0.22 * out, waist + 20),
        (
            24.0 + 0.22 * out + 0.25 * (cut.hem - 24),
            waist + 20 + 0.34 * (y - waist - 20),
            cut.hem - 0.3 * (cut.hem - 24 - 0.22 * out),
            y - 0.33 * (y - waist - 20),
            cut.hem,
            y,
        ),
        (0.66 * cut.hem, y + 0.8 * sag, 0.33 * cut.hem, y + sag, 0.0, y + sag),
    )


def _curve(design: Design) -> float:
    return 3.0 if design.kind == "shirt" else 0.7


def _hem_line(cut: Cut, design: Design, up: float) -> Points:
    y = cut.length - up
    c = _curve(design) if design.kind != "dress" else 0.15 * max(cut.hem - 25.0, 0.0) + 0.7
    half = way((0.0, y + c * 1.2), (0.33 * cut.hem, y + c * 1.2, 0.66 * cut.hem, y + c, cut.hem, y))
    return np.vstack([half[::-1] * [-1, 1], half[1:]])


def _body_folds(cut: Cut, design: Design) -> tuple[Fold, ...]:
    """Pulls from the underarms, and soft falls towards the hem."""
    if design.surface == "quilt":
        return ()
    low = cut.slope + cut.armhole
    if design.kind == "dress":
        return falls(design, cut.waist, cut.hem, cut.length, low + 17.0)
    deep = 0.7 if design.word("fit") != "slim" else 0.45
    folds = []
    for side, lean in ((1, design.vary("f1", -2, 2)), (-1, design.vary("f2", -2, 2))):
        c = cut.chest * side
        folds += [
            Fold(smooth((0.97 * c, low + 1), (0.62 * c, low + 9 + lean), (0.40 * c, low + 21)),
                 -deep, 2.4),
            Fold(smooth((0.95 * c, low + 5), (0.70 * c, low + 19), (0.62 * c + lean, low + 34)),
                 0.8 * deep, 3.0),
            Fold(smooth((0.30 * c + lean, cut.length - 22), (0.36 * c, cut.length - 2)),
                 0.7 * deep, 3.2),
        ]  # fmt: skip
    return tuple(folds)


def _sleeve(cut: Cut, design: Design, side: int) -> Layer:
    a = math.radians(cut.angle)
    down, across = np.array([math.cos(a), math.sin(a)]), np.array([-math.sin(a), math.cos(a)])
    top = np.array([cut.shoulder, cut.slope])
    low = np.array([cut.chest, cut.slope + cut.armhole])
    outer = top + down * cut.sleeve
    inner = outer + across * cut.cuff
    lift = top + down * 0.42 * cut.sleeve - across * (1.6 if cut.sleeve > 40 else 0.8)
    upper = way(tuple(top), (*(top + down * 0.18 * cut.sleeve - across * 1.2), *lift, *outer))
    gap = inner - low
    under = way(tuple(inner), (*(inner - gap * 0.35 + across * 0.4), *(low + gap * 0.25), *low))
    inside = np.array([low[0] - 5.0, low[1] - 1.0])
    shape = np.vstack([upper, under, inside, top - [4.0, -2.0]])
    lines = []
    if not design.has_ribs or cut.sleeve < 40:
        end = np.vstack([outer - down * 2.2, inner - down * 2.2])
        lines.append(Line(end, "stitch", 0.10))
    folds = _sleeve_folds(cut, top, low, down, across)
    flip = np.array([side, 1])
    return Layer(
        (shape * flip,), surface=design.surface, round=5.5, drape=0.8 * design.drape,
        gloss=design.gloss, striped=design.striped,
        angle=(cut.angle - 90) * side if design.surface != "quilt" else 16.0 * side,
        pitch=design.pitch, over=0.7,
        lines=tuple(Line(line.points * flip, line.kind, line.width) for line in lines),
        folds=tuple(Fold(f.points * flip, f.height, f.width) for f in folds),
    )  # fmt: skip


def _sleeve_folds(cut: Cut, top: Points, low: Points, down: Points, across: Points) -> list[Fold]:
    if cut.sleeve < 30:
        return [
            Fold(way((low[0] + 0.5, low[1] - 3), tuple(top + down * 0.55 * cut.sleeve)), -0.4, 2.0)
        ]
    elbow = top + down * 0.52 * cut.sleeve
    return [
        Fold(way((low[0] + 1, low[1] - 2), tuple(low + down * 14 - across * 7)), -0.6, 2.2),
        Fold(smooth(tuple(elbow + across * 14), tuple(elbow + across * 8 + down * 2),
                    tuple(elbow + across * 2 - down * 1)), -0.65, 1.8),
        Fold(smooth(tuple(elbow + across * 14 + down * 7), tuple(elbow + across * 7 + down * 6),
                    tuple(elbow + across * 3 + down * 9)), 0.5, 2.0),
        Fold(smooth(tuple(elbow + across * 12 + down * 16), tuple(elbow + across * 5 + down * 19)),
             -0.45, 1.8),
    ]  # fmt: skip


def _ribs(cut: Cut, design: Design) -> list[Layer]:
    """Hem and cuffs of sweatshirts and knitwear."""
    if not design.has_ribs:
        return []
    y, tall = cut.length, 6.0
    half = way(
        (cut.hem - 0.4, y - 0.6),
        (cut.hem - 1.6, y + 2, cut.hem - 2.4, y + 4, cut.hem - 2.6, y + tall - 0.4),
        (0.6 * cut.hem, y + tall + 0.3, 0.3 * cut.hem, y + tall + 0.4, 0.0, y + tall + 0.4),
    )
    top = way((0.0, y + 0.2), (0.33 * cut.hem, y + 0.2, 0.66 * cut.hem, y, cut.hem - 0.4, y - 0.6))
    shape = np.vstack([top[:-1], half, mirrored(half)[1:], mirrored(top)[1:]])
    layers = [Layer((shape,), surface="rib", round=3.0, drape=0.3, over=0.3,
                    lines=(Line(np.vstack([mirrored(top), top]), "seam"),))]  # fmt: skip
    if cut.sleeve > 40:
        layers += [_cuff(cut, side) for side in (-1, 1)]
    return layers


def _cuff(cut: Cut, side: int) -> Layer:
    a = math.radians(cut.angle)
    down, across = np.array([math.cos(a), math.sin(a)]), np.array([-math.sin(a), math.cos(a)])
    outer = np.array([cut.shoulder, cut.slope]) + down * (cut.sleeve - 0.5)
    inner = outer + across * cut.cuff
    narrow = 1.1
    shape = np.vstack([
        outer + across * 0.3, outer + down * 1.5 + across * narrow,
        outer + down * 6.0 + across * (narrow + 0.3), inner + down * 6.0 - across * (narrow + 0.3),
        inner + down * 1.5 - across * narrow, inner - across * 0.3,
    ])  # fmt: skip
    seam = Line(np.vstack([outer, inner]) * [side, 1], "seam")
    return Layer((shape * [side, 1],), surface="rib", angle=(cut.angle - 90) * side,
                 round=2.4, drape=0.2, over=0.3, lines=(seam,))  # fmt: skip


def _back_details(cut: Cut, design: Design) -> list[Layer]:
    if design.kind not in ("shirt", "jacket"):
        return []
    yoke = way((-cut.shoulder + 2.2, 13.0), (-8, 14.0, 8, 14.0, cut.shoulder - 2.2, 13.0))
    return [Layer((bar(yoke, 0.12),), shade=0.75, round=0, drape=0, over=0)]
