"""Where the camera looks, frame by frame, and the picture it takes of a plate."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.film.planes import Bytes, Planes
from generation.providers.studio.film.stage import Plate


@dataclass(frozen=True)
class Look:
    """Magnification and the point of the stage that is in the middle of the picture."""

    zoom: float
    x: float
    y: float


@dataclass(frozen=True)
class Key:
    """From that frame on the camera moves to the next key; ``eased``: it starts and ends softly."""

    frame: int
    look: Look
    eased: bool = False


def look_at(keys: Sequence[Key], frame: int) -> Look:
    """Between two keys the magnification grows evenly, as by a steady push."""
    at = bisect_right([key.frame for key in keys], frame) - 1
    if at < 0 or at == len(keys) - 1:
        return keys[max(at, 0)].look
    start, end = keys[at], keys[at + 1]
    share = (frame - start.frame) / (end.frame - start.frame)
    if start.eased:
        share = share * share * (3 - 2 * share)
    one, two = start.look, end.look
    zoom = math.exp((1 - share) * math.log(one.zoom) + share * math.log(two.zoom))
    # A point that the camera nears stays in place in the picture: its way follows the zoom.
    if abs(two.zoom - one.zoom) > 1e-6:
        share = (1 / one.zoom - 1 / zoom) / (1 / one.zoom - 1 / two.zoom)
    return Look(zoom, one.x + share * (two.x - one.x), one.y + share * (two.y - one.y))


def take(plate: Plate, look: Look, onto: Planes) -> None:
    """Draw what the camera sees over the whole of ``onto``."""
    height, width = onto.y.shape
    step = plate.density / look.zoom  # pixels of the plate for one of the film
    level = 1 if step >= 2 else 0
    density = plate.density / 2**level
    look = _kept_inside(plate, look, width, height)
    for plane, target, share in zip(plate.levels[level].each, onto.each, (1, 2, 2), strict=True):
        _taken(plane, target, density / share, plate.margin, look, share)


def _kept_inside(plate: Plate, look: Look, width: int, height: int) -> Look:
    """The camera never sees past the plate's edge."""
    x, y = (
        min(
            max(at, side / 2 / look.zoom - plate.margin), side + plate.margin - side / 2 / look.zoom
        )
        for at, side in ((look.x, width), (look.y, height))
    )
    return Look(look.zoom, x, y)


def _taken(plane: Bytes, target: Bytes, density: float, margin: int, look: Look,
           share: int) -> None:  # fmt: skip
    """One plane; ``share`` is how many pixels of the film its pixels are wide."""
    rows, columns = target.shape
    scale = density * share / look.zoom
    # Places are of pixels' middles, on the film as on the plate.
    start = [
        density * (at + margin - side * share / 2 / look.zoom) + scale / 2 - 0.5
        for at, side in ((look.x, columns), (look.y, rows))
    ]
    way = np.array([[scale, 0, start[0]], [0, scale, start[1]]])
    cv2.warpAffine(
        plane,
        way,
        (columns, rows),
        dst=target,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
