"""What kind of product it is: from words when there are any, else from its silhouette."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.category_words import NAMES, TURNS, Kind
from generation.providers.studio.plain_words import has_spaces, plain
from generation.providers.studio.shapes import Family, Guess, Outline, Silhouette

CATEGORIES = (
    "tops",
    "outerwear",
    "trousers",
    "dresses-and-skirts",
    "footwear",
    "bags",
    "other",
)
DATA = Path(__file__).with_name("category_data.json")
SAID = 0.95  # a clear word
HALF_SAID = 0.7  # a word that also means something else
NEIGHBOURS = 11
BANDWIDTH = 0.6  # of the distance to the last neighbour
SURE_SUBCATEGORY = 0.62  # of its category's weight, for a subcategory to be named
HOOD_FROM = 0.16  # of the height stays narrow: a hood laid up, longer than any collar
STRAP_FROM = 0.16  # depth of the neckline over the longer side
PLURALS = ("", "s", "es", "n", "en")
SKIRTS = frozenset({"skirt", "skort"})
# Classes of the measured silhouettes, and what each is called here.
KINDS: Mapping[str, Kind] = {
    "t-shirt": ("tops", "t-shirt"),
    "shirt": ("tops", "shirt"),
    "longsleeve": ("tops", "long-sleeve top"),
    "outwear": ("outerwear", "jacket"),
    "pants": ("trousers", "trousers"),
    "shorts": ("trousers", "shorts"),
    "dress": ("dresses-and-skirts", "dress"),
    "skirt": ("dresses-and-skirts", "skirt"),
    "shoes": ("footwear", "shoe"),
    "bag": ("bags", "bag"),
    "hat": ("other", "hat"),
    "other": ("other", "object"),
}
GENERIC: Mapping[str, str] = {
    "tops": "top",
    "outerwear": "jacket",
    "trousers": "trousers",
    "dresses-and-skirts": "dress",
    "footwear": "shoe",
    "bags": "bag",
    "other": "object",
}


@dataclass(frozen=True)
class Reference:
    """The measured silhouettes and what their answers turned out to be worth."""

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    names: tuple[str, ...]
    features: tuple[str, ...]
    labels: NDArray[np.int64]
    rows: NDArray[np.float64]
    claimed: tuple[float, ...]  # share of the neighbours' weight …
    earned: tuple[float, ...]  # … and how often such an answer was right


def guess(silhouette: Silhouette, outline: Outline, *, words: str = "") -> Guess:
    """Category and subcategory with a confidence that says how often such a guess is right.

    ``words`` (name, description, file name, any language of ``category_words``) decide
    where they name a product. The silhouette alone cannot tell a garment from a thing of
    like shape, so its confidence is held under what was measured on photos it had not
    seen. Always answers, with at least two alternatives.
    """
    said = named(words)
    shares = shares_of(reference(), silhouette.features)
    if said is None:
        return _from_shape(shares, silhouette, outline)
    (category, subcategory), word, confidence = said
    others = _alternatives(category, confidence, shares, silhouette)
    return Guess(category, subcategory, confidence, others, f"the word “{word}”")


def family_of(category: str, subcategory: str = "") -> Family:
    """Which landmarks and points of measure apply."""
    if category in {"tops", "outerwear"}:
        return "top"
    if category == "dresses-and-skirts":
        skirt = any(word in SKIRTS for word in subcategory.casefold().split())
        return "skirt" if skirt else "dress"
    families: Mapping[str, Family] = {
        "trousers": "trousers",
        "footwear": "footwear",
        "bags": "bag",
    }
    return families.get(category, "object")


# -- words -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """One name of a kind, ready to be looked for."""

    text: str
    kind: Kind
    ends_compound: bool
    clear: bool


@dataclass(frozen=True)
class Mention:
    """Where a text names a kind."""

    start: int
    end: int
    word: Word


@cache
def vocabulary() -> tuple[Word, ...]:
    """All names, folded the way texts are."""
    words = []
    for kind, names in NAMES.items():
        for name in names.split(","):
            mark, text = name.strip()[:1], name.strip().lstrip("-~")
            if text:
                words.append(Word(plain(text), kind, mark == "-", mark != "~"))
    return tuple(words)


def named(words: str) -> tuple[Kind, str, float] | None:
    """The kind a text names, the word, and the confidence; None when it names none.

    Lines are read in turn, so a name counts before a description. In a line the last
    name before "with", "for" and the like is the head noun ("shirt dress" is a dress);
    a word that is also something else counts only where nothing clearer is said.
    """
    found = [_in_line(line) for line in words.replace(". ", "\n").replace("|", "\n").splitlines()]
    mentions = [mention for mention in found if mention]
    clear = [mention for mention in mentions if mention.word.clear]
    best = next(iter(clear or mentions), None)
    if best is None:
        return None
    return best.word.kind, best.word.text, SAID if best.word.clear else HALF_SAID


def _in_line(line: str) -> Mention | None:
    text = plain(line)
    mentions = _largest(_mentions(text))
    if not mentions:
        return None
    turn = _first_turn(text)
    head = [m for m in mentions if m.end <= turn] or mentions[:1]
    clear = [m for m in head if m.word.clear] or head
    return max(clear, key=lambda m: (m.end, m.end - m.start))


def _mentions(text: str) -> list[Mention]:
    found = []
    for word in vocabulary():
        if has_spaces(word.text):
            found += [m for ending in PLURALS if (m := _latin(text, word, ending))]
        elif (at := text.rfind(word.text)) >= 0:
            found.append(Mention(at, at + len(word.text), word))
    return found


def _latin(text: str, word: Word, ending: str) -> Mention | None:
    """The last place where a word stands alone or ends a compound of some length."""
    at = f"{text} ".rfind(f"{word.text}{ending} ")
    if at < 0:
        return None
    stem = text[:at].rpartition(" ")[2]
    compound = word.ends_compound and len(word.text) >= 4 and len(stem) >= 3
    if stem and not compound:
        alone = f" {text} ".rfind(f" {word.text}{ending} ")
        if alone < 0:
            return None
        at = alone
    return Mention(at, at + len(word.text) + len(ending), word)


def _largest(mentions: Sequence[Mention]) -> list[Mention]:
    """Mentions that lie in no longer one: "tank top", not "top"."""
    return [
        m
        for m in mentions
        if not any(
            o.start <= m.start and m.end <= o.end and o.end - o.start > m.end - m.start
            for o in mentions
        )
    ]


def _first_turn(text: str) -> int:
    """Where "with", "for" … begins; past the end when there is none."""
    at = 0
    for index, token in enumerate(text.split(" ")):
        if index and token in TURNS:
            return at
        at += len(token) + 1
    return len(text) + 2


# -- shape -------------------------------------------------------------------------------


@cache
def reference() -> Reference:
    """The measured silhouettes, read once."""
    return reference_of(json.loads(DATA.read_text(encoding="utf-8")))


def reference_of(raw: Mapping[str, Any]) -> Reference:
    """A table as ``bench/category_fit.py`` writes it, ready to be compared with."""
    table = np.asarray(raw["rows"], dtype=np.float64)
    return Reference(
        centre=np.asarray(raw["centre"]),
        spread=np.asarray(raw["spread"]),
        names=tuple(raw["names"]),
        features=tuple(raw["features"]),
        labels=table[:, 0].astype(np.int64),
        rows=table[:, 1:] / raw["per_unit"],
        claimed=tuple(point[0] for point in raw["reliability"]),
        earned=tuple(point[1] for point in raw["reliability"]),
    )


def vector(features: Mapping[str, float], names: Sequence[str]) -> NDArray[np.float64]:
    """The figures as they are compared: bays rooted, aspect in logarithms, arms ordered."""
    values = dict(features)
    values["aspect"] = math.log(min(max(values.get("aspect", 1.0), 0.15), 7.0))
    for name in ("arm_left", "arm_right", "crotch", "neck", "holes"):
        values[name] = math.sqrt(min(max(values.get(name, 0.0), 0.0), 1.0))
    arms = sorted((values["arm_left"], values["arm_right"]))
    values["arm_left"], values["arm_right"] = arms
    values["parts"] = min(max(values.get("parts", 1.0), 1.0), 3.0)
    values["lean"] = abs(values.get("lean", 0.0)) / 9
    return np.array([values.get(name, 0.0) for name in names], dtype=np.float64)


def shares_of(known: Reference, features: Mapping[str, float]) -> dict[str, float]:
    """Each class's share of the weight of the nearest measured silhouettes."""
    here = vector(features, known.features)
    here = np.clip((here - known.centre) / known.spread, -3.0, 3.0)
    away = np.sqrt(((known.rows - here) ** 2).sum(axis=1))
    nearest = np.argsort(away, kind="stable")[:NEIGHBOURS]
    scale = BANDWIDTH * (float(away[nearest[-1]]) + 1e-6)
    weights = np.exp(-0.5 * (away[nearest] / scale) ** 2)
    shares = dict.fromkeys(known.names, 0.0)
    for index, weight in zip(nearest, weights, strict=True):
        shares[known.names[known.labels[index]]] += float(weight / weights.sum())
    return shares


def ranked(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    """Categories with their shares, the likeliest first; each has at least a little."""
    totals = dict.fromkeys(CATEGORIES, 0.01)
    for name, share in shares.items():
        totals[KINDS[name][0]] += share
    whole = sum(totals.values())
    order = sorted(totals.items(), key=lambda item: -item[1])
    return [(name, share / whole) for name, share in order]


def _from_shape(shares: Mapping[str, float], silhouette: Silhouette, outline: Outline) -> Guess:
    order = ranked(shares)
    category, share = order[0]
    known = reference()
    confidence = float(np.interp(share, known.claimed, known.earned))
    if outline.verdict == "unreliable":
        confidence *= 0.8
    others = _alternatives(category, confidence, shares, silhouette)
    return Guess(
        category,
        _subcategory(category, shares, silhouette),
        round(confidence, 3),
        others,
        f"the outline's shape, compared with {len(known.rows)} measured silhouettes",
    )


def _alternatives(
    chosen: str, confidence: float, shares: Mapping[str, float], silhouette: Silhouette
) -> tuple[tuple[str, str, float], ...]:
    """The three next categories; what is not claimed is shared out as the shape says."""
    rest = [(name, share) for name, share in ranked(shares) if name != chosen]
    left = (1 - confidence) / sum(share for _, share in rest)
    return tuple(
        (name, _subcategory(name, shares, silhouette), round(min(left * share, confidence), 3))
        for name, share in rest[:3]
    )


def _subcategory(category: str, shares: Mapping[str, float], silhouette: Silhouette) -> str:
    """The name the shape supports; a general one where it does not."""
    inside = {KINDS[name][1]: share for name, share in shares.items() if KINDS[name][0] == category}
    total = sum(inside.values())
    if category == "dresses-and-skirts" and total > 0:
        return max(inside, key=lambda name: inside[name])
    if category == "tops":
        shape = _top_by_shape(silhouette)
        if shape:
            return shape
    best = max(inside, key=lambda name: inside[name], default="")
    if total > 0 and inside[best] >= SURE_SUBCATEGORY * total and best != "shirt":
        return best
    return GENERIC[category]


def _top_by_shape(silhouette: Silhouette) -> str:
    """A hoodie by its hood, a tank top by its straps; empty when it shows neither."""
    figures = silhouette.features
    sleeves = min(figures["arm_left"], figures["arm_right"])
    if figures["top_narrow"] > HOOD_FROM and sleeves > 0.04 and figures["legs"] < 0.3:
        return "hoodie"
    if figures["top_span"] > 0.5 and figures["neck"] > STRAP_FROM:
        return "tank top"
    return ""
