"""Templates of tops and outerwear, in centimetres of a usual size M."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Fold,
    Layer,
    Line,
    Points,
    Scene,
    Surface,
    bar,
    both,
    mirrored,
    moved,
    offset,
    oval,
    smooth,
    way,
)

DARK = 0.62  # of the light that reaches inside a neck


@dataclass(frozen=True)
class Cut:
    """The measures of a top; half widths from the axis."""

    chest: float
    waist: float
    hem: float
    length: float
    shoulder: float
    neck: float
    drop: float  # front neck
    slope: float = 4.5
    armhole: float = 24.0
    sleeve: float = 0.0  # along its upper edge; 0 for none
    bicep: float = 19.0  # width
    cuff: float = 10.0  # width
    angle: float = 62.0  # of the sleeve under level, degrees


def scene_of(design: Design, back: bool) -> Scene:
    """A top from the front or the back."""
    cut = cut_of(design)
    neck = "crew" if back else design.word("neck")
    layers: list[Layer] = []
    if design.word("neck") == "hood":
        layers += _hood_behind(cut, back)
    elif not back:
        layers += _inside(cut, neck)
    surface = design.surface
    layers += [_sleeve(cut, design, side) for side in (-1, 1) if cut.sleeve]
    layers.append(_body(cut, design, neck, back))
    layers += _ribs(cut, design)
    layers += _neck_finish(cut, design, neck, back)
    layers += _front(cut, design, back)
    if back:
        layers += _back_details(cut, design)
    return Scene(tuple(layer for layer in layers), details=(surface,))


def cut_of(design: Design) -> Cut:
    """The measures from the design's knobs."""
    ease = {"slim": -3.5, "regular": 0.0, "oversized": 7.0}[design.word("fit")]
    ease += design.vary("ease", -0.8, 0.8)
    length = {"cropped": 52.0, "regular": 71.0, "long": 84.0, "coat": 104.0}[design.word("length")]
    length += design.vary("length", -1.5, 2.0)
    chest = 27.0 + ease
    sleeve = {
        "none": 0.0, "cap": 10.0, "short": 21.0, "half": 33.0, "long": 62.0
    }[design.word("sleeve")]  # fmt: skip
    wide = design.word("fit") == "oversized"
    strap = design.kind == "tank"
    shoulder = 14.5 if strap else 22.5 + (0.45 * ease if not wide else 0.85 * ease)
    long_sleeve = sleeve > 40
    neck = 9.0 if design.word("neck") in ("crew", "polo", "shirt", "turtle") else 9.6
    return Cut(
        chest=chest,
        waist=chest - (1.8 if design.word("fit") == "slim" else 0.4),
        hem=chest + (0.6 if not strap else 0.0),
        length=length,
        shoulder=shoulder,
        neck=10.5 if strap else neck,
        drop=_drop(design),
        slope=3.0 if strap else 4.6,
        armhole=25.5 + 0.45 * ease,
        sleeve=sleeve + (0.0 if wide or not long_sleeve else 1.0),
        bicep=19.0 + 0.5 * ease,
        cuff=(10.5 if long_sleeve else 16.5) + 0.3 * ease,
        angle=66.0 if long_sleeve else 50.0 + design.vary("angle", -3, 3),
    )


def _drop(design: Design) -> float:
    drops = {"crew": 9.5, "v": 18.0, "scoop": 16.0, "boat": 5.0, "polo": 9.0, "shirt": 8.5,
             "turtle": 6.0, "hood": 10.0, "stand": 8.0, "lapel": 34.0}  # fmt: skip
    return drops[design.word("neck")] + design.vary("drop", -0.5, 0.8)


def neckline(cut: Cut, kind: str, *, deeper: float = 0.0) -> Points:
    """From the left to the right neck point over the front."""
    n, d = cut.neck, (2.2 if kind == "back" else cut.drop) + deeper
    if kind in ("v", "lapel"):
        half = way((0.0, d), (0.25 * n, 0.80 * d, 0.86 * n, 0.32 * d, n, 0.0))
    elif kind == "boat":
        half = way((0.0, d), (0.55 * n, d, 0.95 * n, 0.5 * d, n, 0.0))
    else:
        half = way((0.0, d), (0.56 * n, d, 0.93 * n, 0.62 * d, n, 0.0))
    return np.vstack([half[::-1] * [-1, 1], half[1:]])


def _inside(cut: Cut, kind: str) -> list[Layer]:
    """The back of the neck, seen through the opening."""
    front = neckline(cut, kind, deeper=0.6)
    behind = neckline(cut, "back")
    shape = np.vstack([behind, front[::-1]])
    label = np.array([(-1.5, 3.3), (1.5, 3.3), (1.5, 5.2), (-1.5, 5.2)])
    tape = Line(offset(behind, -1.3), "seam", 0.12)
    layers = [Layer((shape,), shade=DARK, round=1.0, drape=0.2, lines=(tape,), over=0)]
    if cut.drop > 8.5:
        layers.append(Layer((label,), "#eeece6", 0.9, round=0.3, drape=0, over=0.2))
    return layers


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
    hem_y = cut.length
    side = way(
        tuple(low),
        (cut.waist, 0.35 * hem_y + 0.65 * low[1], cut.waist, 0.6 * hem_y + 0.4 * low[1],
         cut.hem, hem_y),
        (0.66 * cut.hem, hem_y + _curve(design), 0.33 * cut.hem, hem_y + _curve(design) * 1.2,
         0.0, hem_y + _curve(design) * 1.2),
    )  # fmt: skip
    half = np.vstack([right_neck, armhole, side[1:]])
    lines = [Line(armhole[2:], "seam"), Line(mirrored(armhole)[:-2], "seam")]
    if not design.has_ribs:
        lines.append(Line(_hem_line(cut, design, 2.2), "stitch", 0.10))
    if cut.sleeve == 0:
        lines = [Line(offset(a, 1.2 * s), "stitch", 0.1) for a, s in
                 ((armhole, -1), (mirrored(armhole), -1))] + lines[2:]  # fmt: skip
    return Layer(
        (both(half),), surface=design.surface, round=7.0, drape=design.drape, gloss=design.gloss,
        striped=design.striped, pitch=design.pitch,
        lines=tuple(lines), folds=_body_folds(cut, design), over=0.9,
    )  # fmt: skip


def _curve(design: Design) -> float:
    return 3.0 if design.kind == "shirt" else 0.7


def _hem_line(cut: Cut, design: Design, up: float) -> Points:
    y = cut.length - up
    c = _curve(design)
    half = way((0.0, y + c * 1.2), (0.33 * cut.hem, y + c * 1.2, 0.66 * cut.hem, y + c, cut.hem, y))
    return np.vstack([half[::-1] * [-1, 1], half[1:]])


def _body_folds(cut: Cut, design: Design) -> tuple[Fold, ...]:
    """Pulls from the underarms, and soft falls towards the hem."""
    if design.surface == "quilt":
        return ()
    low = cut.slope + cut.armhole
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


def _neck_finish(cut: Cut, design: Design, neck: str, back: bool) -> list[Layer]:
    """Band, collar, hood or roll."""
    kind = design.word("neck")
    line = neckline(cut, "back" if back else neck)
    if kind == "hood":
        return _hood_front(cut) if not back else _hood_back(cut, design)
    if kind in ("polo", "shirt"):
        return _collar(cut, back, 7.2 if kind == "shirt" else 6.6)
    if kind == "turtle":
        return [_roll(cut)]
    if kind == "stand":
        return [_stand(cut, back)]
    if kind == "lapel":
        return [] if not back else _collar(cut, True, 5.5)
    wide = 2.1 if design.has_ribs or design.kind == "tee" else 1.2
    band = np.vstack([line, offset(line, -wide)[::-1]])
    surface: Surface = "rib" if wide > 2 else "plain"
    seam = Line(offset(line, -wide), "seam", 0.12)
    return [Layer((band,), surface=surface, round=0.9, drape=0.1, over=0.3, pitch=0.5,
                  lines=(seam,))]  # fmt: skip


def _collar(cut: Cut, back: bool, tall: float) -> list[Layer]:
    n = cut.neck
    if back:
        half = way((0.0, -1.2), (0.5 * n, -1.2, 0.9 * n, -0.8, n + 0.2, 0.6),
                   (n + 0.8, 2.5, n + 0.9, 3.6, n + 0.6, 4.4),
                   (0.7 * n, 5.6, 0.3 * n, 6.0, 0.0, 6.0))  # fmt: skip
        return [Layer((both(half),), round=1.6, drape=0.2, over=0.8,
                      lines=(Line(offset(half[40:], 0.6), "stitch", 0.09),))]  # fmt: skip
    d = cut.drop
    leaf = way((0.4, d - 0.4), (0.40 * n, d - 3.2, 0.86 * n, 0.30 * d, n - 1.6, -1.6),
               (n - 0.2, -1.2, n + 0.9, 0.2, n + 1.0, 1.4),
               (n + 0.2, 0.55 * d, 0.95 * n, d + 0.2, 0.62 * n, d + tall - 2.2),
               (0.42 * n, d + 2.2, 0.2 * n, d + 0.6, 0.4, d - 0.4))  # fmt: skip
    layers = []
    for side in (-1, 1):
        shape = leaf * [side, 1]
        edge = Line(offset(leaf[41:], 0.55) * [side, 1], "stitch", 0.09)
        layers.append(Layer((shape,), round=1.5, drape=0.2, over=0.9, lines=(edge,)))
    stand = np.vstack(
        [moved(neckline(cut, "back"), 0, -1.6), moved(neckline(cut, "back"), 0, 1.6)[::-1]]
    )
    return [Layer((stand,), shade=0.82, round=1.0, drape=0.1, over=0.2), *layers]


def _roll(cut: Cut) -> Layer:
    n = cut.neck
    half = way((0.0, -7.5), (0.5 * n, -7.6, n - 1.4, -7.2, n - 1.2, -6.6),
               (n - 0.4, -3, n, -1, n + 0.4, 0.6),
               (0.8 * n, 5, 0.4 * n, 6.4, 0.0, 6.4))  # fmt: skip
    fold = Line(way((-n + 0.6, -1.0), (-0.4 * n, 2.4, 0.4 * n, 2.4, n - 0.6, -1.0)), "crease", 0.3)
    return Layer((both(half),), surface="rib", round=4.0, drape=0.2, lines=(fold,), over=0.8)


def _stand(cut: Cut, back: bool) -> Layer:
    n, d = cut.neck, 2.2 if back else cut.drop - 1.0
    half = way((0.0, d - 6.5), (0.5 * n, d - 6.8, 0.8 * n, -4.0, n - 1.0, -5.2),
               (n, -3, n + 0.4, -1.2, n + 0.6, 0.5),
               (0.92 * n, 0.62 * d, 0.5 * n, d, 0.0, d))  # fmt: skip
    return Layer((both(half),), round=2.4, drape=0.2, over=0.8, gloss=0.0)


# -- hoods -------------------------------------------------------------------------------


def _hood_behind(cut: Cut, back: bool) -> list[Layer]:
    if back:
        return []
    n = cut.neck
    outer = way((0.0, -27.0), (7.0, -27.5, 13.0, -22.0, 13.6, -12.0),
                (14.0, -5.0, n + 3.5, -0.5, n + 3.0, 3.0), (0.0, 8.0))  # fmt: skip
    seam = Line(way((0.0, -26.8), (0.0, -18.0)), "seam")
    return [Layer((both(outer),), round=6.0, drape=0.5, lines=(seam,))]


def _hood_front(cut: Cut) -> list[Layer]:
    n, d = cut.neck, cut.drop
    hole = way((0.0, -21.5), (5.5, -22.0, 9.2, -17.5, 9.4, -10.5),
               (9.6, -4.0, 5.0, 2.0, 0.0, d - 1.0))  # fmt: skip
    inner = Layer((both(hole),), shade=0.50, round=6.0, drape=0.5, over=0.0,
                  folds=(Fold(way((0.0, -21), (0.0, 0.0)), -0.8, 3.0),))  # fmt: skip
    rim = Line(np.vstack([mirrored(offset(hole, 1.6)), offset(hole, 1.6)]), "stitch", 0.1)
    flap = way(
        (0.0, d - 1.0),
        (5.0, 2.0, 9.6, -4.0, 9.4, -10.5),
        (12.8, -8.0, n + 4.2, -1.0, n + 3.0, 3.2),
        (7.0, d + 1.0, 3.0, d + 2.4, 0.0, d + 2.6),
    )
    edge = Line(np.vstack([mirrored(hole), hole]), "edge", 0.2)
    cords = []
    for side in (-1, 1):
        cord = smooth((3.0 * side, d - 1.0), (3.6 * side, d + 6), (3.2 * side, d + 13),
                      (3.7 * side, d + 19))  # fmt: skip
        cords.append(Layer((bar(cord, 0.75),), "second", round=0.35, drape=0, over=0.35))
        cords.append(Layer((oval(3.0 * side, d - 1.2, 0.65, 0.65),), "#b9b9b6", round=0.4,
                           drape=0, gloss=0.6, over=0.1))  # fmt: skip
    flaps = Layer((both(flap),), round=2.6, drape=0.4, over=0.8, lines=(edge, rim))
    return [inner, flaps, *cords]


def _hood_back(cut: Cut, design: Design) -> list[Layer]:
    """The hood as it hangs on the back."""
    n = cut.neck
    half = way((0.0, -4.0), (6.0, -4.5, n + 2.5, -3.5, n + 3.4, 1.5),
               (n + 4.6, 10.0, 9.0, 24.0, 0.0, 27.0))  # fmt: skip
    seam = Line(way((0.0, -3.9), (0.0, 26.8)), "seam")
    opening = way((0.0, -4.2), (5.0, -4.6, n, -3.6, n + 1.6, -1.0), (6.0, 1.6, 3.0, 2.0, 0.0, 2.0))
    return [
        Layer((both(half),), surface=design.surface, round=6.0, drape=0.6, lines=(seam,), over=1.2),
        Layer((both(opening),), shade=0.6, round=2.0, drape=0.2, over=0.0),
    ]


# -- closures, pockets, lapels -------------------------------------------------------------


def _front(cut: Cut, design: Design, back: bool) -> list[Layer]:
    if back:
        return []
    layers: list[Layer] = []
    closure = design.word("closure")
    if design.word("neck") == "lapel":
        layers += _lapels(cut, design)
    if closure == "buttons":
        layers += _buttons(cut, design)
    elif closure == "placket":
        layers += _placket(cut)
    elif closure == "zip":
        layers += _zip(cut, design, cut.length + (6.0 if design.has_ribs else 0.6))
    elif closure == "half zip":
        layers += _zip(cut, design, cut.drop + 22)
    layers += _pockets(cut, design)
    return layers


def _button(x: float, y: float) -> list[Layer]:
    return [
        Layer((oval(x, y, 0.62, 0.62),), "#e9e4d8", round=0.35, drape=0, gloss=0.5, over=0.25),
        Layer((oval(x, y, 0.14, 0.14),), "#8a8478", round=0, drape=0, over=0),
    ]


def _buttons(cut: Cut, design: Design) -> list[Layer]:
    lapel = design.word("neck") == "lapel"
    top = cut.drop + (1.0 if lapel else 0.2)
    low = cut.length + (6.0 if design.has_ribs else 2.6)
    half = 1.7
    shape = np.array([(-half, top), (half, top), (half, low), (-half, low)])
    lines = tuple(Line(way((x, top), (x, low)), "stitch", 0.09) for x in (-1.2, 1.2))
    layers = [] if lapel else [Layer((shape,), round=0.5, drape=0.2, over=0.3, lines=lines)]
    if lapel:
        layers = [Layer((bar(way((1.2, top), (1.2, low - 1.0)), 0.25),), shade=0.7, round=0,
                        drape=0, over=0.3)]  # fmt: skip
    count = 3 if lapel else 7
    last = low - (0.32 * cut.length if lapel else 9.0)
    for y in np.linspace(top + (2.5 if lapel else 3.0), last, count):
        layers += _button(0.0, float(y))
    return layers


def _placket(cut: Cut) -> list[Layer]:
    d = cut.drop
    shape = np.array([(-1.6, d - 1.2), (1.6, d - 1.2), (1.6, d + 13.5), (-1.6, d + 13.5)])
    lines = (
        Line(way((-1.1, d), (-1.1, d + 13.0), (1.1, d + 13.0), (1.1, d)), "stitch", 0.09),
        Line(way((-1.6, d + 13.4), (1.6, d + 13.4)), "seam", 0.12),
    )
    placket = Layer((shape,), round=0.5, drape=0.1, over=0.4, lines=lines)
    return [placket, *_button(0, d + 3.0), *_button(0, d + 9.0)]


def _zip(cut: Cut, design: Design, low: float) -> list[Layer]:
    top = cut.drop - (6.8 if design.word("neck") == "stand" else -0.8)
    tape = np.array([(-0.9, top), (0.9, top), (0.9, low), (-0.9, low)])
    teeth = Line(way((0.0, top), (0.0, low)), "zip", 0.55)
    pull = np.array([(-0.4, top + 2.6), (0.4, top + 2.6), (0.3, top + 5.4), (-0.3, top + 5.4)])
    sides = tuple(Line(way((x, top), (x, low)), "stitch", 0.09) for x in (-1.7, 1.7))
    flat = np.array([(-2.2, top + 0.5), (2.2, top + 0.5), (2.2, low - 0.4), (-2.2, low - 0.4)])
    return [
        Layer((flat,), surface="plain", round=0.4, drape=0.2, over=0.15, lines=sides),
        Layer((tape,), shade=0.72, round=0, drape=0, over=0, lines=(teeth,)),
        Layer((pull,), "#a9abad", round=0.3, drape=0, gloss=0.7, over=0.3),
    ]


def _pockets(cut: Cut, design: Design) -> list[Layer]:
    pocket = design.word("pocket")
    low = cut.length
    if pocket == "kangaroo":
        half = way((0.0, low - 21), (10.5, low - 21), (16.5, low - 8.5), (16.5, low - 0.6),
                   (0.0, low - 0.3))  # fmt: skip
        slits = [Line(way((9.6 * s, low - 20.4), (15.6 * s, low - 8.2)), "stitch", 0.1)
                 for s in (-1, 1)]  # fmt: skip
        top = Line(way((-10, low - 20.3), (10, low - 20.3)), "stitch", 0.1)
        return [Layer((both(half),), surface=design.surface, round=1.5, drape=0.6, over=0.6,
                      lines=(*slits, top))]  # fmt: skip
    if pocket == "chest":
        y = cut.slope + 15.0
        shape = way((8.0, y), (17.5, y), (17.5, y + 9.5), (12.75, y + 11.6), (8.0, y + 9.5))
        line = Line(way((8.0, y + 2.2), (17.5, y + 2.2)), "stitch", 0.09)
        edge = Line(offset(np.vstack([shape[1:], shape[0]]), -0.5), "stitch", 0.08)
        return [Layer((shape,), surface=design.surface, round=0.6, drape=0.3, over=0.35,
                      lines=(line, edge))]  # fmt: skip
    if pocket == "welt":
        layers = []
        y = 0.62 * low + 4
        for side in (-1, 1):
            slit = way((0.42 * cut.chest * side, y + 11), (0.62 * cut.chest * side, y - 3))
            layers.append(Layer((bar(slit, 1.7),), round=0.6, drape=0, over=0.4))
        return layers
    if pocket == "flap":
        layers = []
        y = 0.68 * low
        for side in (-1, 1):
            x = 0.56 * cut.chest * side
            flap = np.array([(x - 7.2, y), (x + 7.2, y), (x + 6.9, y + 5.2), (x - 6.9, y + 5.2)])
            layers.append(Layer((flap,), round=0.8, drape=0.2, over=0.5))
        return layers
    return []


def _lapels(cut: Cut, design: Design) -> list[Layer]:
    """A notched lapel over a shirt front that is left dark."""
    n, d = cut.neck, cut.drop
    layers = []
    for side in (-1, 1):
        lapel = way((0.6, d + 0.6), (0.35 * n, 0.78 * d, 0.86 * n, 0.32 * d, n - 0.6, 2.4),
                    (n + 3.8, 8.0), (n + 1.6, 10.2), (n + 5.2, 11.6),
                    (n + 2.8, 0.62 * d, 0.7 * n, 0.86 * d, 0.6, d + 0.6))  # fmt: skip
        collar = way((n - 1.2, -1.8), (n + 1.2, -1.0, n + 2.4, 1.0, n + 3.0, 3.0), (n + 4.6, 8.4),
                     (n - 0.6, 3.4, n - 1.6, 1.0, n - 1.2, -1.8))  # fmt: skip
        layers.append(Layer((lapel * [side, 1],), round=1.6, drape=0.2, over=0.9))
        layers.append(Layer((collar * [side, 1],), round=1.4, drape=0.2, over=0.6))
    stand = np.vstack(
        [moved(neckline(cut, "back"), 0, -1.8), moved(neckline(cut, "back"), 0, 1.4)[::-1]]
    )
    return [Layer((stand,), shade=0.8, round=1.0, drape=0.1, over=0.2), *layers]


def _back_details(cut: Cut, design: Design) -> list[Layer]:
    if design.kind not in ("shirt", "jacket"):
        return []
    yoke = way((-cut.shoulder + 2.2, 13.0), (-8, 14.0, 8, 14.0, cut.shoulder - 2.2, 13.0))
    return [Layer((bar(yoke, 0.12),), shade=0.75, round=0, drape=0, over=0)]
