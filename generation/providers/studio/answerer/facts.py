"""What is known of a pack, as the answerer reads it: every field may be missing.

The texts in it were typed or found by others. They are shown, never followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

UM_PER_UNIT = {"mm": 1_000, "cm": 10_000, "in": 25_400}
SOURCES = {
    "measured": "measured",
    "typed": "typed by you",
    "estimated": "estimated, no known length yet",
    "standard": "from the template",
    "computed": "computed",
}
_NUMBER = re.compile(r"(?:(\d+) )?(\d+)/(\d+)|(\d+(?:\.\d+)?)")

Row = dict[str, Any]


def in_um(text: str, unit: str) -> int | None:
    """The micrometres of a figure as the pack shows it: ``71.25``, ``27 1/2``."""
    found = _NUMBER.search(text)
    if found is None or unit not in UM_PER_UNIT:
        return None
    whole, over, under, decimal = found.groups()
    if decimal is None and int(under) == 0:
        return None
    value = Fraction(decimal) if decimal else int(whole or 0) + Fraction(int(over), int(under))
    return int(value * UM_PER_UNIT[unit] + Fraction(1, 2))


@dataclass(frozen=True)
class Point:
    """A point of measure in the pack's unit; ``unit`` is empty for a figure like "12 GG"."""

    code: str
    name: str
    value: str
    source: str
    plus_minus: str
    tolerance: str
    grade: str
    importance: str
    um: int | None
    how: str
    unit: str
    pack_unit: str = "cm"

    @property
    def figure(self) -> str:
        """``56.7 cm``, or nothing."""
        return f"{self.value} {self.unit}".strip() if self.value else ""

    @property
    def mark(self) -> str:
        """Where the figure came from, with its uncertainty: ``measured ±1.2``."""
        words = SOURCES.get(self.source, self.source)
        return f"{words} ±{self.plus_minus}" if self.plus_minus else words

    @property
    def is_length(self) -> bool:
        """Whether it can be converted and graded."""
        return self.um is not None

    @property
    def uncertainty_um(self) -> int | None:
        """The uncertainty in micrometres, if the figure has one."""
        return in_um(self.plus_minus, self.unit) if self.plus_minus else None

    @property
    def step(self) -> tuple[str, int]:
        """The grade's step as text and every how many sizes it is taken."""
        text, _, every = self.grade.partition(" every ")
        return text, int(every.split()[0]) if every else 1


class Facts:
    """The knowledge that came with a request."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known

    def part(self, name: str) -> Mapping[str, Any]:
        """An object of the knowledge, empty where there is none."""
        value = self.known.get(name)
        return value if isinstance(value, Mapping) else {}

    def listed(self, name: str) -> Sequence[Any]:
        """A list of the knowledge, empty where there is none."""
        value = self.known.get(name)
        return value if isinstance(value, list) else ()

    def lines(self, name: str, cells: int) -> list[Sequence[Any]]:
        """Those of a list that are lists of at least so many cells."""
        return [row for row in self.listed(name) if isinstance(row, list) and len(row) >= cells]

    def rows(self, name: str) -> list[Row]:
        """Those of a list that are objects."""
        return [row for row in self.listed(name) if isinstance(row, dict)]

    def table(self, name: str) -> list[Row]:
        """A table's rows by column."""
        return _rows(self.part(name))

    @property
    def has_pack(self) -> bool:
        """Whether the request is about one product."""
        return bool(self.part("product"))

    @property
    def name(self) -> str:
        """The product's name."""
        return str(self.part("product").get("name") or "this product")

    @property
    def unit(self) -> str:
        """The pack's unit."""
        return str(self.part("product").get("unit") or "cm")

    @property
    def sizes(self) -> list[str]:
        """The size run."""
        return [str(size) for size in self.part("product").get("sizes") or ()]

    @cached_property
    def points(self) -> list[Point]:
        """The points of measure in the pack's order."""
        return [self._point(row) for row in self.table("measures")]

    def _point(self, row: Row) -> Point:
        um = row.get("um")
        texts = {name: str(row.get(name) or "") for name in _TEXTS}
        return Point(
            **texts,
            um=um if isinstance(um, int) else None,
            unit=self.unit if isinstance(um, int) else "",
            pack_unit=self.unit,
        )

    def findings(self, severity: str) -> list[Row]:
        """``blockers`` or ``warnings``: rows of words, hint, section, code."""
        readiness = self.part("readiness")
        return _rows({"columns": readiness.get("columns"), "rows": readiness.get(severity)})


_TEXTS = (
    "code",
    "name",
    "value",
    "source",
    "plus_minus",
    "tolerance",
    "grade",
    "importance",
    "how",
)


def _rows(table: Mapping[str, Any]) -> list[Row]:
    columns, rows = table.get("columns"), table.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list):
        return []
    return [dict(zip(columns, row, strict=False)) for row in rows if isinstance(row, list)]
