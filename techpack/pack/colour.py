"""Colour figures computed from a hex code: for orientation, never a standard."""

from __future__ import annotations


def _channels(code: str) -> tuple[float, float, float]:
    return (int(code[1:3], 16) / 255, int(code[3:5], 16) / 255, int(code[5:7], 16) / 255)


def lab_of(code: str) -> tuple[float, float, float]:
    """CIE L*a*b* (D65, 2°) of an sRGB hex code, by IEC 61966-2-1 and CIE 15."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _channels(code)
    )
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (
        part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
        for part in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def lab_words(code: str) -> str:
    """``L 34 a 12 b -40``."""
    light, a, b = (round(part) for part in lab_of(code))
    return f"L {light} a {a} b {b}"


def cmyk_words(code: str) -> str:
    """``C 90 M 70 Y 20 K 30``, by plain arithmetic without an ink profile."""
    red, green, blue = _channels(code)
    black = 1 - max(red, green, blue)
    if black == 1:
        return "C 0 M 0 Y 0 K 100"
    inks = ((1 - part - black) / (1 - black) for part in (red, green, blue))
    cyan, magenta, yellow = (round(ink * 100) for ink in inks)
    return f"C {cyan} M {magenta} Y {yellow} K {round(black * 100)}"
