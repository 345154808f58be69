"""Where the photo shows a line: narrow, long and sharp, as seams are and folds are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.bezier import Points
from generation.providers.studio.sketch.frame import Frame

_MARGIN = 9  # units inside the outline where its own edge still disturbs the gradient
_SEEN = 0.9  # normalised strength from which a point of a line counts as seen

_REACH = 3  # units that a line may be off and still be supported
_BINS = 8  # directions
_ALIGNED = 0.84  # cosine, a little more than half a bin
_BESIDE = (-26, -15, 15, 26)  # units to the neighbours a line is compared with

Field = NDArray[Any]


@dataclass(frozen=True)
class Evidence:
    """Line strength per pixel, with the direction across the line."""

    strength: Field  # normalised: about 1 is a faint seam, 3 a strong edge
    contrast: Field  # gradient in Lab units a pixel, not normalised
    across_x: Field  # unit vector across the line
    across_y: Field
    nearby: Field  # the greatest strength within reach
    seen: NDArray[np.bool_]  # (bins, h, w): a line passes within reach, by direction across it
    inside: NDArray[np.bool_]  # where the gradient can be trusted
    busy: float  # share of the inside that is full of edges: prints, knits, quilting

    def support(self, points: Points) -> float:
        """Share of the line that the photo shows, near it and in its direction."""
        return self._support(*_stations(points))

    def stands_out(self, points: Points) -> float:
        """How much more support the line has than lines beside it, -1..1.

        In a crumpled or printed cloth any line finds support; a seam finds more than its
        neighbours.
        """
        at, normal = _stations(points)
        beside = [self._support(at + by * normal, normal) for by in _BESIDE]
        return self._support(at, normal) - float(np.mean(beside))

    def score(self, points: Points) -> float:
        """Mean strength along the line, capped so that one bright spot cannot carry it."""
        x, y = self._pixels(points)
        return float(np.minimum(self.nearby[y, x], 3.0).mean()) if len(points) else 0.0

    def _support(self, at: Points, normal: Points) -> float:
        x, y = self._pixels(at)
        usable = self.inside[y, x]
        if usable.sum() < 0.5 * len(at):
            return 0.0
        angle = np.arctan2(normal[:, 1], normal[:, 0]) % np.pi
        bins = np.round(angle / np.pi * _BINS).astype(int) % _BINS
        return float(self.seen[bins, y, x][usable].mean())

    def _pixels(self, at: Points) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        height, width = self.strength.shape
        x = np.clip(np.round(at[:, 0]).astype(int), 0, width - 1)
        return x, np.clip(np.round(at[:, 1]).astype(int), 0, height - 1)


def find(frame: Frame) -> Evidence:
    """Measure the frame's picture."""
    height, width = frame.alpha.shape
    calm = cv2.bilateralFilter(frame.bgr, 7, 26, 5)
    lab = cv2.cvtColor(calm.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    lab = lab * np.array([1.0, 1.25, 1.25], np.float32)
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
    nx, ny = gx / norm, gy / norm
    window = np.ones((2 * _REACH + 1,) * 2, np.uint8)
    nearby = cv2.dilate(strength, window)
    return Evidence(
        strength, contrast, nx, ny, nearby, _by_direction(strength, nx, ny, window), inside, busy
    )


def _by_direction(
    strength: Field, nx: Field, ny: Field, window: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    there = strength > _SEEN
    maps = []
    for i in range(_BINS):
        angle = i * np.pi / _BINS
        aligned = np.abs(nx * np.cos(angle) + ny * np.sin(angle)) > _ALIGNED
        maps.append(cv2.dilate((there & aligned).astype(np.uint8), window) > 0)
    return np.stack(maps)


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
