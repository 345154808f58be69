"""Field paths: from ``materials.0.value`` to the entry's permanent id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidRequest
from core.units import Length, parse_length
from core.wire import snake
from techpack import queries
from techpack.measuring import unit_of
from techpack.models import Product, Revision
from techpack.pack import merge
from techpack.pack.rows import SECTIONS, Merged, Row

LENGTH_FIELDS = frozenset({"value", "tolerancePlus", "toleranceMinus"})
LENGTH_SECTIONS = frozenset({"pointsOfMeasure", "dimensions"})
# The product's own fields, and how long each may be.
COVER = {
    "name": 200,
    "description": 4000,
    "style_no": 60,
    "season": 60,
    "brand": 120,
    "sizes": 600,
    "sample_size": 20,
    "unit": 2,
}
TEXT_MOST = 500
Entries = Mapping[str, list[str]]  # section → permanent ids
_ENTRY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
FIELDS = {
    "materials": {"value", "name"},
    "designElements": {"value", "name"},
    "other": {"value", "name"},
    "colors": {"value", "hex", "name", "standard"},
    "construction": {
        "operation",
        "stitch",
        "seam",
        "spi",
        "allowance",
        "thread",
        "note",
        "value",
        "name",
    },
    "bom": {
        "component",
        "material",
        "composition",
        "weight",
        "finish",
        "supplier",
        "supplierCode",
        "placement",
        "quantity",
        "uom",
        "wastage",
        "unitCost",
    },
    "pointsOfMeasure": set(LENGTH_FIELDS),
    "dimensions": {"value"},
}


@dataclass(frozen=True)
class Place:
    """A resolved path: which field of which entry it means, for good."""

    text: str
    section: str
    entry_id: str
    field: str

    @property
    def is_length(self) -> bool:
        """Its value is a length, stored in micrometres."""
        return self.section in LENGTH_SECTIONS and self.field in LENGTH_FIELDS


@dataclass(frozen=True)
class FieldPath(Place):
    """A resolved path with the value as it is stored."""

    value: Any


def _wrong(path: str, why: str) -> InvalidRequest:
    return InvalidRequest("A field could not be set.", fields={path: [why]})


def entries_in_pack(product: Product) -> Entries:
    """The permanent ids of the merged pack, by section and in order."""
    return ids_in(merge.load(product))


def ids_in(pack: Merged) -> Entries:
    """The permanent ids of a pack, by section and in order."""
    return {section: [row.id for row in pack.rows(section)] for section in SECTIONS}


def entries_in_view(revision: Revision) -> Entries | None:
    """The permanent ids of a view's newest analysis; None where it has none yet."""
    newest = queries.analysis_of(revision)
    if newest is None:
        return None
    found = merge.laid_over(newest)
    return {
        section: [row["id"] for row in rows]
        for section, rows in found.items()
        if isinstance(rows, list)
    }


def resolve(
    product: Product, path: str, value: Any, known: Entries | None, *, in_view: bool
) -> FieldPath:
    """The entry among the ``known`` ones that a path means, and the value checked for it.

    Raises InvalidRequest naming the path.
    """
    place = locate(path, known, in_view=in_view)
    return FieldPath(
        place.text, place.section, place.entry_id, place.field, fitting(product, place, value)
    )


def locate(path: str, known: Entries | None, *, in_view: bool) -> Place:
    """The entry among the ``known`` ones that a path means; raises InvalidRequest."""
    section, *middle, field = path.split(".") if "." in path else ("", "", "")
    if section == "cover" and not middle:
        if snake(field) not in COVER:
            raise _wrong(path, "The cover has no such field.")
        return Place(path, "cover", "", snake(field))
    entry = ".".join(middle)
    if section not in FIELDS or not _ENTRY_ID.fullmatch(entry):
        raise _wrong(path, f"Use section.entry.field; sections are {', '.join(sorted(FIELDS))}.")
    if field not in FIELDS[section]:
        raise _wrong(path, f"Use one of {', '.join(sorted(FIELDS[section]))}.")
    if known is None:
        raise _wrong(path, "This view has no analysis yet.")
    if section == "dimensions" and not in_view:
        section, entry = "pointsOfMeasure", entry.removeprefix("d_")
    return Place(path, section, _by_index_or_id(path, entry, known.get(section, [])), field)


def _by_index_or_id(path: str, entry: str, ids: list[str]) -> str:
    if entry in ids:
        return entry
    if entry.isascii() and entry.isdigit() and len(entry) < 4 and int(entry) < len(ids):
        return ids[int(entry)]
    raise _wrong(path, "There is no such entry.")


def fitting(product: Product, place: Place, value: Any) -> Any:
    """The value as it is stored there: a length as ``{"um": …}``; raises InvalidRequest."""
    if place.section == "cover":
        return _cover(place.text, place.field, value)
    return _checked(product, place, value)


def _cover(path: str, field: str, value: Any) -> Any:
    if field == "sizes":
        if not isinstance(value, list) or not all(isinstance(size, str) for size in value):
            raise _wrong(path, "Send a list of sizes.")
        return [size.strip()[:20] for size in value][:30]
    if field == "unit" and value not in ("cm", "mm", "in"):
        raise _wrong(path, "Use cm, mm or in.")
    if not isinstance(value, str) or len(value) > COVER[field]:
        raise _wrong(path, f"Send a text of at most {COVER[field]} characters.")
    return value.strip()


def _checked(product: Product, place: Place, value: Any) -> Any:
    path = place.text
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | dict):
        raise _wrong(path, "Send a text or a number.")
    if place.is_length:
        return {"um": _length_um(product, path, value)}
    if isinstance(value, dict):
        raise _wrong(path, "Send a text or a number.")
    text = str(value).strip()
    if "\0" in text:
        raise _wrong(path, "A text holds no NUL.")
    if len(text) > TEXT_MOST:
        raise _wrong(path, f"At most {TEXT_MOST} characters.")
    if place.field == "hex" and not _HEX.fullmatch(text):
        raise _wrong(path, "Send a colour such as #1f2a4d.")
    return text


def _length_um(product: Product, path: str, value: Any) -> int:
    if isinstance(value, dict):
        return Length.from_api(value, field=path).um
    unit = unit_of(product)
    if isinstance(value, str):
        return parse_length(value, unit, field=path)
    return Length.from_api({"value": value, "unit": unit}, field=path).um


def path_of(row: Row, field: str) -> str:
    """The path that addresses a cell."""
    return f"{row.section}.{row.id}.{field}"
