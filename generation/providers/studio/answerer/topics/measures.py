"""Points of measure: one, several, all, those with gaps; how, how exactly, how far off."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.units import format_length
from generation.providers.studio.answerer import naming
from generation.providers.studio.answerer.facts import Facts, Point, in_um
from generation.providers.studio.answerer.reading import Reading
from generation.providers.studio.answerer.words import word_set
from generation.providers.studio.answerer.writing import (
    NO_PACK,
    Reply,
    figure_of,
    joined,
    many,
    paragraphs,
    safe,
    table,
)

NAMES_MOST = 40
_IN_GENERAL = word_set("measurements measures dimensions poms points spec big large")
TOO_UNSURE = (
    "Its uncertainty is larger than the tolerance: check the line on the photo, or type it."
)
HEADINGS = ("Code", "Point", "Value", "Source", "Tolerance")


def measure(reading: Reading, facts: Facts) -> Reply:
    """The points that were named, or which there are."""
    points = reading.points
    if not points and not reading.unknown and not naming.nouns_in(reading.words):
        points = naming.of_the_whole(reading.words, facts)
    if not points and not reading.unknown and _IN_GENERAL & set(reading.words):
        return measures(reading, facts)
    if not points:
        return _none_found(reading, facts)
    if len(points) == 1:
        text = _alone(points[0], facts)
        return Reply(paragraphs(text, _all_round(points[0], reading)), (figure_of(points[0]),))
    return Reply(_several(points, facts), tuple(map(figure_of, points)))


def _none_found(reading: Reading, facts: Facts) -> Reply:
    if not facts.points:
        return Reply(
            f"The pack of {safe(facts.name)} has no points of measure yet. {_to_begin(facts)}"
        )
    named = reading.unknown or naming.nouns_in(reading.words)
    said = joined([f"“{safe(word)}”" for word in named[:4]], "or")
    start = (
        f"I find no point of measure for {said} in this pack."
        if said
        else "I do not see which point of measure you mean."
    )
    names = ", ".join(f"{point.code} {safe(point.name)}" for point in facts.points[:NAMES_MOST])
    return Reply(f"{start} It has: {names}.")


def _to_begin(facts: Facts) -> str:
    if not facts.part("product").get("category"):
        return "They come with the category: run the step Category (free) or choose one."
    return "Run the base-view analysis, or type values yourself (free)."


def _alone(point: Point, facts: Facts) -> str:
    head = f"**{point.code} {safe(point.name)}**"
    how = f"How: {point.how}" if point.how else ""
    if not point.value:
        return paragraphs(f"{head} has no value yet. {_to_get(point, facts)}", how)
    size = f" at the sample size {safe(size)}" if (size := _sample_size(facts)) else ""
    tolerance = f" Tolerance {tolerance_of(point)}." if tolerance_of(point) else ""
    said = f"{head}: {safe(point.figure)}{size}, {point.mark}."
    return paragraphs(f"{said}{tolerance}{_doubt(point, facts)}{_warned(point, facts)}", how)


def _all_round(point: Point, reading: Reading) -> str:
    """The full girth of a half measure, where it was asked for."""
    if point.um is None or not point.name.endswith(", half") or not _GIRTH & set(reading.words):
        return ""
    full = format_length(2 * point.um, point.unit)
    return f"Half is measured flat from edge to edge: all the way round it is {full}."


def _doubt(point: Point, facts: Facts) -> str:
    """A warning where the figure is less sure than it may be off."""
    if point.source == "estimated":
        return (
            f" This is an estimate from the usual size of such a product: {to_scale(facts)},"
            " or type the value."
        )
    own, allowed = point.uncertainty_um, in_um(point.tolerance, point.unit)
    if own and allowed and own > allowed:
        return f" {TOO_UNSURE}"
    return ""


def to_scale(facts: Facts) -> str:
    """How estimates become measures: by a length that was typed already, where there is one."""
    typed = next((p for p in facts.points if p.source == "typed" and p.um), None)
    if typed is None:
        return "give one known length"
    return (
        f"give {typed.code} {safe(typed.figure)}, which you typed, as the known length beside the"
        " photos"
    )


def _warned(point: Point, facts: Facts) -> str:
    """What the readiness checks say of this point."""
    for row in (*facts.findings("blockers"), *facts.findings("warnings")):
        if row.get("code") == "POM_IMPLAUSIBLE" and str(row.get("words")).startswith(point.name):
            return f" The checks say: {safe(row['words'])}."
    return ""


def _to_get(point: Point, facts: Facts) -> str:
    missing = [row for row in facts.findings("blockers") if row.get("code") == "POM_MISSING"]
    blocks = any(point.code in str(row.get("hint", "")) for row in missing)
    return (
        f"I do not guess it.{' It blocks the pack.' if blocks else ''} Type it in the points of"
        " measure (free), or place its line on a photo that shows it and run the analysis."
    )


def _sample_size(facts: Facts) -> str:
    return str(facts.part("product").get("sample_size") or "")


def tolerance_of(point: Point) -> str:
    """``±1.0 cm``, ``±0.5 cm, typed by you``; or that the value is a minimum."""
    if point.tolerance == "minimum":
        return "none: the value is a minimum"
    text = point.tolerance.removesuffix(" typed")
    if not text:
        return ""
    unit = "" if text[-1].isalpha() else f" {point.pack_unit}"
    return f"{text}{unit}{', typed by you' if text != point.tolerance else ''}"


def _several(points: Iterable[Point], facts: Facts) -> str:
    size = _sample_size(facts)
    at = f"At the sample size {safe(size)}, in {facts.unit}:" if size else f"In {facts.unit}:"
    return paragraphs(at, table(HEADINGS, map(_row, points)))


def _row(point: Point) -> tuple[str, ...]:
    return (
        point.code,
        point.name,
        point.value or "no value",
        point.mark,
        point.tolerance,
    )


def measures(_: Reading, facts: Facts) -> Reply:
    """All points that have a value, then which have none."""
    if not facts.points:
        return _none_found(Reading(""), facts)
    valued = [point for point in facts.points if point.value]
    bare = [point for point in facts.points if not point.value]
    count = f"{many(len(facts.points), 'point')} of measure: {len(valued)} with a value"
    rest = f", {len(bare)} without" if bare else ""
    missing = ", ".join(f"{point.code} {safe(point.name)}" for point in bare)
    return Reply(
        paragraphs(
            f"{count}{rest}.",
            _several(valued, facts) if valued else "",
            f"No value yet: {missing}." if missing else "",
        ),
        tuple(map(figure_of, valued)),
    )


Kept = Callable[[Point], bool]
FILTERS: tuple[tuple[str, str, Kept], ...] = (
    ("estimated estimate guess guessed", "only estimated", lambda p: p.source == "estimated"),
    ("typed type hand", "typed by you", lambda p: p.source == "typed"),
    ("critical", "critical", lambda p: p.importance == "critical"),
    ("secondary", "secondary", lambda p: p.importance == "secondary"),
    ("missing unknown open lack without no yet", "without a value", lambda p: not p.value),
    ("measured", "measured", lambda p: p.source == "measured"),
)
_MOST, _LEAST = word_set("biggest largest longest"), word_set("smallest shortest")
_GIRTH = word_set("full circumference girth round around")
_UNSURE = word_set("least sure certain uncertain accurate uncertainty biggest largest")


def gaps(reading: Reading, facts: Facts) -> Reply:
    """The points of one kind: missing, estimated, typed, measured, critical, least sure."""
    words = set(reading.words)
    if len(words & _UNSURE) > 1:
        return _least_sure(facts)
    if words & (_MOST | _LEAST):
        return _in_order(facts, from_largest=bool(words & _MOST))
    for said, kind, keeps in FILTERS:
        if words & word_set(said):
            found = [point for point in facts.points if keeps(point)]
            if not found:
                return Reply(f"No point of measure is {kind}.")
            is_are = "is" if len(found) == 1 else "are"
            head = f"{many(len(found), 'point')} of measure {is_are} {kind}."
            return Reply(
                paragraphs(head, _several(found, facts), _how_to_fill(kind, facts)),
                tuple(map(figure_of, found)),
            )
    return measures(reading, facts)


def _how_to_fill(kind: str, facts: Facts) -> str:
    if kind == "without a value":
        return "Type them (free), or run the base-view analysis on photos that show them."
    if kind == "only estimated":
        how = to_scale(facts)
        return f"{how[0].upper()}{how[1:]}, and they become measures with an uncertainty."
    return ""


def _least_sure(facts: Facts) -> Reply:
    marked = [point for point in facts.points if point.um and point.uncertainty_um]
    if not marked:
        return Reply("No length of this pack has an uncertainty: none was measured from a photo.")
    worst = sorted(marked, key=lambda p: -(p.uncertainty_um or 0) / (p.um or 1))[:6]
    return Reply(
        paragraphs("Least sure, by uncertainty against length:", _several(worst, facts)),
        tuple(map(figure_of, worst)),
    )


def _in_order(facts: Facts, *, from_largest: bool) -> Reply:
    valued = [point for point in facts.points if point.um is not None]
    found = sorted(valued, key=lambda p: p.um or 0, reverse=from_largest)[:5]
    if not found:
        return Reply("No point of measure has a length yet.")
    word = "Largest" if from_largest else "Smallest"
    return Reply(paragraphs(f"{word} first:", _several(found, facts)), tuple(map(figure_of, found)))


def method(reading: Reading, facts: Facts) -> Reply:
    """How a point is taken."""
    if not reading.points:
        if reading.terms:
            return Reply("\n\n".join(term.told() for term in reading.terms[:4]))
        if not facts.has_pack:
            return Reply(NO_PACK)
        return Reply(
            paragraphs(
                "Lay the product flat, closed and smoothed, not stretched. Half measures go from"
                " edge to edge; each point says from where to where. Which point do you mean?",
                _none_found(Reading(""), facts).text,
            )
        )
    lines = [
        f"**{point.code} {safe(point.name)}**: {point.how or 'the pack does not say how.'}"
        for point in reading.points
    ]
    return Reply("\n\n".join(lines), tuple(map(figure_of, reading.points)))


def tolerance(reading: Reading, facts: Facts) -> Reply:
    """How far a point may be off; whether a length that was said would pass."""
    points = reading.points
    if not points:
        bare = [point.code for point in facts.points if point.value and not point.tolerance]
        note = f"No tolerance: {', '.join(bare)}." if bare else ""
        with_one = [point for point in facts.points if point.tolerance]
        rows = [(p.code, p.name, p.value or "no value", p.tolerance) for p in with_one]
        head = f"Tolerances in {facts.unit}, from the template unless typed:"
        listed = table(("Code", "Point", "Value", "Tolerance"), rows) if rows else ""
        return Reply(paragraphs(head if rows else "No point has a tolerance.", listed, note))
    if reading.lengths and len(points) == 1:
        return _would_pass(reading, points[0])
    lines = [_tolerance_line(point) for point in points]
    return Reply("\n\n".join(lines), tuple(map(figure_of, points)))


def _tolerance_line(point: Point) -> str:
    head = f"**{point.code} {safe(point.name)}**"
    if not tolerance_of(point):
        return f"{head} has no tolerance. Type one in the points of measure (free)."
    is_own = point.tolerance.endswith("typed") or point.tolerance == "minimum"
    by = "" if is_own else " from the template"
    value = f", on {safe(point.figure)}" if point.figure else "; the point has no value yet"
    return f"{head}: tolerance {tolerance_of(point)}{by}{value}."


def _would_pass(reading: Reading, point: Point) -> Reply:
    typed = reading.lengths[0]
    plus, _, minus = point.tolerance.removesuffix(" typed").partition(" −")
    above, below = in_um(plus, point.unit), in_um(minus or plus, point.unit)
    if point.um is None or (above is None and point.tolerance != "minimum"):
        return Reply(_tolerance_line(point), (figure_of(point),))
    if point.tolerance == "minimum":
        passes = typed.um >= point.um
    else:
        passes = point.um - (below or 0) <= typed.um <= point.um + (above or 0)
    verdict = "passes" if passes else "does not pass"
    return Reply(f"{typed.text} {verdict}. {_tolerance_line(point)}", (figure_of(point),))


def trust(reading: Reading, facts: Facts) -> Reply:
    """Where a figure came from and how sure it is; without one, how the pack stands."""
    if reading.points:
        return Reply(
            "\n\n".join(_origin(point, facts) for point in reading.points),
            tuple(map(figure_of, reading.points)),
        )
    counts: dict[str, int] = {}
    for point in facts.points:
        if point.value:
            counts[point.mark.partition(" ±")[0]] = counts.get(point.mark.partition(" ±")[0], 0) + 1
    said = joined([f"{count} {safe(kind)}" for kind, count in counts.items()])
    known = facts.part("product").get("known_length")
    scale = (
        f"Known length: {safe(known)}." if known else "No known length yet: lengths are estimates."
    )
    return Reply(
        paragraphs(
            f"Points of measure with a value: {said}." if said else "No point has a value yet.",
            f"{scale} The mark beside a value says where it came from: measured from the photo with"
            " its ±, typed by you, AI with its confidence, or standard from the template.",
        )
    )


def _origin(point: Point, facts: Facts) -> str:
    head = f"**{point.code} {safe(point.name)}**"
    if not point.value:
        return f"{head} has no value, so there is nothing to trust yet."
    meaning = {
        "measured": "from the photo and the known length",
        "typed": "by you; no AI run changes it",
        "estimated": "as long as no known length is given",
    }.get(point.source, "")
    spread = f", uncertain by ±{point.plus_minus} {point.unit}" if point.plus_minus else ""
    words = "typed" if point.source == "typed" else point.source
    return (
        f"{head}: {safe(point.figure)}, {words} {meaning}{spread}.{_doubt(point, facts)}".replace(
            " .", "."
        )
    )
