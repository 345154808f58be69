"""The checks: each looks at one thing that factories send packs back for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from techpack.pack.rows import Cell, Merged, Row
from techpack.readiness.findings import Check, Finding

APPAREL = frozenset({"top", "dress", "trousers", "skirt"})
_OPEN_POINT = re.compile(r"\b(tbc|tbd|xxx+)\b|^\?+$|\bas sample\b", re.IGNORECASE)
_SHARE = re.compile(r"(\d+(?:[.,]\d+)?)\s*%?")


def _names(rows: Iterable[Row], most: int = 4) -> str:
    ids = [row.id for row in rows]
    return ", ".join(ids[:most]) + (f" and {len(ids) - most} more" if len(ids) > most else "")


def _many(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count} {many}"


def _share(wrong: int, of: int) -> float:
    return 1 - wrong / of if of else 0.0


def _required(pack: Merged) -> list[Row]:
    return [row for row in pack.rows("pointsOfMeasure") if row.facts.get("isRequired")]


def scale(pack: Merged) -> Check:
    """A known length turns estimates into measures."""
    typed = [row for row in _required(pack) if row.cell("value").provenance == "user"]
    if pack.scaled is not None or (typed and len(typed) == len(_required(pack))):
        return Check(10, 1, "A known length is given")
    finding = Finding(
        "NO_SCALE",
        "No known length yet",
        "scale",
        "views",
        hint="Lengths are estimates until you give one.",
    )
    return Check(10, 0, "A known length is given", (finding,))


def critical_measures(pack: Merged) -> Check:
    """Every critical point of measure has a value that is more than an estimate."""
    rows = _required(pack)
    empty = [row for row in rows if not row.cell("value")]
    guessed = [row for row in rows if row.cell("value").provenance == "ai"]
    found = []
    if empty:
        found.append(
            Finding(
                "POM_MISSING",
                _many(len(empty), "critical point has no value", "critical points have no value"),
                f"pointsOfMeasure.{empty[0].id}.value",
                "pointsOfMeasure",
                hint=_names(empty),
            )
        )
    if guessed:
        found.append(
            Finding(
                "POM_ESTIMATED",
                _many(
                    len(guessed),
                    "critical point is only estimated",
                    "critical points are only estimated",
                ),
                f"pointsOfMeasure.{guessed[0].id}.value",
                "pointsOfMeasure",
                hint=_names(guessed),
            )
        )
    share = _share(len(empty) + len(guessed), len(rows))
    return Check(25, share, f"{len(rows)} critical points of measure have values", tuple(found))


def plausible(pack: Merged) -> Check:
    """Values lie in the range of such a product; half, inch and mm slips are named."""
    points = pack.template.by_code
    found = []
    for row in pack.rows("pointsOfMeasure"):
        um = row.cell("value").um
        point = points.get(row.id)
        if um is None or point is None or point.unit:
            continue
        value = Decimal(um) / (10_000 if pack.template.unit == "cm" else 1_000)
        if not point.accepts(value):
            typed = row.cell("value").provenance == "user"
            found.append(
                Finding(
                    "POM_IMPLAUSIBLE",
                    f"{row.label} {'cannot be right' if typed else 'is unusual'}",
                    f"pointsOfMeasure.{row.id}.value",
                    "pointsOfMeasure",
                    severity="blocker" if typed else "warning",
                    hint=_slip(point.accepts, value) if typed else "Check the line on the photo.",
                )
            )
    return Check(10, 1 if not found else 0.5, "Lengths are plausible", tuple(found))


def _slip(accepts: Callable[[Decimal], bool], value: Decimal) -> str:
    if accepts(value / 2):
        return "Half of it would fit: this row is measured flat, edge to edge."
    if accepts(value * Decimal("2.54")):
        return "It looks like inches."
    if accepts(value / 10):
        return "It looks like millimetres."
    return "It lies outside the usual range."


def tolerances(pack: Merged) -> Check:
    """A row with a value has a tolerance on both sides."""
    rows = [
        row
        for row in pack.rows("pointsOfMeasure")
        if row.cell("value") and not row.facts.get("isMinimum")
    ]
    bare = [row for row in rows if not row.cell("tolerancePlus") or not row.cell("toleranceMinus")]
    found: tuple[Finding, ...] = ()
    if bare:
        found = (
            Finding(
                "TOLERANCE_MISSING",
                _many(len(bare), "point has no tolerance", "points have no tolerance"),
                f"pointsOfMeasure.{bare[0].id}.tolerancePlus",
                "pointsOfMeasure",
                hint=_names(bare),
            ),
        )
    return Check(5, _share(len(bare), len(rows)), "Every valued point has a tolerance", found)


def views(pack: Merged) -> Check:
    """The sides that a factory cannot do without."""
    there = {view.view_type for view in pack.views}
    family = pack.template.family
    wanted = ["front", "back"] if family in APPAREL else ["side"]
    if family == "bag":
        wanted = ["front", "side"]
    if {"left", "right"} & there:
        there.add("side")
    missing = [view for view in wanted if view not in there]
    found = tuple(
        Finding(
            "VIEW_MISSING",
            f"No {view} photo",
            "views",
            "views",
            hint=f"The {view} is only a schematic until you add one.",
        )
        for view in missing
    )
    drawn = tuple(
        Finding(
            "VIEW_NOT_A_PHOTO",
            f"The {view.view_type} view is no photo",
            "views",
            "views",
            severity="warning",
            hint="Colours, details and lengths on it are how it was drawn.",
        )
        for view in pack.views
        if not view.is_photo
    )
    share = _share(len(missing), len(wanted))
    return Check(10, share, "The needed views are there", (*found, *drawn))


def main_material(pack: Merged) -> Check:
    """The first BOM row says what the cloth is."""
    rows = pack.rows("bom")
    if not rows:
        return Check(10, 1, "No material is needed")
    row = rows[0]
    missing = [name for name in ("composition", "weight") if not row.cell(name)]
    found = []
    if missing:
        found.append(
            Finding(
                "MATERIAL_INCOMPLETE",
                f"{row.label}: {' and '.join(missing)} missing",
                f"bom.{row.id}.{missing[0]}",
                "bom",
                hint="A photo cannot tell fibre or weight.",
            )
        )
    elif (total := _percent(str(row.cell("composition").value))) != 100:
        found.append(
            Finding(
                "FIBRE_CONTENT",
                f"Fibre content adds up to {total.normalize():f} %",
                f"bom.{row.id}.composition",
                "bom",
            )
        )
    return Check(10, 1 if not found else 0, "The main material is specified", tuple(found))


def _percent(text: str) -> Decimal:
    return sum((Decimal(n.replace(",", ".")) for n in _SHARE.findall(text)), Decimal(0))


def bill_of_materials(pack: Merged) -> Check:
    """Every row has a place, a quantity and a unit."""
    rows = pack.rows("bom")
    bare = [row for row in rows if not all(row.cell(n) for n in ("placement", "quantity", "uom"))]
    found: tuple[Finding, ...] = ()
    if bare:
        first = next(n for n in ("placement", "quantity", "uom") if not bare[0].cell(n))
        found = (
            Finding(
                "BOM_INCOMPLETE",
                _many(
                    len(bare),
                    "BOM row lacks placement, quantity or unit",
                    "BOM rows lack placement, quantity or unit",
                ),
                f"bom.{bare[0].id}.{first}",
                "bom",
                hint=", ".join(row.label for row in bare[:3]),
            ),
        )
    clear = f"{len(rows)} BOM rows with quantity and unit"
    return Check(10, _share(len(bare), len(rows)), clear, found)


def callouts(pack: Merged) -> Check:
    """Every callout on a sketch belongs to a construction row."""
    if not pack.sketches:
        finding = Finding("NO_SKETCHES", "No sketches yet", "sketches/generate", "steps")
        return Check(10, 0, "Callouts and rows agree", (finding,))
    ids = {row.id for row in pack.rows("construction")}
    drawn = [callout for sketch in pack.sketches for callout in sketch.callouts]
    astray = [callout for callout in drawn if callout.get("rowId") not in ids]
    found = tuple(
        Finding(
            "CALLOUT_WITHOUT_ROW",
            f"Callout {callout['number']} has no row",
            "sketches/generate",
            "steps",
            hint="Make the sketches again.",
        )
        for callout in astray
    )
    return Check(
        10, _share(len(astray), len(drawn)), f"{len(drawn)} callouts, each with a row", found
    )


def open_points(pack: Merged) -> Check:
    """Nothing is left "to be confirmed"."""
    found = tuple(
        Finding(
            "OPEN_POINT",
            f"{row.label}: “{cell.value}” is an open point",
            f"{row.section}.{row.id}.{name}",
            row.section,
        )
        for row, name, cell in _cells(pack)
        if isinstance(cell.value, str) and _OPEN_POINT.search(cell.value)
    )
    return Check(5, 0 if found else 1, "No open points", found)


def _cells(pack: Merged) -> Iterable[tuple[Row, str, Cell]]:
    return ((row, name, cell) for row in pack.each() for name, cell in row.cells.items())


def colour_standard(pack: Merged) -> Check:
    """A screen colour is not a standard."""
    colours = pack.rows("colors")
    bare = [row for row in colours if not row.cell("standard")]
    found: tuple[Finding, ...] = ()
    if bare or not colours:
        path = f"colors.{bare[0].id}.standard" if bare else "base-views/analyze"
        found = (
            Finding(
                "COLOUR_STANDARD",
                "No colour standard",
                path,
                "colors",
                severity="warning",
                hint="Type a standard's code, or “per approved swatch”.",
            ),
        )
    return Check(3, 1 if not found else 0, "Colours have a standard", found)


def cover(pack: Merged) -> Check:
    """Style number and season, so that nobody quotes the wrong thing."""
    product = pack.product
    missing = [
        (name, path)
        for name, path, value in (
            ("style number", "cover.styleNo", product.style_no),
            ("season", "cover.season", product.season),
        )
        if not value
    ]
    found = tuple(
        Finding("COVER_INCOMPLETE", f"No {name} on the cover", path, "cover", severity="warning")
        for name, path in missing
    )
    return Check(2, _share(len(missing), 2), "The cover names style and season", found)


def category(pack: Merged) -> Check:
    """Somebody or something said what the product is: it chooses the template."""
    if pack.product.category:
        return Check(5, 1, f"Category: {pack.template.name}")
    finding = Finding(
        "NO_CATEGORY",
        "The category is not named yet",
        "cover.category",
        "steps",
        hint="It chooses the points of measure.",
    )
    return Check(60, 0, "", (finding,))


BEFORE_A_CATEGORY: tuple[Callable[[Merged], Check], ...] = (category, scale, open_points, cover)
CHECKS: tuple[Callable[[Merged], Check], ...] = (
    category,
    scale,
    critical_measures,
    plausible,
    tolerances,
    views,
    main_material,
    bill_of_materials,
    callouts,
    open_points,
    colour_standard,
    cover,
)
