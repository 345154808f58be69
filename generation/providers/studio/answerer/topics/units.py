"""Conversions and comparisons: arithmetic on the pack's lengths and on those that were said."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, hypot

from core.units import format_length
from generation.providers.studio.answerer.facts import Facts, Point
from generation.providers.studio.answerer.reading import Reading
from generation.providers.studio.answerer.said import Typed
from generation.providers.studio.answerer.topics.measures import measure
from generation.providers.studio.answerer.words import tokens, word_set
from generation.providers.studio.answerer.writing import (
    Reply,
    figure_of,
    joined,
    length,
    listing,
    paragraphs,
    safe,
    table,
)

UNITS = ("mm", "cm", "in")
MM = 1_000
ADDING = word_set("sum add plus together")
WIDE = word_set("width half across")
LONG = word_set("length rise inseam outseam height drop")
ROUNDED = "Inches are in sixteenths, as the trade writes them."


def convert(reading: Reading, facts: Facts) -> Reply:
    """Lengths in another unit: those that were said, else the named points, else all of them."""
    if reading.lengths and not (reading.points and reading.unit):
        return _said(reading)
    if not facts.has_pack:
        return Reply("Say a length and a unit, such as “71 cm in inches”.")
    wanted = reading.unit or next(unit for unit in ("in", "cm") if unit != facts.unit)
    points = reading.points or tuple(point for point in facts.points if point.is_length)
    valued = [point for point in points if point.um is not None]
    if not valued:
        return measure(reading, facts)
    if len(valued) == 1:
        text = _line(valued[0], wanted)
    else:
        rows = [(p.code, p.name, p.value, _in(p, wanted), p.mark) for p in valued]
        head = ("Code", "Point", f"Value ({facts.unit})", wanted, "Source")
        text = paragraphs(table(head, rows), ROUNDED if wanted == "in" else "")
    figures = ({**figure_of(p), "converted": length(p.um or 0, wanted)} for p in valued)
    return Reply(text, tuple(figures))


def _in(point: Point, unit: str) -> str:
    return format_length(point.um or 0, unit, with_unit=False)


def _line(point: Point, unit: str) -> str:
    spread = point.uncertainty_um
    shown = f" ±{format_length(spread, unit)}" if spread else ""
    source = point.mark.partition(" ±")[0]
    said = f"**{point.code} {safe(point.name)}**: {length(point.um or 0, unit)}{shown}, {source}"
    return f"{said}. The pack shows {safe(point.figure)}."


def _said(reading: Reading) -> Reply:
    lines, figures = [], []
    for typed in reading.lengths:
        units = [reading.unit] if reading.unit and reading.unit != typed.unit else []
        others = units or [unit for unit in UNITS if unit != typed.unit]
        shown = [length(typed.um, unit) for unit in others]
        lines.append(f"{typed.text} is {joined(shown, 'or')}.")
        figures.append({"value": typed.text, "converted": shown})
    return Reply(" ".join(lines), tuple(figures))


def compare(reading: Reading, facts: Facts) -> Reply:
    """Two or more points side by side, with their differences and how sure those are."""
    alike = reading.groups[0] if len(reading.groups) == 1 and not reading.lengths else ()
    points = list(alike) if len(alike) > 1 else [_best_of(group) for group in reading.groups]
    if len(points) == 1 and len(reading.lengths) == 1:
        return _against_said(points[0], reading.lengths[0])
    figures = tuple(map(figure_of, points))
    if len(points) < 2:
        found = f" I found {points[0].code} {safe(points[0].name)}." if points else ""
        ask = "Name two points of measure to compare, such as “chest and hem”."
        return Reply(f"{ask}{found}", figures)
    lines = [
        f"{p.code} {safe(p.name)}: {safe(p.figure)}, {p.mark}"
        if p.is_length
        else f"{p.code} {safe(p.name)}: no value, so it cannot be compared"
        for p in points
    ]
    valued = [point for point in points if point.is_length]
    if ADDING & set(reading.words) and len(valued) == len(points):
        total = format_length(sum(point.um or 0 for point in valued), facts.unit)
        return Reply(paragraphs(listing(lines), f"Together {total}."), figures)
    verdicts = [_difference(one, other, facts.unit) for one, other in pairwise(valued)]
    return Reply(paragraphs(listing(lines), "\n\n".join(verdicts)), figures)


def _best_of(group: tuple[Point, ...]) -> Point:
    """The best named point that has a value."""
    return next((point for point in group if point.is_length), group[0])


def _difference(one: Point, other: Point, unit: str) -> str:
    apart = (one.um or 0) - (other.um or 0)
    spread = hypot(one.uncertainty_um or 0, other.uncertainty_um or 0)
    sure = f" ±{format_length(ceil(spread / MM) * MM, unit, with_unit=False)}" if spread else ""
    if apart == 0:
        return f"{one.code} and {other.code} are the same.{_within(0, spread)}"
    word = _words_of(one, other)[0 if apart > 0 else 1]
    shown = format_length(abs(apart), unit, with_unit=False)
    return (
        f"{one.code} is {shown}{sure} {unit} {word} than {other.code}.{_within(abs(apart), spread)}"
    )


def _words_of(one: Point, other: Point) -> tuple[str, str]:
    """How two such points differ: longer and shorter, wider and narrower."""
    names = [set(tokens(point.name)) for point in (one, other)]
    if all(words & WIDE for words in names):
        return "wider", "narrower"
    if all(words & LONG for words in names):
        return "longer", "shorter"
    return "larger", "smaller"


def _within(apart: float, spread: float) -> str:
    if spread and apart < spread:
        return " That is less than the uncertainty of the two, so it cannot be said for sure."
    return ""


def _against_said(point: Point, said: Typed) -> Reply:
    if point.um is None:
        return Reply(f"{point.code} {safe(point.name)} has no value to compare with {said.text}.")
    apart = point.um - said.um
    word = "the same as" if apart == 0 else "more than" if apart > 0 else "less than"
    by = "" if apart == 0 else f"{format_length(abs(apart), point.unit)} "
    head = f"**{point.code} {safe(point.name)}** is {safe(point.figure)} ({point.mark})"
    return Reply(f"{head}: {by}{word} {said.text}.", (figure_of(point),))
