"""Templates of home textiles and small accessories, in centimetres."""

from __future__ import annotations

import numpy as np

from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Fold,
    Layer,
    Line,
    Scene,
    rounded,
    smooth,
    way,
)


def cushion(design: Design) -> Scene:
    """A filled square with drawn-in corners and piping."""
    w = 22.0
    h = w if design.word("style") != "d" else 0.66 * w
    bow = 1.6
    shape = way(
        (-w, -h),
        (-0.4 * w, -h + bow, 0.4 * w, -h + bow, w, -h),
        (w - bow, -0.4 * h, w - bow, 0.4 * h, w, h),
        (0.4 * w, h - bow, -0.4 * w, h - bow, -w, h),
        (-w + bow, 0.4 * h, -w + bow, -0.4 * h, -w, -h),
    )
    folds = tuple(
        Fold(smooth((sx * (w - 2), sy * (h - 2)), (sx * (w - 8), sy * (h - 7))), -0.9, 2.2)
        for sx in (-1, 1)
        for sy in (-1, 1)
    )
    edge = Line(np.vstack([shape, shape[:1]]), "seam", 0.4)
    layer = Layer((shape,), round=0.78 * h, drape=0.7, folds=folds, striped=design.striped,
                  lines=(edge,) if design.word("style") in ("a", "b") else ())  # fmt: skip
    return Scene((layer,))


def towel(design: Design) -> Scene:
    """Folded twice, its border in front."""
    w, h = 17.0 + design.vary("w", -1, 2), 24.0 + design.vary("h", -2, 2)
    accent = "second" if design.word("style") in ("a", "c") else "main"
    layers = [
        Layer(
            (rounded(0.5, h / 2 + 0.8, w, h / 2, 1.6),),
            shade=0.9,
            surface="terry",
            round=1.6,
            drape=0.2,
            over=0,
        ),
        Layer(
            (rounded(0.0, h / 2, w, h / 2, 1.8),),
            surface="terry",
            round=2.4,
            drape=0.6,
            over=0.6,
            folds=(Fold(way((-w + 1, 0.5 * h), (w - 1, 0.5 * h)), -0.4, 2.0),),
        ),
        Layer(
            (np.array([(-w, h - 5.6), (w, h - 5.6), (w, h - 3.4), (-w, h - 3.4)]),),
            accent,
            0.94,
            round=0.4,
            drape=0.1,
            over=0,
        ),
    ]
    return Scene(tuple(layers))


def scarf(design: Design) -> Scene:
    """Laid double with its fringes down."""
    w, h = 9.0 + design.vary("w", -1, 2), 62.0
    layers = []
    for x, low in ((-5.2, h - 4.0), (4.8, h)):
        body = way(
            (x - w * 0.9, 3.0),
            (x - w, 0.4 * h),
            (x - w, low),
            (x + w, low),
            (x + w, 0.4 * h),
            (x + w * 0.9, 3.0),
            (x + 0.5 * w, -2.0, x - 0.5 * w, -2.0, x - w * 0.9, 3.0),
        )
        for at in range(12):
            fx = x - w + 2 * w * (at + 0.5) / 12
            fringe = rounded(fx, low + 2.8, 0.32, 3.4, 0.3)
            layers.append(Layer((fringe,), shade=0.92, round=0.3, drape=0, over=0.1))
        layers.append(
            Layer((body,), surface="knit", round=3.0, drape=0.8, striped=design.striped, over=0.9)
        )
    return Scene(tuple(layers))


def belt(design: Design) -> Scene:
    """Coiled once, its buckle in front."""
    w = 3.2 + design.vary("w", -0.5, 0.6)
    r = 11.0
    hull = way((-r, 0.0), (-r, w), (-r, w + 0.56 * r, r, w + 0.56 * r, r, w), (r, 0.0),
               (r, 0.56 * r, -r, 0.56 * r, -r, 0.0))  # fmt: skip
    back = way(
        (-r + 0.2, 0.0),
        (-r + 0.2, -0.54 * r, r - 0.2, -0.54 * r, r - 0.2, 0.0),
        (r - 0.2, w * 0.9),
        (r - 0.2, w - 0.54 * r, -r + 0.2, w - 0.54 * r, -r + 0.2, w * 0.9),
    )
    stitch = [Line(smooth((-r + 0.4, 0.6 + d), (-0.5 * r, 0.39 * r + d), (0.0, 0.44 * r + d),
                          (0.5 * r, 0.39 * r + d), (r - 0.4, 0.6 + d)), "stitch", 0.08)
              for d in (0.0, w - 1.1)]  # fmt: skip
    y = 0.43 * r + w / 2
    frame = rounded(0.0, y, 2.6, w / 2 + 0.9, 0.6)
    hole = rounded(0.0, y, 1.8, w / 2 + 0.15, 0.4)
    layers = (
        Layer((back,), shade=0.66, round=0.6, drape=0, surface="leather", over=0),
        Layer((hull,), round=0.9, turned=True, drape=0, gloss=0.2, surface="leather",
              lines=tuple(stitch), over=0.6),
        Layer((frame,), "#b4b6b8", round=0.5, drape=0, gloss=0.8, over=0.4),
        Layer((hole,), shade=0.85, round=0.2, drape=0, surface="leather", over=0),
        Layer((rounded(0.2, y, 0.24, w / 2 + 0.7, 0.2),), "#c2c4c6", round=0.2, drape=0, gloss=0.8,
              over=0.2),
    )  # fmt: skip
    return Scene(layers)
