"""From a model's text to our own data."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from generation.errors import NO_PRODUCT, Failure, ProviderError
from generation.providers.answers import models
from generation.providers.answers.context import Context
from generation.providers.answers.editing import field_of
from generation.providers.answers.entries import (
    facts_of,
    lengths_of,
    palette_of,
    rows_of,
    swatches_of,
)
from generation.providers.answers.schema import ANSWERS
from generation.providers.answers.text import NAME_MOST, SENTENCE_MOST, clean

SHOTS_MOST: Final = 10
LEAST_BOX_PX: Final = 16
SAME_SHARE: Final = 0.8  # of what two boxes cover together
SUBCATEGORY_MOST: Final = 60
_FAULTS_TOLD: Final = 6
_LONGEST_TEXT: Final = 1_000_000
_FENCE: Final = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


def answer_data(operation: str, text: str, *, context: Context) -> dict[str, Any]:
    """The answer in the shape that ``protocols.py`` promises for the operation.

    Raises ProviderError: malformed output with a complaint for the model, or user input where the
    model found no product (``NO_PRODUCT``); RequestRefused where a sentence names no value.
    """
    return _READERS[operation](_validated(operation, text), context)


def _validated(operation: str, text: str) -> Any:
    model = ANSWERS[operation][1]
    if len(text) > _LONGEST_TEXT:
        raise _malformed("The answer is too long.")
    fenced = _FENCE.match(text)
    try:
        return model.model_validate_json(fenced[1] if fenced else text)
    except ValidationError as error:
        raise _malformed(_complaint(error)) from None
    except UnicodeEncodeError:  # half a surrogate pair
        raise _malformed("The answer is not valid text.") from None


def _complaint(error: ValidationError) -> str:
    """What does not fit and where; never what stood there."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    told = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'the answer'}: {fault['msg']}"
        for fault in faults[:_FAULTS_TOLD]
    ]
    more = len(faults) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def _malformed(complaint: str) -> ProviderError:
    return ProviderError(Failure.MALFORMED_OUTPUT, complaint)


def _require_product(has_product: bool) -> None:
    if not has_product:
        raise ProviderError(Failure.USER_INPUT, "the model found no product", code=NO_PRODUCT)


def _category(told: models.CategoryTold, context: Context) -> dict[str, Any]:
    _require_product(told.hasProduct)
    chosen = (told.category, _subcategory(told.subcategory))
    others: dict[tuple[str, str], float] = {}
    for other in told.alternatives:
        key = (other.category, _subcategory(other.subcategory))
        if key != chosen:
            others.setdefault(key, round(other.confidence, 2))
    return {
        "category": chosen[0],
        "subcategory": chosen[1],
        "confidence": round(told.confidence, 2),
        "alternatives": [
            {"category": category, "subcategory": subcategory, "confidence": confidence}
            for (category, subcategory), confidence in list(others.items())[:5]
        ],
        "because": clean(told.because, SENTENCE_MOST),
    }


def _subcategory(text: str) -> str:
    return clean(text, SUBCATEGORY_MOST)


def _analysis(told: models.AnalysisTold, context: Context) -> dict[str, Any]:
    _require_product(told.hasProduct)
    found = _described(told, colors=palette_of(told.colors))
    if not any(found[section] for section in _SECTIONS):
        raise _malformed("The answer has no entry: describe at least what shows of the surface.")
    return found


_SECTIONS: Final = ("materials", "colors", "construction", "designElements")


def _described(told: models.Described, *, colors: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "materials": rows_of("m", told.materials),
        "dimensions": lengths_of(told.dimensions),
        "colors": colors,
        "construction": rows_of("k", told.construction),
        "designElements": rows_of("e", told.designElements),
        "other": facts_of(told.other),
        "confidence": round(told.confidence, 2),
    }


def _close_up(told: models.CloseUpTold, context: Context) -> dict[str, Any]:
    summary = clean(told.summary, SENTENCE_MOST)
    if not summary:
        raise _malformed("summary: has to say in a sentence what the shot shows")
    return {"summary": summary, **_described(told, colors=swatches_of(told.colors))}


def _plan(told: models.PlanTold, context: Context) -> dict[str, Any]:
    _require_product(told.hasProduct)
    shots: list[dict[str, Any]] = []
    for number, planned in enumerate(told.shots):
        shot = _shot(number, planned, context)
        if not any(_is_same(shot, other) for other in shots):
            shots.append(shot)
    if not shots:
        raise _malformed("shots: has to hold six to ten shots")
    return {
        "shots": [{**shot, "order": order} for order, shot in enumerate(shots[:SHOTS_MOST])],
    }


def _is_same(shot: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two shots would show the same: their boxes have nearly all in common."""
    if shot["sourceRevisionId"] != other["sourceRevisionId"]:
        return False
    (x, y, w, h), (u, v, s, t) = shot["box"], other["box"]
    across = max(0, min(x + w, u + s) - max(x, u))
    down = max(0, min(y + h, v + t) - max(y, v))
    shared = across * down
    return shared > SAME_SHARE * (w * h + s * t - shared)


def _shot(number: int, shot: models.Shot, context: Context) -> dict[str, Any]:
    if not 1 <= shot.picture <= len(context.views):
        raise _malformed(f"shots.{number}.picture: there are pictures 1 to {len(context.views)}")
    view = context.views[shot.picture - 1]
    return {
        "name": clean(shot.name, NAME_MOST) or "Detail",
        "kind": shot.kind,
        "reason": clean(shot.reason, SENTENCE_MOST),
        "sourceRevisionId": view.id,
        "viewType": view.view_type,
        "box": _pixels(number, shot.box, view.width, view.height),
    }


def _pixels(number: int, box: models.Box, width: int, height: int) -> list[int]:
    """The box in pixels of the stored picture, cut where it reaches out of it."""
    sides = (box.left, box.top, box.left + box.width, box.top + box.height)
    if not all(math.isfinite(side) for side in sides) or max(map(abs, sides)) > 2:
        raise _malformed(f"shots.{number}.box: has to be in fractions of the picture, 0 to 1")
    left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in sides)
    x, y = round(left * width), round(top * height)
    w = min(round((right - left) * width), width - x)
    h = min(round((bottom - top) * height), height - y)
    if min(w, h) < min(LEAST_BOX_PX, width, height):
        raise _malformed(f"shots.{number}.box: is too small, or lies outside of the picture")
    return [x, y, w, h]


_READERS: Final[Mapping[str, Callable[[Any, Context], dict[str, Any]]]] = {
    "category/detect": _category,
    "base-views/analyze": _analysis,
    "close-ups/plan": _plan,
    "close-ups/describe": _close_up,
    "edit": field_of,
}
