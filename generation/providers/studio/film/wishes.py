"""What the words of a film ask for: movement, pace, backdrop, light; the rest is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from generation.providers.protocols import VideoAsked
from generation.providers.studio.category import named
from generation.providers.studio.edits.phrases import LONGEST, Token, read
from generation.providers.studio.film import refusals

MOVEMENTS: Final = {
    "turn": "turntable",
    "pan": "pan",
    "in": "zoom in",
    "out": "zoom out",
    "close": "close-ups",
    "still": "still",
}
# The engine's own names of its close-ups.
PARTS: Final = {
    "part-neckline": "Neckline",
    "part-cuff": "Sleeve end",
    "part-hem": "Hem",
    "part-waistband": "Waistband",
    "part-fly": "Front rise",
    "part-toe": "Toe",
    "part-heel": "Heel",
    "part-sole": "Sole",
    "part-handle": "Handle",
}
PACES: Final = {"slow": 0.6, "quick": 1.5}
DARK, PALE = "#2c3640", "#eef0ec"
SIDES: Final = ("left", "right")
_TABLE: Final = "film/phrases"
_SKIPPED: Final = frozenset(
    ("filler", "and", "product", "whole", "film", "nice", "focus", "view", "fade", "shape", "on",
     "shadow", "backdrop", "lit", *SIDES)
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What was understood, and the words that were not.

    ``movements`` are names of ``MOVEMENTS``, none for the usual; ``parts`` are close-ups to go
    to; ``backdrop`` is ``#rrggbb`` or "" for paper; ``warmth`` is -1..1; ``light_from`` a side
    or "".
    """

    movements: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    pace: float = 1.0
    backdrop: str = ""
    backdrop_name: str = ""
    warmth: float = 0.0
    light_from: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def said(self) -> list[str]:
        """What was understood, in few words each."""
        parts = [words for name, words in MOVEMENTS.items() if name in self.movements]
        parts += [f"close to the {part.lower()}" for part in self.parts]
        parts += [name for name, pace in PACES.items() if pace == self.pace]
        parts += [f"{self.backdrop_name} backdrop"] if self.backdrop_name else []
        parts += [{1: "warm light", -1: "cool light"}[round(self.warmth)]] if self.warmth else []
        parts += [f"light from the {self.light_from}"] if self.light_from else []
        return parts


def wish_of(asked: VideoAsked) -> Wish:
    """Read the words of a film. Raises ProviderError for what the studio cannot do."""
    if len(asked.prompt.strip()) > LONGEST:
        raise refusals.too_long(LONGEST)
    brief = asked.brief
    own = " ".join((asked.title, brief.words, brief.category, brief.subcategory, *brief.vocabulary))
    said = named(f"{asked.title}\n{brief.words}")
    kinds = {brief.category, said[0][0] if said else ""} - {""}
    reader = _Reader(_words(own), frozenset(kinds), asked.seconds)
    for clause in _clauses(read(asked.prompt, _TABLE)):
        reader.take(clause)
    wish = reader.wish()
    if wish.unknown:
        raise refusals.not_understood(wish.unknown, wish.said)
    return wish


def _words(text: str) -> frozenset[str]:
    """A product's own words; long texts in pieces, for a sentence is read only so far."""
    pieces = (text[at : at + LONGEST] for at in range(0, len(text), LONGEST))
    return frozenset(token.text for piece in pieces for token in read(piece, _TABLE))


def _clauses(tokens: Sequence[Token]) -> list[list[Token]]:
    clauses: list[list[Token]] = [[]]
    for token in tokens:
        if token.name == "break":
            clauses.append([])
        else:
            clauses[-1].append(token)
    return [clause for clause in clauses if clause]


@dataclass
class _Reader:
    """Reads clause by clause; each token is used once, what is left over is unknown."""

    own: frozenset[str]
    kinds: frozenset[str]  # the product's categories, none where nobody said them
    seconds: int
    movements: set[str] = field(default_factory=set)
    parts: dict[str, None] = field(default_factory=dict)
    pace: float = 1.0
    backdrop: tuple[str, str] = ("", "")
    warmth: float = 0.0
    light_from: str = ""
    unknown: list[str] = field(default_factory=list)

    def wish(self) -> Wish:
        near = {"close"} if self.parts else set()
        return Wish(
            frozenset(self.movements - ({"in"} if near else set()) | near),
            tuple(self.parts),
            self.pace,
            *self.backdrop,
            self.warmth,
            self.light_from,
            tuple(self.unknown),
        )

    def take(self, clause: list[Token]) -> None:
        order, before = [token.text for token in clause], len(self.unknown)
        clause = self._without(clause)
        names = {token.name for token in clause}
        steps: tuple[Callable[[list[Token], set[str]], list[Token]], ...] = (
            self._numbers,
            self._movement,
            self._ground,
            self._light,
        )
        for step in steps:
            clause = step(clause, names)
        self.unknown += [token.text for token in clause if not self._is_harmless(token)]
        self.unknown[before:] = sorted(
            self.unknown[before:], key=lambda text: order.index(text) if text in order else 0
        )

    def _without(self, clause: list[Token]) -> list[Token]:
        """Drop "no music": what films never have, and movements that are not wanted."""
        left: list[Token] = []
        off = False
        for token in clause:
            if token.name == "no":
                off = True
            elif off and (token.name == "never" or token.name in (*MOVEMENTS, *PACES)):
                continue
            elif off and token.name == "backdrop":
                self.unknown.append(f"no {token.text}")
            elif not (off and token.name in ("and", "filler")):
                off = False
                left.append(token)
        return left

    def _numbers(self, clause: list[Token], names: set[str]) -> list[Token]:
        """The film's own length and shape may be said again, and a full turn by its degrees."""
        if "angle" in names or ("number" in names and names & {"degrees", "turn", "view"}):
            turned = [t for t in clause if t.name in ("number", "angle") and t.number == 360]
            self.movements |= {"turn"} if turned else set()
            clause = [t for t in clause if t not in turned and t.name != "degrees"]
        return [
            t
            for t in clause
            if t.name not in ("time", "ratio")
            and not (t.name == "number" and abs(t.number) == self.seconds)
        ]

    def _movement(self, clause: list[Token], names: set[str]) -> list[Token]:
        self.movements |= names & set(MOVEMENTS)
        self.parts |= {PARTS[t.name]: None for t in clause if t.name in PARTS}
        for name, pace in PACES.items():
            self.pace = pace if name in names else self.pace
        return [t for t in clause if t.name not in {*MOVEMENTS, *PACES, *PARTS}]

    def _ground(self, clause: list[Token], names: set[str]) -> list[Token]:
        """A colour is the backdrop's where it stands after "on" or right before "backdrop"."""
        left: list[Token] = []
        behind = False  # the product: what is said after "on"
        for at, token in enumerate(clause):
            behind = behind or token.name == "on"
            nouns = [t.name for t in clause[at + 1 : at + 4] if t.name not in ("filler", "nice")]
            is_ground = behind or "backdrop" in nouns
            if token.name == "colour" and is_ground:
                self.backdrop = (token.hex, token.text)
            elif token.name == "dark":
                self.backdrop = (DARK, "dark")
            elif token.name == "pale":
                self.backdrop = self.backdrop if self.backdrop[0] else (PALE, "pale")
            elif behind and token.name == "word" and token.text not in self.own:
                self.unknown.append(token.text)
            elif token.name != "colour" or not self._is_own_colour(clause, at):
                left.append(token)
        return left

    def _is_own_colour(self, clause: list[Token], at: int) -> bool:
        """Whether a colour is said of the product: it is its own word, or stands before one."""
        after = clause[at + 1 : at + 3]
        return clause[at].text in self.own or any(
            t.name == "product" or (t.name == "word" and self._is_harmless(t)) for t in after
        )

    def _light(self, clause: list[Token], names: set[str]) -> list[Token]:
        if "lit" in names or "shadow" in names:
            self.light_from = next((s for s in SIDES if s in names), self.light_from)
        for name, warmth in (("warm", 1.0), ("cool", -1.0)):
            self.warmth = warmth if name in names else self.warmth
        return [t for t in clause if t.name not in ("warm", "cool")]

    def _is_harmless(self, token: Token) -> bool:
        """Words that name the product, and small words that were not needed."""
        if token.name != "word":
            return token.name in _SKIPPED
        if not any(sign.isalnum() for sign in token.text):
            return True
        other = named(token.text)
        is_named = other is not None and (not self.kinds or other[0][0] in self.kinds)
        return token.text in self.own or is_named
