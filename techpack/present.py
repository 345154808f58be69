"""Products, photos and packs as clients see them."""

from __future__ import annotations

from typing import Any

from core import storage
from core.units import UM_PER_UNIT, in_unit
from techpack.models import Product, Revision
from techpack.pack.build import REVISION, numbers_of, status_of
from techpack.pack.rows import Cell, Merged, Row
from techpack.readiness import Readiness
from techpack.work.closing_up import present_close_up
from techpack.work.sketching import present_sketch

SCHEMA = "techpack/1"


def present_product(product: Product) -> dict[str, Any]:
    """A product's own fields."""
    return {
        "id": product.pk,
        "name": product.name,
        "description": product.description,
        "style_no": product.style_no,
        "season": product.season,
        "brand": product.brand,
        "sizes": product.sizes,
        "sample_size": product.sample_size,
        "unit": product.unit or None,
        "category": product.category or None,
        "subcategory": product.subcategory or None,
        "category_source": product.category_source or None,
        "category_confidence": product.category_confidence,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def present_revision(revision: Revision) -> dict[str, Any]:
    """A photo; its addresses live at most ten minutes."""
    return {
        "id": revision.pk,
        "product_id": revision.product_id,
        "view_type": revision.view_type,
        "is_view_guessed": revision.is_view_guessed,
        "version": revision.version,
        "is_current": revision.is_current,
        "image_url": storage.signed_url(revision.image_key),
        "thumbnail_url": storage.signed_url(revision.thumbnail_key),
        "width": revision.width,
        "height": revision.height,
        "image_hash": revision.image_hash,
        "source": revision.source,
        "stage": revision.stage or None,
        "is_photo": revision.is_photo,
        "made_from": revision.made_from_id,
        "prompt": revision.prompt,
        "notes": revision.notes,
        "scale": present_scale(revision),
        "created_at": revision.created_at,
    }


def present_scale(revision: Revision) -> dict[str, Any] | None:
    """``{from, to, length: {value, unit}, code}`` in mm, or nothing."""
    scale = revision.scale
    if not scale:
        return None
    value = round(scale["length_um"] / UM_PER_UNIT["mm"], 2)
    return {
        "from": scale["from"],
        "to": scale["to"],
        "length": {"value": value, "unit": "mm"},
        "code": scale.get("code") or None,
    }


def present_cell(cell: Cell, unit: str) -> dict[str, Any]:
    """``{value, provenance, confidence?, unit?, uncertainty?, jobId?}``."""
    shown: dict[str, Any] = {"value": cell.value, "provenance": cell.provenance}
    if cell.um is not None:
        shown |= {"value": in_unit(cell.um, unit), "unit": unit}
        if cell.uncertainty_um:
            shown["uncertainty"] = in_unit(cell.uncertainty_um, unit)
    if cell.confidence is not None:
        shown["confidence"] = cell.confidence
    if cell.at is not None:
        shown["at"] = cell.at
    if cell.job_id is not None:
        shown["jobId"] = cell.job_id
    return shown


def present_row(row: Row, unit: str) -> dict[str, Any]:
    """An entry with its cells."""
    cells = {name: present_cell(cell, unit) for name, cell in row.cells.items()}
    return {"id": row.id, "name": row.label, **row.facts, **cells}


def present_pack(pack: Merged, readiness: Readiness, *, unit: str = "") -> dict[str, Any]:
    """The whole pack; ``schema`` names the version of this shape."""
    unit = unit or pack.unit
    numbers = numbers_of(pack)

    def rows(section: str) -> list[dict[str, Any]]:
        return [present_row(row, unit) for row in pack.rows(section)]

    return {
        "schema": SCHEMA,
        "product": present_product(pack.product),
        "revision": REVISION,
        "units": unit,
        "template": {"id": pack.template.id, "variant": pack.template.variant or None},
        "sample_size": pack.product.sample_size or pack.template.sample_size,
        "sizes": pack.product.sizes or list(pack.template.size_run),
        "materials": rows("materials"),
        "colors": rows("colors"),
        "design_elements": rows("designElements"),
        "bom": rows("bom"),
        "points_of_measure": [
            {**present_row(row, unit), "status": status_of(row)}
            for row in pack.rows("pointsOfMeasure")
        ],
        "construction": [
            {**present_row(row, unit), "callout": numbers.get(row.id)}
            for row in pack.rows("construction")
        ],
        "close_ups": [present_close_up(row) for row in pack.close_ups],
        "sketches": [present_sketch(row) for row in pack.sketches],
        "views": [present_revision(row) for row in pack.views],
        "readiness": readiness.to_json(),
    }
