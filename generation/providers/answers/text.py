"""Words of a model as data: bounded, in one line, without what cannot be seen."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container
from typing import Final

NAME_MOST: Final = 80
VALUE_MOST: Final = 300
SENTENCE_MOST: Final = 400
_SLUG_MOST: Final = 60
_JOINERS: Final = frozenset("\u200c\u200d")  # scripts need them to write words
_APART: Final = re.compile(r"[^a-z0-9]+")


def clean(text: str, most: int) -> str:
    """One line of at most ``most`` characters; control and direction signs are gone."""
    line = " ".join(text[: 4 * most].split())
    seen = "".join(sign for sign in line if sign in _JOINERS or _is_seen(sign))
    line = " ".join(unicodedata.normalize("NFC", seen).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def slug(text: str) -> str:
    """A name as a part of an id, ``side-seam``; the same for the same name, in every script.

    A name that is mostly not in Latin letters becomes a few figures made from it. "" where there
    is neither letter nor figure.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    folded = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().lower()
    letters = sum(sign.isalnum() for sign in plain)
    if 2 * sum(sign.isalnum() for sign in folded) < letters:
        return f"x{hashlib.sha256(' '.join(plain.split()).encode()).hexdigest()[:10]}"
    return _APART.sub("-", folded).strip("-")[:_SLUG_MOST].rstrip("-")


def free_id(wanted: str, taken: Container[str]) -> str:
    """``wanted``, or with the first number from 2 that makes it the only one."""
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    return found


def _is_seen(sign: str) -> bool:
    return not unicodedata.category(sign).startswith("C")
