"""Reads a sentence as the phrases, colours and numbers that are known; the rest stays words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
LONGEST = 600  # characters that are read; no wish needs more
GERMAN = ("rot", "grun", "gruen", "blau", "grau", "gelb", "braun", "schwarz", "weiss", "violett",
          "farben")  # fmt: skip
ENDINGS = ("e", "en", "er", "es", "em")
HAN = re.compile("[⺀-鿿가-힣\U00020000-\U0002ffff]")

_HEX = re.compile(r"#?(?P<six>[0-9a-f]{6})(?![\w#])|#(?P<three>[0-9a-f]{3})(?![\w#])")
_RGB = re.compile(r"rgb\s*\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")
_RATIO = re.compile(r"(\d{1,2})\s*[:×]\s*(\d{1,2})(?![\d.,])|(\d{1,2})x(\d{1,2})(?![\w.,])")
_NUMBER = re.compile(r"(?P<sign>[-+−]?)(?P<number>\d{1,6}(?:[.,]\d{1,4})?)\s?(?P<mark>%|°)?")
_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
_SPACE = re.compile(r"[\s\"“”„'’()\[\]…]+")
_BREAK = re.compile(r"[,;.!?/&|、，。；！\n]|(?<!\w)[-–—](?!\w)")


@dataclass(frozen=True)
class Token:
    """A piece of a sentence: what it is, as it was written, and a colour or a number."""

    name: str  # a name of phrases.txt, or colour, number, percent, ratio, break, word
    text: str
    hex: str = ""
    number: float = 0.0


def folded(text: str) -> str:
    """Lower case without accents, ``ß`` as ``ss``, full-width signs as usual ones."""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).replace("ß", "ss").casefold()
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in apart if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", plain)


@cache
def colour_names() -> Mapping[str, tuple[str, str]]:
    """Each name a colour has, folded, with its hex and the name that is said back."""
    found: dict[str, tuple[str, str]] = {}
    for line in (HERE / "colours.txt").read_text(encoding="utf-8").splitlines():
        code, _, names = line.partition(" ")
        if not _HEX.fullmatch(code):
            continue
        spoken = [name.strip() for name in names.split(",")]
        for name in spoken:
            for form in _inflected(folded(name)):
                found.setdefault(form, (code, spoken[0]))
    return found


def _inflected(name: str) -> tuple[str, ...]:
    """A colour as German says it before a noun: "dunkelblau", "dunkelblaue", "dunkelblauen"."""
    return (name, *(name + ending for ending in ENDINGS)) if name.endswith(GERMAN) else (name,)


@cache
def phrases(table: str) -> Mapping[str, str]:
    """The phrases of a table (a path below the studio, without its ending), folded, with names."""
    found: dict[str, str] = {}
    for line in (HERE.parent / f"{table}.txt").read_text(encoding="utf-8").splitlines():
        name, colon, said = line.partition(": ")
        if line.startswith("#") or not colon:
            continue
        for phrase in said.split(","):
            found.setdefault(folded(phrase.strip()), name)
    return found


@cache
def _starts(table: str) -> Mapping[str, tuple[str, ...]]:
    """Phrases and colours by their first character, the longest first."""
    by_first: dict[str, set[str]] = {}
    for phrase in (*phrases(table), *colour_names()):
        by_first.setdefault(phrase[0], set()).add(phrase)
    return {
        first: tuple(sorted(known, key=lambda phrase: (-len(phrase), phrase)))
        for first, known in by_first.items()
    }


def read(sentence: str, table: str = "edits/phrases") -> list[Token]:
    """The sentence's tokens in order; quotes and brackets are dropped."""
    return list(_tokens(folded(sentence), table))


def _tokens(text: str, table: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token, at = _next(text, at, table)
        yield token


def _next(text: str, at: int, table: str) -> tuple[Token, int]:
    for read_one in (_colour_code, _ratio, _number):
        if found := read_one(text, at):
            return found
    if phrase := _phrase(text, at, table):
        return phrase
    if stop := _BREAK.match(text, at):
        return Token("break", stop[0]), stop.end()
    if not HAN.match(text, at) and (word := _WORD.match(text, at)):
        return Token("word", word[0]), word.end()
    return Token("word", text[at]), at + 1


def _colour_code(text: str, at: int) -> tuple[Token, int] | None:
    if found := _RGB.match(text, at):
        parts = [min(int(part), 255) for part in found.groups()]
        code = "#" + "".join(f"{part:02x}" for part in parts)
        return Token("colour", code, hex=code), found.end()
    found = _HEX.match(text, at)
    if found is None or (not found[0].startswith("#") and found[0].isdigit()):
        return None
    six = found["six"] or "".join(digit * 2 for digit in found["three"])
    if not found[0].startswith("#") and not any(digit.isdigit() for digit in six):
        return None  # a word such as "facade"
    return Token("colour", f"#{six}", hex=f"#{six}"), found.end()


def _ratio(text: str, at: int) -> tuple[Token, int] | None:
    found = _RATIO.match(text, at)
    if found is None:
        return None
    wide, high = (float(part) for part in found.groups() if part)
    if not wide or not high or not 1 / 5 <= wide / high <= 5:
        return None
    return Token("ratio", found[0], number=wide / high), found.end()


def _number(text: str, at: int) -> tuple[Token, int] | None:
    found = _NUMBER.match(text, at)
    if found is None:
        return None
    value = float(found["number"].replace(",", "."))
    signed = -value if found["sign"] in ("-", "−") else value
    name = {"%": "percent", "°": "angle"}.get(found["mark"] or "", "number")
    return Token(name, found[0].strip(), number=signed), found.end()


def _phrase(text: str, at: int, table: str) -> tuple[Token, int] | None:
    for phrase in _starts(table).get(text[at], ()):
        end = at + len(phrase)
        if not text.startswith(phrase, at) or _goes_on(text, at, end):
            continue
        if phrase in colour_names():
            code, spoken = colour_names()[phrase]
            return Token("colour", spoken, hex=code), end
        return Token(phrases(table)[phrase], phrase), end
    return None


def _goes_on(text: str, at: int, end: int) -> bool:
    """Whether a Latin phrase ends inside a word."""
    if HAN.match(text[end - 1]):
        return False
    after = text[end : end + 1]
    return bool(after) and (after.isalnum() or after == "_") and not HAN.match(after)
