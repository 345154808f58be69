"""One field as it is shown now: of the merged pack, or of one view's analysis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from core.errors import InvalidRequest
from core.units import in_unit
from techpack import queries
from techpack.measuring import unit_of
from techpack.models import Product, Revision
from techpack.pack import merge
from techpack.pack.paths import Entries, Place, entries_in_view, fitting, ids_in, locate
from techpack.pack.rows import Merged

Kind = Literal["length", "number", "colour", "text"]
# Only the pack has them, whichever view a path was given with.
OF_THE_PACK = frozenset({"cover", "bom", "pointsOfMeasure"})
NUMBERS = frozenset({"quantity", "wastage", "unitCost"})


@dataclass(frozen=True)
class Shown:
    """A field with its value as it is stored, lengths as ``{"um": …}``.

    ``revision`` is set where the field is one view's; ``entry`` is its whole row.
    """

    place: Place
    revision: Revision | None
    label: str
    stored: Any
    unit: str
    entry: Mapping[str, Any]

    @property
    def kind(self) -> Kind:
        """What sort of value it holds."""
        if self.place.is_length:
            return "length"
        if self.place.field == "hex":
            return "colour"
        return "number" if self.place.field in NUMBERS else "text"

    @property
    def value(self) -> Any:
        """The value as clients see it: a length as a number in ``unit``."""
        return plain(self.stored, self.unit)


def plain(stored: Any, unit: str) -> Any:
    """A stored value as clients see it: a length as a number in ``unit``."""
    if isinstance(stored, Mapping) and "um" in stored:
        return in_unit(int(stored["um"]), unit)
    return stored


def shown_in(product: Product, path: str, revision: Revision | None = None) -> Shown:
    """The field that a path means; raises InvalidRequest naming the path.

    With ``revision`` it is looked for in that view's analysis, then in the pack, which alone
    has a bill of materials, points of measure and a cover.
    """
    if revision is not None and path.partition(".")[0] not in OF_THE_PACK:
        known = entries_in_view(revision)
        if known is None or _is_there(path, known):
            return _in_view(product, revision, locate(path, known, in_view=True))
    pack = merge.load(product)
    return _in_pack(pack, locate(path, ids_in(pack), in_view=False))


def _is_there(path: str, known: Entries) -> bool:
    """The view has such an entry, or is asked by position, which only the view can answer."""
    section, _, rest = path.partition(".")
    entry = rest.rpartition(".")[0]
    return entry in known.get(section, ()) or bool(re.fullmatch(r"[0-9]+", entry))


def again(product: Product, place: Place, revision: Revision | None) -> Shown:
    """The same field as it is by now, whether or not its entry is still there."""
    return (
        _in_pack(merge.load(product), place)
        if revision is None
        else _in_view(product, revision, place)
    )


def _in_view(product: Product, revision: Revision, place: Place) -> Shown:
    newest = queries.analysis_of(revision)
    rows = merge.laid_over(newest).get(place.section, []) if newest else []
    entry: Mapping[str, Any] = next((row for row in rows if row["id"] == place.entry_id), {})
    stored = entry.get(place.field)
    if place.is_length and "um" in entry:
        stored = {"um": entry["um"]}
    unit = unit_of(product)
    return Shown(place, revision, _label(str(entry.get("name", "")), place), stored, unit, entry)


def _in_pack(pack: Merged, place: Place) -> Shown:
    if place.section == "cover":
        stored = getattr(pack.product, place.field)
        label = place.field.replace("_", " ").capitalize()
        return Shown(place, None, label, stored, pack.unit, {})
    row = pack.row(place.section, place.entry_id)
    if row is None:
        return Shown(place, None, _label("", place), None, pack.unit, {})
    cell = row.cell(place.field)
    stored = cell.value if cell.um is None else {"um": cell.um}
    cells = {
        name: plain(cell.value if cell.um is None else {"um": cell.um}, pack.unit)
        for name, cell in row.cells.items()
    }
    entry = {"id": row.id, "name": row.label, **row.facts, **cells}
    return Shown(place, None, _label(row.label, place), stored, pack.unit, entry)


def _label(name: str, place: Place) -> str:
    named = name or place.entry_id
    if place.field in ("value", "operation"):
        return named
    return f"{named}, {re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', place.field).lower()}"


def taken(product: Product, shown: Shown, given: Any) -> Any:
    """A provider's value as it is stored there, by the checks of typed ones.

    Raises InvalidRequest where it does not fit.
    """
    place = shown.place
    if given is None:
        raise InvalidRequest("There is no value.", fields={place.text: ["Give a value."]})
    if place.section == "cover" and place.field == "sizes" and isinstance(given, str):
        given = re.split(r"[\s,;/]+", given.strip())
    if not place.is_length and isinstance(given, int | float) and not isinstance(given, bool):
        given = f"{Decimal(str(given)).normalize():f}"
    return fitting(product, place, given)
