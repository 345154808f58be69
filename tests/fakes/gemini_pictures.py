"""Pictures that a model of images would make, computed from those in the request."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import mask, photo

Picture = NDArray[np.uint8]


def opened(data: bytes) -> Picture:
    """The pixels, blue first."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def png(picture: Picture) -> bytes:
    """The picture as a file."""
    return bytes(cv2.imencode(".png", picture)[1])


def line_drawing(data: bytes, *, caption: str = "", side: int = 1024) -> bytes:
    """The product's outline in a thick black line on white, a hem stitched and a line within."""
    seen = photo.load(data)
    inside = mask.find_outline(seen).mask.astype(np.uint8)
    scale = 0.8 * side / max(inside.shape)
    shift = [(side - scale * length) / 2 for length in inside.shape[::-1]]
    view = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    large = cv2.warpAffine(inside * 255, view, (side, side), flags=cv2.INTER_LINEAR)
    smooth = (cv2.GaussianBlur(large, (0, 0), 4) > 127).astype(np.uint8)
    paper = np.full((side, side, 3), 255, np.uint8)
    contours, _ = cv2.findContours(smooth, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)
    cv2.drawContours(paper, [largest], -1, (20, 20, 20), 6, cv2.LINE_AA)
    x, y, wide, tall = cv2.boundingRect(largest)
    _across(paper, smooth, y + round(0.3 * tall), dash=0)
    _across(paper, smooth, y + round(0.9 * tall), dash=12)
    if caption:
        at = (x + wide // 4, min(side - 12, y + tall + 40))
        cv2.putText(paper, caption, at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30, 30, 30), 2, cv2.LINE_AA)
    return png(paper)


def _across(paper: Picture, inside: NDArray[np.uint8], y: int, *, dash: int) -> None:
    """A thin line from edge to edge, or a row of dashes."""
    columns = np.flatnonzero(inside[y])
    step = 2 * dash or len(columns)
    for x in range(int(columns[0]), int(columns[-1]), step):
        end = min(x + (dash or step), int(columns[-1]))
        cv2.line(paper, (x, y), (end, y), (40, 40, 40), 2, cv2.LINE_AA)


def recoloured(data: bytes) -> bytes:
    """The same picture in other colours."""
    return png(np.ascontiguousarray(opened(data)[..., ::-1]))


def turned(data: bytes) -> bytes:
    """The picture seen in a mirror."""
    return png(np.ascontiguousarray(opened(data)[:, ::-1]))


def enlarged(data: bytes, box: list[float] | dict[str, float], *, side: int = 1024) -> bytes:
    """The box of the picture, in fractions, at ``side`` pixels."""
    picture = opened(data)
    height, width = picture.shape[:2]
    left, top, wide, tall = box.values() if isinstance(box, dict) else box
    x, y = round(left * width), round(top * height)
    part = picture[y : y + max(1, round(tall * height)), x : x + max(1, round(wide * width))]
    scale = side / max(part.shape[:2])
    return png(np.asarray(cv2.resize(part, None, fx=scale, fy=scale), np.uint8))
