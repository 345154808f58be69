"""The drafting frame: the product upright, its long side 1000 units, its axis on a whole unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.shapes import Family, Outline, Photo, Point, Silhouette

LONG_SIDE = 1000.0
PAD = 40.0
GARMENTS: frozenset[Family] = frozenset(("top", "dress", "trousers", "skirt"))
_MIRROR_FROM = {"garment": 0.88, "other": 0.93}
_DESKEW_FROM = 0.82
Affine = NDArray[Any]  # (2, 3)


@dataclass(frozen=True)
class Frame:
    """Picture and outline in the drafting frame, one pixel a unit."""

    bgr: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    to_view: Affine  # photo → frame
    axis_x: float  # of the mirror axis, a whole number
    symmetric: bool  # the drawing may be mirrored
    family: Family
    enlarged: float  # frame pixels per photo pixel; above 1 the picture is soft

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in units."""
        return self.alpha.shape[1], self.alpha.shape[0]

    @property
    def is_garment(self) -> bool:
        """Whether the family is clothing."""
        return self.family in GARMENTS

    def place(self, point: Point) -> Point:
        """A point of the photo in frame units."""
        x, y = self.to_view @ np.array([point[0], point[1], 1.0])
        return float(x), float(y)


def make(
    photo: Photo, outline: Outline, silhouette: Silhouette, family: Family, *, asymmetric: bool
) -> Frame:
    """Deskew and scale the photo. Raises ValueError when the outline is empty."""
    mask = _usable(outline.mask)
    rotation, axis, iou = _upright(mask, silhouette)
    garment = family in GARMENTS
    symmetric = not asymmetric and iou > _MIRROR_FROM["garment" if garment else "other"]
    if family == "footwear":
        # A single shoe seen from the side can pass for symmetric; only a pair really is.
        symmetric = symmetric and _parts(mask) == 2
    turned = cv2.warpAffine(mask.astype(np.uint8), rotation, mask.shape[::-1])
    ys, xs = np.nonzero(turned if turned.any() else mask)
    if not turned.any():
        rotation = np.array([[1.0, 0, 0], [0, 1, 0]])
    scale = LONG_SIDE / max(np.ptp(xs) + 1, np.ptp(ys) + 1)
    half = max(axis - xs.min(), xs.max() - axis) * scale
    left = PAD + half if symmetric else PAD + (axis - xs.min()) * scale
    axis_x = float(np.ceil(left))
    width = int(2 * axis_x) if symmetric else int(np.ceil(np.ptp(xs) * scale + 2 * PAD)) + 1
    height = int(np.ceil(np.ptp(ys) * scale + 2 * PAD))
    view = rotation * scale
    view[0, 2] += axis_x - axis * scale
    view[1, 2] += PAD - ys.min() * scale
    return Frame(
        bgr=_warp(photo.bgr, view, (width, height), scale),
        alpha=_warp(outline.alpha * mask, view, (width, height), scale, border=0),
        to_view=view,
        axis_x=axis_x,
        symmetric=bool(symmetric),
        family=family,
        enlarged=scale,
    )


def _usable(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without specks. Raises ValueError when nothing is left."""
    calm = cv2.medianBlur(mask.astype(np.uint8), 3)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(calm)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 2 or areas.max() < 64:
        raise ValueError("the outline is empty")
    kept = 1 + np.nonzero(areas >= 0.05 * areas.max())[0]
    return np.isin(labels, kept)


def _parts(mask: NDArray[np.bool_]) -> int:
    return int(cv2.connectedComponents(mask.astype(np.uint8))[0]) - 1


def _upright(mask: NDArray[np.bool_], silhouette: Silhouette) -> tuple[Affine, float, float]:
    """Rotation, axis after it, and mirror IoU; the tilt's sign is tried both ways."""
    ys, xs = np.nonzero(mask)
    centre = (float(xs.mean()), float(ys.mean()))
    best: tuple[Affine, float, float] = (np.eye(2, 3), centre[0], 0.0)
    best_iou = -1.0
    for angle in dict.fromkeys((0.0, silhouette.angle_deg, -silhouette.angle_deg)):
        rotation = cv2.getRotationMatrix2D(centre, angle, 1)
        axis, iou = _axis(mask, rotation)
        # An upright photo is the likelier story when the gain is small.
        if iou - 0.0012 * abs(angle) > best_iou:
            best, best_iou = (rotation, axis, iou), iou - 0.0012 * abs(angle)
    if best[2] < _DESKEW_FROM:
        rotation = np.eye(2, 3)
        axis, _ = _axis(mask, rotation)
        return rotation, axis, best[2]
    return best


def _axis(mask: NDArray[np.bool_], rotation: Affine) -> tuple[float, float]:
    """The vertical axis of best mirror overlap, and that overlap, after a rotation."""
    scale = min(1.0, 240 / max(mask.shape))
    size = (int(mask.shape[1] * scale) + 1, int(mask.shape[0] * scale) + 1)
    view = rotation * scale
    small = cv2.warpAffine(mask.astype(np.uint8) * 255, view, size, flags=cv2.INTER_AREA) > 127
    columns = np.nonzero(small)[1]
    if columns.size == 0:
        return mask.shape[1] / 2, 0.0
    middle = float(columns.mean())
    best = (middle, 0.0)
    for axis in np.arange(middle - 7, middle + 7.01, 0.5):
        flip = np.array([[-1.0, 0, 2 * axis], [0, 1, 0]])
        other = cv2.warpAffine(small.astype(np.uint8), flip, size, flags=cv2.INTER_NEAREST) > 0
        iou = float((small & other).sum() / max(1, (small | other).sum()))
        if iou > best[1]:
            best = (float(axis), iou)
    return best[0] / scale, best[1]


def _warp(
    image: NDArray[Any],
    view: Affine,
    size: tuple[int, int],
    scale: float,
    border: int | None = None,
) -> NDArray[Any]:
    if scale < 0.75:
        # warpAffine does not average, so shrink first or fine cloth turns to moiré.
        image = cv2.GaussianBlur(image, (0, 0), 0.42 / scale)
    flags = cv2.INTER_CUBIC if scale > 1 and image.ndim == 3 else cv2.INTER_LINEAR
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    return cv2.warpAffine(image, view, size, flags=flags, borderMode=mode)
