"""Folds what people type, so that words can be looked for."""

from __future__ import annotations

import re
import unicodedata


def plain(words: str) -> str:
    """Lower case, without accents, words apart: ``IMG_backView-2`` → ``img back view 2``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)
    folded = unicodedata.normalize("NFKD", apart.replace("ß", "ss")).casefold()
    # Kana and hangul are put together again: their marks are letters, not accents.
    folded = "".join(c for c in folded if not ("\u0300" <= c <= "\u036f"))
    folded = unicodedata.normalize("NFKC", folded)
    return re.sub(r"[\W_]+", " ", folded).strip()


def has_spaces(word: str) -> bool:
    """Whether a word's script puts spaces between words."""
    return all(c < "\u2e80" for c in word)
