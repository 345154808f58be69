"""What a top has on its front: closures, pockets, lapels."""

from __future__ import annotations

import numpy as np

from generation.providers.studio.samples.cuts import Cut, neckline
from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Layer,
    Line,
    bar,
    both,
    moved,
    offset,
    oval,
    way,
)


def front(cut: Cut, design: Design, back: bool) -> list[Layer]:
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
    top = cut.drop - (8.2 if design.word("neck") == "stand" else -0.8)
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
