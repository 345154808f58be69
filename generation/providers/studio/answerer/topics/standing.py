"""How the pack stands: readiness, what blocks it, what to do, what is out of date, what was run."""

from __future__ import annotations

from collections.abc import Sequence

from generation.providers.studio.answerer.facts import Facts, Row
from generation.providers.studio.answerer.reading import Reading
from generation.providers.studio.answerer.words import word_set
from generation.providers.studio.answerer.writing import (
    Reply,
    joined,
    listing,
    many,
    paragraphs,
    safe,
    table,
)

PLACES = {
    "pointsOfMeasure": "points of measure",
    "bom": "bill of materials",
    "colors": "colours",
    "construction": "construction",
    "views": "photos",
    "steps": "steps",
    "cover": "cover",
    "materials": "materials",
}
SECTION_WORDS = {
    "pointsOfMeasure": word_set("measurement measurements measure pom point tolerance"),
    "bom": word_set("bom material materials fabric trim component"),
    "colors": word_set("colour color"),
    "construction": word_set("construction seam stitch"),
    "views": word_set("photo picture view"),
    "cover": word_set("cover"),
}
TO_DO = {
    "NO_CATEGORY": "Name the category, or run the step Category (free)",
    "NO_SCALE": "Give one known length on a photo",
    "POM_MISSING": "Type the missing critical points, or measure them on a photo",
    "POM_ESTIMATED": "Give a known length, or type the estimated points",
    "POM_IMPLAUSIBLE": "Check the value against the photo",
    "TOLERANCE_MISSING": "Type the missing tolerances",
    "VIEW_MISSING": "Add the missing photo",
    "MATERIAL_INCOMPLETE": "Type what is missing of the main material",
    "FIBRE_CONTENT": "Make the fibre content add up to 100 %",
    "BOM_INCOMPLETE": "Fill placement, quantity and unit of these rows",
    "NO_SKETCHES": "Run the sketches",
    "CALLOUT_WITHOUT_ROW": "Make the sketches again",
    "OPEN_POINT": "Settle the open point",
    "COLOUR_STANDARD": "Type a colour standard, or “per approved swatch”",
    "COVER_INCOMPLETE": "Fill in the cover",
    "STALE_OUTPUT": "Make the outdated output again",
}


def readiness(_: Reading, facts: Facts) -> Reply:
    """The score, and what is in the way."""
    score = facts.part("readiness").get("score")
    if score is None:
        return Reply("I was not told how ready this pack is.")
    blocking, warned = facts.findings("blockers"), facts.findings("warnings")
    ready = not blocking
    stands = "ready for a factory: nothing blocks it" if ready else "a draft"
    head = f"Readiness of {safe(facts.name)}: **{score} / 100**. It is {stands}."
    also = f" {many(len(warned), 'warning')} beside." if warned else ""
    return Reply(
        paragraphs(
            f"{head}{'' if blocking else also}",
            paragraphs(f"{many(len(blocking), 'blocker')}:", _told(blocking)) if blocking else "",
            also.strip() if blocking else "",
        ),
        ({"name": "readiness", "value": score}, *_figures(blocking)),
    )


def blockers(reading: Reading, facts: Facts) -> Reply:
    """What blocks the pack, or one section of it, each with where it is cleared."""
    found, warned = facts.findings("blockers"), facts.findings("warnings")
    if not found:
        are = "is" if len(warned) == 1 else "are"
        rest = f" There {are} {many(len(warned), 'warning')}." if warned else ""
        return Reply(f"Nothing blocks this pack.{rest}")
    sections = {name for name, words in SECTION_WORDS.items() if words & set(reading.words)}
    if sections:
        found = [row for row in found if row.get("section") in sections]
        where = joined([PLACES[name] for name in sorted(sections)])
        if not found:
            return Reply(f"Nothing of the {where} blocks {safe(facts.name)}.")
    verb = "blocks" if len(found) == 1 else "block"
    return Reply(
        paragraphs(f"{many(len(found), 'thing')} {verb} {safe(facts.name)}:", _told(found)),
        _figures(found),
    )


def warnings(_: Reading, facts: Facts) -> Reply:
    """What is odd without blocking the pack."""
    found = facts.findings("warnings")
    if not found:
        return Reply("There are no warnings.")
    do = "does" if len(found) == 1 else "do"
    head = f"{many(len(found), 'warning')}, which {do} not block the pack:"
    return Reply(paragraphs(head, _told(found)), _figures(found))


def _told(findings: Sequence[Row]) -> str:
    return listing(
        f"{safe(row.get('words'))}{_hint(row)} → {PLACES.get(str(row.get('section')), 'workspace')}"
        for row in findings
    )


def _hint(row: Row) -> str:
    return f" ({safe(str(row['hint']).rstrip('.'))})" if row.get("hint") else ""


def _figures(findings: Sequence[Row]) -> tuple[dict[str, str], ...]:
    return tuple({"code": str(row.get("code")), "words": str(row.get("words"))} for row in findings)


def to_do(_: Reading, facts: Facts) -> Reply:
    """What to do, in the order in which it helps most: blockers, then warnings."""
    found = [*facts.findings("blockers"), *facts.findings("warnings")]
    waiting = [step for step in facts.lines("steps", 4) if step[1] == "Not run yet"]
    lines: dict[str, None] = {}
    for row in found:
        does = TO_DO.get(str(row.get("code")), str(row.get("words")))
        lines.setdefault(f"{does}: {safe(row.get('words'))}{_hint(row)}")
    for step in waiting:
        lines.setdefault(f"Run {safe(step[0])} ({safe(step[3])})")
    if not lines:
        return Reply("Nothing is left to do: the pack is ready to export.")
    numbered = "\n".join(f"{number}. {line}." for number, line in enumerate(lines, start=1))
    return Reply(
        paragraphs(
            f"Next for {safe(facts.name)}, most important first:", numbered, "Typing is free."
        ),
        _figures(found),
    )


def stale(_: Reading, facts: Facts) -> Reply:
    """Which outputs are out of date, why, and the price of bringing them up to date."""
    rows = facts.rows("stale")
    if not rows:
        return Reply("Nothing is out of date.")
    lines = [
        f"{_output(row.get('output'))}: {safe(row.get('because'))} Making it again costs"
        f" {_credits(row.get('credits'))}."
        for row in rows
    ]
    return Reply(paragraphs("Out of date:", listing(lines)), tuple(map(dict, rows)))


def _output(name: object) -> str:
    return {
        "base-views/analyze": "The base-view analysis",
        "close-ups/generate": "The close-ups",
        "sketches/generate": "The sketches",
    }.get(str(name), safe(name))


def _credits(amount: object) -> str:
    figure = f"{amount:g}" if isinstance(amount, int | float) else safe(amount)
    return f"{figure} credit{'' if figure == '1' else 's'}"


def steps(_: Reading, facts: Facts) -> Reply:
    """Which steps were run, how they ended, what each costs."""
    rows = facts.lines("steps", 4)
    if not rows:
        return Reply("I was not told which steps were run.")
    return Reply(
        table(("Step", "State", "Result", "Price of a run"), rows),
        tuple({"step": str(row[0]), "state": str(row[1])} for row in rows),
    )


def close_ups(_: Reading, facts: Facts) -> Reply:
    """The detail shots and what each shows."""
    shots = facts.lines("close_ups", 2)
    if not shots:
        return Reply(f"There are no close-ups yet.{_price_of('Close-ups', facts)}")
    lines = [f"{safe(name)}: {safe(shows) or 'not described'}" for name, shows, *_ in shots]
    return Reply(
        paragraphs(f"{many(len(shots), 'close-up')}:", listing(lines)),
        tuple({"name": str(name), "shows": str(shows)} for name, shows, *_ in shots),
    )


def sketches(_: Reading, facts: Facts) -> Reply:
    """The flats there are."""
    views = [safe(view) for view in facts.listed("sketches")]
    if not views:
        return Reply(f"There are no sketches yet.{_price_of('Sketches', facts)}")
    callouts = [row for row in facts.table("construction") if row.get("callout")]
    drawn = (
        f" Their callouts stand for {many(len(callouts), 'construction row')}." if callouts else ""
    )
    return Reply(
        f"{many(len(views), 'sketch', 'sketches')}: {joined(views)}.{drawn}",
        ({"name": "sketches", "value": views},),
    )


def _price_of(step: str, facts: Facts) -> str:
    price = next((row.get("price") for row in facts.table("prices") if row.get("step") == step), "")
    return f" The step {step} makes them for {safe(price)}." if price else ""


def photos(_: Reading, facts: Facts) -> Reply:
    """The photos of the product, by view, and which are missing."""
    views = [safe(view) for view in facts.part("product").get("photos") or ()]
    missing = [
        safe(row.get("words"))
        for row in facts.findings("blockers")
        if row.get("code") == "VIEW_MISSING"
    ]
    have = f"{many(len(views), 'photo')}: {joined(views)}." if views else "There is no photo yet."
    lack = (
        f" Still missing: {joined([word.removeprefix('No ') for word in missing])}."
        if missing
        else ""
    )
    return Reply(f"{have}{lack}", ({"name": "photos", "value": views},))
