"""Colour spaces: sRGB, OKLab (Björn Ottosson, 2020) and CIE Lab under D65."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]  # (..., 3)

TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_TO_XYZ = np.array(
    [
        [0.4123907993, 0.3575843394, 0.1804807884],
        [0.2126390059, 0.7151686788, 0.0721923154],
        [0.0193308187, 0.1191947798, 0.9505321522],
    ]
)
_WHITE_D65 = _TO_XYZ.sum(axis=1)


def linear(rgb: Colours) -> Colours:
    """Linear light from sRGB, both 0..1."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def encoded(light: Colours) -> Colours:
    """sRGB from linear light, clipped to 0..1."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def to_oklab(rgb: Colours) -> Colours:
    """OKLab from sRGB 0..1; lightness 0..1."""
    return np.asarray(np.cbrt(linear(rgb) @ TO_CONES.T) @ TO_OKLAB.T)


def from_oklab(lab: Colours) -> Colours:
    """sRGB 0..1 from OKLab, clipped where the screen cannot show it."""
    cones = (lab @ np.linalg.inv(TO_OKLAB).T) ** 3
    return encoded(cones @ np.linalg.inv(TO_CONES).T)


def to_cielab(rgb: Colours) -> Colours:
    """CIE L*a*b*, D65 white, from sRGB 0..1; L* 0..100."""
    ratio = linear(rgb) @ _TO_XYZ.T / _WHITE_D65
    small = ratio <= (6 / 29) ** 3
    root = np.where(small, ratio * (29 / 6) ** 2 / 3 + 4 / 29, np.cbrt(ratio))
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def hex_of(rgb: Colours) -> str:
    """``#rrggbb`` from sRGB 0..1."""
    red, green, blue = (round(float(part) * 255) for part in np.clip(rgb, 0, 1))
    return f"#{red:02x}{green:02x}{blue:02x}"


def from_hex(text: str) -> Colours:
    """sRGB 0..1 from ``#rrggbb``; raises ValueError on anything else."""
    digits = text.removeprefix("#")
    if len(digits) != 6:
        raise ValueError(f"not a colour: {text!r}")
    return np.array([int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)])
