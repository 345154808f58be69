"""Pictures as a film holds them: Y′CbCr of BT.709 in video range, colour at half size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Grey = NDArray[np.float32]

RED, BLUE = 0.2126, 0.0722  # BT.709's shares of luma
_GREEN = 1 - RED - BLUE
# Rows Y, Cb, Cr over columns B, G, R, all 0..255 without offset.
_LUMA = np.array([BLUE, _GREEN, RED])
_FROM_BGR = np.stack(
    [
        _LUMA * 219 / 255,
        (np.array([1, 0, 0]) - _LUMA) / (2 * (1 - BLUE)) * 224 / 255,
        (np.array([0, 0, 1]) - _LUMA) / (2 * (1 - RED)) * 224 / 255,
    ]
)
_TO_BGR = np.linalg.inv(_FROM_BGR)
OFFSET = np.array([16.0, 128.0, 128.0])


@dataclass(frozen=True)
class Planes:
    """``y`` (h, w), ``u`` and ``v`` (h/2, w/2); both sides even."""

    y: Bytes
    u: Bytes
    v: Bytes

    @property
    def each(self) -> tuple[Bytes, Bytes, Bytes]:
        """Y, Cb, Cr."""
        return self.y, self.u, self.v

    def rows(self, first: int, last: int) -> Planes:
        """A band of whole rows, as a view; both numbers even."""
        half = slice(first // 2, last // 2)
        return Planes(self.y[first:last], self.u[half], self.v[half])


def empty(width: int, height: int) -> tuple[Bytes, Planes]:
    """A frame to draw on, as the encoder takes it, (h × 3/2, w), and its planes."""
    frame = np.empty((height * 3 // 2, width), np.uint8)
    flat = frame.reshape(-1)
    luma, colour = width * height, width * height // 4
    return frame, Planes(
        flat[:luma].reshape(height, width),
        flat[luma : luma + colour].reshape(height // 2, width // 2),
        flat[luma + colour :].reshape(height // 2, width // 2),
    )


def mixed(bgr: Bytes | Grey) -> Grey:
    """(h, w, 3) of Y, Cb, Cr without their offsets; straight or premultiplied BGR 0..255."""
    return np.asarray(cv2.transform(bgr.astype(np.float32), _FROM_BGR), np.float32)


def colour_of(bgr: tuple[float, float, float]) -> tuple[float, float, float]:
    """Y, Cb and Cr of one colour, with offsets."""
    y, u, v = _FROM_BGR @ np.asarray(bgr, np.float64) + OFFSET
    return float(y), float(u), float(v)


def halved(plane: Grey) -> Grey:
    """Half as wide and high."""
    size = (plane.shape[1] // 2, plane.shape[0] // 2)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def rounded(plane: NDArray[Any]) -> Bytes:
    """To whole numbers in range."""
    return np.asarray(np.clip(plane + 0.5, 0, 255), np.uint8)


def planes_of(bgr: Bytes) -> Planes:
    """A picture with even sides."""
    y, u, v = cv2.split(mixed(bgr))
    return Planes(
        rounded(np.asarray(y) + 16),
        rounded(halved(np.asarray(u)) + 128),
        rounded(halved(np.asarray(v)) + 128),
    )


def picture_of(planes: Planes) -> Bytes:
    """(h, w, 3) BGR, for a still of the film."""
    size = (planes.y.shape[1], planes.y.shape[0])
    whole = [planes.y, *(cv2.resize(plane, size) for plane in (planes.u, planes.v))]
    away = np.dstack(whole).astype(np.float32) - OFFSET.astype(np.float32)
    return rounded(np.asarray(cv2.transform(away, _TO_BGR), np.float32))
