"""What a good image model makes: lines on white, the photo tinted, or a thing invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

SIDE = 1024


def picture_for(words: str, facts: Mapping[str, Any], pictures: Sequence[bytes]) -> bytes:
    """A PNG: lines where the words ask for a technical flat, the box of a shot, else a photo."""
    if "shot" in facts and pictures:
        return detail_of(pictures[0], facts["shot"]["box"])
    if "technical flat" in words:
        return flat_of(pictures[0]) if pictures else png(_lined(_shirt()))
    return tinted(pictures[0]) if pictures else invented(words)


def detail_of(photo: bytes, box: Mapping[str, float]) -> bytes:
    """The box, in fractions of the photo, at twice its size."""
    picture = _pixels(photo)
    height, width = picture.shape[:2]
    left, top = round(box["left"] * width), round(box["top"] * height)
    right = left + max(1, round(box["width"] * width))
    bottom = top + max(1, round(box["height"] * height))
    part = picture[top:bottom, left:right]
    return png(cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))


def flat_of(photo: bytes) -> bytes:
    """The outline of the largest thing that is not the background, and a dashed line in it."""
    picture = _pixels(photo)
    scale = SIDE / max(picture.shape[:2])
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ground = np.median(np.concatenate([picture[:8, :8], picture[:8, -8:]]).reshape(-1, 3), axis=0)
    apart = np.abs(picture.astype(np.float32) - ground).sum(axis=2)
    mask = cv2.morphologyEx(
        (apart > 60).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)
    )
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    thing = max(found, key=cv2.contourArea)
    return png(_lined(cv2.approxPolyDP(thing, 2.0, True).reshape(-1, 2)))


def _lined(outline: Any) -> Any:
    sheet = np.full((SIDE, SIDE, 3), 255, np.uint8)
    low, high = outline.min(axis=0), outline.max(axis=0)
    scale = 0.84 * SIDE / max(high - low)
    placed = ((outline - (low + high) / 2) * scale + SIDE / 2).round().astype(np.int32)
    cv2.polylines(sheet, [placed], True, (0, 0, 0), 7, cv2.LINE_AA)
    (left, top), (right, bottom) = placed.min(axis=0), placed.max(axis=0)
    middle = int((left + right) / 2)
    for y in range(int(top + 0.3 * (bottom - top)), int(top + 0.6 * (bottom - top)), 18):
        cv2.line(sheet, (middle, y), (middle, y + 9), (0, 0, 0), 3, cv2.LINE_AA)
    return sheet


def _shirt() -> Any:
    half = [(0, 40), (60, 20), (120, 60), (240, 160), (190, 230), (130, 180), (130, 500), (0, 505)]
    return np.array([*half, *((-x, y) for x, y in reversed(half))], np.float64) + 300


def tinted(photo: bytes) -> bytes:
    """The same picture, a little warmer."""
    picture = _pixels(photo).astype(np.float32)
    return png(np.clip(picture * np.array([0.9, 1.0, 1.05]), 0, 255).astype(np.uint8))


def invented(words: str) -> bytes:
    """A shirt on near-white, its colour by the words."""
    sheet = np.full((SIDE, SIDE, 3), 244, np.uint8)
    number = sum(words.encode())
    colour = (40 + number % 150, 40 + number // 7 % 150, 40 + number // 49 % 150)
    shape = ((_shirt() - 300) * 1.5 + [SIDE / 2, 100]).round().astype(np.int32)
    cv2.fillPoly(sheet, [shape], colour, cv2.LINE_AA)
    return png(sheet)


def png(picture: Any) -> bytes:
    """Pixels (BGR) as a file."""
    return bytes(cv2.imencode(".png", picture)[1].tobytes())


def in_format(picture: bytes, extension: str) -> bytes:
    """The same picture as ``.jpg`` or ``.webp``."""
    return bytes(cv2.imencode(extension, _pixels(picture))[1].tobytes())


def _pixels(picture: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
