"""Whether the surface shows a regular relief, such as a rib or a coarse knit. Nothing more.

Pixels cannot tell a fibre, a weight or a hand; neither does this.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.shapes import Outline, Photo

RIB = "visible rib or knit-like texture"
UNKNOWN = "unknown: add a macro photo"
HIGHEST_CONFIDENCE = 0.4

_SIDE = 96  # pixels of a patch
_PATCHES = 6
_SHORTEST, _LONGEST = 3.6, 20.0  # pixels a period: finer is noise, coarser is a pattern
_PEAK = 60.0  # energy of the strongest direction over the median of its ring
_RELIEF = 4.0  # grey levels of contrast below which a peak is compression, not cloth


def describe(photo: Photo, outline: Outline) -> tuple[str, float]:
    """Words and a confidence of at most 0.4; ``UNKNOWN`` comes with a confidence of 0."""
    found = [_regularity(patch) for patch in flattest(photo.bgr, outline.mask)]
    if not found:
        return UNKNOWN, 0.0
    regular = [relief >= _RELIEF and peak >= _PEAK for peak, relief in found]
    share = sum(regular) / len(found)
    if sum(regular) < 2 or share < 0.5:
        return UNKNOWN, 0.0
    return RIB, round(0.2 + (HIGHEST_CONFIDENCE - 0.2) * share, 2)


def flattest(bgr: NDArray[np.uint8], mask: NDArray[np.bool_]) -> list[NDArray[np.float32]]:
    """Up to six grey patches inside the product where the shading changes least."""
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
    solid = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = cv2.erode(solid, np.ones((_SIDE + 1, _SIDE + 1), np.uint8))[1:-1, 1:-1] > 0
    shading = cv2.GaussianBlur(grey, (0, 0), _SIDE / 6)
    spread = cv2.blur(shading * shading, (_SIDE, _SIDE)) - cv2.blur(shading, (_SIDE, _SIDE)) ** 2
    spread[~inner] = np.inf
    half = _SIDE // 2
    patches: list[NDArray[np.float32]] = []
    while len(patches) < _PATCHES:
        y, x = np.unravel_index(int(spread.argmin()), spread.shape)
        if not np.isfinite(spread[y, x]):
            break
        patch = grey[y - half : y + half, x - half : x + half]
        cv2.circle(spread, (int(x), int(y)), half, float("inf"), -1)
        spread[y, x] = np.inf
        if patch.shape == (_SIDE, _SIDE):
            patches.append(patch)
    return patches


def _regularity(patch: NDArray[np.float32]) -> tuple[float, float]:
    """The greatest peak of any ring of the spectrum over that ring's median; and the relief."""
    relief = patch - cv2.GaussianBlur(patch, (0, 0), 10)
    window = np.outer(np.hanning(_SIDE), np.hanning(_SIDE))
    energy = np.abs(np.fft.fftshift(np.fft.fft2(relief * window))) ** 2
    energy = cv2.GaussianBlur(energy, (0, 0), 0.8)
    y, x = np.mgrid[-_SIDE // 2 : _SIDE // 2, -_SIDE // 2 : _SIDE // 2]
    radius = np.hypot(x, y)
    peak = 0.0
    for r in range(int(_SIDE / _LONGEST) + 1, int(_SIDE / _SHORTEST) + 1):
        ring = energy[np.abs(radius - r) <= 0.5]
        peak = max(peak, float(ring.max() / (np.median(ring) + 1e-6)))
    return peak, float(relief.std())
