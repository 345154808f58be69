"""Photos as providers get them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from generation.providers.protocols import View
from generation.providers.studio.engine import find_outline

PHOTOS = Path(__file__).resolve().parent.parent / "photos"


@cache
def view_of(name: str, *, view_type: str = "front", longest_px: int = 700) -> View:
    """A sample photo, made smaller, with its outline."""
    path = next(PHOTOS.glob(f"{name}.*"))
    picture = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
    scale = min(1.0, longest_px / max(picture.shape[:2]))
    size = round(scale * picture.shape[1]), round(scale * picture.shape[0])
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    data = bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])
    bare = View(name, view_type, data, *size)
    return replace(bare, outline=find_outline(bare))


def polo() -> View:
    """A polo from the front."""
    return view_of("polo-navy-front")
