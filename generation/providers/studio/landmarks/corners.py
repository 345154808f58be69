"""Corners and bays of an outline: where a sleeve leaves the body, where a strap ends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.landmarks.upright import Points, Upright, contour_of
from generation.providers.studio.shapes import Point
from generation.providers.studio.silhouette import Mask


@dataclass(frozen=True)
class Corner:
    """A bend of the outline; ``turn`` in degrees, negative where it bends inwards."""

    x: float
    y: float
    turn: float

    @property
    def at(self) -> Point:
        """The point."""
        return self.x, self.y


def turning(contour: Points, step: int) -> NDArray[np.float64]:
    """Degrees the outline turns at each point over ``step`` points; convex is positive."""
    if len(contour) < 3 * step:
        return np.zeros(len(contour))
    before = contour - np.roll(contour, step, axis=0)
    after = np.roll(contour, -step, axis=0) - contour
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    dot = (before * after).sum(axis=1)
    x, y = contour[:, 0], contour[:, 1]
    area = float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
    return np.degrees(np.arctan2(cross, dot)) * math.copysign(1.0, area or 1.0)


def concave_corners(frame: Upright, *, least: float = 22.0) -> list[Corner]:
    """Inward bends of at least ``least`` degrees, one for each bend, sharpest first."""
    contour = frame.contour
    step = max(4, round(0.035 * frame.box[3]))
    turn = turning(contour, step)
    order = np.argsort(turn)
    taken = np.zeros(len(contour), bool)
    found: list[Corner] = []
    for index in order:
        if turn[index] > -least:
            break
        if taken[index]:
            continue
        found.append(Corner(float(contour[index, 0]), float(contour[index, 1]), float(turn[index])))
        taken[np.arange(index - step, index + step + 1) % len(contour)] = True
    return found


def gap_top(frame: Upright, axis: float, side: int) -> tuple[Point, float] | None:
    """Top of the gap between sleeve and body on one side, and the gap's height.

    The gap is background with product on both sides in rows where the axis is on the
    product; ``side`` is -1 for the left of the picture, 1 for the right.
    """
    _, y0, width, height = frame.box
    labels, stats = _gaps(frame, axis)
    best: tuple[Point, float] | None = None
    for index in range(1, len(stats)):
        left, top, wide, tall, area = (int(v) for v in stats[index])
        offset = (left + wide / 2 - axis) * side
        if tall < 0.05 * height or offset < 0.10 * width or area < 0.0006 * width * height:
            continue
        if not 0.12 * height < top - y0 < 0.87 * height:
            continue
        if best is None or tall > best[1]:
            cols = np.flatnonzero(labels[top : top + 2].max(axis=0) == index)
            best = (float(cols.mean()) if len(cols) else left + wide / 2, float(top)), float(tall)
    return best


def _gaps(frame: Upright, axis: float) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    mask, (_, y0, _, height) = frame.mask, frame.box
    left = np.maximum.accumulate(mask, axis=1)
    right = np.maximum.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    gap = ~mask & left & right
    gap[: y0 + int(0.10 * height)] = False
    gap[~mask[:, frame.clip_x(axis)]] = False
    gap &= ~_closed_holes(mask, least=0.12 * height)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(gap.astype(np.uint8), connectivity=4)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _closed_holes(mask: Mask, least: float) -> Mask:
    """Enclosed background less than ``least`` tall: prints and slits, not armholes."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        np.pad(~mask, 1, constant_values=True).astype(np.uint8), connectivity=4
    )
    small = [
        i for i in range(1, count) if i != labels[0, 0] and stats[i, cv2.CC_STAT_HEIGHT] < least
    ]
    keep = np.zeros(count, bool)
    keep[small] = True
    holes: Mask = keep[labels][1:-1, 1:-1]
    return holes


def apex(frame: Upright, point: Point) -> Point:
    """Where a narrow gap that opens downwards really begins.

    Two edges that part at a small angle leave less than a pixel between them at first.
    The gap's width is followed down from ``point`` and carried back up to zero, by at
    most a twentieth of the height.
    """
    height = frame.box[3]
    rows: list[int] = []
    widths: list[float] = []
    centres: list[float] = []
    x = point[0]
    for y in range(round(point[1]) + 2, round(point[1] + 0.10 * height)):
        gap = _gap_at(frame, x, y)
        if gap is None:
            if len(rows) > 3:
                break
            continue
        x = (gap[0] + gap[1]) / 2
        rows.append(y)
        widths.append(float(gap[1] - gap[0] + 1))
        centres.append(x)
    if len(rows) < 8 or widths[-1] > 0.2 * frame.box[2]:
        return point
    opening, level = np.polyfit(rows, widths, 1)
    drift, start = np.polyfit(rows, centres, 1)
    if opening < 0.02:
        return point
    begin = float(-level / opening)
    if not point[1] - 0.05 * height < begin < point[1]:
        return point
    return float(drift * begin + start), begin


def _gap_at(frame: Upright, x: float, y: int) -> tuple[int, int] | None:
    """The background stretch at a place in a row, closed on both sides."""
    if not 0 <= y < frame.mask.shape[0]:
        return None
    row = frame.mask[y]
    near = [frame.clip_x(x + step) for step in (0, -1, 1, -2, 2)]
    middle = next((column for column in near if not row[column]), -1)
    if middle < 0:
        return None
    left, right = np.flatnonzero(row[:middle]), np.flatnonzero(row[middle:])
    if not len(left) or not len(right):
        return None
    return int(left[-1]) + 1, middle + int(right[0]) - 1


def cut_off(mask: Mask, path: Sequence[Point], seed: Point) -> Mask | None:
    """The piece that holds ``seed`` once the mask is cut along a path; None if none does."""
    cut = mask.astype(np.uint8)
    for a, b in itertools.pairwise(path):
        cv2.line(cut, _pixel(a), _pixel(b), 0, 2)
    _, labels = cv2.connectedComponents(cut, connectivity=4)
    x, y = _pixel(seed)
    rows, cols = mask.shape
    around = labels[max(0, y - 3) : min(rows, y + 4), max(0, x - 3) : min(cols, x + 4)]
    names = around[around > 0]
    if not len(names):
        return None
    piece: Mask = labels == int(np.bincount(names).argmax())
    return piece


def piece_points(mask: Mask) -> Points:
    """Contour points of a piece."""
    return contour_of(mask)


def _pixel(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])
