"""Templates of shoes in profile, toe to the right, in centimetres of a usual size 39."""

from __future__ import annotations

import numpy as np

from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Fold,
    Layer,
    Line,
    Points,
    Scene,
    bar,
    offset,
    oval,
    smooth,
    way,
)

NOTE = "shown from the side"


def sneaker(design: Design) -> Scene:
    """A low or high trainer with a cupsole, laces and a toe cap."""
    high = design.word("style") == "d"
    sole_high = 3.0 + design.vary("sole", -0.3, 0.9)
    top = 0.0 if not high else -5.0
    base = 11.5
    upper = way(
        (1.2, base), (0.2, base - 3.5, 0.6, 4.2, 1.6, top + 1.2),
        (2.2, top - 0.4, 3.6, top - 0.2, 4.4, top + 0.9),
        (5.4, top + 2.6, 8.6, top + 2.6, 10.2, top + 0.6),
        (10.8, top - 0.6, 11.9, top - 0.9, 12.6, top + 0.2),
        (15.0, 3.6, 18.6, 5.6, 22.6, 6.6),
        (26.4, 7.4, 28.6, 8.6, 28.9, base), closed_by(1.2, base),
    )  # fmt: skip
    sole = way(
        (0.2, base - 0.6), (10, base - 0.1), (22, base - 0.1), (27.0, base - 0.3),
        (28.6, base - 1.0, 29.6, base - 0.4, 29.5, base + 0.6),
        (29.4, base + sole_high - 0.6, 28.2, base + sole_high, 26.0, base + sole_high),
        (2.2, base + sole_high), (0.4, base + sole_high, -0.3, base + 1.6, 0.2, base - 0.6),
    )  # fmt: skip
    collar = way((4.0, top + 0.5), (5.4, top + 2.6, 8.6, top + 2.6, 10.4, top + 0.5),
                 (9.4, top - 0.9, 5.2, top - 0.9, 4.0, top + 0.5))  # fmt: skip
    tongue = way((9.0, top + 2.0), (9.6, top - 2.0), (10.4, top - 3.2, 12.2, top - 2.6, 12.6,
                 top + 0.4), (16.0, 4.6), (14.5, 6.0))  # fmt: skip
    toe = way((22.2, base), (22.0, 8.6, 22.6, 7.2, 23.6, 6.85), (26.6, 7.6, 28.7, 8.7, 28.9, base))
    heel = way((1.2, base), (0.3, base - 3.5, 0.7, 5.0, 1.35, 2.8 + 0.4 * top),
               (3.4, 4.4, 5.4, 7.4, 5.8, base))  # fmt: skip
    quarter = way((5.8, base), (6.6, 8.0, 9.0, 6.0, 11.6, 4.6), (14.5, 6.0, 16.4, 7.4, 17.8, base))
    stripe = bar(smooth((9.8, 9.8), (13.2, 7.4), (16.6, 8.2)), 1.1)
    eyelets = way((10.9, top + 1.2), (12.0, 3.6), (18.4, 6.9), (17.2, 8.2), (11.2, 5.4))
    accent = "second" if design.word("style") in ("a", "d") else "main"
    layers = [
        Layer((collar,), shade=0.5, round=1.0, drape=0, over=0),
        Layer((tongue,), shade=0.94, round=1.4, drape=0.1, over=0.2),
        Layer((upper,), round=3.4, drape=0.12, gloss=0.06, over=0.2,
              lines=(Line(offset(upper[21:62], 0.7), "stitch", 0.08),),
              folds=(Fold(smooth((19.4, 7.4), (20.6, 9.0)), -0.35, 1.0),)),
        Layer((quarter,), shade=0.97, round=0.7, drape=0, over=0.25,
              lines=(Line(offset(quarter, -0.4), "stitch", 0.08),)),
        Layer((stripe,), accent, 0.94, round=0.4, drape=0, over=0.2),
        Layer((heel,), accent, 0.96, round=0.8, drape=0, over=0.3),
        Layer((toe,), shade=0.97, round=1.6, drape=0, over=0.25,
              lines=(Line(offset(toe[:41], 0.5), "stitch", 0.08),)),
        Layer((eyelets,), shade=0.96, round=0.6, drape=0, over=0.3),
        *_laces(top),
        *_sole(sole, base, sole_high),
    ]  # fmt: skip
    return Scene(tuple(layers), "standing", NOTE)


def closed_by(x: float, y: float) -> tuple[float, float]:
    """The stop that closes a shape."""
    return x, y


def _laces(top: float) -> list[Layer]:
    layers = []
    rows = 5 if top == 0 else 6
    for at in range(rows):
        share = at / (rows - 1)
        x, y = 11.4 + 6.0 * share, (top + 1.6) * (1 - share) + 7.2 * share
        lace = smooth((x - 1.0, y + 1.3), (x + 0.4, y + 0.1), (x + 1.9, y - 0.5))
        layers.append(Layer((bar(lace, 0.62),), "#f3f1ec", round=0.3, drape=0, over=0.25))
    return layers


def _sole(sole: Points, base: float, high: float) -> list[Layer]:
    groove = Line(way((0.3, base + 0.55 * high), (29.3, base + 0.55 * high)), "crease", 0.1)
    tread = way((1.6, base + high - 0.7), (28.0, base + high - 0.7), (26.6, base + high),
                (2.0, base + high))  # fmt: skip
    return [
        Layer((sole,), "#f4f2ec", 1.0, round=1.0, drape=0, gloss=0.05, over=0.3, lines=(groove,)),
        Layer((tread,), "#c9b48e", 0.9, round=0.3, drape=0, over=0),
    ]


def boot(design: Design) -> Scene:
    """An ankle boot: elastic sides or laces, a stacked heel."""
    base, tall = 20.0, design.vary("shaft", -2.0, 1.5)
    upper = way(
        (1.6, base), (0.4, base - 5, 1.6, 10.0, 1.8, tall), (4.5, tall - 0.9, 9.5, tall - 0.9, 12.6,
        tall + 0.3), (12.4, 7.0, 12.8, 10.4, 15.0, 12.0), (19.0, 13.6, 25.0, 13.6, 27.4, 16.2),
        (28.4, 17.4, 28.6, 19.0, 28.2, base), (1.6, base),
    )  # fmt: skip
    sole = way((1.0, base - 0.2), (28.6, base - 0.2), (29.0, base + 0.5, 28.6, base + 1.4, 27.4,
               base + 1.4), (9.6, base + 1.4), (9.2, base + 3.4), (1.8, base + 3.4),
               (1.4, base + 2, 0.9, base + 1, 1.0, base - 0.2))  # fmt: skip
    opening = way((1.8, tall), (4.5, tall - 0.9, 9.5, tall - 0.9, 12.6, tall + 0.3),
                  (9.5, tall + 0.8, 4.5, tall + 0.7, 1.8, tall))  # fmt: skip
    elastic = way((5.2, tall + 0.2), (9.4, tall + 0.2), (9.2, 8.0, 8.6, 11.0, 7.4, 12.4),
                  (6.2, 11.0, 5.4, 8.0, 5.2, tall + 0.2))  # fmt: skip
    lines = (
        Line(way((8.2, base), (8.0, 16, 9.4, 13.6, 12.8, 10.6)), "seam", 0.14),
        Line(way((3.6, tall), (3.2, 10, 3.2, 14, 3.4, base)), "stitch", 0.09),
    )
    folds = (
        Fold(smooth((12.2, 10.6), (13.6, 12.4), (13.4, 15.0)), -0.5, 1.4),
        Fold(smooth((18.5, 13.6), (19.4, 16.0), (19.0, 18.5)), -0.35, 1.4),
    )
    layers = [
        Layer((opening,), shade=0.5, round=0.4, drape=0, over=0),
        Layer((upper,), round=4.2, drape=0.12, gloss=0.22, surface="leather", over=0.2,
              lines=lines, folds=folds),
    ]  # fmt: skip
    if design.word("style") in ("a", "c"):
        layers.append(Layer((elastic,), shade=0.74, surface="rib", pitch=0.4, round=0.5, drape=0,
                            over=0.2))  # fmt: skip
    else:
        for at in range(6):
            y = tall + 2.0 + 1.6 * at
            lace = way((10.2 + 0.1 * at, y + 0.6), (13.0 + 0.12 * at, y - 0.3))
            layers.append(Layer((bar(lace, 0.55),), "#d9cdb4", round=0.25, drape=0, over=0.25))
    layers.append(Layer((sole,), "#2b2420", 1.0, round=0.7, drape=0, gloss=0.1, over=0.3))
    return Scene(tuple(layers), "standing", NOTE)


def loafer(design: Design) -> Scene:
    """A slip-on with an apron and a strap."""
    base = 9.6
    upper = way(
        (1.0, base), (0.4, 6.6, 0.8, 2.4, 1.6, 1.0), (2.4, 0.2, 3.4, 0.6, 4.0, 1.6),
        (6.2, 4.0, 10.0, 4.2, 12.6, 2.0), (13.4, 1.2, 14.6, 1.4, 15.4, 2.0),
        (19.6, 4.6, 25.4, 5.2, 27.8, 7.6), (28.4, 8.3, 28.5, 9.0, 28.3, base), (1.0, base),
    )  # fmt: skip
    opening = way((3.4, 1.0), (6.2, 4.0, 10.0, 4.2, 13.0, 1.8), (9.0, -0.1, 5.0, 0.0, 3.4, 1.0))
    sole = way((0.6, base - 0.2), (28.6, base - 0.2), (29.0, base + 0.4, 28.6, base + 1.0, 27.4,
               base + 1.0), (8.6, base + 1.0), (8.4, base + 2.2), (1.2, base + 2.2))  # fmt: skip
    strap = way((12.4, 2.2), (16.2, 2.6), (16.8, 5.0, 16.6, 7.4, 16.0, base), (11.4, base),
                (12.2, 7.4, 12.6, 5.0, 12.4, 2.2))  # fmt: skip
    apron = Line(smooth((16.4, 4.6), (20.0, 6.0), (24.0, 6.7), (27.0, 8.4)), "seam", 0.16)
    layers = [
        Layer((opening,), "#d9c7a8", 0.72, round=0.6, drape=0, over=0),
        Layer((upper,), round=3.0, drape=0.1, gloss=0.24, surface="leather", over=0.2,
              lines=(apron, Line(offset(upper[41:82], 0.5), "stitch", 0.08))),
    ]  # fmt: skip
    if design.word("style") != "c":
        layers.append(Layer((strap,), round=0.9, drape=0, gloss=0.2, surface="leather", over=0.35))
    layers.append(Layer((sole,), "#2b2420", 1.0, round=0.5, drape=0, gloss=0.1, over=0.25))
    return Scene(tuple(layers), "standing", NOTE)


def sandal(design: Design) -> Scene:
    """A slide: a footbed and one or two broad straps."""
    base = 7.0
    bed = way((0.6, base - 1.2), (3.0, base - 2.2, 7.0, base - 0.6, 11.0, base - 0.2),
              (20.0, base + 0.4, 26.0, base - 0.4, 28.2, base - 1.0), (29.0, base - 0.4, 28.8,
              base + 2.4, 27.6, base + 2.8), (1.4, base + 2.8), (0.2, base + 2.6, 0.0, base, 0.6,
              base - 1.2))  # fmt: skip
    strap = way((13.0, base + 0.5), (13.3, 4.8, 14.4, 3.6, 16.2, 3.3), (19.0, 2.9, 22.0, 3.8, 24.0,
                5.3), (24.8, 5.9, 25.2, 6.5, 25.2, base + 0.1), (20.0, base + 0.9))  # fmt: skip
    second = way((3.6, base - 0.8), (3.8, 4.4, 4.6, 3.0, 6.2, 2.7), (8.2, 2.4, 9.8, 3.0, 10.6, 4.0),
                 (11.0, 4.6, 11.2, 5.6, 11.2, base + 0.2))  # fmt: skip
    layers = [
        Layer((bed,), "#b9946a", 1.0, round=1.4, drape=0, over=0.2,
              lines=(Line(way((0.5, base + 1.3), (28.6, base + 1.3)), "crease", 0.1),)),
        Layer((strap,), round=0.9, drape=0.1, gloss=0.15, surface="leather", over=0.5,
              lines=(Line(offset(strap[:41], 0.6), "stitch", 0.09),)),
    ]  # fmt: skip
    if design.word("style") in ("b", "d"):
        layers.append(Layer((second,), round=0.7, drape=0, gloss=0.15, surface="leather",
                            over=0.5))  # fmt: skip
    return Scene(tuple(layers), "standing", NOTE)


def pump(design: Design) -> Scene:
    """A closed court shoe with a heel."""
    heel = 7.5 + design.vary("heel", -2.0, 2.0)
    base = 6.5 + heel
    upper = way(
        (1.4, base - heel + 0.2), (0.8, base - heel - 2.6, 1.4, base - heel - 5.0, 2.2,
        base - heel - 5.6), (5.0, base - heel - 2.4, 10.0, base - 4.4, 15.4, base - 3.4),
        (18.4, base - 3.2, 22.6, base - 2.0, 24.8, base - 0.5), (24.2, base, 20.0, base, 17.0,
        base - 0.2), (12.0, base - 0.8, 7.0, base - heel + 0.4, 1.4, base - heel + 0.2),
    )  # fmt: skip
    spike = way(
        (1.3, base - heel - 0.6),
        (5.6, base - heel + 0.9),
        (3.6, base - 0.72 * heel, 2.7, base - 0.4 * heel, 2.55, base + 0.1),
        (1.5, base + 0.1),
        (1.5, base - 0.3 * heel, 1.2, base - 0.6 * heel, 1.3, base - heel - 0.6),
    )
    sole = bar(way((4.2, base - heel + 0.9), (9.0, base - heel + 1.2, 13.0, base - 0.2, 17.0,
                   base + 0.1), (24.4, base + 0.1)), 0.5)  # fmt: skip
    opening = way(
        (2.4, base - heel - 5.2),
        (5.0, base - heel - 2.4, 10.0, base - 4.4, 15.2, base - 3.5),
        (10.6, base - 6.4, 5.4, base - heel - 5.0, 2.4, base - heel - 5.2),
    )
    layers = [
        Layer((opening,), "#d9c7a8", 0.7, round=0.4, drape=0, over=0),
        Layer((spike,), shade=0.9, round=0.8, drape=0, gloss=0.3, over=0.2),
        Layer((sole,), "#2b2420", 1.0, round=0.2, drape=0, over=0.1),
        Layer((upper,), round=2.4, drape=0.05, gloss=0.32, surface="leather", over=0.2),
    ]
    return Scene(tuple(layers), "standing", NOTE)


def sock(design: Design) -> Scene:
    """One sock in profile, laid flat."""
    tall = {"mini": 6.0, "cropped": 6.0, "long": 32.0, "maxi": 40.0}.get(
        design.word("length"), 18.0 + design.vary("tall", -2, 4)
    )
    y = tall
    body = way(
        (0.0, 0.0), (9.0, 0.0), (9.0, 0.5 * y, 9.4, 0.8 * y, 9.6, y), (11.0, y + 4.6, 16.0, y + 5.4,
        21.0, y + 6.4), (25.4, y + 7.4, 25.4, y + 14.4, 21.0, y + 14.6), (13.0, y + 14.8, 7.0,
        y + 14.4, 3.4, y + 13.0), (-1.2, y + 11.0, -0.6, 0.7 * y, 0.0, 0.0),
    )  # fmt: skip
    cuff = np.array([(-0.2, -0.2), (9.2, -0.2), (9.1, 4.4), (-0.2, 4.4)])
    heel = way((-0.55, y + 3.0), (4.0, y + 4.4, 6.4, y + 8.0, 5.4, y + 13.9), (3.0, y + 12.8),
               (-0.6, y + 10.6, -1.0, y + 6.0, -0.55, y + 3.0))  # fmt: skip
    toe = way((18.6, y + 5.85), (17.6, y + 9, 17.8, y + 12, 18.8, y + 14.7), (21.0, y + 14.6),
              (25.4, y + 14.4, 25.4, y + 7.4, 21.0, y + 6.4))  # fmt: skip
    accent = "second" if design.word("style") in ("a", "c") else "main"
    layers = (
        Layer((body,), round=3.0, drape=0.5, surface="rib", pitch=0.5, striped=design.striped),
        Layer((cuff,), accent, surface="rib", pitch=0.4, round=1.2, drape=0.1, over=0.2),
        Layer((heel,), accent, 0.98, round=1.0, drape=0.2, over=0.15),
        Layer((toe,), accent, 0.98, round=2.4, drape=0.2, over=0.15),
        Layer((oval(4.5, 0.1, 4.5, 0.01),), shade=0.6, round=0, drape=0, over=0),
    )
    return Scene(layers, "lying", NOTE)
