"""Reads a stored picture into the frame in which the engine works."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from generation.providers.studio.shapes import Photo

cv2.setNumThreads(1)

LONG_SIDE = 1600


def load(data: bytes) -> Photo:
    """Decode an encoded picture: upright, sRGB, at most 1600 px on the long side.

    A transparent file is composed on white and its alpha is kept, unless the alpha is
    the same everywhere. Raises PIL.UnidentifiedImageError when the bytes are no picture.
    """
    with Image.open(BytesIO(data)) as opened:
        picture = ImageOps.exif_transpose(opened)
        rgba = np.asarray(_eight_bit(picture).convert("RGBA"))
    scale = min(1.0, LONG_SIDE / max(rgba.shape[:2]))
    if scale < 1:
        rgba = _shrunk(rgba, scale)
    alpha = np.asarray(rgba[..., 3] / np.float32(255), dtype=np.float32)
    bgr = rgba[..., 2::-1].astype(np.float32)
    if not _says_something(alpha):
        return Photo(np.ascontiguousarray(bgr.astype(np.uint8)), None, scale)
    on_white = bgr * alpha[..., None] + 255 * (1 - alpha[..., None])
    return Photo((on_white + 0.5).astype(np.uint8), alpha, scale)


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Sixteen-bit greys scaled to eight; everything else as it is."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture, dtype=np.float64) / 257).astype(np.uint8))


def _shrunk(rgba: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    height, width = rgba.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgba, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _says_something(alpha: NDArray[np.float32]) -> bool:
    """Whether a part of the picture is see-through and a part is not."""
    return bool((alpha < 0.1).mean() > 0.01 and (alpha > 0.9).mean() > 0.005)
