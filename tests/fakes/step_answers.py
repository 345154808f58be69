"""What a good model answers, by the schema of ``generation.providers.answers``.

Computed from the request, by no model: colours from the pictures' pixels, shots spread over the
product, values from the person's words. It knows nothing of a vendor's wire.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

Facts = Mapping[str, Any]
KINDS = {
    "polo": ("tops", "polo shirt"),
    "hoodie": ("outerwear", "hoodie"),
    "jeans": ("trousers", "jeans"),
    "dress": ("dresses-and-skirts", "dress"),
    "loafer": ("footwear", "loafer"),
    "backpack": ("bags", "backpack"),
    "chair": ("other", "chair"),
}
COLOURS = {"red": "#c8102e", "green": "#2e7d32", "blue": "#1f3a93", "black": "#111111"}
PARTS = ("Neckline", "Placket", "Sleeve hem", "Hem", "Side seam", "Shoulder", "Button", "Surface")
FACTORS = {"mm": 1.0, "cm": 10.0, "in": 25.4}


def good_answer(operation: str, facts: Facts, pictures: Sequence[bytes]) -> dict[str, Any]:
    """The answer to a question of a step."""
    return {
        "category/detect": _category,
        "base-views/analyze": _analysis,
        "close-ups/plan": _plan,
        "close-ups/describe": _close_up,
        "edit": _edit,
    }[operation](facts, pictures)


def no_product(operation: str) -> dict[str, Any]:
    """The answer where there is nothing to see."""
    return good_answer(operation, {}, []) | {"hasProduct": False}


def _category(facts: Facts, pictures: Sequence[bytes]) -> dict[str, Any]:
    product = facts.get("product", {})
    said = " ".join(map(str, product.values())).lower()
    category, subcategory = next(
        (kind for word, kind in KINDS.items() if word in said), KINDS["polo"]
    )
    return {
        "hasProduct": True,
        "category": category,
        "subcategory": subcategory,
        "confidence": 0.91,
        "alternatives": [
            {"category": "tops", "subcategory": "t-shirt", "confidence": 0.06},
            {"category": "other", "subcategory": "costume", "confidence": 0.02},
        ],
        "because": "A collar, a short placket and set-in sleeves.",
    }


def _analysis(facts: Facts, pictures: Sequence[bytes]) -> dict[str, Any]:
    return {"hasProduct": True, **_described(pictures)}


def _described(pictures: Sequence[bytes]) -> dict[str, Any]:
    return {
        "materials": [_entry("Body", "piqué knit, matt, medium weight", 0.82)],
        "dimensions": [],
        "colors": [
            {
                "name": "Body",
                "value": "navy blue",
                "hex": _middle_colour(pictures),
                "share": 0.93,
                "confidence": 0.9,
            }
        ],
        "construction": [
            _entry("Side seam", "overlocked", 0.6),
            _entry("Placket", "two buttons, topstitched", 0.8),
        ],
        "designElements": [_entry("Collar", "flat knit rib collar", 0.85)],
        "other": [{"name": "View", "value": "square on"}],
        "confidence": 0.84,
    }


def _entry(name: str, value: str, confidence: float) -> dict[str, Any]:
    return {"name": name, "value": value, "confidence": confidence}


def _middle_colour(pictures: Sequence[bytes]) -> str:
    if not pictures:
        return "#1f2a44"
    with Image.open(io.BytesIO(pictures[0])) as opened:
        small = opened.convert("RGB").resize((3, 3))
    red, green, blue = small.getpixel((1, 1))  # type: ignore[misc]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _plan(facts: Facts, pictures: Sequence[bytes]) -> dict[str, Any]:
    views = max(1, len(pictures))
    shots = []
    for number, name in enumerate(PARTS):
        column, row = number % 2, number // 2
        box = {"left": 0.25 + 0.3 * column, "top": 0.1 + 0.2 * row, "width": 0.2, "height": 0.18}
        shots.append(
            {
                "name": name,
                "kind": "texture" if name == "Surface" else "landmark",
                "reason": f"How the {name.lower()} is made.",
                "picture": 1 + number % views,
                "box": box,
            }
        )
    return {"hasProduct": True, "shots": shots}


def _close_up(facts: Facts, pictures: Sequence[bytes]) -> dict[str, Any]:
    name = str(facts.get("shot", {}).get("name", "detail")).lower()
    return {"summary": f"The {name}, cleanly made.", **_described(pictures)}


def _edit(facts: Facts, pictures: Sequence[bytes]) -> dict[str, Any]:
    asked = facts.get("field", {})
    words, kind = str(asked.get("words", "")), asked.get("kind", "text")
    value: Any = None
    if kind == "colour":
        value = next((shown for name, shown in COLOURS.items() if name in words.lower()), None)
    elif kind == "text":
        value = words.rpartition(" to ")[2].strip(" .") or None
    elif found := re.search(r"(\d+(?:\.\d+)?)\s*(mm|cm|in)?\b", words):
        unit = asked.get("unit") or "mm"
        value = float(found[1]) * FACTORS[found[2] or unit] / FACTORS[unit]
        value = round(value, 4)
    return {
        "isAnswered": value is not None,
        "value": value if value is not None else (asked.get("value") or ""),
        "confidence": 0.95 if value is not None else 0.0,
        "isLiteral": value is not None,
        "because": "The person said so." if value is not None else "No value is named.",
    }
