"""Texts that know where they came from, and what all sheets are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Provenance = Literal["measured", "user", "ai", "standard", "computed"]
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
