"""Whether someone wears or holds the product: skin beside it that is not the background.

Skin of every tone has about the same hue; what differs is lightness, so lightness hardly
counts here. Wood, brick and leather have that hue too: only soft patches that touch the
product, and whose colour is not also the border's, count.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.mask.background import Background
from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import Mask, border_band, grow, opened, parts

HUES = (18.0, 76.0)  # degrees in CIE a, b
CHROMAS = (7.0, 44.0)
LIGHTNESSES = (8.0, 94.0)
SMALLEST = 0.0012  # of the picture
COMMON = 0.004  # of the border's pixels; a colour this frequent there is background


def is_worn(frame: Frame, background: Background, mask: Mask) -> bool:
    """Whether bare skin touches the product along a fair part of its edge."""
    if not mask.any():
        return False
    skin = skin_like(frame)
    border = border_band(frame.shape, 0.06) & ~grow(mask, 8)
    beside = grow(mask, 5) & ~grow(mask, 1)
    if not border.any() or not beside.any() or skin[border].mean() > 0.5:
        return False
    bare = opened(skin & ~grow(mask, 1) & ~_of_the_border(frame, background, border), 2)
    touching = [
        part
        for part in parts(bare, at_least=int(SMALLEST * bare.size))
        if (grow(part, 5) & mask).any()
    ]
    size = sum(int(part.sum()) for part in touching) / mask.sum()
    along = float(bare[beside].mean())
    return (along > 0.03 and size > 0.01) or (along > 0.02 and len(touching) > 2) or size > 0.15


def skin_like(frame: Frame) -> Mask:
    """Smooth areas of skin's hue, light or dark."""
    lightness, a, b = (frame.lab[..., at] for at in range(3))
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a))
    fits = np.ones(frame.shape, bool)
    for value, (low, high) in ((hue, HUES), (chroma, CHROMAS), (lightness, LIGHTNESSES)):
        fits &= (value > low) & (value < high)
    return opened(fits & (cv2.GaussianBlur(frame.step, (0, 0), 2) < 3.5), 2)


def _of_the_border(frame: Frame, background: Background, border: Mask) -> Mask:
    """Pixels whose colour is common at the border."""
    code = _colour_code(frame.lab)
    counts = np.bincount(code[border], minlength=10 * 16 * 16) / border.sum()
    common = counts[code] > COMMON
    if background.is_plain:
        common |= background.distance < 2 * background.threshold
    return np.asarray(common)


def _colour_code(lab: NDArray[np.float32]) -> NDArray[np.int64]:
    lightness = np.clip(lab[..., 0] / 10, 0, 9).astype(np.int64)
    a = np.clip(lab[..., 1] / 5 + 8, 0, 15).astype(np.int64)
    b = np.clip(lab[..., 2] / 5 + 8, 0, 15).astype(np.int64)
    return (lightness * 16 + a) * 16 + b
