"""Answers as short Markdown, with the figures in them as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from core.units import format_length
from generation.providers.studio.answerer.facts import Point

_MARKS = re.compile(r"([\\`*_\[\]<>|]|^#)")
NO_PACK = (
    "This question is about a pack, and none was named. Ask in a product's workspace, or send"
    " its `product_id` with the question."
)


@dataclass(frozen=True)
class Reply:
    """An answer in Markdown, and the figures in it as data."""

    text: str
    figures: tuple[dict[str, Any], ...] = field(default=())


def safe(text: Any) -> str:
    """A text of the pack inside Markdown: its signs are shown, and do nothing."""
    return _MARKS.sub(r"\\\1", " ".join(str("" if text is None else text).split()))


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table without the columns in which nothing stands."""
    texts = [[safe(cell) for cell in row] for row in rows]
    kept = [at for at in range(len(headings)) if any(row[at] for row in texts)]
    lines = [
        [headings[at] for at in kept],
        ["---"] * len(kept),
        *([row[at] or "–" for at in kept] for row in texts),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def listing(lines: Iterable[str]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def many(count: int, one: str, several: str = "") -> str:
    """``1 blocker``, ``4 blockers``."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def joined(parts: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def paragraphs(*parts: str) -> str:
    """Those that are not empty, each on its own."""
    return "\n\n".join(part for part in parts if part)


def length(um: int, unit: str) -> str:
    """A length in a unit; inches in sixteenths and, where those round, in decimals beside."""
    shown = format_length(um, unit)
    exact = Fraction(um, 25_400)
    if unit == "in" and (exact * 16).denominator != 1:
        return f"{shown} ({float(exact):.2f} in)"
    return shown


def figure_of(point: Point) -> dict[str, Any]:
    """A point's figure as data, as the pack shows it."""
    shown = {
        "code": point.code,
        "name": point.name,
        "value": point.value or None,
        "unit": point.unit or None,
        "source": point.source or None,
        "plusMinus": point.plus_minus or None,
        "tolerance": point.tolerance or None,
    }
    return {name: value for name, value in shown.items() if value is not None or name == "value"}
