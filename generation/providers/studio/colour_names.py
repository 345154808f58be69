"""Names that a person would give a colour: hue sector, then lightness and chroma in OKLab."""

from __future__ import annotations

import math
from collections.abc import Sequence

Rule = tuple[float, float, str]  # lightness below, chroma below, name; the first that fits

ANY = 9.0
GREYS: Sequence[tuple[float, str]] = (
    (0.30, "black"),
    (0.41, "charcoal"),
    (0.54, "dark grey"),
    (0.73, "grey"),
    (0.84, "light grey"),
    (0.885, "off-white"),
    (ANY, "white"),
)
SECTORS: Sequence[tuple[float, Sequence[Rule]]] = (
    (
        14,
        (
            (0.42, ANY, "burgundy"),
            (0.62, 0.08, "dusty rose"),
            (0.62, ANY, "crimson"),
            (ANY, 0.17, "pink"),
            (ANY, ANY, "hot pink"),
        ),
    ),
    (
        42,
        (
            (0.30, 0.06, "dark brown"),
            (0.42, ANY, "burgundy"),
            (0.56, 0.07, "brown"),
            (0.66, 0.07, "dusty rose"),
            (0.68, ANY, "red"),
            (ANY, 0.13, "pink"),
            (ANY, ANY, "coral"),
        ),
    ),
    (
        62,
        (
            (0.41, ANY, "dark brown"),
            (0.60, 0.13, "brown"),
            (0.66, 0.05, "taupe"),
            (0.76, 0.09, "tan"),
            (ANY, 0.04, "beige"),
            (ANY, 0.11, "peach"),
            (ANY, ANY, "orange"),
        ),
    ),
    (
        75,
        (
            (0.41, ANY, "dark brown"),
            (0.58, 0.045, "taupe"),
            (0.60, ANY, "brown"),
            (0.87, 0.055, "beige"),
            (ANY, 0.055, "cream"),
            (0.78, 0.11, "tan"),
            (ANY, 0.10, "beige"),
            (ANY, ANY, "orange"),
        ),
    ),
    (
        93,
        (
            (0.41, ANY, "dark brown"),
            (0.58, 0.045, "taupe"),
            (0.60, ANY, "brown"),
            (0.87, 0.055, "beige"),
            (ANY, 0.055, "cream"),
            (0.78, 0.11, "tan"),
            (ANY, 0.10, "beige"),
            (0.74, ANY, "mustard"),
            (0.82, ANY, "amber"),
            (ANY, ANY, "yellow"),
        ),
    ),
    (
        118,
        (
            (0.34, ANY, "dark olive"),
            (0.62, ANY, "olive"),
            (0.84, 0.05, "beige"),
            (ANY, 0.05, "cream"),
            (0.76, 0.09, "khaki"),
            (0.74, ANY, "mustard"),
            (ANY, 0.10, "pale yellow"),
            (ANY, ANY, "yellow"),
        ),
    ),
    (
        132,
        (
            (0.38, ANY, "dark olive"),
            (0.58, 0.13, "olive"),
            (ANY, 0.06, "sage"),
            (0.74, ANY, "green"),
            (ANY, ANY, "lime"),
        ),
    ),
    (
        180,
        (
            (0.40, ANY, "dark green"),
            (0.80, 0.05, "sage"),
            (0.82, ANY, "green"),
            (ANY, 0.11, "mint"),
            (ANY, ANY, "light green"),
        ),
    ),
    (
        205,
        (
            (0.40, ANY, "dark teal"),
            (0.68, ANY, "teal"),
            (0.80, ANY, "turquoise"),
            (ANY, 0.07, "mint"),
            (ANY, ANY, "aqua"),
        ),
    ),
    (
        240,
        (
            (0.37, ANY, "navy"),
            (0.62, 0.04, "blue-grey"),
            (0.62, 0.09, "denim blue"),
            (0.72, ANY, "blue"),
            (ANY, ANY, "light blue"),
        ),
    ),
    (
        290,
        (
            (0.37, 0.14, "navy"),
            (0.60, 0.035, "blue-grey"),
            (0.62, 0.085, "denim blue"),
            (0.74, ANY, "blue"),
            (ANY, ANY, "light blue"),
        ),
    ),
    (
        312,
        (
            (0.31, 0.10, "navy"),
            (0.42, ANY, "dark purple"),
            (0.72, ANY, "purple"),
            (ANY, ANY, "lilac"),
        ),
    ),
    (
        342,
        (
            (0.40, ANY, "plum"),
            (0.50, ANY, "purple"),
            (0.68, 0.18, "purple"),
            (0.72, ANY, "magenta"),
            (ANY, ANY, "lilac"),
        ),
    ),
    (
        361,
        (
            (0.42, ANY, "burgundy"),
            (0.60, 0.09, "mauve"),
            (0.62, ANY, "magenta"),
            (ANY, 0.16, "pink"),
            (ANY, ANY, "hot pink"),
        ),
    ),
)


def name_of(lightness: float, a: float, b: float) -> str:
    """The name of an OKLab colour."""
    chroma = math.hypot(a, b)
    hue = math.degrees(math.atan2(b, a)) % 360
    if chroma < least_chroma(lightness, hue):
        return next(name for below, name in GREYS if lightness < below)
    rules = next(rules for until, rules in SECTORS if hue < until)
    return next(name for darker, greyer, name in rules if lightness < darker and chroma < greyer)


def least_chroma(lightness: float, hue: float) -> float:
    """Below this a colour passes for a grey: dark and pale tints need more or less."""
    if lightness < 0.20:
        return 0.034
    if lightness < 0.32:
        return 0.020 if 235 < hue < 300 else 0.032
    if lightness > 0.88:
        return 0.014
    return 0.022


def steadiness(lightness: float, a: float, b: float) -> float:
    """How firmly the name holds, 0..1: the share of near colours that have it too."""
    name = name_of(lightness, a, b)
    chroma, hue = math.hypot(a, b), math.atan2(b, a)
    turn = math.radians(7)
    near = [
        (lightness - 0.04, chroma, hue),
        (min(lightness + 0.04, 1.0), chroma, hue),
        (lightness, chroma * 0.85, hue),
        (lightness, chroma * 1.15, hue),
        (lightness, chroma, hue - turn),
        (lightness, chroma, hue + turn),
    ]
    same = [name_of(li, ch * math.cos(hu), ch * math.sin(hu)) == name for li, ch, hu in near]
    return sum(same) / len(same)
