"""Lengths from measuring lines: one known dimension turns pixels into micrometres.

Without it they are estimates from the usual size of such a product, and say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot
from typing import Any, Literal

from core.errors import InvalidRequest
from core.units import in_unit
from techpack import trade
from techpack.models import Product, Revision
from techpack.outlines import ensure_geometry

ENGINE_SIDE_PX = 1600  # the engine looks at photos of at most this size
EDGE_PX = 2.0  # how well an edge is found there
TILT = {True: 0.02, False: 0.05}
MM = 1_000  # µm; nobody cuts cloth finer
TAPE = 0.005  # of a length that a person read from a tape
UNRELIABLE = 0.10  # added where the outline is not to be trusted
REFERENCE = {
    "top": "A04",
    "dress": "C15",
    "trousers": "B12",
    "skirt": "C01",
    "footwear": "F04",
    "bag": "G02",
}
Status = Literal["measured", "estimated"]


@dataclass(frozen=True)
class Length:
    """A point of measure with its length in micrometres, and how far to trust it."""

    code: str
    um: int
    uncertainty_um: int
    status: Status
    is_known: bool  # this is the length that a person gave
    is_sure: bool
    confidence: float
    start: tuple[float, float]
    end: tuple[float, float]


def template_of(product: Product) -> trade.Template:
    """The template that the product's category chose."""
    return trade.template_for(product.category, product.subcategory)


def unit_of(product: Product) -> str:
    """The pack's unit: the product's, else its template's, else cm."""
    return product.unit or (template_of(product).unit if product.category else "cm")


def lengths_of(revision: Revision) -> list[Length]:
    """The lengths on one photo; empty where neither scale nor usual size is known."""
    geometry = ensure_geometry(revision)
    scale = _scale_of(revision, geometry)
    if scale is None:
        return []
    um_per_px, relative, status = scale
    outline = revision.outline or {}
    # A made picture shows no more than how such a thing may look: nothing on it is measured.
    trusted = revision.is_photo and (
        outline.get("corrected")
        or (outline.get("verdict") != "unreliable" and not outline.get("wornByPerson"))
    )
    edge_px = EDGE_PX * max(1.0, max(revision.width, revision.height) / ENGINE_SIDE_PX)
    known_code = (revision.scale or {}).get("code", "")
    return [
        _length(
            line,
            um_per_px=um_per_px,
            relative=hypot(relative, edge_px / max(line["px"], 1.0)),
            status=status if trusted else "estimated",
            known=line["code"] == known_code and bool(known_code),
            trusted=bool(trusted),
            score=float(outline.get("score", 0.0)),
        )
        for line in geometry["measures"]
    ]


def known_um(revision: Revision) -> int:
    """The known length as it was given, µm: along its measure, of which the scale keeps a chord."""
    scale = revision.scale or {}
    lines = (revision.geometry or {}).get("measures", [])
    px = next((line["px"] for line in lines if line["code"] == scale.get("code")), 0)
    if not px:
        return int(scale["length_um"])
    um = px * (revision.um_per_px or 0)
    step = 1000 if um >= 200_000 else 100  # pixels are kept to a tenth
    return round(um / step) * step


def _scale_of(revision: Revision, geometry: dict[str, Any]) -> tuple[float, float, Status] | None:
    """(µm per pixel, its relative uncertainty, what that makes of lengths)."""
    if (um_per_px := revision.um_per_px) is not None:
        known_px = float(revision.scale["length_um"]) / um_per_px  # type: ignore[index]
        edge_px = EDGE_PX * max(1.0, max(revision.width, revision.height) / ENGINE_SIDE_PX)
        return um_per_px, hypot(TAPE, edge_px / known_px), "measured"
    template = template_of(revision.product)
    reference = REFERENCE.get(geometry["family"], "")
    line = next((row for row in geometry["measures"] if row["code"] == reference), None)
    row = template.by_code.get(reference)
    if line is None or row is None:
        return None
    low, high = row.limits[-1]
    if high is None:
        return None
    middle_um = trade.to_um((low + high) / 2, template.unit)
    return middle_um / line["px"], float((high - low) / (high + low)), "estimated"


def _length(
    line: dict[str, Any],
    *,
    um_per_px: float,
    relative: float,
    status: Status,
    known: bool,
    trusted: bool,
    score: float,
) -> Length:
    sure = bool(line["sure"])
    um = round(line["px"] * um_per_px / MM) * MM
    spread = TAPE if known else hypot(relative, TILT[sure], line["spread"])
    if not known and not trusted:
        spread = hypot(spread, UNRELIABLE)
    if known:
        confidence = 1.0
    elif status == "measured":
        confidence = round(min(score, 0.9 if sure else 0.55), 2)
    else:
        confidence = 0.3
    return Length(
        code=line["code"],
        um=um,
        uncertainty_um=max(round(um * spread / MM) * MM, MM),
        status="measured" if known else status,
        is_known=known,
        is_sure=sure,
        confidence=confidence,
        start=tuple(line["from"]),
        end=tuple(line["to"]),
    )


def dimension_entries(revision: Revision) -> list[dict[str, Any]]:
    """The photo's lengths as ``analysisData.dimensions`` in the pack's unit."""
    product = revision.product
    rows, unit = template_of(product).by_code, unit_of(product)
    return [
        {
            "id": f"d_{length.code}",
            "code": length.code,
            "name": rows[length.code].name if length.code in rows else length.code,
            "value": in_unit(length.um, unit),
            "unit": unit,
            "uncertainty": in_unit(length.uncertainty_um, unit),
            "um": length.um,
            "uncertaintyUm": length.uncertainty_um,
            "status": length.status,
            "provenance": "user"
            if length.is_known
            else "measured"
            if length.status == "measured"
            else "ai",
            "confidence": length.confidence,
            "isSure": length.is_sure,
            "from": list(length.start),
            "to": list(length.end),
        }
        for length in lengths_of(revision)
    ]


def beside_estimates(
    lengths: list[dict[str, Any]], estimates: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The photo's lengths, then what a provider estimated of those that geometry did not reach."""
    reached = {row["id"] for row in lengths}
    return [*lengths, *(row for row in estimates if row["id"] not in reached)]


def remeasure(revision: Revision) -> None:
    """Bring the lengths of the photo's analyses up to its scale, outline and landmarks."""
    newest = revision.analyses.filter(image_hash=revision.image_hash).order_by("-pk").first()
    if newest is None:
        return
    # An estimate is shown as it was weighed; one that geometry no longer reaches, as it came.
    shown = newest.analysis_data.get("dimensions", ())
    weighed = {row["id"]: row for row in shown if "uncertaintyUm" not in row}
    told = newest.raw_data.get("dimensions", ())
    estimates = [weighed.get(row["id"], row) for row in told]
    dimensions = beside_estimates(dimension_entries(revision), estimates)
    newest.analysis_data = {**newest.analysis_data, "dimensions": dimensions}
    newest.save(update_fields=["analysis_data"])


def line_of(revision: Revision, code: str) -> dict[str, Any]:
    """The measuring line of a code on the photo; raises InvalidRequest where there is none."""
    for line in ensure_geometry(revision)["measures"]:
        if line["code"] == code:
            return dict(line)
    raise InvalidRequest(
        "This length is not visible in the photo.",
        fields={"code": ["Choose another length, or draw the line on the photo."]},
    )
