"""An outline as simplified closed polygons."""

from __future__ import annotations

import cv2
import numpy as np

from generation.providers.studio.shapes import Outline, Point

SLACK = 0.0012  # of the long side; a polygon leaves the outline by at most this much
SMALLEST = 0.0003  # of the picture; smaller rings are noise


def rings(outline: Outline, scale: float) -> list[list[Point]]:
    """Closed polygons in pixels of the stored file, holes included: fill by even-odd.

    ``scale`` is :attr:`Photo.scale`. The first point is not repeated at the end.
    """
    mask = outline.mask.astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    slack = max(0.6, SLACK * max(mask.shape))
    kept = [c for c in contours if cv2.contourArea(c) >= max(4.0, SMALLEST * mask.size)]
    polygons = [cv2.approxPolyDP(contour, slack, True)[:, 0] for contour in kept]
    return [
        [((float(x) + 0.5) / scale, (float(y) + 0.5) / scale) for x, y in polygon]
        for polygon in polygons
        if len(polygon) >= 3
    ]
