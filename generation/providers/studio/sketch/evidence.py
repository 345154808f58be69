"""Where the photo shows a line: narrow, long and sharp, as seams are and folds are not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..bezier import Points
from .frame import Frame

_MARGIN = 9  # units inside the outline where its own edge still disturbs the gradient
_SEEN = 0.9  # normalised strength from which a point of a line counts as seen

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Evidence:
    """Line strength per pixel, with the direction across the line."""

    strength: Field  # normalised: about 1 is a faint seam, 3 a strong edge
    contrast: Field  # gradient in Lab units a pixel, not normalised
    across_x: Field  # unit vector across the line
    across_y: Field
    inside: NDArray[np.bool_]  # where the gradient can be trusted
    busy: float  # share of the inside that is full of edges: prints, knits, quilting

    def support(self, points: Points, *, reach: int = 3) -> float:
        """Share of the line that the photo shows, within ``reach`` units, in its direction."""
        return float(self._seen(points, reach).mean()) if len(points) > 4 else 0.0

    def score(self, points: Points, *, reach: int = 2) -> float:
        """Mean strength along the line, capped so that one bright spot cannot carry it."""
        values = self._along(points, reach)
        return float(np.minimum(values, 3.0).mean()) if values.size > 4 else 0.0

    def _seen(self, points: Points, reach: int) -> NDArray[np.bool_]:
        values = self._along(points, reach)
        return values > _SEEN if values.size else np.zeros(1, bool)

    def _along(self, points: Points, reach: int) -> Field:
        at, normal = _stations(points)
        best = np.zeros(len(at), np.float32)
        height, width = self.strength.shape
        usable = np.zeros(len(at), bool)
        for offset in range(-reach, reach + 1):
            x = np.round(at[:, 0] + offset * normal[:, 0]).astype(int)
            y = np.round(at[:, 1] + offset * normal[:, 1]).astype(int)
            ok = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
            ok &= self.inside[y, x]
            aligned = np.abs(
                self.across_x[y, x] * normal[:, 0] + self.across_y[y, x] * normal[:, 1]
            )
            value = np.where(ok & (aligned > 0.8), self.strength[y, x], 0)
            best = np.maximum(best, value)
            usable |= ok
        return best[usable]


def find(frame: Frame) -> Evidence:
    """Measure the frame's picture."""
    height, width = frame.alpha.shape
    calm = cv2.bilateralFilter(frame.bgr, 7, 26, 5)
    lab = cv2.cvtColor(calm.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    lab[..., 1:] *= 1.25
    sigma = float(np.clip(0.85 * frame.enlarged, 1.7, 2.6))
    gx, gy = _gradient(lab, sigma)
    contrast = np.hypot(gx, gy)
    wide_x, wide_y = _gradient(cv2.resize(lab, None, fx=0.5, fy=0.5), 2.6)
    wide = cv2.resize(np.hypot(wide_x, wide_y), (width, height)) / 2
    coherence = _coherence(gx, gy)
    texture = np.sqrt(cv2.GaussianBlur(contrast * contrast, (0, 0), 24))
    # A fold's shading is as steep at a coarse scale as at a fine one; a seam's is not.
    sharp = np.clip((contrast / (wide + 0.05) - 0.75) * 2.2, 0, 1)
    strength = contrast * np.clip(coherence * 1.3, 0, 1) * sharp / (0.45 + 0.5 * texture)
    inside = _inside(frame)
    strength[~inside] = 0
    busy = float((contrast[inside] > 1.6).mean()) if inside.any() else 0.0
    norm = contrast + 1e-6
    return Evidence(strength, contrast, gx / norm, gy / norm, inside, busy)


def _gradient(lab: Field, sigma: float) -> tuple[Field, Field]:
    """Per pixel the gradient of the channel that changes most."""
    blurred = cv2.GaussianBlur(lab, (0, 0), sigma)
    gx = cv2.Sobel(blurred, cv2.CV_32F, 1, 0) / 8
    gy = cv2.Sobel(blurred, cv2.CV_32F, 0, 1) / 8
    pick = (gx * gx + gy * gy).argmax(axis=2)[..., None]
    return np.take_along_axis(gx, pick, 2)[..., 0], np.take_along_axis(gy, pick, 2)[..., 0]


def _coherence(gx: Field, gy: Field) -> Field:
    xx, yy, xy = (cv2.GaussianBlur(v, (0, 0), 6) for v in (gx * gx, gy * gy, gx * gy))
    return np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (xx + yy + 1e-6)


def _inside(frame: Frame) -> NDArray[np.bool_]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _MARGIN + 1,) * 2)
    solid = (frame.alpha > 0.5).astype(np.uint8)
    padded = cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.erode(padded, kernel)[1:-1, 1:-1] > 0


def _stations(points: Points, step: float = 4.0) -> tuple[Points, Points]:
    """Evenly spaced places on a polyline, and the unit normal at each."""
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    count = max(5, int(along[-1] / step))
    at = np.stack(
        [np.interp(np.linspace(0, along[-1], count), along, points[:, i]) for i in (0, 1)], axis=1
    )
    way = np.gradient(at, axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True) + 1e-9
    return at, np.stack([-way[:, 1], way[:, 0]], axis=1)
