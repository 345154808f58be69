"""A person's strokes on the photo, as hints."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import Mask, connected_to, grow, opened
from generation.providers.studio.shapes import Point

THICKNESS = 0.012  # of the frame's long side
MOST = 0.35  # of the picture that one set of strokes may claim
SAME = 9.0  # Lab; pixels this near to the stroke's colours belong to it


def painted(strokes: Sequence[Sequence[Point]], frame: Frame, photo_size: tuple[int, int]) -> Mask:
    """The strokes' pixels in the frame; points are pixels of a photo of (width, height)."""
    canvas = np.zeros(frame.shape, np.uint8)
    height, width = frame.shape
    ratio = np.array([width / photo_size[0], height / photo_size[1]])
    thick = max(2, round(THICKNESS * max(frame.shape)))
    for stroke in strokes:
        if not len(stroke):
            continue
        points = np.round(np.asarray(stroke, dtype=float).reshape(-1, 2) * ratio).astype(np.int32)
        cv2.polylines(canvas, [points.reshape(-1, 1, 2)], False, 1, thick)
        cv2.circle(canvas, (int(points[0][0]), int(points[0][1])), thick // 2 + 1, 1, -1)
    return canvas > 0


def spread(stroke: Mask, frame: Frame, *, allowed: Mask) -> Mask:
    """The stroke with the neighbouring pixels of its colours, not across edges."""
    if not stroke.any():
        return stroke
    colours = _palette(frame.lab[stroke])
    gap = np.min([np.linalg.norm(frame.lab - colour, axis=2) for colour in colours], axis=0)
    alike = opened((gap < SAME) & allowed & (frame.step < 4.0), 1)
    reached = connected_to(stroke, alike)
    if reached.mean() > MOST:  # it ran out over the background
        reached = reached & grow(stroke, 12)
    return reached | grow(stroke, 1)


def _palette(pixels: np.ndarray) -> np.ndarray:
    """Up to six colours that stand for the pixels under a stroke."""
    order = np.argsort(pixels[:, 0], kind="stable")
    slices = np.array_split(pixels[order], min(6, len(pixels)))
    return np.array([np.median(part, axis=0) for part in slices])
