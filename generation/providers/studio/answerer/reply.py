"""From a conversation and what is known to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from generation.providers.studio.answerer import foreign
from generation.providers.studio.answerer.asked import Asked, asked_in
from generation.providers.studio.answerer.facts import Facts
from generation.providers.studio.answerer.judging import readings_of
from generation.providers.studio.answerer.reading import Reading
from generation.providers.studio.answerer.topics import (
    measures,
    money,
    parts,
    sizes,
    standing,
    talk,
    units,
)
from generation.providers.studio.answerer.words import plain
from generation.providers.studio.answerer.writing import (
    NO_PACK,
    Reply,
    joined,
    paragraphs,
    safe,
)

Topic = Callable[[Reading, Facts], Reply]

TOPICS: Mapping[str, Topic] = {
    "hello": talk.hello,
    "thanks": talk.thanks,
    "abilities": talk.abilities,
    "refuse": talk.refuse,
    "change": talk.change,
    "term": talk.term,
    "products": talk.products,
    "about": talk.about,
    "export": talk.export,
    "measure": measures.measure,
    "measures": measures.measures,
    "gaps": measures.gaps,
    "method": measures.method,
    "tolerance": measures.tolerance,
    "trust": measures.trust,
    "grading": sizes.grading,
    "convert": units.convert,
    "compare": units.compare,
    "materials": parts.materials,
    "colours": parts.colours,
    "construction": parts.construction,
    "care": parts.care,
    "packaging": parts.packaging,
    "costing": parts.costing,
    "seen": parts.seen,
    "readiness": standing.readiness,
    "blockers": standing.blockers,
    "warnings": standing.warnings,
    "next": standing.to_do,
    "stale": standing.stale,
    "steps": standing.steps,
    "photos": standing.photos,
    "close_ups": standing.close_ups,
    "sketches": standing.sketches,
    "prices": money.prices,
    "balance": money.balance,
}
GENERAL = frozenset({"products", "prices", "balance", "term", "abilities", "hello", "thanks"})
WITHOUT_A_PACK = GENERAL | {"refuse", "change", "about", "export", "convert", "method", ""}
NO_PICTURES = "I cannot see pictures: I read text and the pack's data."
NO_FILES = "I cannot read sounds or files: I read text and the pack's data."
CLIPPED = "Your message is long: I read its beginning and its end."
WORD_LIST = {
    "de": "I answer in English and know only the most usual German words of the trade.",
    "zh": "I answer in English and know only the most usual Chinese words of the trade.",
    "other": "I read English.",
}


def reply_to(messages: Sequence[Mapping[str, Any]], known: Mapping[str, Any]) -> Reply:
    """The answer to the last question of a conversation."""
    facts = Facts(known)
    asked = asked_in(messages)
    if not asked.text.strip():
        notes = _notes(asked, "en")
        return Reply(paragraphs(notes, "" if notes else "Ask me something.", _help()))
    before = _before(asked, facts)
    language = foreign.language_of(plain(asked.text))
    readings = readings_of(asked.text, before, facts, language)
    replies = [_one(reading, facts) for reading in readings]
    return Reply(
        paragraphs(
            _notes(asked, language),
            *dict.fromkeys(reply.text for reply in replies),
            _left_out(facts, readings),
        ),
        tuple(figure for reply in replies for figure in reply.figures),
    )


def _one(reading: Reading, facts: Facts) -> Reply:
    if reading.other and reading.topic not in GENERAL:
        return talk.other_product(reading, facts)
    if not facts.has_pack and reading.topic not in WITHOUT_A_PACK:
        return Reply(NO_PACK)
    reply = TOPICS.get(reading.topic, talk.unknown)(reading, facts)
    return Reply(paragraphs(_not_understood(reading), reply.text), reply.figures)


def _not_understood(reading: Reading) -> str:
    """The words that were passed over, where the answer does not name them itself."""
    passed = [f"“{safe(word)}”" for word in reading.unknown if len(word) > 2][:3]
    names_them = reading.topic in ("", "refuse", "change") or (
        reading.topic == "measure" and not reading.groups
    )
    return "" if names_them or not passed else f"I do not know {joined(passed, 'or')}."


def _before(asked: Asked, facts: Facts) -> Reading | None:
    """The question before, itself read in the light of those before it."""
    before: Reading | None = None
    for text in asked.earlier:
        found = readings_of(text, before, facts, foreign.language_of(plain(text)))
        before = next((row for row in reversed(found) if row.topic), before)
    return before


def _notes(asked: Asked, language: str) -> str:
    notes = [
        NO_PICTURES if asked.has_picture else "",
        NO_FILES if asked.has_other else "",
        CLIPPED if asked.is_clipped else "",
        WORD_LIST.get(language, ""),
    ]
    return " ".join(note for note in notes if note)


def _help() -> str:
    return talk.abilities(Reading(""), Facts({})).text


def _left_out(facts: Facts, readings: Sequence[Reading]) -> str:
    """What the knowledge had no room for, where it may matter."""
    left = [safe(what) for what in facts.listed("left_out")]
    of_pack = any(
        row.topic in ("measures", "gaps", "method", "materials", "seen") for row in readings
    )
    return f"This pack is large: {joined(left)} were not given to me." if left and of_pack else ""
