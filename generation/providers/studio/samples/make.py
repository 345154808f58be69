"""A view without a photo: a template from words, or what the other side's photo allows."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from generation.errors import RequestRefused
from generation.providers.protocols import Answer, Brief, View
from generation.providers.studio.edits import pixels
from generation.providers.studio.edits.pixels import Picture
from generation.providers.studio.samples import families
from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.reading import design_of
from generation.providers.studio.samples.render import Dyes, rendered

SIZES = {"sample": 768, "final": 1536}
NOTE = "template, not a photo"


def make_view(
    view_type: str, stage: str, sources: Sequence[View], words: str, brief: Brief, seed: int
) -> Answer:
    """``{width, height, note, template}`` and ``image.jpg``; raises RequestRefused."""
    design = design_of(words, brief, seed)
    if design is None:
        raise RequestRefused("nothing named", words="Say what it is, such as “navy hoodie”.")
    scene = families.scene_of(design, view_type)
    picture, _ = rendered(scene, Dyes(design.main, design.second), design.seed)
    side = SIZES[stage]
    picture = _sized(picture, side)
    note = "; ".join(part for part in (NOTE, scene.note) if part)
    data = {"width": side, "height": side, "note": note, "template": _told(design)}
    return Answer(data, images={"image.jpg": pixels.encoded(picture)})


def _sized(picture: Picture, side: int) -> Picture:
    if side == picture.shape[0]:
        return picture
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _told(design: Design) -> dict[str, object]:
    return {"kind": design.kind, **design.knobs, "main": design.main, "second": design.second}
