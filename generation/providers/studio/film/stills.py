"""A photo made ready for the stage: the product lifted off its background, or the whole
photo as a print where its outline cannot be relied on."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import UnidentifiedImageError

from generation.providers.protocols import View
from generation.providers.studio import closeups, landmarks, silhouette
from generation.providers.studio.edits.matte import matte_of
from generation.providers.studio.film.planes import Bytes
from generation.providers.studio.film.refusals import unreadable
from generation.providers.studio.seen import Seen, landmarks_of, see
from generation.providers.studio.shapes import Box, Family, Shot

STANDING = ("front", "right", "side", "back", "left", "other")  # as a turntable shows them
LYING = ("top", "bottom")
NEAR = ("interior", "detail")  # a part only: its height says nothing of the product's
SOFT_EDGE = 6  # pixels kept around the outline
SMALL = 0.02  # of the largest part; smaller ones are crumbs of the background
AT_BORDER = 0.12  # of a side of the picture; a product cut off there cannot be lifted
PAPER_BORDER = 0.022  # white around a print, of its short side
POINTS = 3  # places looked at closely


@dataclass(frozen=True)
class Point:
    """A place worth a closer look: its middle and side, as shares of the still's box."""

    name: str
    x: float
    y: float
    side: float  # of the box's height
    part: str = ""  # the engine's name of it


@dataclass(frozen=True)
class Still:
    """``front`` (h, w, 3) is BGR times ``alpha`` (h, w), both 0..255.

    ``box`` is the product in it, or the whole of a print, ``light`` its mean lightness 0..255.
    """

    view_type: str
    front: Bytes
    alpha: Bytes
    box: Box
    is_print: bool
    light: float
    points: tuple[Point, ...] = field(default=())

    @property
    def stands(self) -> bool:
        """Whether its height is the product's height."""
        return not self.is_print and self.view_type in STANDING

    @property
    def aspect(self) -> float:
        """The box's width over its height."""
        return self.box[2] / self.box[3]


# Nobody knows what is where on a print: its upper half, then its lower.
PRINT_POINTS = (Point("closer", 0.5, 0.34, 0.62), Point("closer", 0.5, 0.66, 0.62))


def still_of(view: View, family: Family, *, closely: bool, parts: tuple[str, ...] = ()) -> Still:
    """Look at a view; ``closely`` also finds the places worth a closer look, or just ``parts``.

    Raises ProviderError where the bytes are no picture.
    """
    try:
        seen = see(view)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise unreadable() from error
    if not _can_be_lifted(view, seen):
        return _print_of(view, seen)
    return _lifted(view, seen, _points(view, seen, family, parts) if closely else ())


def _can_be_lifted(view: View, seen: Seen) -> bool:
    if not seen.is_there or seen.outline.verdict == "unreliable" or view.view_type in NEAR:
        return False
    mask = seen.outline.mask
    sides = (mask[:2], mask[-2:], mask[:, :2], mask[:, -2:])
    return max(float(side.mean()) for side in sides) < AT_BORDER


def _lifted(view: View, seen: Seen, points: tuple[Point, ...]) -> Still:
    """The product with its soft edge, cut out of the photo."""
    mask = silhouette.largest_part(seen.outline.mask, rel=SMALL)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((SOFT_EDGE * 2 + 1,) * 2, np.uint8))
    matte = matte_of(seen.photo.bgr, seen.outline.alpha * near)
    x, y, width, height = silhouette.bounding_box(mask)
    left, top = max(0, x - SOFT_EDGE), max(0, y - SOFT_EDGE)
    around = (slice(top, y + height + SOFT_EDGE), slice(left, x + width + SOFT_EDGE))
    alpha = _smooth(matte.alpha[around])
    front = np.clip(matte.front[around], 0, 255) * alpha[..., None]
    return Still(
        view.view_type,
        np.asarray(front + 0.5, np.uint8),
        np.asarray(alpha * 255 + 0.5, np.uint8),
        (x - left, y - top, width, height),
        is_print=False,
        light=float(front.mean() / max(float(alpha.mean()), 1e-3)),
        points=points,
    )


def _smooth(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the fuzz that a rough background leaves along an edge; seen enlarged it flickers."""
    firm = cv2.medianBlur(np.asarray(alpha * 255 + 0.5, np.uint8), 5)
    return np.asarray(cv2.GaussianBlur(firm, (0, 0), 0.8), np.float32) / np.float32(255)


def _print_of(view: View, seen: Seen) -> Still:
    """The photo as it was taken, on white paper."""
    picture = seen.photo.bgr
    border = max(4, round(PAPER_BORDER * min(picture.shape[:2])))
    sheet = cv2.copyMakeBorder(
        picture, border, border, border, border, cv2.BORDER_CONSTANT, value=(250, 252, 251)
    )
    height, width = sheet.shape[:2]
    return Still(
        view.view_type,
        np.asarray(sheet, np.uint8),
        np.full((height, width), 255, np.uint8),
        (0, 0, width, height),
        is_print=True,
        light=float(picture.mean()),
        points=PRINT_POINTS,
    )


def _points(view: View, seen: Seen, family: Family, parts: tuple[str, ...]) -> tuple[Point, ...]:
    """The first close-ups that the engine would cut, or just those of ``parts``."""
    count = closeups.MOST if parts else POINTS
    found = landmarks_of(seen, family, view)
    anchors = landmarks.anchors(seen.outline, family, found)
    shots = closeups.plan(seen.photo, seen.outline, found, anchors, family, count=count)
    x, y, width, height = silhouette.bounding_box(
        silhouette.largest_part(seen.outline.mask, rel=SMALL)
    )
    points = (
        Point(
            _name_of(shot, view, wanted=bool(parts)),
            (shot.box[0] + shot.box[2] / 2 - x) / width,
            (shot.box[1] + shot.box[3] / 2 - y) / height,
            shot.box[3] / height,
            shot.name,
        )
        for shot in shots
        if shot.kind != "texture" and (not parts or shot.name in parts)
    )
    return tuple(points)


def _name_of(shot: Shot, view: View, *, wanted: bool) -> str:
    """A close-up by its landmark; where that is a guess it says so, or is just a detail."""
    if shot.kind != "landmark" or ("ront" in shot.name and view.view_type != "front"):
        return "Detail"
    if "estimated" not in shot.reason:
        return shot.name
    return f"{shot.name} (estimated)" if wanted else "Detail"
