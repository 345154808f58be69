"""Reads the templates from `templates_data/` once, merges variants, and finds one.

A file may extend another (``extends``) and take some of its rows; a variant changes
its template: rows with a known code or id are overridden field by field, others are
added at the end, ``drop`` removes, ``replace`` empties a list first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from techpack.trade.models import StitchBook, Template

DATA = Path(__file__).resolve().parent.parent / "templates_data"
CATEGORIES = (
    "tops",
    "outerwear",
    "trousers",
    "dresses-and-skirts",
    "footwear",
    "bags",
    "other",
)
_KEYS = {"points_of_measure": "code", "bom": "id", "construction": "id"}
_NOT_MERGED = frozenset({"id", "name", "words", "like", "drop", "replace", *_KEYS})
_OURS = frozenset({"variants", "words"})

Raw = dict[str, Any]


def _read(name: str) -> Raw:
    with (DATA / f"{name}.yaml").open(encoding="utf-8") as file:
        return dict(yaml.safe_load(file))


def _merge_rows(base: list[Raw], changes: Iterable[Raw], key: str) -> list[Raw]:
    rows = {row[key]: dict(row) for row in base}
    for change in changes:
        rows[change[key]] = rows.get(change[key], {}) | change
    return list(rows.values())


def _changed(base: Raw, change: Mapping[str, Any]) -> Raw:
    """A template's raw data with a variant's differences applied."""
    result = base | {key: value for key, value in change.items() if key not in _NOT_MERGED}
    for name, key in _KEYS.items():
        gone = set(change.get("drop", {}).get(name, ()))
        kept = [] if name in change.get("replace", ()) else base.get(name, [])
        missing = gone - {row[key] for row in kept}
        if missing:
            raise ValueError(f"{change.get('id')}: cannot drop {sorted(missing)}")
        rows = [row for row in kept if row[key] not in gone]
        result[name] = _merge_rows(rows, change.get(name, ()), key)
    return result


@cache
def _category(name: str) -> Raw:
    """A file's base template, with what it takes from the one that it extends."""
    raw = _read(name)
    extends = raw.pop("extends", None)
    if not extends:
        return raw
    parent = _category(extends["template"])
    taken = {
        rows: [row for row in parent[rows] if row[key] in set(extends.get(rows, ()))]
        for rows, key in _KEYS.items()
    }
    return _changed(taken, raw) | {"id": raw["id"], "name": raw["name"]}


def _variants(name: str) -> dict[str, Raw]:
    return {variant["id"]: variant for variant in _category(name).get("variants", ())}


@cache
def _template(category: str, variant: str) -> Template:
    raw = {key: value for key, value in _category(category).items() if key not in _OURS}
    if variant:
        for change in _lineage(category, variant):
            raw = _changed(raw, change)
        found = _variants(category)[variant]
        raw |= {"variant": variant, "variant_name": found["name"]}
        raw["subcategory"] = found["name"].split(" or ")[0].lower()
    return Template.model_validate(raw)


def _lineage(category: str, variant: str) -> list[Raw]:
    """The variant after the ones that it is like."""
    found = _variants(category)[variant]
    before = _lineage(category, found["like"]) if "like" in found else []
    return [*before, found]


def _plain(words: str) -> str:
    return re.sub(r"[\s_-]+", " ", words.strip().lower())


@cache
def _words(category: str) -> tuple[tuple[str, str], ...]:
    """Words that name a kind of product with its variant, longest first."""
    base = ((_plain(word), "") for word in _read(category)["words"])
    others = (
        (_plain(word), variant["id"])
        for variant in _variants(category).values()
        for word in variant["words"]
    )
    return tuple(sorted((*base, *others), key=lambda pair: -len(pair[0])))


def _variant_for(category: str, subcategory: str) -> str:
    """The variant whose longest word stands in the subcategory, or none."""
    said = _plain(subcategory)
    for word, variant in _words(category):
        if re.search(rf"(?<!\w){re.escape(word)}(?:e?s)?(?!\w)", said):
            return variant
    return ""


def template(category: str, variant: str = "") -> Template:
    """The template by its id and, if any, the id of its variant. Raises KeyError."""
    if category not in CATEGORIES or (variant and variant not in _variants(category)):
        raise KeyError(f"{category}/{variant}")
    return _template(category, variant)


def template_for(category: str, subcategory: str = "") -> Template:
    """The template for a category and free words such as "zip hoodie".

    An unknown category gets the generic template; unknown words get the category's
    base. Never raises.
    """
    known = category if category in CATEGORIES else "other"
    return _template(known, _variant_for(known, subcategory))


def names() -> tuple[tuple[str, str], ...]:
    """Category ids with their names, for choice lists."""
    return tuple((name, str(_category(name)["name"])) for name in CATEGORIES)


def subcategories(category: str) -> tuple[str, ...]:
    """Subcategories that a category knows, its base first, for suggestions."""
    base = str(_category(category)["subcategory"])
    return (
        base,
        *(str(variant["words"][0]) for variant in _variants(category).values()),
    )


@cache
def stitches() -> StitchBook:
    """The stitches and seams that templates may name."""
    return StitchBook.model_validate(_read("stitches"))
