"""What each sheet of a pack holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from techpack.document.description.values import (
    NOTHING,
    Fact,
    Picture,
    Source,
    Swatch,
    Unit,
    Value,
    sources_of,
)

Criticality = Literal["critical", "secondary", "detail"]
Status = Literal["measured", "estimated", "assumed", "unknown"]


@dataclass(frozen=True)
class Cover:
    """The first sheet. ``readiness`` is 0 to 100, or None when it was not worked out.

    ``photo_note`` says what the picture is, where it is no photo.
    """

    kind: ClassVar[str] = "cover"
    heading: ClassVar[str] = "Cover"
    facts: tuple[Fact, ...] = ()
    photo: Picture | None = None
    photo_note: str = ""
    swatches: tuple[Swatch, ...] = ()
    summary: Value = NOTHING
    readiness: int | None = None


@dataclass(frozen=True)
class FlatView:
    """One drawing.

    ``svg`` is a whole ``<svg>`` element with a ``viewBox``, callouts and measurement
    lines included, drawn by presentation attributes alone (no classes, style or
    script), so that it looks the same on screen and on paper. ``note`` is what a
    reader must know, such as "Outline mirrored from the front: no back photo".
    """

    view: str
    title: str
    svg: str
    note: str = ""


@dataclass(frozen=True)
class FlatsSheet:
    """Front, back and side drawings. ``scale`` is text such as ``1:8``, or ``none``."""

    kind: ClassVar[str] = "flats"
    heading: ClassVar[str] = "Flats"
    views: tuple[FlatView, ...] = ()
    scale: str = "none"
    note: str = ""


@dataclass(frozen=True)
class BomRow:
    """A material or trim. ``code`` is the row's name in the pack, such as ``M1``.

    ``quantity`` is without its unit ``uom``, ``wastage`` in per cent without the sign.
    ``shades`` has one text per entry of ``BomSheet.colourways``.
    """

    code: str
    component: str
    material: Value = NOTHING
    finish: Value = NOTHING
    supplier: Value = NOTHING
    supplier_code: Value = NOTHING
    placement: Value = NOTHING
    quantity: Value = NOTHING
    uom: str = ""
    wastage: Value = NOTHING
    unit_cost: Value = NOTHING
    shades: tuple[str, ...] = ()
    note: str = ""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The lines of the source column."""
        return sources_of(
            {
                "material": self.material,
                "finish": self.finish,
                "supplier": self.supplier,
                "supplier code": self.supplier_code,
                "placement": self.placement,
                "quantity": self.quantity,
                "wastage": self.wastage,
                "unit cost": self.unit_cost,
            }
        )


@dataclass(frozen=True)
class BomSheet:
    """The bill of materials. ``currency`` is an ISO 4217 code when rows have a cost."""

    kind: ClassVar[str] = "bom"
    heading: ClassVar[str] = "Bill of materials"
    rows: tuple[BomRow, ...] = ()
    colourways: tuple[str, ...] = ()
    currency: str = ""
    note: str = ""


@dataclass(frozen=True)
class PomRow:
    """A point of measure at the sample size.

    ``tolerance_plus`` and ``tolerance_minus`` are magnitudes without a sign.
    ``unit`` is empty unless it differs from the pack's (grams, degrees).
    ``status`` says how far the value can be trusted; ``unknown`` has no value.
    """

    code: str
    name: str
    how: str
    criticality: Criticality
    value: Value = NOTHING
    tolerance_plus: Value = NOTHING
    tolerance_minus: Value = NOTHING
    grade: Value = NOTHING
    unit: str = ""
    status: Status = "unknown"
    note: str = ""


@dataclass(frozen=True)
class MeasuresSheet:
    """Points of measure. ``known_length`` names what the photo was scaled by, if anything."""

    kind: ClassVar[str] = "measures"
    heading: ClassVar[str] = "Points of measure"
    rows: tuple[PomRow, ...] = ()
    sample_size: str = ""
    known_length: str = ""
    note: str = ""


@dataclass(frozen=True)
class ConstructionRow:
    """How one part is made. ``callout`` is the number on the drawings, or None."""

    callout: int | None
    part: str
    operation: Value = NOTHING
    stitch: Value = NOTHING
    seam: Value = NOTHING
    spi: Value = NOTHING
    allowance: Value = NOTHING
    thread: Value = NOTHING
    note: str = ""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The lines of the source column."""
        return sources_of(
            {
                "operation": self.operation,
                "stitch": self.stitch,
                "seam": self.seam,
                "SPI": self.spi,
                "allowance": self.allowance,
                "thread": self.thread,
            }
        )


@dataclass(frozen=True)
class ConstructionSheet:
    """Construction rows, then ``facts`` (design elements and other notes) under them.

    ``allowance_unit`` heads the allowance column: sewing allowances are usually mm.
    """

    kind: ClassVar[str] = "construction"
    heading: ClassVar[str] = "Construction"
    rows: tuple[ConstructionRow, ...] = ()
    facts: tuple[Fact, ...] = ()
    allowance_unit: Unit = "mm"
    note: str = ""


@dataclass(frozen=True)
class Colour:
    """A colour seen or typed.

    ``hex`` is ``#rrggbb``; ``lab`` and ``cmyk`` are text computed from it; ``share`` is
    text such as ``62 %``; ``standard`` is a named code only when a person typed it.
    """

    name: Value
    hex: str
    lab: str = ""
    cmyk: str = ""
    share: str = ""
    standard: str = ""
    note: str = ""


@dataclass(frozen=True)
class ColoursSheet:
    """Colours of the product, main one first."""

    kind: ClassVar[str] = "colours"
    heading: ClassVar[str] = "Colours"
    rows: tuple[Colour, ...] = ()
    note: str = "Screen colours under the photo's light. Approve against a physical standard."


@dataclass(frozen=True)
class ScaleBar:
    """A bar over a close-up: ``fraction`` of the picture's width, and what it stands for."""

    fraction: float
    label: str


@dataclass(frozen=True)
class CloseUp:
    """A detail shot. ``shows`` is what is seen; ``rows`` names the linked rows ("M4", "7")."""

    picture: Picture | None
    name: str
    shows: Value = NOTHING
    scale_bar: ScaleBar | None = None
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class CloseUpsSheet:
    """Detail shots, in the order of the plan."""

    kind: ClassVar[str] = "close-ups"
    heading: ClassVar[str] = "Close-ups"
    shots: tuple[CloseUp, ...] = ()
    note: str = ""
