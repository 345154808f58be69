"""How light falls on a layer: from its form, its folds and its surface."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.edits.pixels import Grey
from generation.providers.studio.samples.scene import Layer, Points

COARSE = 3  # form and folds are worked out on a copy this much smaller
LAMP = np.array([-0.42, -0.58, 0.70])
LAMP /= np.linalg.norm(LAMP)
CONTRAST = 0.62
STEEPEST = 2.2


@dataclass(frozen=True)
class Canvas:
    """Where centimetres lie on the picture."""

    scale: float  # pixels a centimetre
    x: float  # of the origin, px
    y: float

    def fixed(self, points: Points) -> NDArray[np.int32]:
        """Points in sixteenths of a pixel, as cv2 draws them."""
        placed = points * self.scale + [self.x, self.y]
        return np.asarray(np.round(placed * 16), np.int32)


def shading(
    mask: NDArray[np.uint8], layer: Layer, canvas: Canvas, corner: tuple[int, int], seed: int
) -> tuple[Grey, Grey]:
    """The share of light (1 on flat cloth) and the gloss of every pixel of the mask's box."""
    height, width = mask.shape
    size = (max(2, -(-width // COARSE)), max(2, -(-height // COARSE)))
    small = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)
    per_cm = canvas.scale / COARSE
    form = _turned(small) if layer.turned else _bent(small, layer.round * per_cm)
    form = form + _folds(layer, canvas, corner, size) + _drape(layer, per_cm, size, seed)
    if layer.surface == "quilt":
        form = form + _quilted(layer, canvas, corner, size)
    light, gloss = _lit(form, small, layer)
    full = (width, height)
    return (
        np.asarray(cv2.resize(light, full, interpolation=cv2.INTER_CUBIC), np.float32),
        np.asarray(cv2.resize(gloss, full, interpolation=cv2.INTER_CUBIC), np.float32),
    )


def _bent(mask: NDArray[np.uint8], reach: float) -> Grey:
    """Height of a cushion: flat in the middle, bending away towards its edge."""
    if reach < 0.5:
        return np.zeros(mask.shape, np.float32)
    padded = cv2.copyMakeBorder((mask > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    away = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    share = np.clip(away / reach, 0, 1)
    form = 0.62 * reach * np.sqrt(np.clip(1 - (1 - share) ** 2, 0, 1))
    return np.asarray(cv2.GaussianBlur(form, (0, 0), max(1.2, 0.16 * reach)), np.float32)


def _turned(mask: NDArray[np.uint8]) -> Grey:
    """Height of a body that is round about an upright axis: a half circle in every row."""
    inside = mask.astype(np.float32) / 255
    columns = np.arange(mask.shape[1], dtype=np.float32)
    there = np.flatnonzero(inside.max(axis=1) > 0.5)
    if not len(there):
        return np.zeros(mask.shape, np.float32)
    solid = inside > 0.5
    left = _even(solid.argmax(axis=1), there)
    right = _even(mask.shape[1] - 1 - solid[:, ::-1].argmax(axis=1), there)
    middle, half = (left + right) / 2, np.maximum((right - left) / 2, 1) * 1.02
    share = (columns[None] - middle[:, None]) / half[:, None]
    return np.asarray(half[:, None] * np.sqrt(np.clip(1 - share**2, 0, 1)), np.float32)


def _even(edge: NDArray[np.int64], there: NDArray[np.int64]) -> Grey:
    """An edge's column in every row, without the steps of whole pixels."""
    rows = np.arange(len(edge))
    known = np.interp(rows, there, edge[there]).astype(np.float32)
    soft = cv2.GaussianBlur(known[:, None], (1, 0), 0, sigmaY=3.0, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(soft, np.float32).reshape(-1)


def _folds(layer: Layer, canvas: Canvas, corner: tuple[int, int], size: tuple[int, int]) -> Grey:
    form = np.zeros(size[::-1], np.float32)
    per_cm = canvas.scale / COARSE
    for fold in layer.folds:
        ridge = np.zeros(size[::-1], np.float32)
        placed = (fold.points * canvas.scale + [canvas.x, canvas.y] - corner) / COARSE
        thick = max(1, round(0.6 * fold.width * per_cm))
        points = np.round(placed * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(ridge, [points], False, 1.0, thick, cv2.LINE_AA, 4)
        soft = cv2.GaussianBlur(ridge, (0, 0), max(0.8, 0.42 * fold.width * per_cm))
        form += fold.height * per_cm * soft
    return form


def _drape(layer: Layer, per_cm: float, size: tuple[int, int], seed: int) -> Grey:
    """Soft waves that no two cloths share."""
    if layer.drape <= 0:
        return np.zeros(size[::-1], np.float32)
    random = np.random.default_rng(seed)
    form = np.zeros(size[::-1], np.float32)
    for wide, high, tall in ((11.0, 26.0, 0.40), (4.5, 15.0, 0.07), (1.8, 4.0, 0.018)):
        across = max(2, round(size[0] / (wide * per_cm)) + 3)
        along = max(2, round(size[1] / (high * per_cm)) + 3)
        noise = random.normal(0, 1, (along, across)).astype(np.float32)
        wave = cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
        form += tall * per_cm * layer.drape * np.asarray(wave, np.float32)
    return form


def _quilted(layer: Layer, canvas: Canvas, corner: tuple[int, int], size: tuple[int, int]) -> Grey:
    """Chambers of down between level seams."""
    pitch = layer.pitch or 7.0
    rows = np.arange(size[1], dtype=np.float32) * COARSE + corner[1] - canvas.y
    xs = np.arange(size[0], dtype=np.float32)[None] * COARSE + corner[0] - canvas.x
    angle = np.radians(layer.angle)
    along = rows[:, None] * np.cos(angle) - xs * np.sin(angle)
    share = np.abs((along / (canvas.scale * pitch)) % 1.0 - 0.5) * 2  # 0 between, 1 on a seam
    return np.asarray(
        0.34 * pitch * canvas.scale / COARSE * np.sqrt(np.clip(1 - share**2, 0, 1)), np.float32
    )


def _lit(form: Grey, mask: NDArray[np.uint8], layer: Layer) -> tuple[Grey, Grey]:
    gx = np.clip(cv2.Sobel(form, cv2.CV_32F, 1, 0, scale=1 / 8), -STEEPEST, STEEPEST)
    gy = np.clip(cv2.Sobel(form, cv2.CV_32F, 0, 1, scale=1 / 8), -STEEPEST, STEEPEST)
    if layer.turned:
        gy = gy * 0.35
    norm = 1 / np.sqrt(gx * gx + gy * gy + 1)
    facing = (-gx * LAMP[0] - gy * LAMP[1] + LAMP[2]) * norm
    light = 1 + CONTRAST * (facing - LAMP[2]) - 0.10 * (1 - norm)
    if layer.turned:
        light = 1 + 0.86 * (light - 1) + 0.07  # the middle of a round body is what is looked at
    gloss = np.zeros_like(light)
    if layer.gloss > 0:
        half = LAMP + np.array([0.0, 0.0, 1.0])
        half /= np.linalg.norm(half)
        shine = np.clip((-gx * half[0] - gy * half[1] + half[2]) * norm, 0, 1)
        gloss = layer.gloss * (0.7 * shine**60 + 0.22 * shine**14 - 0.22 * half[2] ** 14)
    return np.asarray(np.clip(light, 0.30, 1.4), np.float32), np.asarray(
        np.clip(gloss, 0, 1), np.float32
    )


def texture(layer: Layer, canvas: Canvas, box: tuple[slice, slice], seed: int) -> Grey:
    """Fine structure of the surface as a share of light, 1 on average."""
    rows, columns = box
    size = (columns.stop - columns.start, rows.stop - rows.start)
    random = np.random.default_rng(seed + 7)
    grain = random.normal(0, 1, size[::-1]).astype(np.float32)
    if layer.surface in ("plain", "leather"):
        return np.asarray(1 + (0.010 if layer.surface == "plain" else 0.006) * grain, np.float32)
    xs = (np.arange(columns.start, columns.stop, dtype=np.float32)[None] - canvas.x) / canvas.scale
    ys = (np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - canvas.y) / canvas.scale
    angle = np.radians(layer.angle)
    across = xs * np.cos(angle) + ys * np.sin(angle)
    along = ys * np.cos(angle) - xs * np.sin(angle)
    if layer.surface == "rib":
        pitch = layer.pitch or 0.55
        return np.asarray(1 + 0.085 * np.sin(2 * np.pi * across / pitch) + 0.01 * grain, np.float32)
    if layer.surface == "knit":
        pitch = layer.pitch or 0.75
        zigzag = across / pitch + 0.28 * np.abs((along / pitch * 1.2) % 1.0 - 0.5)
        return np.asarray(1 + 0.075 * np.sin(2 * np.pi * zigzag) + 0.015 * grain, np.float32)
    if layer.surface == "denim":
        twill = 0.035 * np.sin(2 * np.pi * (across + along) / 0.28)
        return np.asarray(1 + twill + 0.045 * cv2.GaussianBlur(grain, (0, 0), 0.8), np.float32)
    if layer.surface == "terry":
        return np.asarray(1 + 0.09 * cv2.GaussianBlur(grain, (0, 0), 1.4), np.float32)
    if layer.surface == "wood":
        return np.asarray(1 + _rings(across, along, random) + 0.008 * grain, np.float32)
    return np.asarray(1 + 0.008 * grain, np.float32)


def _rings(across: Grey, along: Grey, random: np.random.Generator) -> Grey:
    phase = random.uniform(0, 6.28, 3)
    bend = 0.5 * np.sin(along / 17 + phase[0]) + 0.25 * np.sin(along / 7 + phase[1])
    return np.asarray(0.035 * np.sin(5.5 * (across + bend) + phase[2]), np.float32)
