"""Templates of trousers and skirts, in centimetres of a usual size M."""

from __future__ import annotations

import numpy as np

from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Fold,
    Layer,
    Line,
    Points,
    Scene,
    both,
    offset,
    oval,
    rounded,
    smooth,
    way,
)

DARK = 0.6  # of the light that reaches inside a waistband


# -- trousers ----------------------------------------------------------------------------


def trousers(design: Design, back: bool) -> Scene:
    """Two legs, a waistband, and what the kind has of pockets and fly."""
    legs = _Legs(design)
    layers = [_inside(legs.waist, back), _legs_layer(legs, design, back)]
    layers += _waistband(legs, design, back)
    if design.kind == "joggers":
        layers += [_ankle_rib(legs, side) for side in (-1, 1)]
    if back and design.kind in ("jeans", "trousers", "shorts"):
        layers += _back_pockets(legs, design)
    if not back and design.word("pocket") == "flap":
        layers += _cargo_pockets(legs)
    return Scene(tuple(layers))


class _Legs:
    """The measures of trousers; half widths from the axis."""

    def __init__(self, design: Design) -> None:
        fit = design.word("fit")
        self.waist = 20.0 + design.vary("waist", -0.6, 0.8)
        self.rise = 27.0 + design.vary("rise", -1.5, 2.0)
        if design.kind == "leggings":
            fit, self.waist = "slim", 17.5
        ease = {"slim": -1.6, "regular": 0.0, "relaxed": 1.8, "oversized": 3.0, "wide": 2.2}[fit]
        self.hip = (22.0 if design.kind == "leggings" else 24.6) + 0.7 * ease
        opening = {"slim": 14.5, "regular": 20.0, "relaxed": 21.0, "oversized": 24.0, "wide": 30.0}
        self.opening = opening[fit] + design.vary("opening", -1.0, 1.0)
        self.length = self.rise + 77.0 + design.vary("inseam", -2.0, 2.0)
        if design.kind == "leggings":
            self.opening = 10.5
        if design.kind == "joggers":
            self.opening = 17.0
            self.length -= 6.0
        if design.kind == "shorts":
            short = {"mini": 11.0, "knee": 27.0, "long": 25.0}.get(design.word("length"), 18.0)
            self.length = self.rise + short
            self.opening = 24.5 + 1.2 * ease
        elif design.word("length") in ("cropped", "midi"):
            self.length = self.rise + 62.0
        self.stance = 2.6 if design.kind != "shorts" else 1.6
        self.outer = self._outer_hem()

    def _outer_hem(self) -> float:
        return self.stance + self.opening

    @property
    def knee(self) -> float:
        """The height of the knee."""
        return self.rise + 0.46 * (self.length - self.rise)


def _inside(waist: float, back: bool) -> Layer:
    """The far side of the waist, seen through its opening."""
    dip = 0.4 if back else 2.2
    shape = way((-waist, 0), (-0.5 * waist, -dip * 0.6, 0.5 * waist, -dip * 0.6, waist, 0),
                (0.5 * waist, 2.6, -0.5 * waist, 2.6, -waist, 0))  # fmt: skip
    return Layer((shape,), shade=DARK, round=1.0, drape=0.2, over=0)


def _legs_layer(legs: _Legs, design: Design, back: bool) -> Layer:
    w, h, r, y = legs.waist, legs.hip, legs.rise, legs.length
    drop = 0.0 if back else 1.6
    knee_out = h + (legs.outer - h) * (0.55 if design.kind != "leggings" else 0.7)
    half = way(
        (0.0, drop), (0.4 * w, drop, 0.8 * w, 0.5, w, 0.0),
        (w + 2.0, 6.0, h - 0.6, 11.0, h, 19.0),
        *_outseam(legs, h, knee_out),
        (0.5 * (legs.outer + legs.stance), y + 0.8), (legs.stance, y),
        (legs.stance, legs.knee, 1.0, r + 14.0, 0.25, r),
        (0.0, r),
    )  # fmt: skip
    lines = [Line(way((0.0, 4.5), (0.0, r - 0.4)), "seam", 0.18)]
    for side in (-1, 1):
        lines += _leg_lines(legs, design, back, side)
    if not back and design.kind in ("jeans", "trousers", "shorts"):
        lines.append(Line(way((3.2, 4.4), (3.4, 14.0), (2.8, 18.5, 1.6, 20.0, 0.2, 20.8)), "stitch",
                          0.12))  # fmt: skip
    return Layer(
        (both(half),),
        surface=design.surface,
        round=6.5,
        drape=design.drape,
        striped=design.striped,
        gloss=0.08 if design.kind == "leggings" else 0.0,
        lines=tuple(lines),
        folds=_leg_folds(legs, design),
        over=0.4,
    )


def _outseam(legs: _Legs, hip: float, knee: float) -> list[tuple[float, ...]]:
    """From the hip over the knee to the hem; short legs go straight."""
    y = legs.length
    if y - 19.0 < 40.0:
        third = (y - 19.0) / 3
        return [(hip + 0.3, 19 + third, legs.outer - 0.3, y - third, legs.outer, y)]
    low = y - legs.knee
    slope = (legs.outer - hip) / (y - 19.0)
    above, below = 0.45 * (legs.knee - 19.0), 0.4 * low
    return [
        (hip + 0.2, 19.0 + above, knee - slope * above, legs.knee - above, knee, legs.knee),
        (knee + slope * below, legs.knee + below, legs.outer, y - below, legs.outer, y),
    ]


def _leg_lines(legs: _Legs, design: Design, back: bool, side: int) -> list[Line]:
    flip = np.array([side, 1])
    lines = []
    if design.kind not in ("leggings", "joggers"):
        hem = way((legs.stance, legs.length - 2.2), (legs.outer, legs.length - 2.2))
        lines.append(Line(hem * flip, "stitch", 0.12))
    if not back and design.kind in ("jeans", "shorts"):
        scoop = way((0.48 * legs.waist, 4.2), (0.52 * legs.waist, 10.0, 0.8 * legs.waist, 12.8,
                                               legs.hip - 1.2, 13.6))  # fmt: skip
        lines += [Line(scoop * flip, "seam"), Line(offset(scoop, -0.8) * flip, "stitch", 0.12)]
    elif not back and design.kind in ("trousers", "joggers"):
        slant = way((0.66 * legs.waist, 4.2), (legs.hip - 1.4, 19.0))
        lines += [Line(slant * flip, "seam"), Line(offset(slant, 0.7) * flip, "stitch", 0.1)]
        if design.kind == "trousers":
            middle = 0.5 * (legs.stance + legs.outer)
            crease = way((0.52 * legs.waist, 8.0), (middle - 0.6, legs.knee, middle, legs.knee,
                                                    middle, legs.length))  # fmt: skip
            lines.append(Line(crease * flip, "crease", 0.12))
    if back and design.kind in ("jeans", "shorts"):
        yoke = way((0.0, 12.5), (0.5 * legs.hip, 10.0, 0.8 * legs.hip, 9.0, legs.hip - 1.2, 8.6))
        lines.append(Line(yoke * flip, "seam"))
    return lines


def _leg_folds(legs: _Legs, design: Design) -> tuple[Fold, ...]:
    deep = 0.35 if design.kind == "leggings" else 0.75
    folds = [Fold(way((0.0, legs.rise - 9), (0.0, legs.rise + 4)), -0.7, 2.0)]
    for side in (-1, 1):
        lean = design.vary(f"leg{side}", -2.0, 2.0)
        c = 0.5 * (legs.stance + legs.outer)
        s = np.array([side, 1])
        folds += [
            Fold(
                smooth((1.0, legs.rise + 1), (8.0, legs.rise - 4 + lean), (15.0, legs.rise - 6))
                * s,
                -deep,
                2.2,
            ),
            Fold(
                smooth((1.5, legs.rise + 5), (8.0, legs.rise + 4), (14.0, legs.rise + 6 + lean))
                * s,
                0.7 * deep,
                2.4,
            ),
        ]
        if design.kind != "shorts":
            folds += [
                Fold(
                    smooth((c - 6, legs.knee - 1), (c, legs.knee + 1.5 + lean), (c + 6, legs.knee))
                    * s,
                    -0.6 * deep,
                    2.2,
                ),
                Fold(
                    smooth(
                        (c - 5, legs.length - 9),
                        (c, legs.length - 7 + lean),
                        (c + 5, legs.length - 10),
                    )
                    * s,
                    -0.55 * deep,
                    2.0,
                ),
            ]
    return tuple(folds)


def _waistband(legs: _Legs, design: Design, back: bool) -> list[Layer]:
    w, tall = legs.waist, 4.2
    drop = 0.0 if back else 1.6
    top = way((-w, 0.0), (-0.8 * w, 0.5, -0.4 * w, drop, 0.0, drop),
              (0.4 * w, drop, 0.8 * w, 0.5, w, 0.0))  # fmt: skip
    grown = w + 1.4
    low = way((grown, tall), (0.8 * w, tall + 0.5, 0.4 * w, tall + drop, 0.0, tall + drop),
              (-0.4 * w, tall + drop, -0.8 * w, tall + 0.5, -grown, tall))  # fmt: skip
    elastic = design.kind in ("joggers", "leggings")
    line = Line(low, "seam", 0.16)
    band = Layer((np.vstack([top, low]),), surface="rib" if elastic else design.surface, round=1.4,
                 drape=0.2, over=0.3, lines=(line,), pitch=0.8)  # fmt: skip
    layers = [band]
    if design.kind == "joggers" and not back:
        for side in (-1, 1):
            cord = smooth((1.2 * side, 4.4), (1.8 * side, 9.0), (1.5 * side, 15.0))
            layers.append(Layer((_band(cord, 0.7),), "second", round=0.3, drape=0, over=0.3))
    if design.kind in ("jeans", "trousers", "shorts"):
        for x in (-0.55 * w, 0.55 * w) if not back else (-0.6 * w, 0.0, 0.6 * w):
            layers.append(Layer((rounded(x, 2.9, 0.6, 2.7, 0.3),), surface=design.surface,
                                round=0.5, drape=0, over=0.4))  # fmt: skip
        if not back:
            layers.append(
                Layer(
                    (oval(0.0, 3.8, 0.85, 0.85),),
                    "#b08d57" if design.kind == "jeans" else "#d8d4c8",
                    round=0.4,
                    drape=0,
                    gloss=0.6,
                    over=0.2,
                )
            )
    return layers


def _band(points: Points, width: float) -> Points:
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) * width / 2
    return np.vstack([points + across, (points - across)[::-1]])


def _ankle_rib(legs: _Legs, side: int) -> Layer:
    y, tall = legs.length, 5.5
    inset = 0.18 * legs.opening
    shape = way(
        (legs.stance, y - 0.4),
        (legs.stance + 0.6 * inset, y + 2),
        (legs.stance + inset, y + tall),
        (legs.outer - inset, y + tall),
        (legs.outer - 0.6 * inset, y + 2),
        (legs.outer, y - 0.4),
    )
    line = Line(way((legs.stance, y), (legs.outer, y)) * [side, 1], "seam")
    return Layer((shape * [side, 1],), surface="rib", round=2.4, drape=0.2, over=0.3, lines=(line,))


def _back_pockets(legs: _Legs, design: Design) -> list[Layer]:
    layers = []
    for side in (-1, 1):
        x = 0.48 * legs.hip
        shape = way((x - 6.5, 15.0), (x + 6.5, 14.2), (x + 6.0, 26.0), (x, 29.0), (x - 6.2, 27.0))
        if design.kind == "trousers":
            shape = way((x - 6.5, 15.0), (x + 6.5, 14.6), (x + 6.5, 15.8), (x - 6.5, 16.2))
        edge = Line(offset(np.vstack([shape, shape[:1]]), -0.6) * [side, 1], "stitch", 0.1)
        layers.append(Layer((shape * [side, 1],), surface=design.surface, round=0.8, drape=0.3,
                            over=0.45, lines=(edge,)))  # fmt: skip
    return layers


def _cargo_pockets(legs: _Legs) -> list[Layer]:
    layers = []
    y = min(legs.rise + 12.0, legs.length - 24.0)
    for side in (-1, 1):
        x = legs.outer - 6.5 if legs.opening > 24 else legs.hip - 5.5
        box = rounded(x * side, y + 9.0, 6.2, 8.5, 1.0)
        flap = rounded(x * side, y + 1.0, 6.6, 2.8, 0.8)
        layers.append(Layer((box,), round=1.0, drape=0.4, over=0.7))
        layers.append(Layer((flap,), round=0.8, drape=0.2, over=0.6))
    return layers


# -- skirts ------------------------------------------------------------------------------

LENGTHS = {"mini": 40.0, "cropped": 40.0, "regular": 58.0, "knee": 58.0, "midi": 76.0,
           "long": 92.0, "maxi": 98.0, "coat": 98.0}  # fmt: skip
FLARES = {"pencil": -1.5, "straight": 1.5, "a-line": 9.0, "pleated": 11.0, "flared": 20.0}


def skirt(design: Design, back: bool) -> Scene:
    """A waistband and a skirt that falls in folds by its flare."""
    waist, hip = 18.0, 24.5
    length = LENGTHS[design.word("length")] + design.vary("length", -2.0, 2.0)
    flare = FLARES[design.word("flare")]
    hem = hip + flare * (0.45 + 0.55 * length / 60)
    half = way(
        (0.0, 1.4 if not back else 0.2),
        (0.4 * waist, 1.4, 0.8 * waist, 0.5, waist, 0.0),
        (waist + 3.0, 7.0, hip + 0.2 * flare - 0.5, 13.0, hip + 0.25 * flare, 20.0),
        (hip + 0.45 * flare, 0.5 * length, hem - 0.1 * flare, 0.8 * length, hem, length),
        (
            0.66 * hem,
            length + 0.16 * (hem - hip) + 1.0,
            0.33 * hem,
            length + 0.2 * (hem - hip) + 1.4,
            0.0,
            length + 0.2 * (hem - hip) + 1.4,
        ),
    )
    bottom = half[-21:]
    hem_line = Line(np.vstack([(bottom[::-1] - [0, 2.4]) * [-1, 1], bottom[::-1][::-1] - [0, 2.4]]),
                    "stitch", 0.12)  # fmt: skip
    body = Layer(
        (both(half),),
        surface=design.surface,
        round=6.0,
        drape=design.drape,
        striped=design.striped,
        lines=(hem_line, *_pleat_lines(design, waist, hem, length)),
        folds=falls(design, waist, hem, length, 4.0),
        over=0.4,
    )
    return Scene((_inside(waist, back), body, *_skirt_band(waist, back)))


def falls(design: Design, waist: float, hem: float, length: float, top: float) -> tuple[Fold, ...]:
    """The folds of a skirt between waist and hem: deeper the wider it flares."""
    spare = max(hem - 1.25 * waist, 0.0)
    count = 3 if design.word("flare") == "pencil" else 6 + round(spare / 5)
    deep = 0.35 + 0.045 * spare
    folds = []
    for at in range(count):
        share = -0.86 + 1.72 * (at + 0.5) / count + design.vary(f"fall{at}", -0.05, 0.05)
        start = top + (length - top) * design.vary(f"start{at}", 0.15, 0.45)
        along = start / length
        x = share * (waist + (hem - waist) * along)
        folds.append(Fold(smooth((x, start), (share * hem * 0.96 - 0.3, length * 0.8),
                                 (share * hem, length + 3)), deep, 2.6))  # fmt: skip
    return tuple(folds)


def _pleat_lines(design: Design, waist: float, hem: float, length: float) -> list[Line]:
    if design.word("flare") != "pleated":
        return []
    lines = []
    for share in np.linspace(-0.88, 0.88, 13):
        end = length + 0.2 * max(hem - 24.5, 0) * (1 - share**2) + 0.8
        lines.append(Line(way((share * waist, 4.6), (share * hem, end)), "crease", 0.35))
    return lines


def _skirt_band(waist: float, back: bool) -> list[Layer]:
    drop = 0.2 if back else 1.4
    tall = 3.6
    top = way((-waist, 0.0), (-0.8 * waist, 0.5, -0.4 * waist, drop, 0.0, drop),
              (0.4 * waist, drop, 0.8 * waist, 0.5, waist, 0.0))  # fmt: skip
    wide = waist + 1.5
    low = way((wide, tall), (0.8 * waist, tall + 0.5, 0.4 * waist, tall + drop, 0.0, tall + drop),
              (-0.4 * waist, tall + drop, -0.8 * waist, tall + 0.5, -wide, tall))  # fmt: skip
    band = Layer((np.vstack([top, low]),), round=1.2, drape=0.2, over=0.3,
                 lines=(Line(low, "seam", 0.15),))  # fmt: skip
    if not back:
        return [band]
    slide = Line(way((0.0, 0.4), (0.0, 20.0)), "zip", 0.3)
    tape = np.array([(-0.5, 0.3), (0.5, 0.3), (0.5, 20.0), (-0.5, 20.0)])
    return [band, Layer((tape,), shade=0.8, round=0, drape=0, over=0, lines=(slide,))]
