"""Text in tokens: byte-level pair encoding over a vocabulary of the trade's own words.

Any text can be encoded and comes back as it was. The vocabulary is ``tokens.txt``, one
token a line in the order of its rank after the 256 single bytes; ``bench/tokeniser_fit.py``
makes it. Text is first cut into chunks (a word with the space before it, up to three
digits, a run of signs or of blanks), so that a token never crosses a word's beginning.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

VOCABULARY = Path(__file__).with_name("tokens.txt")
CHUNK = re.compile(
    r" ?[^\W\d_]{1,24}| ?\d{1,3}| ?(?:[^\w\s]|_){1,12}"
    r"| {1,24}(?=\s|$)|[\r\n]{1,24}|[^\S \r\n]{1,24}"
)
PER_MESSAGE = 4  # who speaks, and where the message begins and ends
TO_ANSWER = 3  # what opens the answer
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def written(token: bytes) -> str:
    """A token as a line of the vocabulary: a space is ``_``, what cannot be seen is escaped."""
    shown = (
        "_" if byte == 0x20 else chr(byte) if 0x20 < byte < 0x7F and byte not in b"\\_" else ""
        for byte in token
    )
    return "".join(sign or f"\\x{byte:02x}" for sign, byte in zip(shown, token, strict=True))


def read(line: str) -> bytes:
    """The token that a line of the vocabulary stands for."""
    plain = line.encode("ascii").replace(b"_", b" ")
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), plain)


@cache
def _tokens() -> tuple[bytes, ...]:
    """Every token by its number: the single bytes, then the vocabulary."""
    lines = VOCABULARY.read_text(encoding="ascii").splitlines()
    return (*(bytes([byte]) for byte in range(256)), *(read(line) for line in lines))


@cache
def _numbers() -> dict[bytes, int]:
    return {token: number for number, token in enumerate(_tokens())}


@lru_cache(maxsize=65_536)
def _chunk(chunk: str) -> tuple[int, ...]:
    """A chunk's tokens: the neighbours that rank first are joined, until none can be."""
    numbers = _numbers()
    raw = chunk.encode("utf-8", "surrogatepass")
    if (whole := numbers.get(raw)) is not None:
        return (whole,)
    parts = [raw[at : at + 1] for at in range(len(raw))]
    none = len(numbers)
    ranks = [numbers.get(raw[at : at + 2], none) for at in range(len(raw) - 1)]
    while ranks and (best := min(ranks)) < none:
        at = ranks.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
        del ranks[at]
        if at:
            ranks[at - 1] = numbers.get(parts[at - 1] + parts[at], none)
        if at < len(ranks):
            ranks[at] = numbers.get(parts[at] + parts[at + 1], none)
    return tuple(numbers[part] for part in parts)


def encode(text: str) -> list[int]:
    """The numbers of the text's tokens."""
    return [number for chunk in CHUNK.findall(text) for number in _chunk(chunk)]


def decode(numbers: Iterable[int]) -> str:
    """The text of these tokens; raises IndexError for a number that is no token.

    Where the numbers end inside a character, as after a cut, its beginning is left out.
    """
    tokens = _tokens()
    reader = codecs.getincrementaldecoder("utf-8")("surrogatepass")
    return reader.decode(b"".join(tokens[number] for number in numbers))


def pieces(text: str, *, tokens_each: int) -> Iterator[str]:
    """The text in pieces of at least so many tokens, cut between words.

    The tokens of the first pieces, counted together, are those that the text begins with.
    """
    held, tokens = [], 0
    for chunk in CHUNK.findall(text):
        held.append(chunk)
        tokens += len(_chunk(chunk))
        if tokens >= tokens_each:
            yield "".join(held)
            held, tokens = [], 0
    if held:
        yield "".join(held)


def count_text(text: str) -> int:
    """How many tokens the text has."""
    return sum(len(_chunk(chunk)) for chunk in CHUNK.findall(text))


def count_request(
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Any = None,
    knowledge: Mapping[str, Any] | None = None,
) -> int:
    """How many tokens a request has: its messages, its tools and what is known of the pack.

    Pictures and sounds count nothing, for nobody looks at them here.
    """
    given = sum(PER_MESSAGE + _count_message(message) for message in messages)
    if tools:
        given += count_text(_json(tools))
    if knowledge:
        given += PER_MESSAGE + count_text(_json(knowledge))
    return given + TO_ANSWER


def _count_message(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, Mapping) else part for part in parts]
    total = sum(count_text(text) for text in texts if isinstance(text, str))
    if isinstance(name := message.get("name"), str):
        total += count_text(name)
    if calls := message.get("tool_calls"):
        total += count_text(_json(calls))
    return total


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
