"""Which of the pack's rows a question names: by code, by name, by what the trade says for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from generation.providers.studio.answerer.facts import Facts, Point
from generation.providers.studio.answerer.words import STOP, tokens, word_set

CODE = re.compile(r"\b[A-Za-z]\d{2}[A-Za-z]?\b")
NEAR = 0.84  # of the best score: as good as it
LEAST = 0.34
NAMES_MOST = 8

# What people say → the words of the rows' names. Longest first by number of words.
SAID: tuple[tuple[str, str], ...] = tuple(
    (said.strip(), meant)
    for meant, listed in {
        "chest width": "pit to pit, p2p, armpit to armpit, underarm to underarm, half chest",
        "chest bust": "bust, breast",
        "bust chest": "chest girth",
        "body length centre back": "back length, cb length, length at the back, centre back length,"
        " length at centre back, length at center back",
        "body length hps": "hps length, front length, length from hps, length from the shoulder",
        "body length outseam overall skirt": "total length, garment length, overall length,"
        " full length",
        "sleeve opening cuff": "sleeve width, sleeve hem, wrist, cuff opening, cuff width",
        "sleeve length": "arm length",
        "sleeve length centre back": "3 point sleeve, three point sleeve, sleeve from cb",
        "bicep": "upper arm, biceps, upper sleeve, sleeve width at the top, muscle",
        "across shoulder": "shoulder width, shoulder to shoulder, width of the shoulder",
        "across back": "back width, across the back",
        "across front": "front width, across the front",
        "armhole": "arm hole, scye, armscye",
        "hem sweep": "bottom width, bottom opening, hem opening, hem sweep, bottom hem, sweep,"
        " width at the hem",
        "neck width": "neck opening, neckline width, collar width",
        "front neck drop": "neck depth, neckline depth, neck drop, front neck depth",
        "neck": "neckline",
        "inseam": "inside leg, inner leg, inleg, inside seam, leg length",
        "outseam": "side length, outside leg, outer leg, side seam length",
        "hip": "seat, hip width",
        "leg opening ankle": "ankle, leg hem, bottom of the leg, hem of the leg, trouser opening",
        "thigh": "upper leg",
        "front rise": "rise, front crotch",
        "back rise": "rear rise, back crotch",
        "waistband": "waist band",
        "waist": "waistline",
        "pouch pocket": "kangaroo pocket, front pouch",
        "drawcord": "drawstring, cord, draw string, hood string, hood cord",
        "outsole": "sole",
        "inside": "insole",
        "handle": "strap drop",
        "overall": "total",
        "zip": "zipper, zip fastener",
        "main fabric shell": "shell fabric, body fabric, outer fabric",
        "thread yarn": "yarn",
        "weight": "heavy, weigh, grams",
        "length": "long",
        "width": "wide, broad, breadth",
        "height": "high, tall",
        "depth": "deep",
        "thickness": "thick",
        "centre": "center",
        "rib": "ribbing",
        "edit": "editing",
    }.items()
    for said in listed.split(",")
)

DIMENSION = word_set("length width height depth drop opening position spacing thickness")
PLACE = word_set(
    "centre back front point straight curve top bottom hps position relaxed total across"
)
NOISE = word_set("half full at from and the of along each end in to or with first")
# What a product as a whole is known by.
WHOLE: Mapping[str, tuple[str, ...]] = {
    "length": ("A04", "C15", "B12", "C01", "F04", "Z01H", "Z01W", "G02"),
    "height": ("Z01H", "G02", "A04", "C15", "B12", "C01"),
    "width": ("Z01W", "G01", "F05"),
    "depth": ("Z01D", "G03"),
    "weight": ("A42", "F17", "G11", "Z01M"),
}
# Words that mean a row together, wherever they stand.
TOGETHER: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (word_set("shoulder width"), word_set("across")),
    (word_set("neck depth"), word_set("front drop")),
    (word_set("leg bottom"), word_set("opening")),
    (word_set("leg length"), word_set("inseam")),
)


@lru_cache(maxsize=4096)
def name_words(name: str) -> frozenset[str]:
    """The words of a row's name that tell it from others."""
    return frozenset(tokens(name)) - NOISE - STOP


Said = tuple[tuple[str, ...], frozenset[str]]


@lru_cache(maxsize=1)
def _said() -> dict[str, list[Said]]:
    """What people say and the words that it stands for, by its first word, longest first."""
    found: dict[str, list[Said]] = {}
    for said, names in SAID:
        words = tuple(tokens(said))
        found.setdefault(words[0], []).append((words, frozenset(tokens(names))))
    for rows in found.values():
        rows.sort(key=lambda row: -len(row[0]))
    return found


def meant(words: Sequence[str]) -> frozenset[str]:
    """The question's words and what the trade means by them; a longer saying takes its words."""
    found: set[str] = set()
    at = 0
    while at < len(words):
        rows = (row for row in _said().get(words[at], ()) if _is_at(row[0], words, at))
        said, names = next(rows, ((words[at],), frozenset()))
        found |= names
        if len(said) == 1 and words[at] not in NOISE and words[at] not in STOP:
            found.add(words[at])
        at += len(said)
    for all_of, names in TOGETHER:
        found |= names if all_of <= found else frozenset()
    return frozenset(found)


def _is_at(said: tuple[str, ...], words: Sequence[str], at: int) -> bool:
    return tuple(words[at : at + len(said)]) == said


@lru_cache(maxsize=1)
def words_known() -> frozenset[str]:
    """Every word that names points, or stands for others."""
    every = (row for rows in _said().values() for row in rows)
    said = frozenset(word for said, names in every for word in (*said, *names))
    return said | DIMENSION | PLACE


def _weight(word: str) -> float:
    return 0.6 if word in DIMENSION else 0.5 if word in PLACE else 1.0


def score(name: frozenset[str], asked: Collection[str], known: Collection[str]) -> float:
    """How well a name answers the words, 0 to 1: both what it has and what it lacks count.

    A name of which only dimensions or places are said is not meant.
    """
    shared = name & frozenset(asked)
    if not any(word not in DIMENSION and word not in PLACE for word in shared):
        nouns = [word for word in name if word not in DIMENSION and word not in PLACE]
        if nouns or shared != name or shared <= DIMENSION:
            return 0.0
    held = sum(map(_weight, shared))
    spoken = sum(_weight(word) for word in asked if word in known)
    return 0.5 * held / sum(map(_weight, name)) + 0.5 * held / max(spoken, held)


def points_coded(text: str, facts: Facts) -> tuple[Point, ...]:
    """The points whose codes a question says."""
    codes = {code.upper() for code in CODE.findall(text)}
    return tuple(point for point in facts.points if point.code.upper() in codes)


def points_in(words: Sequence[str], facts: Facts) -> tuple[Point, ...]:
    """The points that a question names, the best named first."""
    asked = meant(words)
    names = {point.code: name_words(point.name) for point in facts.points}
    known = frozenset(word for name in names.values() for word in name)
    scores = {code: score(name, asked, known) for code, name in names.items()}
    best = max(scores.values(), default=0.0)
    if best < LEAST:
        return ()
    found = [point for point in facts.points if scores[point.code] >= NEAR * best]
    return tuple(sorted(found, key=lambda point: -scores[point.code])[:NAMES_MOST])


def of_the_whole(words: Sequence[str], facts: Facts) -> tuple[Point, ...]:
    """The point by which the whole product is long, high, wide, deep or heavy, as asked."""
    codes = {point.code: point for point in facts.points}
    for dimension in meant(words) & set(WHOLE):
        for code in WHOLE[dimension]:
            if code in codes:
                return (codes[code],)
    return ()


def nouns_in(words: Sequence[str]) -> list[str]:
    """The words of a question that name what is measured, rather than how."""
    how = DIMENSION | PLACE | set(WHOLE)
    known = words_known() - how
    return [word for word in dict.fromkeys(words) if word in known and not meant([word]) & how]


def rows_in(words: Sequence[str], names: Sequence[str]) -> tuple[int, ...]:
    """The rows, by their place, whose names a question says."""
    asked = meant(words) | frozenset(words)
    known = frozenset(word for name in names for word in name_words(name))
    scores = [score(name_words(name), asked, known) if name else 0.0 for name in names]
    best = max(scores, default=0.0)
    if best < LEAST:
        return ()
    found = [at for at, value in enumerate(scores) if value >= NEAR * best]
    return tuple(found[:NAMES_MOST])
