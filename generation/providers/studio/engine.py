"""The embedded studio behind the provider protocols: photos in, plain data out.

Everything that leaves this file is in pixels of the stored picture.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import cv2
import numpy as np

from generation.errors import NO_PRODUCT, Failure, ProviderError
from generation.providers.protocols import Answer, Ask, Brief, FieldAsked, View
from generation.providers.studio import (
    category,
    closeups,
    colours,
    edits,
    entries,
    landmarks,
    mask,
    measures,
    samples,
    schematic,
    sketch,
)
from generation.providers.studio.seen import Seen, landmarks_of, load, see
from generation.providers.studio.shapes import (
    Drawing,
    Family,
    Landmark,
    Point,
    Shot,
)

Stroke = Sequence[Sequence[float]]
DOUBTS = {
    "check": "check the outline against the photo",
    "unreliable": "the outline is unreliable: correct it on the photo",
}
DRAWINGS_KEPT = 16


def _full_size(data: bytes) -> Any:
    """The stored picture in its own size; it is upright sRGB already."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def find_outline(
    view: View,
    *,
    keep: Sequence[Stroke] = (),
    remove: Sequence[Stroke] = (),
    worn: bool | None = None,
) -> dict[str, Any]:
    """``{score, verdict, rings, wornByPerson, corrected}`` with rings in stored pixels."""
    picture = load(view.data)
    found = mask.find_outline(
        picture, keep=_scaled(keep, picture.scale), remove=_scaled(remove, picture.scale), worn=worn
    )
    return {
        "score": round(float(found.score), 3),
        "verdict": found.verdict,
        "rings": [[list(point) for point in ring] for ring in mask.rings(found, picture.scale)],
        "wornByPerson": bool(found.worn_by_person),
        "corrected": found.corrected,
    }


def _scaled(strokes: Sequence[Stroke], scale: float) -> list[list[Point]]:
    return [[(point[0] * scale, point[1] * scale) for point in stroke] for stroke in strokes]


def geometry(view: View, brief: Brief) -> dict[str, Any]:
    """Where things are: ``{family, landmarks, anchors, measures}`` in stored pixels.

    ``measures`` are ``{code, from, to, px, sure, spread}``: what a known length turns
    into lengths.
    """
    seen = see(view)
    family = category.family_of(brief.category, brief.subcategory)
    found = landmarks_of(seen, family, view)
    if not seen.is_there:
        return {"family": family, "landmarks": {}, "anchors": {}, "measures": []}
    scale = seen.photo.scale
    return {
        "family": family,
        "landmarks": {
            name: [*seen.stored(mark.at), bool(mark.sure)] for name, mark in found.items()
        },
        "anchors": {
            name: seen.stored(point)
            for name, point in landmarks.anchors(seen.outline, family, found).items()
        },
        "measures": [
            {
                "code": line.code,
                "from": seen.stored(line.start),
                "to": seen.stored(line.end),
                "px": round(line.px / scale, 2),
                "sure": bool(line.sure),
                "spread": round(float(line.spread), 4),
            }
            for line in measures.measure(seen.outline, family, found)
        ],
    }


_drawings: OrderedDict[tuple[str, ...], Drawing] = OrderedDict()
_drawings_lock = threading.Lock()


def _drawn(view: View, seen: Seen, found: Mapping[str, Landmark], family: Family) -> Drawing:
    """The view's drawing; the last few are kept, for the schematics are made from them."""
    key = (
        hashlib.sha256(view.data).hexdigest(),
        hashlib.sha256(repr((view.outline, sorted(view.landmarks.items()))).encode()).hexdigest(),
        family,
    )
    with _drawings_lock:
        known = _drawings.get(key)
    if known is not None:
        return known
    drawing = sketch.draw(seen.photo, seen.outline, seen.silhouette, found, family)
    with _drawings_lock:
        _drawings[key] = drawing
        if len(_drawings) > DRAWINGS_KEPT:
            _drawings.popitem(last=False)
    return drawing


class Studio:
    """The embedded local engine: deterministic, free of outside services."""

    name = "studio"
    is_resubmittable = True
    at_once = 4

    def detect_category(self, *, views: Sequence[View], brief: Brief, ask: Ask) -> Answer:
        """Words override; else the silhouette of the first view speaks."""
        seen = see(views[0])
        guess = category.guess(seen.silhouette, seen.outline, words=brief.words)
        return Answer(
            {
                "category": guess.category,
                "subcategory": guess.subcategory,
                "confidence": round(guess.confidence, 2),
                "alternatives": [
                    {"category": name, "subcategory": sub, "confidence": round(share, 2)}
                    for name, sub, share in guess.alternatives
                ],
                "because": guess.because,
            }
        )

    def analyze_view(self, *, view: View, brief: Brief, ask: Ask) -> Answer:
        """Colours, surface, what is drawn on it: only what pixels can tell."""
        seen = see(view)
        seen.require()
        family = category.family_of(brief.category, brief.subcategory)
        found = landmarks_of(seen, family, view)
        drawing = _drawn(view, seen, found, family)
        palette = colours.palette(seen.photo, seen.outline)
        sure = float(seen.outline.score)
        return Answer(
            {
                "materials": entries.materials_of(seen.photo, seen.outline),
                "dimensions": [],
                "colors": entries.colours_of(palette),
                "construction": entries.construction_of(drawing, sure),
                "designElements": entries.elements_of(drawing, seen.silhouette),
                "other": {
                    "outlineScore": round(sure, 2),
                    "wornByPerson": bool(seen.outline.worn_by_person),
                },
                "confidence": round(min([sure, *(c.confidence for c in palette[:1])]), 2),
            }
        )

    def plan_close_ups(self, *, views: Sequence[View], brief: Brief, ask: Ask) -> Answer:
        """Six to ten shots over the views: landmarks first, then detail, then surface."""
        shots: list[dict[str, Any]] = []
        share = max(3, -(-10 // max(len(views), 1)))
        for view in views:
            seen = see(view)
            if not seen.is_there:
                continue
            found = self._shots(view, seen, brief, count=8 if len(views) == 1 else share)
            shots += [_planned(shot, view, seen) for shot in found]
        if not shots:
            raise ProviderError(Failure.USER_INPUT, "no product in the photos", code=NO_PRODUCT)
        return Answer({"shots": _best(shots, most=10)})

    def _shots(self, view: View, seen: Seen, brief: Brief, *, count: int) -> list[Shot]:
        family = category.family_of(brief.category, brief.subcategory)
        found = landmarks_of(seen, family, view)
        anchors = landmarks.anchors(seen.outline, family, found)
        return closeups.plan(seen.photo, seen.outline, found, anchors, family, count=count)

    def describe_close_up(self, *, view: View, shot: Mapping[str, Any], ask: Ask) -> Answer:
        """What the crop shows, as far as it can be measured."""
        seen = see(view)
        return Answer(closeups.describe(seen.photo, seen.outline, _shot(shot, seen)))

    def close_up(self, *, view: View, shot: Mapping[str, Any], ask: Ask) -> Answer:
        """The crop from the stored picture, enlarged at most three times."""
        full = _full_size(view.data)
        x, y, width, height = (round(side) for side in shot["box"])
        wanted = Shot(shot["name"], shot["kind"], shot["reason"], (x, y, width, height))
        image, shown_w, shown_h, bar = closeups.render(full, wanted, um_per_px=view.um_per_px)
        data: dict[str, Any] = {"width": shown_w, "height": shown_h}
        return Answer({**data, "scaleBar": bar} if bar else data, images={"image.jpg": image})

    def draw_flat(
        self, *, view: View | None, view_type: str, front: View | None, brief: Brief, ask: Ask
    ) -> Answer:
        """The view's own photo traced; without one, the front mirrored or a schematic."""
        family = category.family_of(brief.category, brief.subcategory)
        source = view or front
        if source is None:
            raise ProviderError(Failure.USER_INPUT, "no photo to draw from")
        seen = see(source)
        seen.require()
        found = landmarks_of(seen, family, source)
        drawing = _drawn(source, seen, found, family)
        if view is not None:
            anchors = landmarks.anchors(seen.outline, family, found)
            lines = measures.measure(seen.outline, family, found)
            return Answer(flat_data(drawing, seen, anchors, lines))
        schematic_view = (
            schematic.mirrored_back(drawing)
            if view_type == "back"
            else schematic.side(family, drawing)
        )
        return Answer(flat_data(schematic_view, seen, {}, []))

    def edit_field(
        self, *, wanted: FieldAsked, view: View | None, brief: Brief, ask: Ask
    ) -> Answer:
        """Arithmetic, colours and words as the sentence says them; else RequestRefused."""
        return edits.edit_field(wanted)

    def edit_view(self, *, view: View, words: str, brief: Brief, seed: int, ask: Ask) -> Answer:
        """Recoloured, relit, turned, cropped, on another background; else RequestRefused."""
        return edits.edit_view(view, words, brief, seed)

    def make_view(
        self,
        *,
        view_type: str,
        stage: Literal["sample", "final"],
        sources: Sequence[View],
        words: str,
        brief: Brief,
        seed: int,
        ask: Ask,
    ) -> Answer:
        """A template drawn from words, or what a photo of another side allows."""
        return samples.make_view(view_type, stage, sources, words, brief, seed)


def _planned(shot: Shot, view: View, seen: Seen) -> dict[str, Any]:
    x, y, width, height = (round(side / seen.photo.scale) for side in shot.box)
    return {
        "name": shot.name,
        "kind": shot.kind,
        "reason": shot.reason,
        "sourceRevisionId": view.id,
        "viewType": view.view_type,
        "box": [x, y, min(width, view.width - x), min(height, view.height - y)],
    }


def _best(shots: list[dict[str, Any]], *, most: int) -> list[dict[str, Any]]:
    """Landmarks before details before textures; one texture is enough."""
    ranks = {"landmark": 0, "detail": 1, "texture": 2}
    ordered = sorted(shots, key=lambda shot: ranks[shot["kind"]])
    first_texture = next((s for s in ordered if s["kind"] == "texture"), None)
    rest = [s for s in ordered if s["kind"] != "texture"]
    kept = [*rest[: most - 1], first_texture] if first_texture else rest[:most]
    return [{**shot, "order": order} for order, shot in enumerate(kept)]


def _shot(shot: Mapping[str, Any], seen: Seen) -> Shot:
    x, y, width, height = (round(side * seen.photo.scale) for side in shot["box"])
    return Shot(shot["name"], shot["kind"], shot["reason"], (x, y, max(width, 1), max(height, 1)))


def _note(drawing: Drawing, seen: Seen) -> str:
    doubt = "" if seen.outline.corrected else DOUBTS.get(seen.outline.verdict, "")
    return "; ".join(words for words in (drawing.note, doubt) if words)


def flat_data(
    drawing: Drawing, seen: Seen, anchors: Mapping[str, Point], lines: Sequence[Any]
) -> dict[str, Any]:
    """A drawing of what was seen as ``draw_flat`` answers it, places in view box units."""

    def placed(point: Point) -> list[float]:
        x, y = drawing.place(point)
        return [round(x, 1), round(y, 1)]

    (a, b, c), (d, e, f) = drawing.to_view
    s = seen.photo.scale
    return {
        "drawing": {
            "width": drawing.width,
            "height": drawing.height,
            "strokes": [{"d": s_.d, "kind": s_.kind, "label": s_.label} for s_ in drawing.strokes],
            "texts": [list(text) for text in drawing.texts],
            "toView": [[a * s, b * s, c], [d * s, e * s, f]],
            **drawing.facts(),
            "note": _note(drawing, seen),
        },
        "anchors": {name: placed(point) for name, point in anchors.items()},
        "measures": [
            {
                "code": line.code,
                "from": placed(line.start),
                "to": placed(line.end),
                "sure": bool(line.sure),
            }
            for line in lines
        ],
    }
