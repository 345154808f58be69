"""How the answerer's vocabulary was made, and how well it does.

    python -m bench.tokeniser_fit [--write] [--size 6000]

Reads the project's own texts (templates, documentation, what pages and docstrings say),
joins the most frequent neighbours again and again, and prints how many characters a token
holds and how fast texts are encoded. ``--write`` replaces the vocabulary.
"""

from __future__ import annotations

import argparse
import ast
import html
import itertools
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from generation.providers.studio.answerer import tokeniser
from techpack import trade

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("accounts", "assistant", "core", "credits", "generation", "notifications", "techpack")
LEAST = 3  # a pair that is rarer is a coincidence
SIZE_KB = 60  # what the file may take
_TAG = re.compile(r"\{[%#{].*?[%#}]\}|<[^>]*>", re.DOTALL)

Word = tuple[bytes, ...]


def texts() -> Iterator[str]:
    """Everything that the vocabulary is learned from, the trade's own texts first."""
    for path in sorted((ROOT / "techpack" / "templates_data").glob("*.yaml")):
        yield path.read_text(encoding="utf-8")
    yield (ROOT / "generation/providers/studio/answerer/terms.txt").read_text(encoding="utf-8")
    yield from _told()
    for path in sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))):
        yield path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield html.unescape(_TAG.sub(" ", path.read_text(encoding="utf-8")))
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield from _spoken(path)


def _told() -> Iterator[str]:
    """Templates as the assistant is told them: compact JSON, most of what a request holds."""
    for category in trade.CATEGORIES:
        for kind in trade.subcategories(category):
            told = trade.template_for(category, kind).model_dump(mode="json", exclude_none=True)
            for rows in ("points_of_measure", "bom", "construction"):
                table = [list(row.values()) for row in told[rows]]
                yield json.dumps(table, ensure_ascii=False, separators=(",", ":"))


def _spoken(path: Path) -> Iterator[str]:
    """Sentences in a module: docstrings and texts for people."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def fit(corpus: Sequence[str], *, size: int) -> list[bytes]:
    """The vocabulary: tokens in the order in which they were joined."""
    counts = Counter(chunk for text in corpus for chunk in tokeniser.CHUNK.findall(text))
    words = {
        tuple(bytes([byte]) for byte in chunk.encode()): count for chunk, count in counts.items()
    }
    learned = Pairs(words)
    found: dict[bytes, None] = {}
    while len(found) < size and (pair := learned.best()) is not None:
        found[pair[0] + pair[1]] = None
        learned.join(pair)
    return list(found)


class Pairs:
    """Words as sequences of tokens, with how often each pair of neighbours is there."""

    def __init__(self, words: dict[Word, int]) -> None:
        self.words = list(words.items())
        self.counts: Counter[tuple[bytes, bytes]] = Counter()
        self.where: dict[tuple[bytes, bytes], set[int]] = defaultdict(set)
        for index in range(len(self.words)):
            self._add(index, 1)

    def best(self) -> tuple[bytes, bytes] | None:
        """The most frequent pair; of equals the one that comes first in the alphabet."""
        if not self.counts:
            return None
        pair, count = min(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return pair if count >= LEAST else None

    def join(self, pair: tuple[bytes, bytes]) -> None:
        """Make one token of the pair wherever it stands."""
        for index in list(self.where[pair]):
            self._add(index, -1)
            word, count = self.words[index]
            self.words[index] = (_joined(word, pair), count)
            self._add(index, 1)

    def _add(self, index: int, sign: int) -> None:
        word, count = self.words[index]
        for pair in itertools.pairwise(word):
            self.counts[pair] += sign * count
            if self.counts[pair] <= 0:
                del self.counts[pair]
            if sign > 0:
                self.where[pair].add(index)
            else:
                self.where[pair].discard(index)


def _joined(word: Word, pair: tuple[bytes, bytes]) -> Word:
    parts, at = [], 0
    while at < len(word):
        if word[at : at + 2] == pair:
            parts.append(pair[0] + pair[1])
            at += 2
        else:
            parts.append(word[at])
            at += 1
    return tuple(parts)


def _within(tokens: Sequence[bytes], most: int) -> str:
    """As many lines of the vocabulary as the file may take."""
    lines, size = [], 0
    for token in tokens:
        line = f"{tokeniser.written(token)}\n"
        size += len(line)
        if size > most:
            break
        lines.append(line)
    return "".join(lines)


def measure(corpus: Sequence[str]) -> dict[str, float]:
    """Characters a token, and kilobytes a second with nothing remembered and with all."""
    text = "\n".join(corpus)
    kilobytes = len(text.encode()) / 1000
    tokeniser.encode("warm up")
    tokeniser._chunk.cache_clear()
    spent = []
    for _ in range(2):
        started = time.perf_counter()
        tokens = tokeniser.count_text(text)
        spent.append(time.perf_counter() - started)
    return {
        "characters_per_token": round(len(text) / tokens, 2),
        "cold_kb_per_s": round(kilobytes / spent[0]),
        "warm_kb_per_s": round(kilobytes / spent[1]),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Learn or only measure; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--size", type=int, default=8000)
    options = parser.parse_args(arguments)
    corpus = list(texts())
    if options.write:
        vocabulary = _within(fit(corpus, size=options.size), SIZE_KB * 1000)
        tokeniser.VOCABULARY.write_text(vocabulary, encoding="ascii")
        print(f"{vocabulary.count(chr(10))} tokens, {len(vocabulary)} bytes")
    print(json.dumps(measure(corpus)))


if __name__ == "__main__":
    main()
