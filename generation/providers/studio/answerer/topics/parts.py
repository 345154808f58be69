"""What the product is made of and how: materials, colours, construction, care, packing, cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from generation.providers.studio.answerer import naming
from generation.providers.studio.answerer.facts import Facts, Row
from generation.providers.studio.answerer.reading import Reading
from generation.providers.studio.answerer.words import tokens, word_set
from generation.providers.studio.answerer.writing import (
    Reply,
    joined,
    listing,
    many,
    paragraphs,
    safe,
    table,
)

LABELS = word_set("label hangtag")
PACKING = word_set("polybag packing box tissue bag carton hangtag")
CARE = word_set(
    "care wash washing washed washable iron ironing ironed bleach bleached tumble dry laundry"
    " temperature"
)
LAW = word_set("fibre fiber content origin made rn")
TRIMS = word_set(
    "zip zipper button snap rivet eyelet elastic lining drawcord drawstring interlining padding"
    " velcro buckle lace foam cord hook webbing"
)
BOM_WORDS = {
    "material": "material",
    "composition": "composition",
    "weight": "weight",
    "placement": "placement",
    "quantity": "quantity",
    "wastage": "wastage",
    "unitCost": "unit cost",
    "supplier": "supplier",
    "finish": "finish",
}
ASKED_CELLS = {
    "composition": word_set("composition fibre fiber content"),
    "weight": word_set("weight gsm grammage heavy"),
    "placement": word_set("placement where placed"),
    "quantity": word_set("quantity consumption much yield"),
    "wastage": word_set("wastage waste"),
    "supplier": word_set("supplier supply vendor"),
    "unitCost": word_set("cost price"),
    "finish": word_set("finish"),
}


def materials(reading: Reading, facts: Facts) -> Reply:
    """The rows that were named, or the bill of materials."""
    rows = facts.table("bom")
    if not rows:
        return Reply("This pack has no bill of materials yet. It comes with the category (free).")
    asked = [name for name, said in ASKED_CELLS.items() if said & set(reading.words)]
    if chosen := [rows[at] for at in reading.bom] or _the_main(reading, asked, rows):
        lines = [_material(row, asked) for row in chosen]
        return Reply("\n\n".join(lines), tuple(map(_figures, chosen)))
    if asked and not any(row.get(name) for row in rows for name in asked):
        words = joined([BOM_WORDS[name] for name in asked], "or")
        return Reply(f"No row of the bill of materials has a {words} yet: type it (free).")
    if trims := TRIMS & set(reading.words):
        have = ", ".join(safe(row.get("component")) for row in rows)
        wanted = joined(sorted(trims))
        return Reply(f"The bill of materials has no row for {wanted}. It has: {have}.")
    source = "Rows are the template's defaults where nothing was typed."
    text = paragraphs(f"{many(len(rows), 'row')}:", _shown(rows, BOM_COLUMNS), source)
    return Reply(text, tuple(map(_figures, rows)))


Column = tuple[str, Callable[[Row], object]]
BOM_COLUMNS: tuple[Column, ...] = (
    ("Component", lambda row: row.get("component")),
    ("Material", lambda row: row.get("material")),
    ("Composition", lambda row: row.get("composition")),
    ("Placement", lambda row: row.get("placement")),
    ("Quantity", lambda row: _quantity(row)),
    ("Wastage %", lambda row: row.get("wastage")),
    ("Supplier", lambda row: row.get("supplier")),
    ("Source", lambda row: "typed by you" if row.get("typed") else ""),
)


def _shown(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    texts = [[of(row) for _, of in columns] for row in rows]
    return table([heading for heading, _ in columns], texts)


def _the_main(reading: Reading, asked: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Questions of fibre, weight or "the fabric" mean the first row."""
    fabric = {"fabric", "cloth"} & set(reading.words)
    if fabric or "composition" in asked or "weight" in asked:
        return [rows[0]]
    return []


def _quantity(row: Row) -> str:
    quantity, uom = str(row.get("quantity") or ""), str(row.get("uom") or "")
    return f"{quantity} {uom}".strip() if quantity else f"open ({uom})" if uom else ""


def _material(row: Row, asked: Sequence[str]) -> str:
    typed = str(row.get("typed") or "").split()
    said, missing = [], []
    for name, word in BOM_WORDS.items():
        text = _quantity(row) if name == "quantity" else str(row.get(name) or "")
        if text and not text.startswith("open ("):
            percent = " %" if name == "wastage" else ""
            by = " (typed by you)" if name in typed else ""
            said.append(f"{word} {safe(text)}{percent}{by}")
        elif name in asked or name == "quantity":
            missing.append(word)
    lack = (
        f" No {joined(missing, 'or')} yet: type it in the row (free)."
        + (
            " A photo cannot tell fibre or weight."
            if {"composition", "weight"} & set(missing)
            else ""
        )
        if missing
        else ""
    )
    rest = "" if typed else " From the template."
    told = "; ".join(said) or "nothing is filled in"
    return f"**{safe(row.get('component'))}**: {told}.{lack}{rest}"


def _figures(row: Row) -> dict[str, str]:
    return {name: str(value) for name, value in row.items() if value not in ("", None)}


def colours(reading: Reading, facts: Facts) -> Reply:
    """The colours, main one first, with hex, share and standard."""
    rows = facts.table("colours")
    if not rows:
        return Reply(
            "This pack has no colours yet: run the base-view analysis, or type them (free)."
        )
    shown = [
        (row.get("name"), row.get("hex"), row.get("share"), row.get("standard"), _source(row))
        for row in rows
    ]
    bare = not any(row.get("standard") for row in rows)
    wants_code = {"pantone", "standard", "tcx", "cmyk", "lab"} & set(reading.words)
    note = "These are screen colours under the photo's light, not a dye standard."
    if bare:
        note += " No standard is typed."
        note += (
            " I never guess a Pantone code: type it from the physical swatch." if wants_code else ""
        )
    count = f"{many(len(rows), 'colour')}:" if len(rows) > 1 else ""
    headings = ("Colour", "Hex", "Share", "Standard", "Source")
    return Reply(paragraphs(count, table(headings, shown), note), tuple(map(_figures, rows)))


def _source(row: Row) -> str:
    return {"typed": "typed by you", "standard": "from the template"}.get(
        str(row.get("source")), str(row.get("source") or "")
    )


def construction(reading: Reading, facts: Facts) -> Reply:
    """How the named parts are made, or all of them."""
    rows = facts.table("construction")
    if not rows:
        return Reply("This pack has no construction rows yet. They come with the category (free).")
    if number := _CALLOUT.search(reading.text):
        chosen = [row for row in rows if str(row.get("callout") or "") == number[1]]
        if not chosen:
            return Reply(f"There is no callout {number[1]} in this pack.")
    else:
        chosen = [rows[at] for at in reading.parts] or _with_code(reading, rows)
    if chosen and len(chosen) <= 3:
        return Reply("\n\n".join(map(_part, chosen)), tuple(map(_figures, chosen)))
    rows = chosen or rows
    typed = [safe(row.get("part")) for row in rows if row.get("typed")]
    note = f"Typed by you in: {joined(typed)}. The rest" if typed else "All of it"
    source = f"{note} is the template's default: confirm it."
    return Reply(paragraphs(_shown(rows, PART_COLUMNS), source), tuple(map(_figures, rows)))


_CALLOUT = re.compile(r"\bcallout (?:number |no )?(\d+)")
PART_COLUMNS: tuple[Column, ...] = (
    ("No.", lambda row: row.get("callout")),
    ("Part", lambda row: row.get("part")),
    ("Operation", lambda row: row.get("operation")),
    ("Stitch", lambda row: row.get("stitch")),
    ("Seam", lambda row: row.get("seam")),
    ("SPI", lambda row: row.get("spi")),
    ("Allowance mm", lambda row: row.get("allowance_mm")),
    ("Thread", lambda row: row.get("thread")),
)


def _with_code(reading: Reading, rows: Iterable[Row]) -> list[Row]:
    """The rows that use a stitch or seam that was named."""
    codes = {term.word for term in reading.terms}
    return [
        row
        for row in rows
        if codes & set(f"{row.get('stitch')} {row.get('seam')}".replace("/", " ").split())
    ]


def _part(row: Row) -> str:
    words = (
        ("stitch", "stitch {}"),
        ("seam", "seam {}"),
        ("spi", "{} stitches per inch"),
        ("allowance_mm", "seam allowance {} mm"),
        ("thread", "thread or process: {}"),
        ("note", "note: {}"),
    )
    facts = [form.format(safe(row[name])) for name, form in words if row.get(name)]
    callout = f" (callout {row['callout']})" if row.get("callout") else ""
    typed = str(row.get("typed") or "")
    by = f" Typed by you: {safe(typed)}." if typed else ""
    operation = safe(row.get("operation") or "no operation is stated")
    details = f" {'; '.join(facts)}." if facts else ""
    source = " From the template: confirm it." if not typed and row.get("callout") else ""
    return f"**{safe(row.get('part'))}**{callout}: {operation}.{details}{by}{source}"


def _rows_with(words: frozenset[str]) -> Callable[[Facts], list[Row]]:
    def rows(facts: Facts) -> list[Row]:
        return [
            row for row in facts.table("bom") if words & set(tokens(str(row.get("component", ""))))
        ]

    return rows


label_rows, packing_rows = _rows_with(LABELS), _rows_with(PACKING)


def care(reading: Reading, facts: Facts) -> Reply:
    """Care in the order of the standard, the labels, or what was asked of them."""
    words = set(reading.words)
    bom = facts.table("bom")
    named = [bom[at] for at in reading.bom if LABELS & set(tokens(str(bom[at].get("component"))))]
    asks_care = bool(CARE & words) and not named
    asks_law = bool(LAW & words)
    told = _care_words(facts) if asks_care or not (named or asks_law or LABELS & words) else ""
    shown = named or ([] if asks_care or asks_law else label_rows(facts))
    law = _law_words(words, facts) if asks_law or (shown and not named) else ""
    lines = "\n\n".join(_material(row, ()) for row in shown)
    figures = [{"name": name, "value": text} for name, text in facts.part("care").items() if told]
    return Reply(
        paragraphs(told, lines, law) or "The pack says nothing of labels yet.",
        (*figures, *map(_figures, shown)),
    )


def _care_words(facts: Facts) -> str:
    lines = [f"{name.capitalize()}: {safe(text)}" for name, text in facts.part("care").items()]
    if not lines:
        return "This kind of product has no default care."
    return paragraphs(listing(lines), "The template's default care: confirm it by test.")


def _law_words(words: set[str], facts: Facts) -> str:
    """Fibre content as typed; origin and numbers are never invented."""
    main = next(iter(facts.table("bom")), {})
    content = str(main.get("composition") or "")
    fibre = (
        f"Fibre content: {safe(content)}, typed by you."
        if content
        else "Fibre content is not typed yet."
    )
    if {"origin", "made", "rn"} & words:
        return f"The pack holds no origin or RN number, and I never invent one. {fibre}"
    return fibre


def packaging(_: Reading, facts: Facts) -> Reply:
    """What it is packed in, as far as the bill of materials says it."""
    rows = packing_rows(facts)
    if not rows:
        return Reply("This pack says nothing of packaging yet: add it to the bill of materials.")
    lines = [_material(row, ()) for row in rows]
    missing = "The pack does not say how it is folded, pieces per carton, or carton size."
    return Reply(paragraphs("\n\n".join(lines), missing), tuple(map(_figures, rows)))


def costing(_: Reading, facts: Facts) -> Reply:
    """Material cost where unit costs are typed: quantity × unit cost × (1 + wastage)."""
    lines = [(row, _cost(row)) for row in facts.table("bom")]
    costed = [(row, cost) for row, cost in lines if cost is not None]
    if not costed:
        return Reply(NO_COSTS)
    rows = [
        (r.get("component"), _quantity(r), r.get("unitCost"), r.get("wastage"), f"{cost:.2f}")
        for r, cost in costed
    ]
    total = sum((cost for _, cost in costed), Decimal(0))
    bare = [safe(row.get("component")) for row, cost in lines if cost is None]
    currencies = {_amount(row.get("unitCost"))[1] for row, _ in costed}
    sum_up = (
        f"Materials so far: {total:.2f} (quantity × unit cost × (1 + wastage), as typed)."
        if len(currencies) == 1
        else "The unit costs are in different currencies, so I add nothing up."
    )
    without = f"Without {joined(bare)}, which lack quantity or unit cost. " if bare else ""
    return Reply(
        paragraphs(
            table(("Component", "Quantity", "Unit cost", "Wastage %", "Cost"), rows),
            sum_up,
            f"{without}Labour, overhead, margin and freight are not in the pack.",
        ),
        tuple({"component": str(r.get("component")), "cost": f"{cost:.2f}"} for r, cost in costed),
    )


_AMOUNT = re.compile(r"([^\d.,]{0,8})(\d{1,12}(?:[.,]\d{1,6})?)([^\d.,]{0,12})", re.ASCII)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
NO_COSTS = (
    "This pack has no costs: no row of the bill of materials has both a quantity and a unit cost."
    " Type them, and I add up the materials. I do not know labour, overhead or freight, and I do"
    " not estimate them."
)


def _cost(row: Row) -> Decimal | None:
    quantity, unit_cost = _amount(row.get("quantity"))[0], _amount(row.get("unitCost"))[0]
    if quantity is None or unit_cost is None:
        return None
    return quantity * unit_cost * (1 + (_amount(row.get("wastage"))[0] or Decimal(0)) / 100)


def _amount(text: object) -> tuple[Decimal | None, str]:
    """A number and what stands beside it: ``€ 4,20``; None where it can be read two ways."""
    found = _AMOUNT.fullmatch(str("" if text is None else text).strip())
    if found is None or _THOUSANDS.fullmatch(found[2]):
        return None, ""
    return Decimal(found[2].replace(",", ".")), f"{found[1]}{found[3]}".strip()


def seen(reading: Reading, facts: Facts) -> Reply:
    """What the analyses saw in the photos."""
    rows = facts.table("seen")
    if not rows:
        return Reply("Nothing was seen yet: run the base-view analysis.")
    names = [str(row.get("what", "")) for row in rows]
    chosen = [rows[at] for at in naming.rows_in(reading.words, names)] or rows
    lines = [
        f"{safe(row.get('what'))}: {safe(row.get('value'))} ({_source(row)})" for row in chosen
    ]
    return Reply(
        paragraphs("What the analyses of the photos said:", listing(lines)),
        tuple(map(_figures, chosen)),
    )
