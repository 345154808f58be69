"""What of the photo is shown, and which way up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from generation.providers.studio.edits.pixels import Grey, Picture

Side = Literal["left", "right", "top", "bottom"]
LEAST_SIDE = 200  # px; a smaller crop is of no use to a reader


@dataclass(frozen=True)
class Crop:
    """To the product with a margin, to a shape, to a part, or something off a side."""

    to_product: bool = False
    ratio: float | None = None  # width over height
    margin: float | None = None  # of the product's longer side
    part: str = ""
    cut: tuple[Side, float] | None = None  # a share of the picture taken off that side


@dataclass(frozen=True)
class Turn:
    """Clockwise degrees, or until the product's axis is upright."""

    degrees: float = 0.0
    straighten: bool = False


def turned(picture: Picture, alpha: Grey, degrees: float) -> tuple[Picture, Grey]:
    """Rotate clockwise. Quarter turns lose nothing; others keep the size, and the corners
    that come into view continue the background."""
    quarter = round(degrees / 90)
    if abs(degrees - 90 * quarter) < 0.05:
        times = -quarter % 4
        return np.ascontiguousarray(np.rot90(picture, times)), np.ascontiguousarray(
            np.rot90(alpha, times)
        )
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1)
    size = (width, height)
    moved = cv2.warpAffine(
        picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    there = cv2.warpAffine(np.full((height, width), 255, np.uint8), matrix, size)
    shape = cv2.warpAffine(alpha, matrix, size)
    return _corners_filled(np.asarray(moved, np.uint8), there), np.asarray(shape, np.float32)


def _corners_filled(picture: Picture, there: np.ndarray) -> Picture:
    """Streaks in the new corners are blurred away."""
    height, width = picture.shape[:2]
    scale = 64 / max(height, width)
    tiny = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(tiny, (0, 0), 2.5, borderType=cv2.BORDER_REPLICATE)
    soft = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)
    seam = cv2.GaussianBlur(there, (0, 0), max(1.0, max(height, width) / 500))
    keep = (np.clip((seam.astype(np.float32) - 128) / 127, 0, 1))[..., None]
    return np.asarray(picture * keep + soft * (1 - keep) + 0.5, np.uint8)


def flipped(picture: Picture, alpha: Grey, *, down: bool) -> tuple[Picture, Grey]:
    """Mirrored left to right, or top to bottom."""
    way = 0 if down else 1
    return np.asarray(cv2.flip(picture, way)), np.asarray(cv2.flip(alpha, way))


def box_of(alpha: Grey) -> tuple[int, int, int, int]:
    """x, y, width, height of the product; zeros without one."""
    x, y, width, height = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    return int(x), int(y), int(width), int(height)


def wanted_box(
    shape: tuple[int, ...], product: tuple[int, int, int, int] | None, crop: Crop
) -> tuple[int, int, int, int]:
    """The box to keep; it may reach beyond the picture where a shape is asked for."""
    height, width = shape[:2]
    x, y, wide, high = product if product and crop.to_product else (0, 0, width, height)
    if crop.cut:
        x, y, wide, high = _without(crop.cut, width, height)
    if product and crop.to_product:
        room = (0.08 if crop.margin is None else crop.margin) * max(wide, high)
        x, y, wide, high = (
            round(x - room), round(y - room), round(wide + 2 * room), round(high + 2 * room),
        )  # fmt: skip
        if crop.ratio is None:
            right, bottom = min(width, x + wide), min(height, y + high)
            x, y = max(0, x), max(0, y)
            return x, y, right - x, bottom - y
    if crop.ratio is None:
        return x, y, wide, high
    centre = (product[0] + product[2] / 2, product[1] + product[3] / 2) if product else None
    return _shaped((x, y, wide, high), crop, (width, height), centre)


def _without(cut: tuple[Side, float], width: int, height: int) -> tuple[int, int, int, int]:
    side, share = cut
    across, along = round(width * share), round(height * share)
    return {
        "left": (across, 0, width - across, height),
        "right": (0, 0, width - across, height),
        "top": (0, along, width, height - along),
        "bottom": (0, 0, width, height - along),
    }[side]


def _shaped(
    box: tuple[int, int, int, int],
    crop: Crop,
    size: tuple[int, int],
    centre: tuple[float, float] | None,
) -> tuple[int, int, int, int]:
    """The box in the wanted shape: around the product if asked, else inside the picture."""
    x, y, wide, high = box
    ratio = crop.ratio or 1.0
    grow = crop.to_product
    if grow:
        new_w, new_h = max(wide, math.ceil(high * ratio)), max(high, math.ceil(wide / ratio))
    else:
        new_w, new_h = min(wide, round(high * ratio)), min(high, round(wide / ratio))
    middle = centre or (x + wide / 2, y + high / 2)
    left, top = round(middle[0] - new_w / 2), round(middle[1] - new_h / 2)
    if new_w <= size[0]:
        left = min(max(left, 0), size[0] - new_w)
    if new_h <= size[1]:
        top = min(max(top, 0), size[1] - new_h)
    return left, top, new_w, new_h


def cut_to(picture: Picture, box: tuple[int, int, int, int]) -> Picture:
    """The box of the picture; what lies beyond its border continues the background."""
    x, y, wide, high = box
    height, width = picture.shape[:2]
    left, top = max(0, -x), max(0, -y)
    right, bottom = max(0, x + wide - width), max(0, y + high - height)
    inside = picture[max(0, y) : y + high, max(0, x) : x + wide]
    if not any((left, top, right, bottom)):
        return np.ascontiguousarray(inside)
    grown = cv2.copyMakeBorder(inside, top, bottom, left, right, cv2.BORDER_REPLICATE)
    there = np.zeros(grown.shape[:2], np.uint8)
    there[top : top + inside.shape[0], left : left + inside.shape[1]] = 255
    return _corners_filled(np.asarray(grown, np.uint8), there)
