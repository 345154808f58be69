"""Prints: a box that says where artwork sits, or that it is all over. Never traced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.sketch.evidence import Evidence
from generation.providers.studio.sketch.frame import Frame

_SCALE = 0.3  # of the frame; print boxes need no more
_FAR = 12.0  # Lab distance from the cloth's own colour, shading apart
_CLOTHS = 5
_CRISP = 2.4  # Lab units a frame pixel at the edge of ink
_SHARP = 5.0  # of a patch without lettering
_SOFT = 1.8  # below this foreign colour is shading or fading

Box = tuple[float, float, float, float]
Picture = NDArray[Any]


@dataclass(frozen=True)
class Print:
    """Artwork boxes (x, y, width, height in units) or an all-over print."""

    boxes: tuple[Box, ...]
    all_over: bool


def find(frame: Frame, evidence: Evidence) -> Print:
    """Look for colour that is not the cloth's and does not reach the outline."""
    small = cv2.resize(cv2.medianBlur(frame.bgr, 5), None, fx=_SCALE, fy=_SCALE, interpolation=3)
    solid: Picture = (frame.alpha > 0.9).astype(np.uint8)
    solid = cv2.erode(solid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (23, 23)))
    inside = cv2.resize(solid, small.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    if inside.sum() < 200:
        return Print((), False)
    foreign, ink = _foreign(small, inside)
    share, spread = float(foreign.sum() / inside.sum()), _spread(foreign, inside)
    ink_share, ink_spread = float(ink.sum() / inside.sum()), _spread(ink, inside)
    crisp = _crispness(foreign, inside, evidence)
    busy = evidence.busy
    all_over = crisp > _CRISP and (
        busy > 0.42
        or (busy > 0.25 and share > 0.05 and spread > 0.6)
        or (busy > 0.12 and ink_share > 0.15 and ink_spread > 0.6)
    )
    if all_over or crisp < _SOFT:
        return Print((), all_over)
    boxes = [
        box
        for box in _boxes(foreign, inside)
        if not _in_neck(box, frame) and _is_inked(box, foreign, inside, evidence)
    ]
    return Print(tuple(boxes), False)


def _is_inked(
    box: Box, foreign: NDArray[np.bool_], inside: NDArray[np.bool_], evidence: Evidence
) -> bool:
    """Whether a box holds lettering or a sharp patch, and not a panel, a fade or a shadow."""
    x, y, w, h = (int(v) for v in box)
    columns = np.nonzero(inside.any(axis=0))[0]
    whole = (columns[-1] - columns[0]) / _SCALE
    if w > 0.7 * whole or h > 2.6 * w:
        return False
    edges = evidence.contrast[y : y + h, x : x + w] > 1.6
    if edges.mean() > 1.6 * evidence.busy + 0.04:
        return True
    part = np.zeros_like(foreign)
    small = [int(v * _SCALE) for v in box]
    rows = slice(small[1], small[1] + small[3] + 1)
    part[rows, small[0] : small[0] + small[2] + 1] = True
    return _crispness(foreign & part, inside, evidence) > _SHARP


def _crispness(foreign: NDArray[np.bool_], inside: NDArray[np.bool_], evidence: Evidence) -> float:
    """Median contrast at the edge of foreign colour: high for ink, low for fading and folds."""
    edge = cv2.dilate(evidence.contrast, np.ones((5, 5), np.uint8))
    edge = cv2.resize(edge, foreign.shape[::-1])
    grown = cv2.dilate(foreign.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rim = grown & ~foreign & inside
    return float(np.median(edge[rim])) if rim.any() else 0.0


def _in_neck(box: Box, frame: Frame) -> bool:
    """Whether the box is the opening of a collar or hood, where the inside shows."""
    low = np.nonzero((frame.alpha > 0.5).any(axis=1))[0]
    reach = low[0] + 0.16 * (low[-1] - low[0])
    middle = abs(box[0] + box[2] / 2 - frame.axis_x) < 0.12 * frame.size[0]
    return frame.family in ("top", "dress") and middle and box[1] + box[3] / 2 < reach


def _foreign(
    small: Picture, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels that are not the cloth's colour; and of these the ones that fading cannot make."""
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    pixels = lab[inside] * np.array([0.6, 1.4, 1.4], np.float32)
    cv2.setRNGSeed(3)
    sample = np.ascontiguousarray(pixels[::5])
    first = np.zeros((len(sample), 1), np.int32)
    _, labels, centres = cv2.kmeans(sample, _CLOTHS, first, (3, 20, 1e-3), 2, cv2.KMEANS_PP_CENTERS)
    cloth = centres[np.bincount(labels.ravel(), minlength=_CLOTHS).argmax()] / [0.6, 1.4, 1.4]
    # Along the ray from black a colour only gets lighter or darker: that is shading.
    light = np.clip(lab[..., :1] / max(float(cloth[0]), 4.0), 0.62, 1.2)
    away = (lab - cloth * light) * np.array([0.75, 1.3, 1.3], np.float32)
    foreign = (np.linalg.norm(away, axis=2) > _FAR) & inside
    foreign = cv2.morphologyEx(foreign.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3))) > 0
    return foreign, foreign & ~_faded(lab, np.median(lab[inside & ~foreign], axis=0))


def _faded(lab: Picture, cloth: Picture) -> NDArray[np.bool_]:
    """What washing makes of a cloth: its hue, no more chroma, not far lighter or darker."""
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.arctan2(lab[..., 2], lab[..., 1]) - np.arctan2(cloth[2], cloth[1])
    same_hue = (np.abs(np.angle(np.exp(1j * hue))) < 0.6) | (chroma < 10)
    no_more = chroma < 1.15 * float(np.hypot(cloth[1], cloth[2])) + 4
    return same_hue & no_more & (np.abs(lab[..., 0] - cloth[0]) < 38)


def _spread(foreign: NDArray[np.bool_], inside: NDArray[np.bool_]) -> float:
    """Share of the product's tiles that hold some print."""
    size = max(4, int(0.09 * max(foreign.shape)))
    kernel = (size, size)
    some = cv2.blur(foreign.astype(np.float32), kernel)[::size, ::size] > 0.02
    full = cv2.blur(inside.astype(np.float32), kernel)[::size, ::size] > 0.7
    return float((some & full).sum() / max(1, full.sum()))


def _boxes(foreign: NDArray[np.bool_], inside: NDArray[np.bool_]) -> tuple[Box, ...]:
    gap = max(5, int(0.035 * max(foreign.shape))) | 1
    closed = cv2.morphologyEx(
        foreign.astype(np.uint8), cv2.MORPH_CLOSE, cv2.getStructuringElement(2, (gap, gap))
    )
    shrunk = cv2.erode(inside.astype(np.uint8), np.ones((5, 5)))
    rim = inside & (shrunk == 0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    found: list[tuple[int, Box]] = []
    for i in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[i])
        if area < 0.006 * inside.sum() or min(w, h) < 6:
            continue
        touch = (labels[y : y + h, x : x + w] == i) & rim[y : y + h, x : x + w]
        # What runs into the outline is a panel or another cloth, not artwork.
        if touch.sum() > 0.05 * 2 * (w + h):
            continue
        found.append((area, (x / _SCALE, y / _SCALE, w / _SCALE, h / _SCALE)))
    found.sort(key=lambda item: -item[0])
    return tuple(_merged([box for _, box in found])[:3])


def _merged(boxes: list[Box]) -> list[Box]:
    """Boxes that nearly touch, as one: the lines of a lettering are one artwork."""
    merged: list[Box] = []
    for box in boxes:
        for i, other in enumerate(merged):
            if _near(box, other, 30):
                merged[i] = _union(box, other)
                break
        else:
            merged.append(box)
    return merged


def _near(a: Box, b: Box, by: float) -> bool:
    return (
        a[0] < b[0] + b[2] + by
        and b[0] < a[0] + a[2] + by
        and a[1] < b[1] + b[3] + by
        and b[1] < a[1] + a[3] + by
    )


def _union(a: Box, b: Box) -> Box:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return (
        x,
        y,
        max(a[0] + a[2], b[0] + b[2]) - x,
        max(a[1] + a[3], b[1] + b[3]) - y,
    )
