"""The studio's answers as a language model would write them: JSON of ``providers.answers``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from generation.providers.protocols import View

Data = Mapping[str, Any]
Told = dict[str, Any]


def told(operation: str, data: Data, views: Sequence[View]) -> Told:
    """The answer's JSON for ``schema_of(operation)``; ``views`` in the order of the pictures.

    ``providers.answers.answer_data`` makes the same data of it again.
    """
    return _TELLERS[operation](data, views)


def no_product(operation: str) -> Told:
    """The answer where there is nothing to describe."""
    return {"hasProduct": False, **_EMPTY[operation]}


def no_value(wanted: Any, because: str) -> Told:
    """The answer where a sentence says no value for its field."""
    return {
        "isAnswered": False,
        "value": "" if wanted is None else wanted,
        "confidence": 0.0,
        "isLiteral": False,
        "because": because,
    }


def _category(data: Data, views: Sequence[View]) -> Told:
    return {
        "hasProduct": True,
        "category": data["category"],
        "subcategory": data["subcategory"],
        "confidence": data["confidence"],
        "alternatives": [
            {name: other[name] for name in ("category", "subcategory", "confidence")}
            for other in data["alternatives"]
        ],
        "because": data["because"],
    }


def _analysis(data: Data, views: Sequence[View]) -> Told:
    return {"hasProduct": True, **_described(data)}


def _close_up(data: Data, views: Sequence[View]) -> Told:
    return {"summary": data["summary"], **_described(data)}


def _described(data: Data) -> Told:
    return {
        "materials": [_entry(row) for row in data["materials"]],
        "dimensions": [],
        "colors": [
            {**_entry(row), "hex": row["hex"], "share": row["share"]} for row in data["colors"]
        ],
        "construction": [_entry(row) for row in data["construction"]],
        "designElements": [_entry(row) for row in data["designElements"]],
        "other": [{"name": name, "value": value} for name, value in data["other"].items()],
        "confidence": data["confidence"],
    }


def _entry(row: Data) -> Told:
    return {name: row[name] for name in ("name", "value", "confidence")}


def _plan(data: Data, views: Sequence[View]) -> Told:
    numbers = {view.id: number for number, view in enumerate(views, start=1)}
    sizes = {view.id: (view.width, view.height) for view in views}
    return {
        "hasProduct": True,
        "shots": [
            {
                "name": shot["name"],
                "kind": shot["kind"],
                "reason": shot["reason"],
                "picture": numbers[shot["sourceRevisionId"]],
                "box": _box(shot["box"], *sizes[shot["sourceRevisionId"]]),
            }
            for shot in data["shots"]
        ],
    }


def _box(box: Sequence[float], width: int, height: int) -> Told:
    left, top, wide, high = box
    return {
        "left": left / width,
        "top": top / height,
        "width": wide / width,
        "height": high / height,
    }


def _field(data: Data, views: Sequence[View]) -> Told:
    kept = {name: data[name] for name in ("value", "confidence", "isLiteral", "because")}
    return {"isAnswered": True, **kept}


_TELLERS: Final[Mapping[str, Callable[[Data, Sequence[View]], Told]]] = {
    "category/detect": _category,
    "base-views/analyze": _analysis,
    "close-ups/plan": _plan,
    "close-ups/describe": _close_up,
    "edit": _field,
}
_EMPTY: Final[Mapping[str, Told]] = {
    "category/detect": {
        "category": "other",
        "subcategory": "",
        "confidence": 0.0,
        "alternatives": [],
        "because": "No product was found in the picture.",
    },
    "base-views/analyze": {
        "materials": [],
        "dimensions": [],
        "colors": [],
        "construction": [],
        "designElements": [],
        "other": [],
        "confidence": 0.0,
    },
    "close-ups/plan": {"shots": []},
}
