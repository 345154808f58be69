"""A question read: what it is about, and which of the pack's things it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from generation.providers.studio.answerer import book, foreign, lexicon, naming, said
from generation.providers.studio.answerer.facts import Facts, Point
from generation.providers.studio.answerer.words import content, corrected, plain, tokens

CLAUSES_MOST = 4
WORDS_MOST = 160
ASIDES_MOST = 24
MERGED = frozenset({"measure", "tolerance", "method", "trust", "convert"})
_SPLIT = re.compile(
    r"[?!;\n]+|\.(?=\s|$)|, and\b"
    r"|,? \band (?=(?:what|how|which|is|are|does|do|can|who|where|why|also)\b)",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\b(?:the|between|and|or|than|vs|versus|minus|plus|with|from|of"
    r"|to(?! (?:pit|shoulder|armpit|underarm)))\b|,"
)


@dataclass(frozen=True)
class Reading:
    """One question; ``topic`` is empty where nobody can tell, ``unknown`` are words nobody knows.

    ``groups`` are the points by what named them: "sleeve" may name three. ``bom``, ``parts`` and
    ``steps`` are places in the tables of materials, construction and prices.
    """

    text: str
    words: tuple[str, ...] = ()
    topic: str = ""
    groups: tuple[tuple[Point, ...], ...] = ()
    sizes: tuple[str, ...] = ()
    size_astray: str = ""  # a size that the run does not have
    unit: str = ""
    lengths: tuple[said.Typed, ...] = ()
    bom: tuple[int, ...] = ()
    parts: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()
    names_colour: bool = False
    terms: tuple[book.Term, ...] = ()
    other: str = ""  # a product that is not the one whose pack is known
    unknown: tuple[str, ...] = ()

    @property
    def points(self) -> tuple[Point, ...]:
        """Every point that is named."""
        return tuple({point.code: point for group in self.groups for point in group}.values())

    @property
    def names_things(self) -> bool:
        """Whether it names something of the pack."""
        return bool(self.groups or self.bom or self.parts or self.lengths or self.sizes)


def clauses_of(text: str) -> list[str]:
    """The questions of a message, one by one; of very many the first and the last."""
    parts = [part for part in (part.strip(" ,.") for part in _SPLIT.split(text)) if part]
    if len(parts) > 4 * CLAUSES_MOST:
        parts = parts[: 2 * CLAUSES_MOST] + parts[-2 * CLAUSES_MOST :]
    return parts or [""]


def read(clause: str, facts: Facts, language: str) -> Reading:
    """What a question names; its topic is left open."""
    text = foreign.in_english(plain(clause), language)
    terms = {str(word): str(meaning) for word, meaning in facts.part("terms").items()}
    known = _known(facts, terms)
    words = tuple(corrected(tokens(text)[:WORDS_MOST], known))
    sizes, astray = said.sizes_in(clause, text, facts.sizes)
    things = [word for word in words if word != "size" or "label" in words]
    parts = [part for part in _ASIDE.split(text) if part.strip()][:ASIDES_MOST]
    asides = [corrected(tokens(part)[:WORDS_MOST], known) for part in parts]
    return Reading(
        text=text,
        words=words,
        groups=_groups(clause, words, asides, facts),
        sizes=sizes,
        size_astray=astray,
        unit=said.unit_wanted(text),
        lengths=said.lengths_in(text),
        bom=_rows(facts, "bom", "component", asides, things),
        parts=_rows(facts, "construction", "part", *_without_seam(asides, things)),
        steps=_rows(facts, "prices", "step", asides, things),
        names_colour=not _colour_words(facts).isdisjoint(words),
        terms=book.terms_in(clause, words, terms),
        other=_other(words, facts),
        unknown=_unknown(words, known),
    )


def _known(facts: Facts, terms: Mapping[str, str]) -> frozenset[str]:
    """Every word that the answerer, the trade or the pack knows."""
    names = [*terms, *facts.sizes, *(f"{point.name} {point.code}" for point in facts.points)]
    for table, column in (("bom", "component"), ("construction", "part"), ("colours", "name")):
        names += [str(row.get(column, "")) for row in facts.table(table)]
    for table, column in (("products", "name"), ("prices", "step"), ("models", "model")):
        names += [str(row.get(column, "")) for row in facts.table(table)]
    names += [str(value) for value in facts.part("product").values() if isinstance(value, str)]
    own = {word for name in names for word in tokens(name)}
    return lexicon.vocabulary() | book.words_known() | naming.words_known() | own


def _unknown(words: Sequence[str], known: frozenset[str]) -> tuple[str, ...]:
    return tuple(
        word
        for word in dict.fromkeys(content(words))
        if word not in known and not word[0].isdigit() and len(word) > 1
    )


def _rows(
    facts: Facts, table: str, column: str, asides: Sequence[Sequence[str]], words: Sequence[str]
) -> tuple[int, ...]:
    """The rows of each part of a question where several parts name some, else of the whole."""
    names = [str(row.get(column, "")) for row in facts.table(table)]
    found = [rows for part in asides if (rows := naming.rows_in(part, names))]
    if len(found) > 1:
        return tuple(dict.fromkeys(at for rows in found for at in rows))
    return naming.rows_in(words, names)


def _colour_words(facts: Facts) -> frozenset[str]:
    names = " ".join(str(row.get("name", "")) for row in facts.table("colours"))
    return frozenset(content(tokens(names)))


def _without_seam(
    asides: Sequence[Sequence[str]], words: Sequence[str]
) -> tuple[list[list[str]], list[str]]:
    """Half of all parts are called a seam: the word names none of them."""
    kept = [[word for word in part if word != "seam"] for part in (*asides, words)]
    return kept[:-1], kept[-1]


def _groups(
    clause: str, words: Sequence[str], asides: Sequence[Sequence[str]], facts: Facts
) -> tuple[tuple[Point, ...], ...]:
    coded = naming.points_coded(clause, facts)
    named = [group for part in asides if (group := naming.points_in(part, facts))]
    if len(named) < 2:
        whole = naming.points_in(words, facts)
        named = [whole] if whole and not coded else named if not coded else []
    singles = [(point,) for point in coded]
    return tuple(dict.fromkeys((*singles, *map(tuple, named))))


def _other(words: Sequence[str], facts: Facts) -> str:
    """Another product of the user's that is named in full."""
    own = tokens(facts.name) if facts.has_pack else []
    said_words = f" {' '.join(words)} "
    for row in facts.table("products"):
        name = tokens(str(row.get("name", "")))
        if content(name) and f" {' '.join(name)} " in said_words and not set(name) <= set(own):
            return str(row["name"])
    return ""


def merged(readings: Sequence[Reading]) -> list[Reading]:
    """None twice, and those that ask the same of different points as one."""
    found: list[Reading] = []
    for reading in readings:
        last = found[-1] if found else None
        if last and last.topic == reading.topic in MERGED and last.groups and reading.groups:
            same = (last.sizes, last.unit, last.lengths) == (
                reading.sizes,
                reading.unit,
                reading.lengths,
            )
            if same:
                groups = tuple(dict.fromkeys((*last.groups, *reading.groups)))
                found[-1] = replace(last, groups=groups, unknown=(*last.unknown, *reading.unknown))
                continue
        key = (reading.topic, reading.groups, reading.terms, reading.steps, reading.unit)
        if all(key != (r.topic, r.groups, r.terms, r.steps, r.unit) for r in found):
            found.append(reading)
    return found
