"""What the trade's words mean: the answerer's own list, and what others registered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from generation.providers.studio.answerer.words import STOP, tokens

TERMS = Path(__file__).with_name("terms.txt")
SHORTEST_IN_SMALL = 3  # "SS" and "so" are told apart by capitals

_sources: list[Callable[[], Mapping[str, str]]] = []


@dataclass(frozen=True)
class Term:
    """A word of the trade with its meaning."""

    word: str
    meaning: str

    def told(self) -> str:
        """The word and its meaning, without saying the word twice."""
        said = self.word.casefold().replace("-", " ")
        if self.meaning.casefold().replace("-", " ").startswith(f"{said}:"):
            return f"**{self.meaning[: len(said)]}**{self.meaning[len(said) :]}"
        return f"**{self.word}**: {self.meaning}"


def register(source: Callable[[], Mapping[str, str]]) -> None:
    """Let ``source()`` give more words with their meanings, such as the stitches by number."""
    if source not in _sources:
        _sources.append(source)
        _by_phrase.cache_clear()


@cache
def _own() -> tuple[tuple[tuple[str, ...], str], ...]:
    rows = []
    for line in TERMS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, also, meaning = (part.strip() for part in line.split("|"))
            names = (word, *(name.strip() for name in also.split(",") if name.strip()))
            rows.append((names, meaning))
    return tuple(rows)


@cache
def _by_phrase() -> dict[tuple[str, ...], Term]:
    """Every way to write a term, in stemmed words."""
    found: dict[tuple[str, ...], Term] = {}
    for names, meaning in _own():
        for name in names:
            found.setdefault(tuple(tokens(name)), Term(name, meaning))
    for source in _sources:
        for word, meaning in source().items():
            found.setdefault(tuple(tokens(word)), Term(word, meaning))
    return found


def terms_in(text: str, words: tuple[str, ...], more: Mapping[str, str]) -> tuple[Term, ...]:
    """The terms that a question says, longest first where they overlap.

    ``more`` are the pack's own. A word that everybody uses, and one of two letters, counts only
    in capitals.
    """
    known = {
        **_by_phrase(),
        **{tuple(tokens(word)): Term(word, says) for word, says in more.items()},
    }
    longest = max(map(len, known), default=1)
    found: list[Term] = []
    at = 0
    while at < len(words):
        for length in range(longest, 0, -1):
            term = known.get(words[at : at + length])
            if term and _is_said(term, words[at : at + length], text):
                found.append(term)
                at += length - 1
                break
        at += 1
    return tuple(dict.fromkeys(found))


def _is_said(term: Term, words: tuple[str, ...], text: str) -> bool:
    if len(words) > 1 or words[0].isdigit():
        return True
    word = words[0]
    if len(word) < SHORTEST_IN_SMALL or word in STOP:
        return bool(re.search(rf"(?<!\w){re.escape(word.upper())}(?!\w)", text))
    return True


def words_known() -> frozenset[str]:
    """Every word of every term."""
    return frozenset(word for phrase in _by_phrase() for word in phrase)
