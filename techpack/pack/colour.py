"""Colour figures computed from a hex code: for orientation, never a standard."""

from __future__ import annotations

from generation.providers.studio.oklab import from_hex, to_cielab


def lab_words(code: str) -> str:
    """``L 34 a 12 b -40``: CIE L*a*b* (D65) of an sRGB hex code."""
    light, a, b = (round(float(part)) for part in to_cielab(from_hex(code)))
    return f"L {light} a {a} b {b}"


def cmyk_words(code: str) -> str:
    """``C 90 M 70 Y 20 K 30``, by plain arithmetic without an ink profile."""
    red, green, blue = (float(part) for part in from_hex(code))
    black = 1 - max(red, green, blue)
    if black == 1:
        return "C 0 M 0 Y 0 K 100"
    inks = ((1 - part - black) / (1 - black) for part in (red, green, blue))
    cyan, magenta, yellow = (round(ink * 100) for ink in inks)
    return f"C {cyan} M {magenta} Y {yellow} K {round(black * 100)}"
