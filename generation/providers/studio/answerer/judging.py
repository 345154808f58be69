"""What a question is about: by its words, by what it names, by what was asked before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from generation.providers.studio.answerer import book, lexicon
from generation.providers.studio.answerer.facts import Facts
from generation.providers.studio.answerer.reading import (
    CLAUSES_MOST,
    Reading,
    clauses_of,
    merged,
    read,
)
from generation.providers.studio.answerer.words import content, tokens, word_set

ASPECTS = frozenset({"method", "tolerance", "grading", "trust", "convert", "compare"})
OF_POINTS = ASPECTS | {"measure", "measures"}
OF_ITSELF = frozenset({"hello", "thanks", "refuse", "change", "abilities"})
AGAIN = frozenset({"", "measure", "grading", "materials", "construction", "term", "about"})
STEPS = frozenset({"sketches", "close_ups", "steps"})
_PRONOUN = word_set("it that this they those them these there same one")
_OPENER = re.compile(r"(?:and|also|what about|how about|now|then|same|but|plus|in|for|or)\b")
_CALLOUT = re.compile(r"\bcallout (?:number |no )?\d")
_DEFINING = re.compile(
    r"\b(?:mean|means|meaning|stand for|stands for|define|definition|explain|short for)\b"
)
_WHAT_IS = re.compile(r"(?:so |and )?what(?: is| are)?(?: an?)? (.+)")
_TOLD = re.compile(  # "the body length is 71 cm": said, not asked
    r"(?!(?:is|are|was|would|will|does|do|can|could|should|how|what|which|why|if|when)\b)"
    r"[a-z][a-z0-9 ]* (?:is|are|was|measures) (?:about |exactly )?[\d /.,]+ ?[a-z\"']+"
    r"(?: (?:long|wide|high|deep|across))?"
)
_WHY = re.compile(r"(?:and )?why(?: not| is that| so)?")


def readings_of(text: str, before: Reading | None, facts: Facts, language: str) -> list[Reading]:
    """The questions of a message in order, each in the light of the one before."""
    found: list[Reading] = []
    for clause in clauses_of(text):
        reading = _carried(_judged(read(clause, facts, language)), before)
        if reading.topic or reading.unknown or not found:
            found.append(reading)
            before = reading if reading.topic else before
    asked = [row for row in found if row.topic not in ("", "hello", "thanks")]
    return merged(asked or found[:1])[:CLAUSES_MOST]


def _judged(reading: Reading) -> Reading:
    """The reading with the topic that most speaks for, if enough is understood."""
    scores = lexicon.topics_of(reading.words)
    if len(scores) > 1 or reading.names_things or len(content(reading.words)) > 1:
        scores.pop("hello", None)
        scores.pop("thanks", None)
    for topic, weight in _evidence(reading, scores).items():
        scores[topic] = scores.get(topic, 0) + weight
    if "compare" in scores and len(reading.terms) > 1 and not reading.groups:
        scores["term"] = scores.pop("compare") + 2
    if not scores:
        return reading
    topic, sure = max(scores.items(), key=lambda row: row[1])
    if topic == "measures" and reading.unit:
        topic = "convert"
    if topic in ("convert", "measure") and reading.sizes and reading.groups:
        topic = "grading"
    return replace(reading, topic=topic if _is_understood(reading, topic, sure) else "")


def _evidence(reading: Reading, scores: Mapping[str, float]) -> dict[str, float]:
    """What the named things speak for, beside the words."""
    found = _of_points(reading, scores)
    if reading.bom:
        found["materials"] = 4.0 if reading.text.startswith("how much") else 1.5
    if reading.parts:
        found["construction"] = 1.2
    if reading.names_colour:
        found["colours"] = 3.0
    if _CALLOUT.search(reading.text):
        found["construction"] = 6.0
    if reading.steps and scores.get("prices"):
        found["prices"] = 2.5
    elif reading.bom and scores.get("prices", 0) >= 4:
        found["costing"] = scores["prices"] + 1
    found["term"] = _definition(reading, scores)
    return {topic: weight for topic, weight in found.items() if weight}


def _of_points(reading: Reading, scores: Mapping[str, float]) -> dict[str, float]:
    sized = bool(reading.sizes or reading.size_astray)
    found: dict[str, float] = {}
    if reading.groups:
        found = {"measure": 2.5, **{topic: 1.5 for topic in ASPECTS if scores.get(topic, 0) >= 2}}
        if sized:
            found["grading"] = 6.0
        if reading.unit:
            found["convert"] = found.get("convert", 0) + 1.0
    elif sized:
        found["grading"] = 2.0
    if reading.lengths and (reading.unit or not reading.groups):
        found["convert"] = 2.5
    elif reading.lengths and _TOLD.fullmatch(reading.text):
        found["change"] = 8.0
    elif reading.lengths:  # "is 40 cm fine for the chest?"
        found["tolerance"] = found.get("tolerance", 0) + 4.0
    return found


def _definition(reading: Reading, scores: Mapping[str, float]) -> float:
    """How much a term's meaning is asked for, rather than the pack's own figure."""
    if not reading.terms:
        return -scores.get("term", 0) if len(scores) > 1 else 0.0
    if _DEFINING.search(reading.text):
        return 7.0
    asked = _WHAT_IS.match(reading.text)
    if asked is None or reading.text.startswith("what is the"):
        return 1.0
    opening, term = tuple(tokens(asked[1])), reading.terms[0]
    size = len(tokens(term.word))
    opens = any(
        book.terms_in(term.word, opening[:length], {term.word: term.meaning}) == (term,)
        for length in range(1, size + 1)
    )
    return 6.0 if opens and len(content(opening)) <= size + 1 else 1.0


def _is_understood(reading: Reading, topic: str, sure: float) -> bool:
    """Whether enough of the question is known to answer it."""
    if reading.names_things or reading.terms or reading.steps or reading.other:
        return True
    if topic in ("refuse", "change", "abilities", "measure"):
        return True
    known = [word for word in content(reading.words) if word not in reading.unknown]
    return sure >= 1 and len(reading.unknown) < max(len(known), 1)


def _carried(reading: Reading, before: Reading | None) -> Reading:
    """A follow-up takes from the question before what it leaves out."""
    if before is None or not before.topic or reading.topic in OF_ITSELF:
        return reading
    opens = bool(_OPENER.match(reading.text)) or bool(_PRONOUN & set(reading.words))
    if len(content(reading.words)) > 3 and not opens:
        return reading
    if _leaves_points_out(reading, before):
        wanted = reading.topic
        if wanted in ("", "measure"):
            wanted = "grading" if reading.sizes else before.topic if before.sizes else "convert"
        groups, lengths = before.groups, reading.lengths or before.lengths
        return _in_the_same(replace(reading, topic=wanted, groups=groups, lengths=lengths), before)
    if reading.topic in AGAIN or (reading.topic in STEPS and before.topic == "prices"):
        return _same_again(reading, before, opens=opens)
    return reading


def _leaves_points_out(reading: Reading, before: Reading) -> bool:
    """It asks how something is measured, converted or graded, and names nothing."""
    if reading.groups or not (before.groups or before.lengths):
        return False
    wants = reading.topic in ASPECTS or reading.unit or reading.sizes or reading.size_astray
    return bool(wants and not reading.bom and not reading.unknown)


def _same_again(reading: Reading, before: Reading, *, opens: bool) -> Reading:
    """ "And the sleeve?": the question before, about something else."""
    if reading.groups and before.topic in OF_POINTS and reading.topic in ("", "measure"):
        compares = before.topic == "compare" and len(reading.groups) > 1
        alone = before.topic in ("measures", "compare") and not compares
        topic = "measure" if alone else before.topic
        return _in_the_same(replace(reading, topic=topic), before)
    for topic, named in (
        ("materials", reading.bom),
        ("construction", reading.parts),
        ("prices", reading.steps),
        ("term", reading.terms if opens else ()),
    ):
        if named and before.topic == topic:
            return replace(reading, topic=topic)
    if not reading.topic and _WHY.fullmatch(reading.text):
        asked = "next" if before.topic in ("blockers", "readiness") else "trust"
        return replace(reading, topic=asked, groups=before.groups)
    return reading


def _in_the_same(reading: Reading, before: Reading) -> Reading:
    """In the sizes and the unit of the question before, where it names none."""
    sizes = reading.sizes or (() if reading.size_astray else before.sizes)
    topic = "grading" if sizes and reading.topic in ("convert", "measure") else reading.topic
    return replace(reading, topic=topic, sizes=sizes, unit=reading.unit or before.unit)
