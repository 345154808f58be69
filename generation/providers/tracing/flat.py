"""A line drawing that an image model made, as the technical flat that the product keeps."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from generation.providers.pictures import taken
from generation.providers.protocols import Brief, View
from generation.providers.studio import category, landmarks, measures, silhouette
from generation.providers.studio.engine import Seen, flat_data, see
from generation.providers.studio.shapes import Drawing, Family, Outline, Photo, Silhouette
from generation.providers.studio.silhouette import bounding_box
from generation.providers.studio.sketch import frame as frames
from generation.providers.studio.sketch import outline as outlines
from generation.providers.tracing import inside, page, shape
from generation.providers.tracing.page import Page, unusable
from generation.providers.tracing.shape import Mask, Shape
from generation.providers.tracing.strokes import strokes_of

FROM_PHOTO: Final = "drawn by an AI model from the photo, traced"
FROM_FRONT: Final = "drawn by AI from the front – no photo of this side"
FROM_WORDS: Final = "drawn by AI from words – no photo"
_MOST_UNEVEN = 0.005  # of the long side; a drawing more even than that was meant to be
_MOST_TILT_DEG = 0.75
_LEAST_LIKE = 0.55  # overlap with the photo's silhouette; another product has less
_LEAST_PAPER = 0.5  # of the inside; a photo or a painting has less
_LEAST_EDGE = 0.6  # of the contour that is a line


def flat_of(
    picture: bytes, *, view: View | None, view_type: str, front: View | None, brief: Brief
) -> dict[str, Any]:
    """``{drawing, anchors, measures}`` of a drawing in pixels, as the studio's ``draw_flat``.

    Outline, lines and stitches are traced into curves; landmarks, anchors and measures are found
    on the drawing. ``view`` is the photo that was drawn, ``front`` what there is instead. Raises
    ProviderError (malformed output) with what a model has to do differently.
    """
    sheet = page.read(taken(picture)[0])
    family = category.family_of(brief.category, brief.subcategory)
    known = _known(view, front, view_type)
    drawn = shape.shape_of(sheet, known=known, pairs=family == "footwear")
    _refuse_other(sheet, drawn.mask, known)
    seen = _seen(sheet, drawn)
    drawing = _drawing(seen, family, note=_note(view, front))
    found = landmarks.find(seen.outline, family, seen.silhouette)
    anchors = landmarks.anchors(seen.outline, family, found)
    lines = measures.measure(seen.outline, family, found)
    flat = flat_data(drawing, seen, anchors, lines)
    flat["drawing"]["toView"] = _from_photo(drawing, drawn.mask, view)
    return flat


def _note(view: View | None, front: View | None) -> str:
    if view is not None:
        return FROM_PHOTO
    return FROM_FRONT if front is not None else FROM_WORDS


def _known(view: View | None, front: View | None, view_type: str) -> Mask | None:
    """The silhouette to compare with, where a photo shows it well enough."""
    source = view or (front if view_type == "back" else None)
    if source is None:
        return None
    outline = see(source).outline
    is_doubtful = outline.verdict == "unreliable" and not outline.corrected
    if is_doubtful or outline.worn_by_person or outline.mask.mean() < 0.004:
        return None
    return outline.mask if view is not None else outline.mask[:, ::-1]


def _refuse_other(sheet: Page, mask: Mask, known: Mask | None) -> None:
    """Raise where it is no line drawing, or one of something else."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    within = depth > 3
    paper = (sheet.tone > 0.8) & (sheet.chroma < 0.12)
    edge = cv2.dilate(sheet.drawn, np.ones((5, 5), np.uint8))[(depth > 0) & (depth < 1.5)]
    if paper[within].mean() < _LEAST_PAPER or edge.mean() < _LEAST_EDGE:
        raise unusable(
            "That is a picture, not a technical flat: draw black contour and seam lines on plain "
            "white, no fills, no shading, no photo."
        )
    if known is not None and shape.overlap(mask, known) < _LEAST_LIKE:
        raise unusable(
            "The drawing's outline does not match the product in the photo: draw that product, "
            "from the same side, with its own proportions."
        )


def _seen(sheet: Page, drawn: Shape) -> Seen:
    """The drawing as the studio sees a photo: its outline is certain, its pixels are ink."""
    outline = Outline(alpha=drawn.mask.astype(np.float32), score=1.0, worn_by_person=False)
    ink = np.where(drawn.notes, 0, np.clip(255 * sheet.ink, 0, 255)).astype(np.uint8)
    picture = Photo(np.repeat(ink[..., None], 3, axis=2), None, 1.0)
    return Seen(picture, outline, silhouette.describe(outline))


def _drawing(seen: Seen, family: Family, *, note: str) -> Drawing:
    # A drawing stands upright already, and keeps the fine forms that the frame gives to things.
    upright = Silhouette(0.0, seen.silhouette.axis_x, 1.0, seen.silhouette.box, {})
    is_even = family != "footwear" and _is_even(seen)
    frame = frames.make(seen.photo, seen.outline, upright, "object", asymmetric=not is_even)
    distance = outlines.field(frame)
    rings = outlines.rings(frame, distance, [])
    if not rings:
        raise unusable("No closed outline was found: draw the whole product large.")
    drawn = page.lines_of(np.asarray(frame.bgr[..., 0] / 255, np.float32))
    band = inside.outline_width(drawn, distance)
    strokes = strokes_of(rings, inside.sort(drawn, distance, band), distance, band)
    width, height = frame.size
    to_view = [tuple(float(v) for v in row) for row in frame.to_view]
    return Drawing(
        width=float(width),
        height=float(height),
        strokes=tuple(strokes),
        to_view=(to_view[0], to_view[1]),  # type: ignore[arg-type]
        symmetrised=frame.symmetric,
        assumed=(),
        note=note,
    )


def _is_even(seen: Seen) -> bool:
    """Whether both halves mirror each other so well that the lines within fit their mean."""
    if abs(seen.silhouette.angle_deg) > _MOST_TILT_DEG:
        return False
    mask = seen.outline.mask.astype(np.uint8)
    size = mask.shape[1], mask.shape[0]
    flip = np.array([[-1.0, 0, 2 * seen.silhouette.axis_x], [0, 1, 0]])
    other = (cv2.warpAffine(mask * 255, flip, size) > 127).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    edge = np.vstack([contour[:, 0] for contour in contours])
    off = cv2.distanceTransform(other, cv2.DIST_L2, 3) + cv2.distanceTransform(
        1 - other, cv2.DIST_L2, 3
    )
    apart = float(np.percentile(off[edge[:, 1], edge[:, 0]], 97))
    return apart < 1 + _MOST_UNEVEN * max(bounding_box(seen.outline.mask)[2:])


def _from_photo(drawing: Drawing, mask: Mask, view: View | None) -> list[list[float]]:
    """From stored pixels of the photo to the view box, by the boxes of both outlines."""
    identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    if view is None:
        return identity
    seen = see(view)
    x, y, width, height = bounding_box(seen.outline.mask)
    left, top, wide, tall = bounding_box(mask)
    if not width or not height:
        return identity
    low, high = drawing.place((left, top)), drawing.place((left + wide, top + tall))
    scale = seen.photo.scale
    across, down = (high[0] - low[0]) / width, (high[1] - low[1]) / height
    return [
        [across * scale, 0.0, low[0] - across * x],
        [0.0, down * scale, low[1] - down * y],
    ]
