"""File names from outside are text to show, never paths."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120
LONGEST_SUFFIX = 12


def clean_name(filename: str, *, fallback: str = "untitled") -> str:
    """The last path part as plain text of 1 to 120 characters.

    Control, bidirectional and invisible characters, surrogates and line separators are
    dropped, blanks collapsed; a long name is cut in front of its extension.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", _printable(filename)))[-1]
    name = " ".join(last.split()).strip(". ")
    if len(name) > LONGEST_NAME:
        name = _cut(name)
    return name or fallback


def _printable(text: str) -> str:
    kept = (" " if letter in "\t\n\r\u2028\u2029" else letter for letter in text)
    return "".join(letter for letter in kept if unicodedata.category(letter)[0] != "C")


def _cut(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > LONGEST_SUFFIX:
        return name[:LONGEST_NAME].rstrip(". ")
    tail = dot + suffix
    return stem[: LONGEST_NAME - len(tail)].rstrip(". ") + tail
