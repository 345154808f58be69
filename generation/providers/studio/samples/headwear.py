"""Templates of headwear, in centimetres."""

from __future__ import annotations

import numpy as np

from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Fold,
    Layer,
    Line,
    Scene,
    both,
    mirrored,
    oval,
    smooth,
    way,
)


def cap(design: Design, view_type: str) -> Scene:
    """A baseball cap: from the front, from behind with its strap, from the side."""
    if view_type == "side":
        return _cap_side(design)
    accent = "second" if design.word("style") in ("c", "d") else "main"
    w, h = 9.4, 10.4 + design.vary("h", -0.5, 1.2)
    half = way(
        (0.0, -h), (4.4, -h - 0.1, 7.8, -0.66 * h, w, 0.0), (0.6 * w, 2.0, 0.3 * w, 2.6, 0.0, 2.6)
    )
    seams = [Line(smooth((0.0, -h + 0.2), (s * 4.2, -0.62 * h), (s * 5.4, 1.8)), "seam", 0.12)
             for s in (-1, 1)]  # fmt: skip
    middle = Line(way((0.0, -h + 0.2), (0.0, 2.5)), "seam", 0.12)
    button = Layer((oval(0.0, -h - 0.1, 0.8, 0.5),), round=0.5, drape=0, over=0.2)
    eyelets = [Layer((oval(s * 6.2, -0.58 * h, 0.32, 0.36),), "#2a2a2a", round=0, drape=0, over=0)
               for s in (-1, 1)]  # fmt: skip
    if view_type == "back":
        hole = way((-4.4, 2.4), (-4.2, -3.2, 4.2, -3.2, 4.4, 2.4))
        strap = way(
            (-4.6, 0.6), (-2, 1.4, 2, 1.4, 4.6, 0.6), (4.5, 2.6), (2, 3.3, -2, 3.3, -4.5, 2.6)
        )
        layers = [Layer((both(half),), round=5.0, drape=0.15, lines=(middle, *seams)), button,
                  Layer((hole,), shade=0.45, round=0.6, drape=0, over=0),
                  Layer((strap,), shade=0.9, round=0.6, drape=0, over=0.3)]  # fmt: skip
        return Scene(tuple(layers))
    brim = way(
        (-w + 0.2, -0.4),
        (-0.6 * w, 2.2, 0.6 * w, 2.2, w - 0.2, -0.4),
        (w + 2.4, 2.2, w + 1.6, 7.4, 0.0, 7.6),
        (-w - 1.6, 7.4, -w - 2.4, 2.2, -w + 0.2, -0.4),
    )
    rows = [Line(smooth((-w + 0.4 - d, 1.4 + d), (-0.5 * w, 4.2 + d), (0.0, 4.8 + d),
                        (0.5 * w, 4.2 + d), (w - 0.4 + d, 1.4 + d)), "stitch", 0.07)
            for d in (0.0, 0.9, 1.8)]  # fmt: skip
    layers = [
        Layer((both(half),), round=5.0, drape=0.15, lines=(middle, *seams)), button, *eyelets,
        Layer((brim,), accent, round=3.2, drape=0.1, over=0.7, lines=tuple(rows)),
    ]  # fmt: skip
    return Scene(tuple(layers))


def _cap_side(design: Design) -> Scene:
    accent = "second" if design.word("style") in ("c", "d") else "main"
    h = 10.6 + design.vary("h", -0.5, 1.2)
    crown = way(
        (-9.4, 1.0),
        (-9.8, -0.7 * h, -6.0, -h, 0.0, -h),
        (6.0, -h, 8.8, -0.55 * h, 9.4, 0.4),
        (4.0, 1.8, -4.0, 1.8, -9.4, 1.0),
    )
    brim = way((8.8, -1.2), (13.0, -1.0, 17.0, 0.6, 18.8, 3.0), (17.6, 3.8, 14.0, 2.4, 6.2, 1.6),
               (7.6, 0.8), (8.8, -1.2))  # fmt: skip
    seams = (
        Line(smooth((0.0, -h + 0.1), (3.6, -0.6 * h), (4.4, 1.4)), "seam", 0.12),
        Line(smooth((0.0, -h + 0.1), (-4.4, -0.62 * h), (-5.2, 1.3)), "seam", 0.12),
    )
    layers = (
        Layer((brim,), accent, round=1.4, drape=0, over=0.2),
        Layer((crown,), round=5.2, drape=0.15, lines=seams, over=0.5),
        Layer((oval(0.0, -h - 0.1, 0.8, 0.5),), round=0.5, drape=0, over=0.2),
    )
    return Scene(layers)


def beanie(design: Design) -> Scene:
    """A knitted cap with a turned-up cuff, with or without a pompom."""
    h = 16.0 + design.vary("h", -1.0, 2.5)
    half = way((0.0, -h), (5.4, -h - 0.2, 9.6, -0.6 * h, 10.2, 0.0), (0.0, 1.0))
    ribs = [
        Line(
            smooth((s * 0.4, -h + 0.4), (s * 5.6 * k, -0.62 * h), (s * 10.0 * k, 0.0)),
            "crease",
            0.14,
        )
        for k in (0.0, 0.2, 0.4, 0.6, 0.8)
        for s in (-1, 1)
    ]
    cuff = way((-10.6, -1.4), (-5, 0.2, 5, 0.2, 10.6, -1.4), (11.0, 1.0, 10.9, 4.0, 10.4, 5.6),
               (5, 7.2, -5, 7.2, -10.4, 5.6), (-10.9, 4.0, -11.0, 1.0, -10.6, -1.4))  # fmt: skip
    accent = "second" if design.word("style") == "c" else "main"
    layers = []
    if design.word("style") in ("b", "c"):
        layers.append(Layer((oval(0.0, -h - 2.6, 3.8, 3.6),), accent, surface="terry", round=3.4,
                            drape=0.6, over=0.2))  # fmt: skip
    layers += [
        Layer((both(half),), round=7.0, drape=0.3, surface="rib", pitch=0.9, lines=tuple(ribs),
              striped=design.striped, over=0.6),
        Layer((cuff,), surface="rib", pitch=0.9, round=2.2, drape=0.2, over=0.8),
    ]  # fmt: skip
    return Scene(tuple(layers))


def bucket(design: Design) -> Scene:
    """A crown of panels and a stitched, sloping brim."""
    h = 10.0 + design.vary("h", -0.6, 1.2)
    crown = both(
        way(
            (0.0, -h),
            (5.0, -h - 0.1),
            (7.0, -h, 7.6, -h + 0.6, 8.0, -h + 1.6),
            (9.4, 0.4),
            (4.0, 1.8, 2.0, 1.9, 0.0, 1.9),
        )
    )
    brim = both(way((0.0, 1.2), (4.0, 1.2, 7.0, 0.6, 9.2, -0.4), (12.4, 3.4), (14.6, 6.0, 13.8, 6.9,
                    12.6, 7.2), (8.0, 8.6, 4.0, 9.0, 0.0, 9.0)))  # fmt: skip
    rows = []
    for d in (0.0, 1.3, 2.6, 3.9, 5.2):
        right = way((0.0, 2.8 + d), (4.0, 2.8 + d, 7.6, 2.1 + d, 9.7 + 0.62 * d, 0.9 + 0.9 * d))
        rows.append(Line(np.vstack([mirrored(right), right]), "stitch", 0.08))
    seam = Line(way((0.0, -h), (0.0, 1.8)), "seam", 0.12)
    top = Line(smooth((-7.9, -h + 1.4), (0.0, -h + 2.4), (7.9, -h + 1.4)), "seam", 0.12)
    layers = (
        Layer((crown,), round=4.0, drape=0.4, lines=(seam, top), striped=design.striped),
        Layer((brim,), round=3.0, drape=0.4, lines=tuple(rows), over=0.8),
    )
    return Scene(layers)


def sun_hat(design: Design) -> Scene:
    """A wide brim seen a little from above, a crown and a band."""
    wide = 19.0 + design.vary("brim", -3.0, 2.0)
    h = 10.5 + design.vary("h", -0.8, 1.0)
    brim = oval(0.0, 0.0, wide, 0.24 * wide)
    crown = both(
        way(
            (0.0, -h),
            (4.6, -h, 7.6, -0.9 * h, 8.6, -0.5 * h),
            (9.2, -2.0, 9.4, -0.6, 9.4, 0.0),
            (6.0, 2.2, 3.0, 2.4, 0.0, 2.4),
        )
    )
    band = both(
        way(
            (0.0, -1.2),
            (3.0, -1.2, 6.4, -1.8, 9.15, -3.2),
            (9.4, 0.0),
            (6.4, 2.0, 3.0, 2.4, 0.0, 2.4),
        )
    )
    rings = tuple(Line(oval(0.0, 0.0, wide * k, 0.24 * wide * k), "crease", 0.1)
                  for k in (0.62, 0.74, 0.86, 0.96))  # fmt: skip
    dent = Fold(smooth((-3.6, -h + 1.4), (0.0, -h + 2.8), (3.6, -h + 1.4)), -0.5, 2.0)
    layers = (
        Layer((brim,), surface="knit", pitch=0.5, round=1.6, drape=0.3, lines=rings),
        Layer((crown,), surface="knit", pitch=0.5, round=6.0, drape=0.2, folds=(dent,), over=1.2),
        Layer((band,), "second" if design.word("style") in ("a", "b") else "#2b2420", 0.95,
              round=1.2, drape=0.1, over=0.2),
    )  # fmt: skip
    return Scene(layers)
