"""The whole pack: its sheets in order, each with its title block."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from techpack.document.description.sheets import (
    BomSheet,
    CloseUpsSheet,
    ColoursSheet,
    ConstructionSheet,
    Cover,
    FlatsSheet,
    MeasuresSheet,
)
from techpack.document.description.values import Unit

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
    cover: Cover = field(default_factory=Cover)
    flats: FlatsSheet = field(default_factory=FlatsSheet)
    bom: BomSheet = field(default_factory=BomSheet)
    measures: MeasuresSheet = field(default_factory=MeasuresSheet)
    construction: ConstructionSheet = field(default_factory=ConstructionSheet)
    colours: ColoursSheet = field(default_factory=ColoursSheet)
    close_ups: CloseUpsSheet = field(default_factory=CloseUpsSheet)

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
