"""Templates of bags, in centimetres."""

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
    both,
    moved,
    offset,
    oval,
    rounded,
    smooth,
    way,
)

METAL = "#c8b37a"
STEEL = "#b4b6b8"


def tote(design: Design, back: bool) -> Scene:
    """A shopper with two long handles."""
    w, h = 19.0 + design.vary("w", -1.5, 2.0), 38.0 + design.vary("h", -3.0, 3.0)
    long = {"long": 30.0}.get(design.word("length"), 22.0 + design.vary("handle", -3, 5))
    inner = 7.4
    layers = [
        Layer((bar(_arch(inner - 0.6, long - 1.6, 1.0), 2.4),), shade=0.82, round=0.9, drape=0.2)
    ]
    opening = way((-w, 0.0), (-0.5 * w, -1.0, 0.5 * w, -1.0, w, 0.0), (0.5 * w, 1.6, -0.5 * w, 1.6,
                  -w, 0.0))  # fmt: skip
    layers.append(Layer((opening,), shade=0.6, round=0.6, drape=0.2, over=0))
    half = way(
        (0.0, 0.8),
        (0.5 * w, 0.8, 0.8 * w, 0.5, w, 0.0),
        (w + 0.8, 0.4 * h, w + 0.6, 0.8 * h, w - 0.2, h),
        (0.5 * w, h + 0.8, 0.3 * w, h + 0.8, 0.0, h + 0.8),
    )
    hem = Line(way((-w, 3.0), (-0.5 * w, 3.6, 0.5 * w, 3.6, w, 3.0)), "stitch", 0.1)
    folds = (
        Fold(smooth((-w + 2, 3), (-0.6 * w, 12), (-0.5 * w, 0.6 * h)), -0.6, 3.0),
        Fold(smooth((w - 2, 4), (0.6 * w, 14), (0.55 * w, 0.7 * h)), -0.6, 3.0),
        Fold(smooth((-0.2 * w, 0.5 * h), (-0.1 * w, h)), 0.5, 4.0),
    )
    layers.append(Layer((both(half),), round=3.6, drape=1.0, lines=(hem,), folds=folds,
                        striped=design.striped, over=0.4))  # fmt: skip
    layers.append(Layer((bar(_arch(inner, long, 4.6), 2.4),), round=0.9, drape=0.2, over=0.5))
    for side in (-1, 1):
        x = inner * side
        cross = Line(way((x - 1.0, 1.4), (x + 1.0, 4.6), (x - 1.0, 4.6), (x + 1.0, 1.4)), "stitch",
                     0.09)  # fmt: skip
        layers.append(Layer((rounded(x, 3.0, 1.2, 2.0, 0.2),), round=0.6, drape=0, over=0,
                            lines=(cross,)))  # fmt: skip
    return Scene(tuple(layers))


def _arch(half: float, high: float, foot: float) -> Points:
    return way((-half, foot), (-half, -0.4 * high, -half, -high, 0.0, -high),
               (half, -high, half, -0.4 * high, half, foot))  # fmt: skip


def backpack(design: Design, back: bool) -> Scene:
    """A daypack with a front pocket; from behind its straps."""
    w, h = 15.0 + design.vary("w", -1.0, 1.5), 43.0 + design.vary("h", -2.0, 2.0)
    half = way(
        (0.0, 0.0),
        (0.7 * w, 0.0, w - 0.5, 4.0, w, 12.0),
        (w + 1.0, 0.5 * h, w + 1.0, 0.85 * h, w - 0.6, h - 2.0),
        (w - 2.0, h, 0.5 * w, h + 0.4, 0.0, h + 0.4),
    )
    body = both(half)
    handle = bar(_arch(3.0, 5.0, 1.0), 1.6)
    side_straps = [
        Layer((bar(smooth((s * (w - 2), 6), (s * (w + 3.4), 16), (s * (w + 1.4), 34)), 3.0),),
              shade=0.86, round=1.0, drape=0.2) for s in (-1, 1)
    ]  # fmt: skip
    if back:
        return Scene((*_backpack_back(body, handle, w, h),))
    zip_line = Line(way((-w + 1.5, 20.0), (-w + 1.5, 8.0, -0.6 * w, 3.0, 0.0, 3.0),
                        (0.6 * w, 3.0, w - 1.5, 8.0, w - 1.5, 20.0)), "zip", 0.5)  # fmt: skip
    accent = "second" if design.word("style") == "a" else "main"
    pocket = rounded(0.0, h - 10.5, w - 2.0, 9.0, 4.0)
    top_line = Line(way((-w + 3.4, h - 15.5), (w - 3.4, h - 15.5)), "zip", 0.45)
    patch = rounded(0.0, 0.40 * h, 2.6, 1.5, 0.4)
    layers = [
        *side_straps,
        Layer((handle,), shade=0.9, round=0.7, drape=0),
        Layer((body,), round=6.5, drape=0.6, lines=(zip_line,), over=0.6),
        Layer((pocket,), accent, round=3.4, drape=0.5, over=1.0, lines=(top_line,)),
        Layer((patch,), "#b98a5a", round=0.4, drape=0, gloss=0.1, over=0.25),
    ]
    return Scene(tuple(layers))


def _backpack_back(body: Points, handle: Points, w: float, h: float) -> list[Layer]:
    layers = [Layer((handle,), shade=0.9, round=0.7, drape=0),
              Layer((body,), round=6.0, drape=0.4, over=0.6),
              Layer((rounded(0.0, 0.5 * h, w - 3.0, 0.36 * h, 3.0),), shade=0.9, round=2.0,
                    drape=0.3, over=0.3)]  # fmt: skip
    for side in (-1, 1):
        strap = smooth(
            (side * 4.0, 3.0), (side * 8.4, 13.0), (side * 9.4, 24.0), (side * 8.0, 31.0)
        )
        layers.append(Layer((bar(strap, 5.2),), round=1.8, drape=0.2, over=0.9))
        web = smooth((side * 8.0, 31.0), (side * 10.5, 37.0), (side * (w - 1.0), h - 3.0))
        layers.append(Layer((bar(web, 1.6),), shade=0.75, round=0.4, drape=0, over=0.4))
    return layers


def handbag(design: Design, back: bool) -> Scene:
    """A structured bag: with a flap, or a top handle and a zip."""
    w, h = 14.5 + design.vary("w", -1.5, 2.0), 19.0 + design.vary("h", -2.0, 3.0)
    half = way(
        (0.0, 0.0),
        (w - 3.0, 0.0),
        (w - 1.2, 0.0, w - 0.8, 1.0, w - 0.6, 2.4),
        (w + 0.8, h - 2.6),
        (w + 0.8, h - 0.6, w - 0.4, h, w - 2.0, h),
        (0.0, h),
    )
    strap = design.word("style") in ("a", "b")
    high = 30.0 if strap else 13.0
    at = w - 2.4 if strap else 6.5
    layers = [
        Layer(
            (bar(_arch(at, high * 0.62, 2.0), 1.1 if strap else 1.5),),
            shade=0.92,
            round=0.6,
            drape=0,
            gloss=0.25,
        )
    ]
    edge = Line(offset(both(half), -0.6), "stitch", 0.09)
    layers.append(Layer((both(half),), round=3.4, drape=0.15, gloss=0.22, surface="leather",
                        lines=(edge,), over=0.4))  # fmt: skip
    if strap and not back:
        flap = way((0.0, -0.4), (w - 2.6, -0.4), (w - 0.6, -0.2, w - 0.2, 1.4, w - 0.2, 3.0),
                   (w - 0.4, 0.5 * h, w - 3.0, 0.6 * h, 0.0, 0.64 * h))  # fmt: skip
        layers.append(
            Layer(
                (both(flap),),
                round=2.2,
                drape=0.1,
                gloss=0.24,
                surface="leather",
                over=1.0,
                lines=(Line(offset(both(flap), -0.6), "stitch", 0.09),),
            )
        )
        layers.append(Layer((rounded(0.0, 0.6 * h, 1.6, 1.2, 0.4),), METAL, round=0.6, drape=0,
                            gloss=0.8, over=0.3))  # fmt: skip
    elif not back:
        slide = Line(way((-w + 2.6, 1.8), (w - 2.6, 1.8)), "zip", 0.4)
        pocket = rounded(0.0, 0.66 * h, 0.62 * w, 0.24 * h, 1.2)
        layers.append(Layer((rounded(0.0, 1.8, w - 2.2, 0.7, 0.3),), shade=0.8, round=0.3, drape=0,
                            over=0.1, lines=(slide,)))  # fmt: skip
        layers.append(
            Layer((pocket,), round=1.2, drape=0.1, gloss=0.2, surface="leather", over=0.5)
        )
    rings = [oval(s * at, 2.2, 1.0, 1.0) for s in (-1, 1)]
    layers += [Layer((ring,), METAL, round=0.5, drape=0, gloss=0.8, over=0.2) for ring in rings]
    return Scene(tuple(layers), "standing")


def duffel(design: Design, back: bool) -> Scene:
    """A barrel with two handles and a zip along its top."""
    w, h = 25.0 + design.vary("w", -2.0, 2.0), 25.0
    body = rounded(0.0, h / 2, w, h / 2, 8.0)
    layers = [Layer((bar(_arch(8.4, 9.0, 6.0), 1.8),), shade=0.85, round=0.7, drape=0.1)]
    slide = Line(way((-w + 6.0, 2.4), (w - 6.0, 2.4)), "zip", 0.5)
    seams = [
        Line(
            smooth((s * (w - 4.5), 1.4), (s * (w - 3.4), h / 2), (s * (w - 4.5), h - 1.4)),
            "seam",
            0.16,
        )
        for s in (-1, 1)
    ]
    layers.append(Layer((body,), round=9.0, drape=0.7, lines=(slide, *seams), over=0.5))
    for side in (-1, 1):
        web = np.array(
            [
                (side * 8.4 - 1.1, 4.0),
                (side * 8.4 + 1.1, 4.0),
                (side * 8.4 + 1.1, h - 0.6),
                (side * 8.4 - 1.1, h - 0.6),
            ]
        )
        layers.append(Layer((web,), "second" if design.word("style") == "a" else "main", 0.9,
                            round=0.5, drape=0, over=0.4))  # fmt: skip
    layers.append(Layer((bar(_arch(8.4, 7.0, 6.0), 1.8),), round=0.7, drape=0.1, over=0.5))
    if not back and design.word("style") != "c":
        layers.append(
            Layer((rounded(0.0, 0.62 * h, 6.4, 5.6, 1.2),), round=1.2, drape=0.3, over=0.5)
        )
    return Scene(tuple(layers), "standing")


def pouch(design: Design, back: bool) -> Scene:
    """A flat zip pouch."""
    w, h = 12.5 + design.vary("w", -1.0, 2.5), 8.0 + design.vary("h", -0.5, 1.5)
    body = rounded(0.0, h, w, h, 1.8)
    slide = Line(way((-w + 1.2, 2.0), (w - 1.2, 2.0)), "zip", 0.45)
    tape = rounded(0.0, 2.0, w - 0.8, 0.75, 0.3)
    pull = moved(rounded(0.0, 1.2, 0.45, 1.7, 0.3), w - 2.4, 2.2)
    layers = (
        Layer((body,), round=5.0, drape=0.4, gloss=0.14, surface="leather"),
        Layer((tape,), shade=0.78, round=0.2, drape=0, over=0.1, lines=(slide,)),
        Layer((pull,), STEEL, round=0.3, drape=0, gloss=0.7, over=0.3),
    )
    return Scene(layers)


def wallet(design: Design, back: bool) -> Scene:
    """A folded wallet, or a card holder."""
    w, h = 5.6 + design.vary("w", -0.3, 0.6), 4.7
    body = rounded(0.0, h, w, h, 0.8)
    edge = Line(offset(np.vstack([body, body[:1]]), -0.45), "stitch", 0.07)
    layers = [Layer((body,), round=1.2, drape=0.06, gloss=0.2, surface="leather", lines=(edge,))]
    if design.word("style") in ("b", "d") and not back:
        for at in range(3):
            y = 2.4 + 1.7 * at
            slot = Line(way((-w + 0.7, y), (0.0, y + 0.5), (w - 0.7, y)), "seam", 0.1)
            layers.append(
                Layer(
                    (
                        way(
                            (-w + 0.4, y),
                            (0.0, y + 0.5),
                            (w - 0.4, y),
                            (w - 0.4, y + 2.2),
                            (-w + 0.4, y + 2.2),
                        ),
                    ),
                    round=0.3,
                    drape=0,
                    gloss=0.2,
                    surface="leather",
                    lines=(slot,),
                    over=0.15,
                )
            )
    else:
        fold = Line(way((-w + 0.2, 0.6), (-w + 0.2, 2 * h - 0.6)), "crease", 0.25)
        layers.append(Layer((rounded(w - 2.0, h, 0.8, 0.8, 0.8),), STEEL, round=0.4, drape=0,
                            gloss=0.8, over=0.15, lines=(fold,)))  # fmt: skip
    return Scene(tuple(layers))
