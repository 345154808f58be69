"""The shape of a template. Every model is frozen and refuses unknown fields.

Lengths in the data are in the template's unit (cm or mm), or in the row's own unit
where it has one (grams, degrees). `tolerances.to_um` turns lengths into micrometres.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Criticality = Literal["critical", "secondary", "detail"]
View = Literal["front", "back", "side", "top", "inside", "bottom"]
Unit = Literal["cm", "mm"]
Family = Literal["top", "dress", "trousers", "skirt", "footwear", "bag", "object"]
Section = Literal["cover", "flats", "bom", "measures", "construction", "colours", "close-ups"]

_UPPER = frozenset(
    {
        "neckline",
        "shoulder_seam",
        "armhole",
        "side_seam",
        "sleeve",
        "cuff",
        "hem",
        "centre_front",
        "waist",
    }
)
ANCHORS: dict[Family, frozenset[str]] = {
    "top": _UPPER,
    "dress": _UPPER,
    "trousers": frozenset(
        {"waistband", "fly", "side_seam", "inseam", "crotch", "thigh", "leg_opening"}
    ),
    "skirt": frozenset({"waistband", "side_seam", "hem", "centre_front"}),
    "footwear": frozenset({"toe", "heel", "sole", "topline", "vamp"}),
    "bag": frozenset({"opening", "handle", "body", "base", "side_seam"}),
    "object": frozenset({"top", "body", "base", "left", "right"}),
}


def _code(text: str) -> str:
    if not re.fullmatch(r"[A-Z]\d{2}[A-Z]?", text):
        raise ValueError(f"{text!r} is not a code such as A01 or Z01W")
    return text


def _one_line(text: str) -> str:
    if text != text.strip() or "\n" in text:
        raise ValueError("one line without spaces at its ends")
    return text


Code = Annotated[str, AfterValidator(_code)]
Line = Annotated[str, AfterValidator(_one_line)]
Text = Annotated[Line, Field(min_length=1)]
Bounds = tuple[Decimal, Decimal | None]


class Frozen(BaseModel):
    """A value that came from a data file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _ordered(bounds: Bounds) -> Bounds:
    low, high = bounds
    if high is not None and low >= high:
        raise ValueError(f"{low} is not below {high}")
    return bounds


OrderedBounds = Annotated[Bounds, AfterValidator(_ordered)]


class PointOfMeasure(Frozen):
    """A row of the measurement sheet at the sample size of an adult.

    ``range`` or ``bands`` (named alternatives, such as short and long) are sanity
    limits for a value, not targets; a missing upper limit means "at least". A
    ``minimum`` row (stretched openings) has no tolerance. ``tolerance_percent`` and
    ``iso_2768`` rows take their tolerance from the value itself. ``grade`` is the
    step per size, every ``grade_every`` sizes; None where a product has no size run.
    """

    code: Code
    name: Text
    how: Text
    criticality: Criticality
    tolerance: Decimal | None = None
    tolerance_minus: Decimal | None = None
    tolerance_percent: Decimal | None = None
    iso_2768: bool = False
    minimum: bool = False
    grade: Decimal | None = None
    grade_men: Decimal | None = None
    grade_every: int = Field(default=1, ge=1)
    range: OrderedBounds | None = None
    bands: dict[str, OrderedBounds] = {}
    unit: Line = ""
    views: tuple[View, ...] = ()
    approximate: bool = False
    required: bool | None = None
    note: Line = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> PointOfMeasure:
        ways = [
            self.tolerance is not None,
            self.tolerance_percent is not None,
            self.iso_2768,
            self.minimum,
        ]
        if sum(ways) != 1:
            raise ValueError(f"{self.code}: exactly one way to its tolerance, not {sum(ways)}")
        if (self.range is None) != bool(self.bands):
            raise ValueError(f"{self.code}: either a range or bands")
        return self

    @property
    def is_required(self) -> bool:
        """Whether a pack without this row's value is incomplete: critical, unless said."""
        return self.criticality == "critical" if self.required is None else self.required

    @property
    def limits(self) -> tuple[Bounds, ...]:
        """The accepted intervals, one per band."""
        if self.bands:
            return tuple(self.bands.values())
        return (self.range,) if self.range else ()

    def accepts(self, value: Decimal) -> bool:
        """Whether a value in the row's unit is plausible."""
        return any(low <= value and (high is None or value <= high) for low, high in self.limits)


class BomDefault(Frozen):
    """A material or trim that products of this kind usually need.

    ``quantity`` is None where only the pattern or the design can tell it. ``wastage``
    is the usual span in per cent; the upper end is the default, so that cloth does not
    run short.
    """

    id: Text
    component: Text
    material: Line = ""
    placement: Line = ""
    quantity: Decimal | None = None
    quantity_range: OrderedBounds | None = None
    uom: Text
    wastage: tuple[Decimal, Decimal] | None = None
    optional: bool = False

    @property
    def wastage_percent(self) -> Decimal | None:
        """The default wastage."""
        return self.wastage[1] if self.wastage else None


class ConstructionDefault(Frozen):
    """How a part is usually made.

    Sewn rows name ``stitch`` (ISO 4915), ``seam`` (ISO 4916 letters), ``spi`` and
    ``allowance_mm`` spans; rows that are not sewn name their ``process`` or joint.
    """

    id: Text
    part: Text
    at: Text
    operation: Text
    stitch: tuple[str, ...] = ()
    seam: tuple[str, ...] = ()
    spi: tuple[Decimal, Decimal] | None = None
    allowance_mm: tuple[Decimal, Decimal] | None = None
    thread: Line = ""
    process: Line = ""
    optional: bool = False

    @model_validator(mode="after")
    def _says_how(self) -> ConstructionDefault:
        sewn = bool(self.stitch and self.seam and self.spi and self.allowance_mm)
        if not sewn and not self.process:
            raise ValueError(f"{self.id}: neither a whole seam nor a process")
        return self


class Care(Frozen):
    """Default care in words, in the order of ISO 3758. To be confirmed by test."""

    wash: Text
    bleach: Text
    dry: Text
    iron: Text
    professional: Text


class Template(Frozen):
    """What a pack of one kind of product starts from."""

    id: Text
    name: Text
    variant: Line = ""
    variant_name: Line = ""
    family: Family
    unit: Unit
    subcategory: Text
    size_run: tuple[Text, ...] = ()
    sample_size: Line = ""
    sections: tuple[Section, ...]
    points_of_measure: tuple[PointOfMeasure, ...]
    bom: tuple[BomDefault, ...]
    construction: tuple[ConstructionDefault, ...]
    vocabulary: dict[str, tuple[Text, ...]] = {}
    care: Care | None = None
    shrinkage_percent: Decimal | None = None
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Template:
        if self.size_run and self.sample_size not in self.size_run:
            raise ValueError(f"{self.id}: sample size {self.sample_size} is not in the run")
        for what, keys in (
            ("point of measure", [row.code for row in self.points_of_measure]),
            ("BOM row", [row.id for row in self.bom]),
            ("construction row", [row.id for row in self.construction]),
        ):
            twice = {key for key in keys if keys.count(key) > 1}
            if twice:
                raise ValueError(f"{self.id}: {what} {sorted(twice)} appears twice")
        astray = {row.at for row in self.construction} - ANCHORS[self.family]
        if astray:
            raise ValueError(f"{self.id}: {self.family} has no anchor {sorted(astray)}")
        return self

    @cached_property
    def by_code(self) -> dict[str, PointOfMeasure]:
        """Points of measure by code."""
        return {row.code: row for row in self.points_of_measure}


class Stitch(Frozen):
    """A stitch type. ``thread_ratio`` is cm of thread per cm of seam, approximate."""

    name: Text
    threads: int
    thread_ratio: Decimal | None
    use: Text
    not_for: Line


class Seam(Frozen):
    """A seam by its letters: ``iso_class`` is the class of ISO 4916, 1 to 8."""

    iso_class: Annotated[int, Field(ge=1, le=8)]
    name: Text


class StitchBook(Frozen):
    """Known stitches by ISO 4915 number and seams by ISO 4916 letters."""

    stitches: dict[str, Stitch]
    seams: dict[str, Seam]
