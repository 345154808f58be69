"""What an assistant is told about a user's pack: plain, bounded data, as the pack shows it.

Tables are ``{columns, rows}``, which says a thing once. ``um`` beside a length is the same
length in whole micrometres, so that it can be converted without rounding twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.price_list import price_list
from assistant import terms
from assistant.fitting import BRIEF, Known, clipped, fitted
from core.money import brief
from core.units import format_length
from credits import queries as ledger
from generation import queries as jobs
from generation.providers import routes
from techpack import queries, trade
from techpack.bench.rail import steps_of
from techpack.document.description import WORDS
from techpack.pack import merge
from techpack.pack.build import grade_of, numbers_of, status_of, text_of, value_of
from techpack.pack.rows import Cell, Merged, Row
from techpack.readiness import Finding, Readiness, readiness_of
from techpack.stale import stale_outputs

PRODUCTS_MOST = 50
NAMES_MOST = 12  # of other products, beside a pack

Table = dict[str, list[Any]]


def knowledge_of(*, user: Any, product_id: UUID | None) -> Known:
    """What there is to know for answers about a pack, or about none in particular.

    At most ``fitting.MOST_BYTES`` of compact JSON; ``left_out`` names what did not fit. The
    number of queries does not depend on how much the pack holds. Raises NotFound.
    """
    known: Known = {"account": _account(user), **_prices()}
    if product_id is None:
        known["products"] = _products(user)
    else:
        pack = merge.load(queries.product_of(user, product_id))
        known = {**_pack(user, pack), **known, "products": _names(user, product_id)}
    return fitted({name: value for name, value in known.items() if value not in ("", None)})


def _account(user: Any) -> Known:
    balance = ledger.balance(user)
    plan = settings.PLANS[balance.plan]
    return {
        "plan": plan["name"],
        "available": brief(balance.free),
        "held": brief(balance.held),
        "debt": brief(balance.debt),
        "operations_included": balance.is_unlimited,
        "monthly_credits": brief(plan["monthly_credits"]),
        "next_month_at": balance.period_ends_at.date().isoformat(),
    }


def _prices() -> Known:
    listed = price_list()
    steps = [[row.name, row.price, row.what, row.seconds] for row in listed["operations"]]
    return {
        "prices": _table(("step", "price", "what", "seconds"), steps),
        "extra_view": f"{listed['extra_view']} for each photo beyond five, eight at most",
        "top_ups": [f"{count} credits for {usd} USD" for count, usd in listed["topups"]],
        "plans": [_plan(plan) for plan in settings.PLANS.values()],
        "models": _table(
            ("model", "usd_per_million_in", "usd_per_million_out"),
            [
                [name, str(model["input_usd"]), str(model["output_usd"])]
                for name, model in routes.chat_models().items()
            ],
        ),
    }


def _plan(plan: Any) -> str:
    price = f"{plan['usd_month']} USD a month" if plan["usd_month"] else "free"
    steps = "tech-pack steps included" if plan["unlimited_operations"] else "steps from credits"
    return f"{plan['name']}: {price}, {brief(plan['monthly_credits'])} credits, {steps}"


def _products(user: Any) -> Table:
    names = dict(trade.names())
    rows = list(queries.products_of(user)[: PRODUCTS_MOST + 1])
    table = _table(
        ("name", "style_no", "category", "id"),
        [
            [clipped(row.name, BRIEF), row.style_no, names.get(row.category, ""), str(row.pk)]
            for row in rows[:PRODUCTS_MOST]
        ],
    )
    return {**table, "more": ["older ones"] if len(rows) > PRODUCTS_MOST else []}


def _names(user: Any, product_id: UUID) -> Table:
    others = queries.products_of(user).exclude(pk=product_id).values_list("name", flat=True)
    names = list(others[: NAMES_MOST + 1])
    table = _table(("name",), [[clipped(name, BRIEF)] for name in names[:NAMES_MOST]])
    return {**table, "more": ["older ones"] if len(names) > NAMES_MOST else []}


def _pack(user: Any, pack: Merged) -> Known:
    readiness = readiness_of(pack)
    construction = _construction(pack)
    return {
        "product": _product(pack, readiness),
        "measures": _measures(pack),
        "bom": _bom(pack),
        "colours": _colours(pack),
        "construction": construction,
        "seen": _seen(pack),
        "care": pack.template.care.model_dump() if pack.template.care else None,
        "close_ups": [
            [row.shot_metadata.get("name", ""), clipped(row.analysis_data.get("summary", ""))]
            for row in pack.close_ups
        ],
        "sketches": [row.view_type for row in pack.sketches],
        "readiness": _readiness(readiness),
        "stale": stale_outputs(pack),
        "steps": [
            [step.label, step.words, step.detail, step.price]
            for step in steps_of(pack, readiness, jobs.latest_jobs(user, pack.product.pk))
        ],
        "terms": terms.used_in(row for rows in construction["rows"] for row in rows[2:4]),
    }


def _product(pack: Merged, readiness: Readiness) -> Known:
    product, template = pack.product, pack.template
    view = pack.scaled
    scale = view.scale if view and view.scale else None
    shown = {
        "id": str(product.pk),
        "name": clipped(product.name),
        "category": template.name if product.category else "",
        "subcategory": (product.subcategory or template.subcategory) if product.category else "",
        "style_no": product.style_no,
        "season": product.season,
        "brand": clipped(product.brand),
        "description": clipped(product.description, 400),
        "sizes": [clipped(size, 20) for size in product.sizes or template.size_run],
        "sample_size": product.sample_size or template.sample_size,
        "unit": pack.unit,
        "photos": [row.view_type for row in pack.views],
        "known_length": _known_length(scale, pack.unit) if scale else "",
        "status": "draft" if readiness.is_draft else "ready",
    }
    return {name: value for name, value in shown.items() if value not in ("", [])}


def _known_length(scale: Mapping[str, Any], unit: str) -> str:
    length = format_length(int(scale["length_um"]), unit)
    return f"{scale.get('code') or 'a drawn line'} {length}"


MEASURES = (
    "code",
    "name",
    "value",
    "source",
    "plus_minus",
    "tolerance",
    "grade",
    "importance",
    "um",
    "how",
)


def _measures(pack: Merged) -> Table:
    return _table(MEASURES, [_measure(row, pack) for row in pack.rows("pointsOfMeasure")])


def _measure(row: Row, pack: Merged) -> list[Any]:
    cell, own_unit = row.cell("value"), str(row.facts.get("unit", ""))
    value = value_of(cell, pack.unit)
    return [
        row.id,
        row.label,
        clipped(f"{value.text} {own_unit}".strip()) if value else "",
        _source(cell, estimated=status_of(row) == "estimated") if value else "",
        value.uncertainty.removeprefix("±"),
        _tolerance(row, pack.unit),
        grade_of(row, pack, pack.unit),
        row.facts.get("criticality", "detail"),
        cell.um,
        str(row.facts.get("how", "")),
    ]


def _source(cell: Cell, *, estimated: bool = False) -> str:
    """``measured``, ``typed``, ``estimated``, ``AI 64 %``, ``standard``, ``computed``."""
    if cell.provenance is None:
        return ""
    if cell.provenance == "ai":
        if estimated:
            return "estimated"
        return f"AI {round(100 * (cell.confidence or 0))} %"
    return WORDS[cell.provenance]


def _tolerance(row: Row, unit: str) -> str:
    """``±1.0``, ``+1.0 −0.5 typed`` where a person set it, ``±10 g`` where it is no length.

    ``minimum`` for points that are only to be at least so long.
    """
    if row.facts.get("isMinimum"):
        return "minimum"
    plus, minus = row.cell("tolerancePlus"), row.cell("toleranceMinus")
    above, below = text_of(plus, unit), text_of(minus, unit)
    if not above and not below:
        return ""
    text = f"±{above}" if above == below else f"+{above or '?'} −{below or '?'}"
    text = f"{text} {row.facts.get('unit') or ''}".strip()
    return f"{text} typed" if "user" in (plus.provenance, minus.provenance) else text


BOM = (
    "component",
    "material",
    "composition",
    "weight",
    "placement",
    "quantity",
    "uom",
    "wastage",
    "unitCost",
    "supplier",
    "finish",
    "typed",
)


def _bom(pack: Merged) -> Table:
    """Materials and trims; ``typed`` names the columns that a person filled."""
    rows = []
    for row in pack.rows("bom"):
        cells = {name: row.cell(name) for name in BOM[:-1]}
        texts = [clipped(text_of(cell, pack.unit)) for cell in cells.values()]
        texts[0] = texts[0] or row.label
        typed = [name for name, cell in cells.items() if cell.provenance == "user"]
        rows.append([*texts, " ".join(typed)])
    return _without_empty(_table(BOM, rows))


CONSTRUCTION = (
    "part",
    "operation",
    "stitch",
    "seam",
    "spi",
    "allowance_mm",
    "thread",
    "note",
    "callout",
    "typed",
)
_PART_CELLS = ("operation", "stitch", "seam", "spi", "allowance", "thread", "note")


def _construction(pack: Merged) -> Table:
    numbers = numbers_of(pack)
    rows = []
    for row in pack.rows("construction"):
        cells = {name: row.cell(name) for name in _PART_CELLS}
        texts = [clipped(text_of(cell, pack.unit)) for cell in cells.values()]
        typed = [name for name, cell in cells.items() if cell.provenance == "user"]
        rows.append([row.label, *texts, numbers.get(row.id), " ".join(typed)])
    return _table(CONSTRUCTION, rows)


def _colours(pack: Merged) -> Table:
    rows = [
        [
            clipped(text_of(row.cell("value"), pack.unit)),
            str(row.cell("hex").value or ""),
            f"{round(float(row.facts['share']) * 100)} %" if "share" in row.facts else "",
            clipped(text_of(row.cell("standard"), pack.unit)),
            _source(row.cell("value")),
        ]
        for row in pack.rows("colors")
    ]
    return _table(("name", "hex", "share", "standard", "source"), rows)


def _seen(pack: Merged) -> Table:
    """What the analyses saw of materials and design."""
    rows = [
        [clipped(row.label, BRIEF), clipped(text), _source(row.cell("value"))]
        for section in ("materials", "designElements", "other")
        for row in pack.rows(section)
        if (text := text_of(row.cell("value"), pack.unit))
    ]
    return _table(("what", "value", "source"), rows)


def _readiness(readiness: Readiness) -> Known:
    def told(findings: Iterable[Finding]) -> list[list[str]]:
        return [
            [clipped(found.message), clipped(found.hint), found.section, found.code]
            for found in findings
        ]

    return {
        "score": readiness.score,
        "columns": ["words", "hint", "section", "code"],
        "blockers": told(readiness.blockers),
        "warnings": told(readiness.warnings),
        "clear": list(readiness.clear),
    }


def _table(columns: Iterable[str], rows: list[list[Any]]) -> Table:
    return {"columns": list(columns), "rows": rows}


def _without_empty(table: Table) -> Table:
    """The table without the columns in which nothing stands."""
    kept = [at for at, _ in enumerate(table["columns"]) if any(row[at] for row in table["rows"])]
    return _table(
        [table["columns"][at] for at in kept], [[row[at] for at in kept] for row in table["rows"]]
    )
