"""The parts of the workspace as the template sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generation.models import Job
from techpack.bench.sentences import Asked, Change, Drafts, Failed
from techpack.models import VIEW_TYPES, Product, Revision
from techpack.pack.build import REVISION
from techpack.pack.rows import Merged
from techpack.prices import VIEWS_INCLUDED
from techpack.readiness import Readiness

NO_CHANGE = Change()


@dataclass(frozen=True)
class FieldCell:
    """A value that can be typed over."""

    path: str
    label: str
    text: str
    source: str  # measured, you, ai, standard, computed, or nothing
    mark: str
    is_low: bool = False
    number: int | None = None
    row_id: str = ""
    hint: str = ""
    asked: Asked | None = None


@dataclass(frozen=True)
class ViewCard:
    """A photo in the list of views."""

    revision: Revision
    picture: str
    verdict: str
    tone: str  # ok, warn or nothing
    note: str = ""  # what it is, where it is no photo
    change: Change = NO_CHANGE


@dataclass(frozen=True)
class Step:
    """A step of the rail."""

    key: str
    number: int
    label: str
    state: str  # idle, queued, running, done, failed
    words: str
    detail: str
    button: str
    price: str
    once: str
    job: Job | None = None
    is_main: bool = False
    is_blocked: bool = False
    anchor: str = ""
    failed: Failed | None = None


@dataclass(frozen=True)
class Bench:
    """Everything on the page."""

    pack: Merged
    readiness: Readiness
    views: list[ViewCard]
    steps: list[Step]
    known: dict[str, Any]
    flat: str
    photo: str
    photo_note: str
    lengths: list[FieldCell]
    parts: list[FieldCell]
    colours: list[dict[str, Any]]
    elements: list[FieldCell]
    points: list[dict[str, Any]]
    materials: list[dict[str, Any]]
    shots: list[dict[str, Any]]
    flats: list[dict[str, Any]]
    drafts: Drafts
    categories: tuple[tuple[str, str], ...]
    subcategories: tuple[str, ...]
    drawn_by: str
    revision: str = REVISION
    open_at: str = ""
    is_busy: bool = False
    views_included: int = VIEWS_INCLUDED
    running: list[Job] = field(default_factory=list)
    bom_columns: tuple[tuple[str, str], ...] = ()
    view_types: tuple[str, ...] = VIEW_TYPES
    units: tuple[tuple[str, str], ...] = tuple(Product.Unit.choices)
