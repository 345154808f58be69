"""The prompt files: ``NAME.VERSION.md``, the newest version of each name is used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent
_FILE: Final = re.compile(r"([a-z][a-z-]*)\.([1-9]\d*)\.md")
_PART: Final = re.compile(r"^\{\{([a-z-]+\.[1-9]\d*)\}\}$", re.MULTILINE)


@dataclass(frozen=True)
class Text:
    """A prompt's text with its parts put in; ``$names`` are still to be filled."""

    name: str
    number: int
    body: str

    @property
    def version(self) -> str:
        """Such as ``analyze-view@1``."""
        return f"{self.name}@{self.number}"

    def filled(self, words: Mapping[str, str]) -> str:
        """The text with our own words for its ``$names``; raises KeyError for one without."""
        return Template(self.body).substitute(words).strip()


@cache
def newest(name: str) -> Text:
    """The newest version of a text; raises KeyError."""
    numbers = [number for found, number in _listed() if found == name]
    if not numbers:
        raise KeyError(name)
    number = max(numbers)
    return Text(name, number, _read(f"{name}.{number}"))


@cache
def _listed() -> tuple[tuple[str, int], ...]:
    matches = (_FILE.fullmatch(path.name) for path in sorted(FOLDER.iterdir()))
    return tuple((match[1], int(match[2])) for match in matches if match)


def _read(stem: str) -> str:
    """A file's text; a line ``{{part.1}}`` stands for that file."""
    text = (FOLDER / f"{stem}.md").read_text(encoding="utf-8")
    return _PART.sub(lambda match: _read(match[1]).strip(), text)
