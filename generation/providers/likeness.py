"""Whether a picture that a model enlarged still shows what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.errors import Failure, ProviderError

COMPARED_PX: Final = 96  # the detail's long side; less detail than any enlargement adds
LEAST_LIKE: Final = 0.55  # correlation of lightness where both fit best
MOST_APART: Final = 24.0  # CIE L*a*b*, of the mean colours
_PLAIN: Final = 5.0  # spread of lightness below which there are no forms to compare
_ZOOMS: Final = (0.82, 0.9, 1.0, 1.1, 1.2)
OTHER: Final = (
    "The picture shows something else than the marked part: enlarge exactly what is inside the "
    "box, with the same forms, colours and light, and add nothing."
)

Picture = NDArray[Any]


def require_same_detail(made: bytes, shown: bytes, box: Sequence[float]) -> None:
    """Raise ProviderError (malformed output) where ``made`` is not the box of ``shown``.

    ``box`` is left, top, width, height in fractions of ``shown``. A model may frame a little
    closer or wider, and shift.
    """
    around, detail = _sized(_opened(shown), box)
    found = _opened(made)
    apart = float(np.linalg.norm(_mean_colour(found) - _mean_colour(detail)))
    if apart > MOST_APART or _likeness(found, around, detail) < LEAST_LIKE:
        raise ProviderError(Failure.MALFORMED_OUTPUT, OTHER)


def _opened(data: bytes) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))


def _sized(shown: Picture, box: Sequence[float]) -> tuple[Picture, Picture]:
    """What was shown, and the detail in it, so small that the detail is ``COMPARED_PX`` long."""
    height, width = shown.shape[:2]
    left, top, wide, high = box
    scale = COMPARED_PX / max(wide * width, high * height, 1)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA))
    x, y = round(left * size[0]), round(top * size[1])
    right, bottom = x + max(8, round(wide * size[0])), y + max(8, round(high * size[1]))
    return small, small[y:bottom, x:right]


def _mean_colour(picture: Picture) -> NDArray[np.float32]:
    small = cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2LAB).reshape(-1, 3).mean(axis=0))


def _likeness(made: Picture, around: Picture, detail: Picture) -> float:
    """The best correlation over small zooms and shifts; 1 where there are no forms."""
    if _lightness(detail).std() < _PLAIN and _lightness(made).std() < 2 * _PLAIN:
        return 1.0
    ground, best = _lightness(around), 0.0
    for zoom in _ZOOMS:
        size = round(detail.shape[1] * zoom), round(detail.shape[0] * zoom)
        if size[0] > ground.shape[1] or size[1] > ground.shape[0]:
            continue
        small = _lightness(np.asarray(cv2.resize(made, size, interpolation=cv2.INTER_AREA)))
        best = max(best, float(cv2.matchTemplate(ground, small, cv2.TM_CCOEFF_NORMED).max()))
    return best


def _lightness(picture: Picture) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0))
