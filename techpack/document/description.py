"""What a tech pack says, sheet by sheet, ready to be shown.

`techpack/pack.py` fills a :class:`Pack` from the database; the screen templates and
:func:`techpack.document.pdf.render_pdf` both walk :attr:`Pack.sheets`. Nothing here
calculates: every figure is text, formatted in the pack's unit by the caller, and an
empty text is shown as a dash. No Django, no files: pictures are named by storage key.

On screen::

    {% for sheet in pack.sheets %}
      <section class="sheet" id="{{ sheet.kind }}"> … {{ sheet.body }} {{ sheet.title_block }}

where ``sheet.kind`` is one of ``cover flats bom measures construction colours close-ups``
and ``sheet.body`` is the dataclass of that kind below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

Provenance = Literal["measured", "user", "ai", "standard", "computed"]
Criticality = Literal["critical", "secondary", "detail"]
Status = Literal["measured", "estimated", "assumed", "unknown"]
Unit = Literal["mm", "cm", "in"]

WORDS: Mapping[Provenance, str] = {
    "measured": "measured",
    "user": "typed",
    "ai": "AI",
    "standard": "standard",
    "computed": "computed",
}
MEANINGS: Mapping[Provenance, str] = {
    "measured": "from the photo and the known length, with its uncertainty",
    "user": "by a person",
    "ai": "with the model's confidence",
    "standard": "from the template or an ISO table",
    "computed": "by formula from other values",
}


@dataclass(frozen=True)
class Value:
    """A text with where it came from.

    ``text`` is formatted already and without its unit where the sheet names the unit.
    ``confidence`` is 0 to 1; ``uncertainty`` is text such as ``±0.4``.
    """

    text: str = ""
    provenance: Provenance | None = None
    confidence: float | None = None
    uncertainty: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def mark(self) -> str:
        """Where it came from in a few words: ``AI 64 %``, ``measured ±0.4``, or nothing."""
        if self.provenance is None:
            return ""
        word = WORDS[self.provenance]
        if self.uncertainty:
            return f"{word} {self.uncertainty}"
        if self.provenance == "ai" and self.confidence is not None:
            return f"{word} {round(self.confidence * 100)} %"
        return word


NOTHING = Value()


@dataclass(frozen=True)
class Source:
    """A line of a source column: ``what`` is empty when it speaks for the whole row."""

    what: str
    mark: str
    provenance: Provenance


def sources_of(cells: Mapping[str, Value]) -> tuple[Source, ...]:
    """Group a row's cells by source; one nameless line when all share it."""
    groups: dict[tuple[str, Provenance], list[str]] = {}
    for name, cell in cells.items():
        if cell and cell.provenance:
            groups.setdefault((cell.mark, cell.provenance), []).append(name)
    alone = len(groups) == 1
    return tuple(
        Source("" if alone else ", ".join(names), mark, provenance)
        for (mark, provenance), names in groups.items()
    )


@dataclass(frozen=True)
class Picture:
    """A stored raster picture.

    ``key`` is what the reader given to ``render_pdf`` understands; ``url`` is for the
    screen only; ``alt`` says what is seen.
    """

    key: str
    alt: str
    url: str = ""


@dataclass(frozen=True)
class Fact:
    """A label and its value, such as ``Sample size`` and ``M``."""

    label: str
    value: Value


@dataclass(frozen=True)
class Swatch:
    """A colour chip of the cover: ``hex`` is ``#rrggbb``."""

    name: str
    hex: str


@dataclass(frozen=True)
class Cover:
    """The first sheet. ``readiness`` is 0 to 100, or None when it was not worked out."""

    kind: ClassVar[str] = "cover"
    heading: ClassVar[str] = "Cover"
    facts: tuple[Fact, ...] = ()
    photo: Picture | None = None
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


Body = (
    Cover | FlatsSheet | BomSheet | MeasuresSheet | ConstructionSheet | ColoursSheet | CloseUpsSheet
)


@dataclass(frozen=True)
class TitleBlock:
    """The lower right corner of a sheet. ``sheet`` of ``of`` counts sheets, not paper."""

    title: str
    drawn_by: str
    drawing_no: str
    revision: str
    scale: str
    units: str
    status: str
    sheet: int
    of: int


@dataclass(frozen=True)
class Sheet:
    """A numbered sheet: ``body`` is the dataclass named by ``kind``."""

    body: Body
    title_block: TitleBlock

    @property
    def kind(self) -> str:
        """``cover``, ``flats``, ``bom``, ``measures``, ``construction``, ``colours``, …"""
        return self.body.kind

    @property
    def heading(self) -> str:
        """What stands at the top of the sheet."""
        return self.body.heading


@dataclass(frozen=True)
class Pack:
    """A whole pack.

    ``style_no`` heads the drawing numbers (``HH-014`` gives ``HH-014-01`` and so on);
    ``blockers`` are sentences, shown on the cover while ``draft`` is true;
    ``generated_at`` is aware and becomes the PDF's date.
    """

    product: str
    generated_at: datetime
    unit: Unit = "cm"
    style_no: str = ""
    revision: str = "A"
    drawn_by: str = ""
    draft: bool = True
    blockers: tuple[str, ...] = ()
    cover: Cover = Cover()
    flats: FlatsSheet = FlatsSheet()
    bom: BomSheet = BomSheet()
    measures: MeasuresSheet = MeasuresSheet()
    construction: ConstructionSheet = ConstructionSheet()
    colours: ColoursSheet = ColoursSheet()
    close_ups: CloseUpsSheet = CloseUpsSheet()

    @property
    def status(self) -> str:
        """``Draft`` or ``Released``."""
        return "Draft" if self.draft else "Released"

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """All sheets in order, each with its title block."""
        bodies: tuple[Body, ...] = (
            self.cover,
            self.flats,
            self.bom,
            self.measures,
            self.construction,
            self.colours,
            self.close_ups,
        )
        return tuple(
            Sheet(body, self._title_block(body, number, len(bodies)))
            for number, body in enumerate(bodies, start=1)
        )

    def _title_block(self, body: Body, number: int, of: int) -> TitleBlock:
        return TitleBlock(
            title=f"{self.product}, {body.heading.lower()}",
            drawn_by=self.drawn_by,
            drawing_no=f"{self.style_no}-{number:02d}" if self.style_no else f"{number:02d}",
            revision=self.revision,
            scale=body.scale if isinstance(body, FlatsSheet) else "none",
            units=self.unit,
            status=self.status,
            sheet=number,
            of=of,
        )
