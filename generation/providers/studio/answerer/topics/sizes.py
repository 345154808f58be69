"""Sizes and grading: what a point comes to in another size, by the grade's step."""

from __future__ import annotations

from core.units import format_length
from generation.providers.studio.answerer.facts import Facts, Point, in_um
from generation.providers.studio.answerer.reading import Reading
from generation.providers.studio.answerer.writing import (
    Reply,
    joined,
    many,
    paragraphs,
    safe,
    table,
)

COMPUTED = "Computed from the sample size and the template's grade step; the pack stores the step."


def grading(reading: Reading, facts: Facts) -> Reply:
    """The size run; or the points that were named, in the sizes that were named."""
    if not facts.sizes:
        return Reply("This pack has no size run, so nothing is graded.")
    if reading.size_astray and not reading.sizes:
        return Reply(f"The run has no size {safe(reading.size_astray)}. It has {_run(facts)}.")
    points = reading.points
    if not points:
        return _whole_size(reading.sizes, facts) if reading.sizes else _the_run(facts)
    sizes, unit = reading.sizes or tuple(facts.sizes), reading.unit or facts.unit
    values = {p.code: [in_size(p, size, facts, unit) for size in sizes] for p in points}
    if len(sizes) == 1:
        shown = "\n".join(_alone(point, sizes[0], facts, unit) for point in points)
    else:
        rows = [(p.code, p.name, *values[p.code], p.grade or "none") for p in points]
        head = f"In {unit}, sample size {safe(_sample(facts))}:"
        shown = paragraphs(head, table(("Code", "Point", *map(safe, sizes), "Step"), rows))
    computed = COMPUTED if set(sizes) != {_sample(facts)} else ""
    figures = tuple(
        {"code": code, "size": size, "value": value or None, "source": "computed"}
        for code, row in values.items()
        for size, value in zip(sizes, row, strict=True)
    )
    return Reply(paragraphs(shown, _open(points) or computed), figures)


def _open(points: tuple[Point, ...]) -> str:
    codes = [point.code for point in points if not point.value]
    have = "has" if len(codes) == 1 else "have"
    none = f"{joined(codes)} {have} no value at the sample size, so nothing can be computed."
    return none if codes else ""


def _alone(point: Point, size: str, facts: Facts, unit: str) -> str:
    value = in_size(point, size, facts, unit)
    head = f"**{point.code} {safe(point.name)}** in size {safe(size)}"
    if not value:
        return f"{head}: no value."
    if size == _sample(facts) and unit == facts.unit:
        return f"{head}, the sample size: {safe(point.figure)}, {point.mark}."
    step, every = point.step
    spread = "per size" if every == 1 else f"every {every} sizes"
    graded = in_um(step, "cm")  # "0.0" is not graded, whatever the unit
    how = f"grade {step} {facts.unit} {spread}" if graded else "not graded: the same in every size"
    base = f"{safe(point.figure)} in {safe(_sample(facts))}"
    return f"{head}: {value} {unit} ({base}, {how}; {point.mark} at the sample size)."


def in_size(point: Point, size: str, facts: Facts, unit: str) -> str:
    """The point's value in a size, without the unit; empty where it cannot be known."""
    sample = _sample(facts)
    if point.um is None or size not in facts.sizes or sample not in facts.sizes:
        return ""
    steps = facts.sizes.index(size) - facts.sizes.index(sample)
    step, every = point.step
    um = in_um(step, point.unit) if step else 0
    if um is None:
        return ""
    jumps = abs(steps) // every
    return format_length(point.um + (jumps if steps >= 0 else -jumps) * um, unit, with_unit=False)


def _sample(facts: Facts) -> str:
    return str(facts.part("product").get("sample_size") or "")


def _run(facts: Facts) -> str:
    return joined([safe(size) for size in facts.sizes])


def _the_run(facts: Facts) -> Reply:
    sample = _sample(facts)
    steps = [(p.code, p.name, p.grade) for p in facts.points if p.grade not in ("", "0", "0.0")]
    return Reply(
        paragraphs(
            f"{many(len(facts.sizes), 'size')}: {_run(facts)}."
            f" Sample size: {safe(sample) or 'not set'}.",
            f"Grade steps per size, in {facts.unit}, from the template:" if steps else "",
            table(("Code", "Point", "Step"), steps) if steps else "",
            "Ask for a point in a size, such as “chest in size L”.",
        ),
        ({"name": "sizes", "value": facts.sizes}, {"name": "sample size", "value": sample or None}),
    )


def _whole_size(sizes: tuple[str, ...], facts: Facts) -> Reply:
    valued = [point for point in facts.points if point.um is not None]
    if not valued:
        return Reply("No point has a value at the sample size, so no other size can be computed.")
    rows = [
        (p.code, p.name, *(in_size(p, size, facts, facts.unit) for size in sizes)) for p in valued
    ]
    return Reply(
        paragraphs(
            f"In {facts.unit}:", table(("Code", "Point", *map(safe, sizes)), rows), COMPUTED
        ),
        tuple(
            {
                "code": p.code,
                "size": size,
                "value": in_size(p, size, facts, facts.unit),
                "source": "computed",
            }
            for p in valued
            for size in sizes
        ),
    )
