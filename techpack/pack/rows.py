"""Cells and rows: the pack before anybody formats it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from techpack.models import Analysis, CloseUp, Product, Revision, Sketch
from techpack.trade import Template

Provenance = Literal["measured", "user", "ai", "standard", "computed"]
SECTIONS = (
    "materials",
    "colors",
    "construction",
    "designElements",
    "other",
    "bom",
    "pointsOfMeasure",
)


@dataclass(frozen=True)
class Cell:
    """A value with where it came from. Lengths carry ``um``, micrometres, beside the value."""

    value: Any = None
    provenance: Provenance | None = None
    confidence: float | None = None
    um: int | None = None
    uncertainty_um: int | None = None
    at: datetime | None = None
    job_id: UUID | None = None

    def __bool__(self) -> bool:
        return self.value not in (None, "") or self.um is not None


NOTHING = Cell()


@dataclass(frozen=True)
class Row:
    """An entry of a section. ``cells`` can be typed over, ``facts`` cannot."""

    id: str
    section: str
    label: str
    cells: Mapping[str, Cell]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def cell(self, name: str) -> Cell:
        """The cell of that name, or nothing."""
        return self.cells.get(name, NOTHING)

    def typed(self, name: str, cell: Cell) -> Row:
        """The row with a cell laid over."""
        return replace(self, cells={**self.cells, name: cell})


@dataclass(frozen=True)
class Merged:
    """Everything a pack says, by section, and the rows it was made from."""

    product: Product
    template: Template
    unit: str
    sections: Mapping[str, tuple[Row, ...]]
    views: tuple[Revision, ...]
    analyses: tuple[Analysis, ...]
    close_ups: tuple[CloseUp, ...]
    sketches: tuple[Sketch, ...]
    last_change: datetime
    drafts: tuple[Revision, ...] = ()  # from words, newest first: none of them is a view yet

    def rows(self, section: str) -> tuple[Row, ...]:
        """The rows of a section in order."""
        return self.sections.get(section, ())

    def row(self, section: str, entry_id: str) -> Row | None:
        """One row by its permanent id."""
        return next((row for row in self.rows(section) if row.id == entry_id), None)

    def each(self) -> Iterator[Row]:
        """Every row of every section."""
        for section in SECTIONS:
            yield from self.rows(section)

    @property
    def scaled(self) -> Revision | None:
        """The photo that a known length was given for, front first."""
        return next((view for view in self.views if view.scale), None)
