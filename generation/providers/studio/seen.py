"""A view as the engine looks at it: the picture, its outline, its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from generation.errors import NO_PRODUCT, Failure, ProviderError
from generation.providers.protocols import View
from generation.providers.studio import landmarks, mask, photo, silhouette
from generation.providers.studio.shapes import (
    Family,
    Landmark,
    Outline,
    Photo,
    Point,
    Silhouette,
)

LEAST_PRODUCT = 0.004  # of the picture; below it there is nothing to look at


@dataclass(frozen=True)
class Seen:
    """A view with its outline: what every step starts from."""

    photo: Photo
    outline: Outline
    silhouette: Silhouette

    @property
    def is_there(self) -> bool:
        """Whether the outline holds enough to be a product."""
        return float(self.outline.mask.mean()) >= LEAST_PRODUCT

    def stored(self, point: Point) -> list[float]:
        """A point in pixels of the stored picture."""
        return [round(point[0] / self.photo.scale, 1), round(point[1] / self.photo.scale, 1)]

    def require(self) -> None:
        """Raises ProviderError where there is no product to look at."""
        if not self.is_there:
            raise ProviderError(Failure.USER_INPUT, "no product in the photo", code=NO_PRODUCT)


@lru_cache(maxsize=4)
def load(data: bytes) -> Photo:
    """The picture in the frame in which the engine works; the last few are kept."""
    return photo.load(data)


def see(view: View) -> Seen:
    """Load a view; its known outline is drawn again, an unknown one is found."""
    picture = load(view.data)
    outline = _redrawn(picture, view.outline) if view.outline else mask.find_outline(picture)
    return Seen(picture, outline, silhouette.describe(outline))


def landmarks_of(seen: Seen, family: Family, view: View) -> dict[str, Landmark]:
    """The view's named points; those that a person placed win."""
    scale = seen.photo.scale
    by_hand = {name: (x * scale, y * scale) for name, (x, y) in view.landmarks.items()}
    return landmarks.find(seen.outline, family, seen.silhouette, by_hand=by_hand)


def _redrawn(picture: Photo, known: Mapping[str, Any]) -> Outline:
    """The outline from its rings (even-odd), with soft edges."""
    width, height = picture.size
    drawn = np.zeros((height, width), np.uint8)
    rings = [
        np.round(np.asarray(ring, np.float64) * picture.scale * 16).astype(np.int32)
        for ring in known["rings"]
        if len(ring) > 2
    ]
    if rings:
        cv2.fillPoly(drawn, rings, 255, lineType=cv2.LINE_AA, shift=4)
    return Outline(
        alpha=(drawn / 255).astype(np.float32),
        score=float(known["score"]),
        worn_by_person=bool(known["wornByPerson"]),
        corrected=bool(known.get("corrected")),
    )
