"""What is told about views, shots and fields beside the pictures: plain data for ``prompt_of``.

Places are fractions of the stored picture, 0 to 1 from its top left corner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from generation.providers.protocols import Brief, FieldAsked, View

RINGS_MOST: Final = 6
POINTS_MOST: Final = 240
WORDS_MOST: Final = 6000
NAME_MOST: Final = 200
VOCABULARY_MOST: Final = 120

Facts = dict[str, Any]


def product_told(brief: Brief) -> Facts:
    """The product in words, each bounded: ``{words?, category?, subcategory?, vocabulary?}``."""
    told = {
        "words": brief.words[:WORDS_MOST],
        "category": brief.category[:NAME_MOST],
        "subcategory": brief.subcategory[:NAME_MOST],
        "vocabulary": [word[:NAME_MOST] for word in brief.vocabulary[:VOCABULARY_MOST]],
    }
    return {name: value for name, value in told.items() if value}


def views_told(views: Sequence[View]) -> list[Facts]:
    """The views in the order of their pictures: ``prompt_of(…, facts={"views": …})``.

    ``{picture, viewType, width, height, productBox?, outline?, landmarks?, umPerPx?}``; the
    outline only where a person corrected it, for else whoever looks finds a better one.
    """
    return [_view(number, view) for number, view in enumerate(views, start=1)]


def _view(number: int, view: View) -> Facts:
    told = {
        "picture": number,
        "viewType": view.view_type,
        "width": view.width,
        "height": view.height,
        "productBox": _product_box(view),
        "outline": _outline(view),
        "landmarks": {name: _placed(point, view) for name, point in view.landmarks.items()},
        "umPerPx": round(view.um_per_px, 3) if view.um_per_px else None,
    }
    return {name: value for name, value in told.items() if value not in (None, {}, [])}


def shot_told(shot: Mapping[str, Any], view: View) -> Facts:
    """A planned shot: ``prompt_of(…, facts={"shot": …})``; its box as fractions."""
    left, top, width, height = shot["box"]
    return {
        "name": shot["name"],
        "kind": shot["kind"],
        "reason": shot["reason"],
        "box": _box(left, top, width, height, view),
    }


def field_told(wanted: FieldAsked) -> Facts:
    """A field that a sentence is to change: ``prompt_of(…, facts={"field": …})``."""
    return {
        "path": wanted.path,
        "label": wanted.label,
        "kind": wanted.kind,
        "value": wanted.value,
        "unit": wanted.unit,
        "entry": dict(wanted.entry),
        "words": wanted.words,
    }


def _rings(view: View) -> list[Sequence[Sequence[float]]]:
    rings = (view.outline or {}).get("rings", ())
    return sorted((ring for ring in rings if len(ring) > 2), key=len, reverse=True)[:RINGS_MOST]


def _product_box(view: View) -> Facts | None:
    """Where the product is, so that whoever looks knows which thing is meant."""
    points = [point for ring in _rings(view) for point in ring]
    if not points:
        return None
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return _box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys), view)


def _outline(view: View) -> list[list[list[float]]]:
    if not (view.outline or {}).get("corrected"):
        return []
    return [
        [_placed(point, view) for point in ring[:: -(-len(ring) // POINTS_MOST)]]
        for ring in _rings(view)
    ]


def _placed(point: Sequence[float], view: View) -> list[float]:
    return [_share(point[0], view.width), _share(point[1], view.height)]


def _box(left: float, top: float, width: float, height: float, view: View) -> Facts:
    return {
        "left": _share(left, view.width),
        "top": _share(top, view.height),
        "width": _share(width, view.width),
        "height": _share(height, view.height),
    }


def _share(px: float, whole: int) -> float:
    return round(min(max(px / max(whole, 1), 0.0), 1.0), 4)
