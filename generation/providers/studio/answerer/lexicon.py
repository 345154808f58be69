"""Which words speak of what, by the phrases in ``phrases.txt``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from generation.providers.studio.answerer.words import tokens

PHRASES = Path(__file__).with_name("phrases.txt")


@cache
def phrases() -> dict[str, list[tuple[tuple[str, ...], str, float]]]:
    """Phrases by their first word, longest first: words, topic, weight."""
    found: dict[str, list[tuple[tuple[str, ...], str, float]]] = {}
    for phrase, topic, weight in _each():
        if "&" not in phrase:
            words = tuple(tokens(phrase))
            found.setdefault(words[0], []).append((words, topic, weight))
    for rows in found.values():
        rows.sort(key=lambda row: -len(row[0]))
    return found


@cache
def together() -> list[tuple[tuple[tuple[str, ...], ...], str, float]]:
    """Phrases whose parts may stand apart, in their order: parts, topic, weight."""
    return [
        (tuple(tuple(tokens(part)) for part in phrase.split("&")), topic, weight)
        for phrase, topic, weight in _each()
        if "&" in phrase
    ]


@cache
def vocabulary() -> frozenset[str]:
    """Every word of every phrase."""
    return frozenset(word for phrase, _, _ in _each() for word in tokens(phrase.replace("&", " ")))


@cache
def _each() -> tuple[tuple[str, str, float], ...]:
    """Every phrase with its topic and weight; a line that is indented goes on the one before."""
    lines = PHRASES.read_text(encoding="utf-8").replace("\n    ", " ").splitlines()
    found = []
    for line in lines:
        if line and not line.startswith("#"):
            head, _, listed = line.partition(": ")
            topic, weight = head.split()
            found += [(phrase.strip(), topic, float(weight)) for phrase in listed.split(",")]
    return tuple(found)


def topics_of(words: Sequence[str]) -> dict[str, float]:
    """How much each topic is spoken of; a phrase inside a longer one counts for nothing."""
    found = [
        (at, at + len(phrase), topic, weight)
        for at, word in enumerate(words)
        for phrase, topic, weight in phrases().get(word, ())
        if _starts(words, at, phrase)
    ]
    spans = {(start, end) for start, end, _, _ in found}
    scores: dict[str, float] = {}
    for start, end, topic, weight in found:
        if not any(_inside(start, end, other) for other in spans):
            scores[topic] = scores.get(topic, 0) + weight
    for parts, topic, weight in together():
        if _in_order(words, parts):
            scores[topic] = max(scores.get(topic, 0), weight)
    return scores


def _inside(start: int, end: int, other: tuple[int, int]) -> bool:
    return other[0] <= start and end <= other[1] and other != (start, end)


def _starts(words: Sequence[str], at: int, phrase: tuple[str, ...]) -> bool:
    return tuple(words[at : at + len(phrase)]) == phrase


def _in_order(words: Sequence[str], parts: tuple[tuple[str, ...], ...]) -> bool:
    at = 0
    for part in parts:
        places = range(at, len(words) - len(part) + 1)
        found = next((place for place in places if _starts(words, place, part)), None)
        if found is None:
            return False
        at = found + len(part)
    return True
