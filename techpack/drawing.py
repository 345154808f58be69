"""Drawings of the pack: callouts and measures bound to rows, SVG and its picture."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import typst
from django.core.cache import cache
from django.core.serializers.json import DjangoJSONEncoder

from core.units import in_unit
from techpack import flats
from techpack.models import Sketch
from techpack.pack.rows import Merged, Row

PICTURE_PT = 800
KEPT_S = 24 * 3600
LAYOUT = 2  # raise it when the same data is to look different

_PAGE = b"""#set page(width: auto, height: auto, margin: 0pt, fill: white)
#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1pt)
"""


def place_callouts(
    pack: Merged, anchors: Mapping[str, Sequence[float]], numbers: Mapping[str, int]
) -> list[dict[str, Any]]:
    """A callout for each numbered construction row whose place is on this drawing."""
    return [
        {
            "id": f"callout-{row.id}",
            "number": numbers[row.id],
            "label": row.label,
            "anchor": list(anchors[row.facts["at"]]),
            "text": str(row.cell("operation").value or ""),
            "rowId": row.id,
            "provenance": row.cell("operation").provenance,
            "confidence": row.cell("operation").confidence,
        }
        for row in pack.rows("construction")
        if row.id in numbers and row.facts.get("at") in anchors
    ]


def place_measures(
    pack: Merged, lines: Sequence[Mapping[str, Any]], *, skip: Collection[str]
) -> list[dict[str, Any]]:
    """A measurement for each line that has a point of measure and is not drawn yet."""
    return [
        measurement
        for line in lines
        if line["code"] not in skip and (measurement := _measurement(pack, line)) is not None
    ]


def _measurement(pack: Merged, line: Mapping[str, Any]) -> dict[str, Any] | None:
    row = pack.row("pointsOfMeasure", line["code"])
    if row is None:
        return None
    return {
        "id": f"measure-{line['code']}",
        "code": line["code"],
        "name": row.label,
        "from": line["from"],
        "to": line["to"],
        "isSure": line["sure"],
        **_figures(row, pack.unit),
    }


def _figures(row: Row, unit: str) -> dict[str, Any]:
    cell = row.cell("value")
    status = row.facts.get("status", "unknown")
    if cell.provenance in ("user", "measured"):
        status = "measured"
    figures: dict[str, Any] = {"unit": unit, "provenance": cell.provenance, "status": status}
    if cell.um is not None:
        figures["value"] = in_unit(cell.um, unit)
        if cell.uncertainty_um:
            figures["uncertainty"] = in_unit(cell.uncertainty_um, unit)
    return figures


def svg_of(
    sketch: Sketch,
    pack: Merged,
    *,
    numbers: Mapping[str, int],
    unit: str,
    title: str = "",
    on_page: bool = False,
) -> str:
    """The flat as it is now: today's numbers and values on the drawing that was made.

    ``on_page`` makes the variant that takes its colours from the page around it.
    """
    callouts = [
        {**row, "number": numbers[row["rowId"]]}
        for row in sketch.callouts
        if row.get("rowId") in numbers
    ]
    measures = []
    for held in sketch.measurements:
        row = pack.row("pointsOfMeasure", held["code"])
        measures.append({**held, **(_figures(row, unit) if row else {})})
    told = (sketch.drawing, callouts, measures, title, unit, on_page)
    said = json.dumps(told, sort_keys=True, cls=DjangoJSONEncoder)
    key = f"flat:{LAYOUT}:{hashlib.sha256(said.encode()).hexdigest()}"
    return str(cache.get_or_set(key, lambda: _laid_out(*told), KEPT_S))


def _laid_out(
    drawing: dict[str, Any],
    callouts: list[dict[str, Any]],
    measures: list[dict[str, Any]],
    title: str,
    unit: str,
    on_page: bool,
) -> str:
    """Finding room for every balloon and line takes a tenth of a second, so it is kept."""
    return flats.compose(
        flats.drawing_from_json(drawing),
        callouts=[flats.Callout.from_json(row) for row in callouts],
        measurements=[flats.Measurement.from_json(row) for row in measures],
        title=title,
        unit=unit,
        on_page=on_page,
    )


def png_of(svg: str) -> bytes:
    """The drawing as a picture, 800 points wide at 144 ppi."""
    return bytes(
        typst.compile(
            _PAGE, format="png", ppi=144, sys_inputs={"svg": svg, "width": str(PICTURE_PT)}
        )
    )
