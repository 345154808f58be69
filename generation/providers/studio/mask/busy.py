"""The outline on a busy background: what stands out from everything at the border.

Saliency by boundary connectivity on superpixels, after Zhu, Liang, Wei and Sun (2014),
with the rarity of colours in the middle of the picture beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import Grey, Mask, closed, large_parts, opened

SIDE = 240  # px; the saliency map's long side
CELL = 13  # px; superpixels are about this wide
TURNS = 4
COLOUR_REACH = 9.0  # Lab; colours nearer than this count as the same region


@dataclass(frozen=True)
class Patches:
    """Superpixels: their label map, mean Lab, centre (0..1) and place at the border."""

    labels: NDArray[np.int32]
    lab: NDArray[np.float64]
    centre: NDArray[np.float64]
    at_border: NDArray[np.bool_]


def busy_guess(frame: Frame) -> Mask:
    """A first outline: what is more salient than Otsu's level."""
    saliency = salient(frame)
    level = cv2.threshold((saliency * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)[0] / 255
    mask = closed(opened(saliency > level, 2), 4)
    return large_parts(mask, 0.25)


def salient(frame: Frame) -> Grey:
    """How much each pixel stands out, 0..1, in the frame's size."""
    height, width = frame.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    lab = cv2.resize(frame.lab, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    patches = superpixels(lab)
    values = _optimised(patches) if len(patches.lab) > 8 else np.zeros(len(patches.lab))
    small = values[patches.labels].astype(np.float32)
    standing_out = cv2.GaussianBlur(cv2.resize(small, (width, height)), (0, 0), 3)
    rare = rarity(frame)
    return np.clip(0.65 * _stretched(standing_out) + 0.35 * _stretched(rare), 0, 1)


def superpixels(lab: NDArray[np.float32]) -> Patches:
    """SLIC: k-means on colour and place, each pixel looking at its nine nearest cells."""
    height, width = lab.shape[:2]
    rows, columns = max(2, round(height / CELL)), max(2, round(width / CELL))
    y, x = np.mgrid[0:height, 0:width]
    row = np.minimum(y * rows // height, rows - 1)
    column = np.minimum(x * columns // width, columns - 1)
    weight = 12.0 / CELL
    points = np.concatenate([lab, (x * weight)[..., None], (y * weight)[..., None]], axis=2).astype(
        np.float32
    )
    flat = points.reshape(-1, 5)
    labels = (row * columns + column).ravel()
    centres = _means(flat, labels, rows * columns)
    for _ in range(TURNS):
        best = np.full(len(flat), np.inf, np.float32)
        chosen = labels.copy()
        for up in (-1, 0, 1):
            for across in (-1, 0, 1):
                near_row = np.clip(row + up, 0, rows - 1)
                near_column = np.clip(column + across, 0, columns - 1)
                candidate = (near_row * columns + near_column).ravel()
                gap = ((flat - centres[candidate]) ** 2).sum(axis=1)
                better = gap < best
                best = np.where(better, gap, best)
                chosen = np.where(better, candidate, chosen)
        labels = chosen
        centres = _means(flat, labels, rows * columns)
    return _compact(flat, labels, height, width, weight)


def _means(points: NDArray[np.float32], labels: NDArray[np.int64], count: int) -> NDArray:
    totals = np.maximum(np.bincount(labels, minlength=count), 1)
    sums = [np.bincount(labels, points[:, axis], count) for axis in range(points.shape[1])]
    return (np.stack(sums, axis=1) / totals[:, None]).astype(np.float32)


def _compact(
    points: NDArray[np.float32], labels: NDArray[np.int64], height: int, width: int, weight: float
) -> Patches:
    _, numbered = np.unique(labels, return_inverse=True)
    numbered = numbered.ravel()
    means = _means(points, numbered, int(numbered.max()) + 1).astype(np.float64)
    label_map = numbered.reshape(height, width).astype(np.int32)
    edge = np.concatenate([label_map[0], label_map[-1], label_map[:, 0], label_map[:, -1]])
    at_border = np.zeros(len(means), bool)
    at_border[np.unique(edge)] = True
    centre = means[:, 3:] / weight / max(height, width)
    return Patches(label_map, means[:, :3], centre, at_border)


def _optimised(patches: Patches) -> NDArray[np.float64]:
    """Saliency per superpixel: background, foreground and smoothness costs, in closed form."""
    touching = _neighbours(patches)
    colour = np.linalg.norm(patches.lab[:, None] - patches.lab[None], axis=2)
    background = _background_chance(patches, touching, colour)
    apart = np.linalg.norm(patches.centre[:, None] - patches.centre[None], axis=2)
    contrast = (colour * np.exp(-(apart**2) / (2 * 0.25**2)) * background[None]).sum(axis=1)
    foreground = contrast / max(contrast.max(), 1e-9)
    foreground[foreground < 0.25 * foreground.mean()] = 0
    smooth = np.where(touching, np.exp(-(colour**2) / (2 * COLOUR_REACH**2)) + 0.1, 0.0)
    np.fill_diagonal(smooth, 0)
    laplacian = np.diag(smooth.sum(axis=1)) - smooth
    weight = np.diag(5 * background + foreground) + laplacian + 1e-6 * np.eye(len(background))
    return np.clip(np.linalg.solve(weight, foreground), 0, 1)


def _neighbours(patches: Patches) -> NDArray[np.bool_]:
    """Which superpixels touch; those at the border count as touching each other."""
    count = len(patches.lab)
    touching = np.zeros((count, count), bool)
    labels = patches.labels
    for one, other in ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])):
        touching[one.ravel(), other.ravel()] = True
        touching[other.ravel(), one.ravel()] = True
    touching[np.ix_(patches.at_border, patches.at_border)] = True
    np.fill_diagonal(touching, False)
    return touching


def _background_chance(
    patches: Patches, touching: NDArray[np.bool_], colour: NDArray[np.float64]
) -> NDArray[np.float64]:
    """High where a superpixel's region meets the border along much of its edge."""
    slack = np.where(touching, colour, np.inf)
    slack = np.maximum(0, slack - np.median(slack.min(axis=1)))
    np.fill_diagonal(slack, 0)
    for middle in range(len(slack)):  # Floyd and Warshall
        np.minimum(slack, slack[:, middle, None] + slack[None, middle], out=slack)
    same = np.exp(-(slack**2) / (2 * COLOUR_REACH**2))
    reach = same[:, patches.at_border].sum(axis=1) / np.sqrt(same.sum(axis=1))
    return 1 - np.exp(-(reach**2) / 2)


def rarity(frame: Frame) -> Grey:
    """How much commoner a pixel's colour is in the middle than at the border."""
    height, width = frame.shape
    cells = (
        np.clip(frame.lab[..., 0] / 100 * 12, 0, 11).astype(int),
        np.clip((frame.lab[..., 1] + 80) / 10, 0, 15).astype(int),
        np.clip((frame.lab[..., 2] + 80) / 10, 0, 15).astype(int),
    )
    code = (cells[0] * 16 + cells[1]) * 16 + cells[2]
    middle = np.zeros((height, width), bool)
    middle[int(0.15 * height) : int(0.85 * height), int(0.2 * width) : int(0.8 * width)] = True
    frame_band = np.ones((height, width), bool)
    thick = max(1, int(0.06 * min(height, width)))
    frame_band[thick:-thick, thick:-thick] = False
    inside = _histogram(code[middle])
    border = _histogram(code[frame_band])
    ratio = (inside + 1e-6) / (inside + border + 2e-6)
    y, x = np.mgrid[0:height, 0:width]
    off = ((x - width / 2) / (0.42 * width)) ** 2 + ((y - height / 2) / (0.46 * height)) ** 2
    seen = cv2.GaussianBlur(ratio[code].astype(np.float32), (0, 0), 4)
    return np.asarray(seen * np.exp(-(off**2)), dtype=np.float32)


def _histogram(code: NDArray[np.int64]) -> NDArray[np.float64]:
    counts = np.bincount(code, minlength=12 * 16 * 16).astype(np.float64)
    return counts / max(1.0, counts.sum())


def _stretched(grey: cv2.typing.MatLike) -> Grey:
    low, high = float(np.min(grey)), float(np.max(grey))
    return np.asarray((grey - low) / max(high - low, 1e-6), dtype=np.float32)
