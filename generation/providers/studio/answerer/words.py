"""Questions in words: made plain, cut, stemmed, misspellings put right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

LETTERS = "abcdefghijklmnopqrstuvwxyz"
CORRECTED_FROM, CORRECTED_TO = 5, 20  # letters; in shorter words a slip makes another word
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?(?:/\d+)?|[^\W\d_]+\d{0,3}[^\W\d_]?|\d+[^\W\d_]+|[\"″]")
_SAME = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_SHORT = (
    (re.compile(r"\b(what|how|where|who|it|that|there|here|when)'s\b"), r"\1 is"),
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'(re|ve|ll|d|m)\b"), r" \1"),
    (re.compile(r"'s\b"), ""),
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def plain(text: str) -> str:
    """Lower case, one kind of quotes and dashes, short forms written out."""
    said = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_SAME).casefold()
    for short, long in _SHORT:
        said = short.sub(long, said)
    return " ".join(said.split())


@lru_cache(maxsize=8192)
def stem(token: str) -> str:
    """A noun without its plural: seams, pockets, bodies, patches."""
    if len(token) <= 3 or not token.isalpha() or token.endswith(("ss", "us", "is")):
        return token
    if token.endswith("ies") and len(token) > 4:
        return f"{token[:-3]}y"
    if token.endswith(("sses", "xes", "ches", "shes")):
        return token[:-2]
    return token[:-1] if token.endswith("s") else token


def word_set(words: str) -> frozenset[str]:
    """The stemmed words of a list with blanks between them."""
    return frozenset(map(stem, words.split()))


STOP = word_set("""
    a about actually again all also am an and any anyone are as at be been before being but by
    can could d did do does doing done each either else ever every exactly find for from further
    get give given go good got had has have having he her here him his how i if in into is it
    its just kindly know let like list ll look lot m make many may maybe me might mine more most
    much must my need no not now of off oh ok okay on one only or other our out over own per
    please pls quick quickly re really right s said same say see she should show so some still
    such sure take tell than that the their them then there these they thing this those to too
    under until up us use ve very want was we were what when where whether which while who whom
    whose why will with without would yes yet you your yours think wonder question answer asked
    ask info information detail details current currently exact value figure number spec row
    entry pack techpack tech product item style garment piece article sample factory supplier
    person people way thanks thank hello hi hey mean call called another used using placed correct
    possible available present great fine today shoe
    section field area happen needed important
""")


def tokens(text: str) -> list[str]:
    """The stemmed words, numbers and codes of a text."""
    return [stem(token) for token in _TOKEN.findall(plain(text).replace("-", " "))]


def content(words: Iterable[str]) -> list[str]:
    """Without the words that every question has."""
    return [word for word in words if word not in STOP]


def corrected(words: Sequence[str], known: Collection[str], *, most: int = 24) -> list[str]:
    """The words, each unknown one put right where one slip explains it."""
    fixed, tried = [], 0
    for word in words:
        if (
            word not in known
            and word not in STOP
            and CORRECTED_FROM <= len(word) <= CORRECTED_TO
            and word.isalpha()
            and word.isascii()
            and tried < most
        ):
            tried += 1
            word = _nearest(word, known) or word
        fixed.append(word)
    return fixed


def _nearest(word: str, known: Collection[str]) -> str:
    """A known word one slip away with the same first letter, or nothing."""
    halves = [(word[:at], word[at:]) for at in range(1, len(word) + 1)]
    near = {start + end[1:] for start, end in halves if end}
    near |= {start + end[1] + end[0] + end[2:] for start, end in halves if len(end) > 1}
    near |= {start + letter + end[1:] for start, end in halves if end for letter in LETTERS}
    near |= {start + letter + end for start, end in halves for letter in LETTERS}
    return min((found for found in near if found in known and len(found) > 3), default="")
