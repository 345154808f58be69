"""Drawn products for tests: plain shapes, with or without a seam."""

from __future__ import annotations

import cv2
import numpy as np

from generation.providers.studio.shapes import Landmark, Outline, Photo, Silhouette

TEE = np.array([
    (300, 120), (350, 150), (450, 150), (500, 120), (610, 160), (740, 330), (660, 390), (600, 330),
    (600, 720), (200, 720), (200, 330), (140, 390), (60, 330), (190, 160),
])  # fmt: skip
TEE_MARKS = {
    "hps_left": (300, 120), "hps_right": (500, 120), "neck_front": (400, 150),
    "shoulder_left": (190, 160), "shoulder_right": (610, 160),
    "armpit_left": (200, 330), "armpit_right": (600, 330),
    "cuff_top_left": (60, 330), "cuff_bottom_left": (140, 390),
    "cuff_top_right": (740, 330), "cuff_bottom_right": (660, 390),
    "chest_left": (200, 350), "chest_right": (600, 350),
    "hem_left": (200, 715), "hem_right": (600, 715), "hem_centre": (400, 720),
}  # fmt: skip


def tee(
    *, hem_seam: int | None = None, print_box: tuple[int, int, int, int] | None = None
) -> tuple[Photo, Outline, Silhouette, dict[str, Landmark]]:
    """A T-shirt on white, 800 pixels, with a seam so many pixels above the hem, and a print."""
    picture = np.full((800, 800, 3), 245, np.uint8)
    cv2.fillPoly(picture, [TEE], (120, 90, 60))
    if hem_seam is not None:
        cv2.line(picture, (200, 720 - hem_seam), (600, 720 - hem_seam), (60, 40, 25), 2)
    if print_box is not None:
        x, y, w, h = print_box
        cv2.rectangle(picture, (x, y), (x + w, y + h), (40, 220, 240), -1)
    marks = {name: Landmark(name, float(x), float(y)) for name, (x, y) in TEE_MARKS.items()}
    return (*cut_out(picture, TEE), marks)


def cut_out(picture: np.ndarray, corners: np.ndarray) -> tuple[Photo, Outline, Silhouette]:
    """The picture with the polygon's outline."""
    alpha = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(alpha, [corners], 255)
    low, high = corners.min(axis=0), corners.max(axis=0)
    box = (int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
    noise = np.random.default_rng(5).integers(-2, 3, picture.shape)
    grainy = np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)
    outline = Outline((alpha / 255).astype(np.float32), 0.9, worn_by_person=False)
    return (
        Photo(grainy, None, 1.0),
        outline,
        Silhouette(0.0, float(low[0] + high[0]) / 2, 1.0, box, {}),
    )


def rectangle(width: int = 400, height: int = 500) -> tuple[Photo, Outline, Silhouette]:
    """A plain box on white with a few edges drawn on it."""
    picture = np.full((height + 200, width + 200, 3), 250, np.uint8)
    corners = np.array(
        [(100, 100), (100 + width, 100), (100 + width, 100 + height), (100, 100 + height)]
    )
    cv2.fillPoly(picture, [corners], (160, 160, 170))
    cv2.circle(
        picture, (100 + width // 2, 100 + height // 3), min(width, height) // 6, (40, 40, 60), -1
    )
    return cut_out(picture, corners)
