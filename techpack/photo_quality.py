"""What a photo gives to go by: sharpness, exposure, the product's size in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from techpack.confidence import Picture

LONG_PX: Final = 800
_EDGE_PX: Final = 7  # of the outline's surroundings: its edge tells sharpness best
_NOISE: Final = 25.0  # variance of brightness that noise alone has
_DARK, _BRIGHT = 8, 250

Grey = NDArray[np.uint8]
Mask = NDArray[np.uint8]


def quality_of(data: bytes, outline: Mapping[str, Any]) -> Picture | None:
    """Measure a stored picture inside its outline; None where nothing can be measured.

    ``outline`` is ``{score, rings, corrected}`` with rings in pixels of the picture; one that a
    person corrected is right.
    """
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    rings = [np.asarray(ring, np.float64) for ring in outline.get("rings", ()) if len(ring) > 2]
    if decoded is None or not rings:
        return None
    grey = np.asarray(decoded, np.uint8)
    mask = np.zeros(grey.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(ring).astype(np.int32) for ring in rings], 1)
    if not mask.any():
        return None
    height, width = grey.shape
    left, top, wide, high = cv2.boundingRect(mask)
    part, inside = _at_size(
        grey[top : top + high, left : left + wide], mask[top : top + high, left : left + wide]
    )
    return Picture(
        sharpness=_sharpness(part, inside),
        clipped=float(((part < _DARK) | (part > _BRIGHT))[inside > 0].mean()),
        share=float(mask.sum()) / (width * height),
        long_px=float(max(wide, high)),
        outline=1.0 if outline.get("corrected") else float(outline.get("score", 0.0)),
    )


def _at_size(grey: Grey, mask: Mask) -> tuple[Grey, Mask]:
    """Both made small to ``LONG_PX``, never larger."""
    scale = min(1.0, LONG_PX / max(grey.shape))
    size = (max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.asarray(
        cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8
    )


def _sharpness(grey: Grey, mask: Mask) -> float:
    """The Laplacian's variance over brightness's: high contrast alone makes nothing sharp."""
    where = cv2.dilate(mask, np.ones((_EDGE_PX, _EDGE_PX), np.uint8)) > 0
    brightness = grey.astype(np.float32)
    edges = cv2.Laplacian(brightness, cv2.CV_32F)
    return float(edges[where].var() / (brightness[where].var() + _NOISE))
