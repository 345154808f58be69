"""The small copy of a photo in which the outline is sought, with its gradients."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.mask.regions import Grey

LONG_SIDE = 560
SHORT_SIDE = 24


@dataclass(frozen=True)
class Frame:
    """A photo at 560 px, smoothed without losing edges, in CIE Lab."""

    bgr: NDArray[np.uint8]  # (h, w, 3)
    lab: NDArray[np.float32]  # (h, w, 3), L 0..100
    step: Grey  # lightness step per pixel, smoothed
    crispness: Grey  # how far a step stands out of the steps around it: edges, not penumbras
    colour_step: Grey  # the largest step of L, a, b per pixel, smoothed
    scale: float  # pixels here per pixel of the photo

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.bgr.shape[0], self.bgr.shape[1]


def frame_of(bgr: NDArray[np.uint8]) -> Frame:
    """Shrink to 560 px on the long side (never enlarged) and measure gradients."""
    height, width = bgr.shape[:2]
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (max(SHORT_SIDE, round(width * scale)), max(SHORT_SIDE, round(height * scale)))
    small = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    lab = to_lab(cv2.bilateralFilter(small, 5, 20, 5))
    slope = _slope(lab[..., 0])
    return Frame(
        bgr=small,
        lab=lab,
        step=np.asarray(cv2.GaussianBlur(slope, (0, 0), 1.2), dtype=np.float32),
        crispness=_crispness(slope),
        colour_step=_colour_slope(lab),
        scale=scale,
    )


def to_lab(bgr: NDArray[np.uint8] | cv2.typing.MatLike) -> NDArray[np.float32]:
    """CIE Lab, D65, from 8-bit sRGB: L 0..100."""
    unit = np.asarray(bgr, dtype=np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(unit, cv2.COLOR_BGR2Lab), dtype=np.float32)


def _slope(channel: NDArray[np.float32]) -> Grey:
    across = cv2.Sobel(channel, cv2.CV_32F, 1, 0) / 8
    down = cv2.Sobel(channel, cv2.CV_32F, 0, 1) / 8
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)


def _crispness(slope: Grey) -> Grey:
    fine = cv2.GaussianBlur(slope, (0, 0), 0.8)
    return np.asarray(fine - cv2.GaussianBlur(slope, (0, 0), 5), dtype=np.float32)


def _colour_slope(lab: NDArray[np.float32]) -> Grey:
    soft = np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), dtype=np.float32)
    return np.max([_slope(soft[..., channel]) for channel in range(3)], axis=0)
