"""A view without a photo: a template from words, or what the other side's photo allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import cv2
import numpy as np

from generation.errors import RequestRefused
from generation.providers.protocols import Answer, Brief, View
from generation.providers.studio.edits import pixels
from generation.providers.studio.edits.pixels import Picture
from generation.providers.studio.edits.refusals import FREE
from generation.providers.studio.samples import families, from_photo
from generation.providers.studio.samples.caption import captioned
from generation.providers.studio.samples.design import CHOICES, SEEDS, Design
from generation.providers.studio.samples.reading import design_of
from generation.providers.studio.samples.render import Dyes, rendered
from generation.providers.studio.samples.stamp import read_stamp, stamped

SIZES = {"sample": 768, "final": 1536}
NOTE = "template, not a photo"
EXAMPLES = "“oversized navy hoodie”, “white ceramic mug” or “brown leather backpack”"


def make_view(
    view_type: str,
    stage: Literal["sample", "final"],
    sources: Sequence[View],
    words: str,
    brief: Brief,
    seed: int,
) -> Answer:
    """``{width, height, note, template?}`` and ``image.jpg``; raises RequestRefused.

    A template's margin says that it is one, and carries its parameters, so that a final of a
    chosen sample is the same thing larger.
    """
    side = SIZES[stage]
    chosen = next((d for v in sources if (d := read_stamp(pixels.decoded(v.data)))), None)
    if sources and chosen is None:
        return _from_photos(view_type, side, sources, words, brief, seed)
    design = chosen or design_of(words, brief, seed)
    if design is None:
        raise _unknown(words)
    scene = families.scene_of(design, view_type)
    picture = rendered(scene, Dyes(design.main, design.second), design.seed)
    captioned(picture, "TEMPLATE, NOT A PHOTO", words or brief.words.split("\n")[0])
    stamped(picture, design)
    same = "the same parameters as its sample" if chosen else ""
    note = "; ".join(part for part in (NOTE, scene.note, same) if part)
    return _answer(_whole(picture), side, note, template=_told(design))


def _from_photos(
    view_type: str, side: int, sources: Sequence[View], words: str, brief: Brief, seed: int
) -> Answer:
    own = next((view for view in sources if view.view_type == view_type), None)
    unread = "the words were not used: edit the view to change it" if words.strip() else ""
    if own is not None:
        picture, note = from_photo.presented(own)
        return _answer(picture, side, "; ".join(part for part in (note, unread) if part))
    scene, main, note, label = from_photo.scene_of(sources, view_type, brief)
    drawn = rendered(scene, Dyes(main, main), seed % SEEDS)
    captioned(drawn, label, "")
    note = "; ".join(part for part in (note, unread) if part)
    return _answer(_whole(drawn), side, note)


def _unknown(words: str) -> RequestRefused:
    said = f" in “{' '.join(words.split())[:60]}”" if words.strip() else ""
    return RequestRefused(
        "nothing that can be drawn is named",
        words=f"The local studio draws templates of common products, and none is named{said}. "
        f"Anything else needs an AI key. {FREE}",
        suggestions=[f"Write for example {EXAMPLES}", "Start from a photo instead"],
    )


def _whole(picture: pixels.Grey) -> Picture:
    return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)


def _answer(picture: Picture, side: int, note: str, **more: Any) -> Answer:
    shrinks = side < picture.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    if picture.shape[0] != side:
        picture = np.asarray(cv2.resize(picture, (side, side), interpolation=way), np.uint8)
    data = {"width": side, "height": side, "note": note, **more}
    return Answer(data, images={"image.jpg": pixels.encoded(picture)})


def _told(design: Design) -> dict[str, Any]:
    """The parameters in words, for whoever reads the log."""
    return {
        "kind": design.kind,
        **{knob: design.word(knob) for knob in CHOICES},
        "main": design.main,
        "second": design.second,
        "seed": design.seed,
    }
