"""What a top has around the neck: band, collar, roll, hood, lapel."""

from __future__ import annotations

import numpy as np

from generation.providers.studio.samples.cuts import Cut, neckline
from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Fold,
    Layer,
    Line,
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


def inside(cut: Cut, kind: str) -> list[Layer]:
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


def finish(cut: Cut, design: Design, neck: str, back: bool) -> list[Layer]:
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
        return _stand(cut, back)
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


def _stand(cut: Cut, back: bool) -> list[Layer]:
    """A collar that stands around the neck, closed in front."""
    n, d = cut.neck, 2.4 if back else cut.drop - 1.2
    top = d - 7.4 if not back else -4.6
    half = way((0.0, top), (0.5 * n, top, 0.8 * n, top - 0.7, n - 1.3, -5.6),
               (n - 0.4, -3.4, n + 0.2, -1.2, n + 0.7, 0.6),
               (0.94 * n, 0.66 * d, 0.52 * n, d, 0.0, d))  # fmt: skip
    front = Layer(
        (both(half),),
        round=2.2,
        drape=0.2,
        over=0.8,
        lines=(Line(np.vstack([mirrored(half[40:]), half[40:]]), "seam", 0.14),),
    )
    if back:
        return [front]
    far = way((-n + 1.3, -5.6), (-0.5 * n, -6.6, 0.5 * n, -6.6, n - 1.3, -5.6), (0.8 * n, top - 0.7,
              0.5 * n, top + 0.4, 0.0, top + 0.4), (-0.5 * n, top + 0.4, -0.8 * n, top - 0.7,
              -n + 1.3, -5.6))  # fmt: skip
    return [Layer((far,), shade=0.6, round=0.8, drape=0.1, over=0), front]


def hood_behind(cut: Cut, back: bool) -> list[Layer]:
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
