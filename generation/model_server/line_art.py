"""A technical flat as a picture: black lines on white, as image models draw them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]  # (n, 2), pixels

LONG_PX: Final = 1400
MARGIN: Final = 0.08
# Width of a kind of stroke, in thousandths of the long side, and its dash in the same (0: solid).
_PENS: Final[Mapping[str, tuple[float, float]]] = {
    "outline": (3.4, 0),
    "seam": (1.6, 0),
    "stitch": (1.3, 7),
    "assumed": (1.3, 12),
    "artwork": (1.3, 12),
}
_STEPS: Final = 16  # straight pieces of a curve
_SHIFT: Final = 4  # bits of a pixel's fraction
_TOKEN: Final = re.compile(r"[A-Za-z]|-?\d+(?:\.\d+)?(?:[eE]-?\d+)?")


def drawn(drawing: Mapping[str, Any]) -> bytes:
    """A drawing, ``{width, height, strokes: [{d, kind}]}``, as a PNG with a margin around it."""
    width, height = float(drawing["width"]), float(drawing["height"])
    scale = LONG_PX * (1 - 2 * MARGIN) / max(width, height)
    border = LONG_PX * MARGIN
    size = (round(height * scale + 2 * border), round(width * scale + 2 * border))
    page = np.full(size, 255, np.uint8)
    for stroke in drawing["strokes"]:
        pen, dash = _PENS[stroke["kind"]]
        for line in lines_of(stroke["d"]):
            _draw(page, line * scale + border, round(pen * LONG_PX / 1000), dash * LONG_PX / 1000)
    return bytes(cv2.imencode(".png", page)[1])


def lines_of(path: str) -> Iterator[Line]:
    """The lines of SVG path data made of absolute M, L, C and Z, curves as straight pieces.

    Raises ValueError for any other command.
    """
    points: list[tuple[float, float]] = []
    for command, numbers in _commands(path):
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "M":
            if len(points) > 1:
                yield np.array(points)
            points = pairs
        elif command == "L":
            points += pairs
        elif command == "C":
            for at in range(0, len(pairs), 3):
                points += _curve(points[-1], *pairs[at : at + 3])
        elif command == "Z" and points:
            points.append(points[0])
        else:
            raise ValueError(f"no path that is drawn here: {command}")
    if len(points) > 1:
        yield np.array(points)


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    command, numbers = "", list[float]()
    for token in _TOKEN.findall(path):
        if token.isalpha():
            if command:
                yield command, numbers
            command, numbers = token, []
        else:
            numbers.append(float(token))
    if command:
        yield command, numbers


def _curve(start: Sequence[float], *controls: Sequence[float]) -> list[tuple[float, float]]:
    a, b, c, d = (np.asarray(point) for point in (start, *controls))
    t = np.linspace(0, 1, _STEPS + 1)[1:, None]
    points = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    return [(float(x), float(y)) for x, y in points]


def _draw(page: NDArray[np.uint8], line: Line, pen: int, dash: float) -> None:
    for piece in _dashes(line, dash) if dash else [line]:
        fixed = np.round(piece * 2**_SHIFT).astype(np.int32)
        cv2.polylines(page, [fixed], False, 0, max(pen, 1), cv2.LINE_AA, _SHIFT)


def _dashes(line: Line, dash: float) -> list[Line]:
    """Every other piece of a line, each ``dash`` pixels long."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    starts = np.arange(0.0, along[-1], 2 * dash)
    return [_between(line, along, start, min(start + dash, along[-1])) for start in starts]


def _between(line: Line, along: NDArray[np.float64], start: float, end: float) -> Line:
    inside = along[(along > start) & (along < end)]
    where = np.concatenate([[start], inside, [end]])
    return np.stack([np.interp(where, along, line[:, axis]) for axis in (0, 1)], axis=1)
