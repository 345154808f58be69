"""JSON with films in it, read in little memory: without its long strings, or one of those alone.

A vendor may put a whole film into its answer, as base64. What is said beside it is small.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

LONGEST: Final = 16_384  # bytes of a string that is kept
MOST_KEPT: Final = 4 * 1024 * 1024
_MARK: Final = "\0"  # what a left out string begins with, before its number
_IN_STRING: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_ESCAPED: Final = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|([^u]))", re.DOTALL)
_SPACE: Final = re.compile(rb"\s+")
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def skimmed(pieces: Iterable[bytes]) -> Any:
    """The JSON in ``pieces``, with a mark for each string that is longer than ``LONGEST``.

    Raises ValueError, and RecursionError where it is nested too deeply.
    """
    kept = bytearray()
    for number, part in _told_apart(pieces):
        if number is None:
            kept += part
            if len(kept) > MOST_KEPT:
                raise ValueError("too much beside the long strings")
    return json.loads(kept)


def number_of(text: str) -> int | None:
    """Which long string was left out here, counted from 0; None where the text is whole."""
    head, mark, number = text.partition(_MARK)
    return int(number) if mark and not head and number.isdecimal() else None


def decoded(pieces: Iterable[bytes], number: int) -> Iterator[bytes]:
    """The bytes of that long string, which is base64. Raises ValueError where it is none."""
    return from_base64(_unescaped(part for at, part in _told_apart(pieces) if at == number))


def from_base64(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes that these parts of a text say. Raises ValueError where it is no base64."""
    rest = b""
    for part in parts:
        text = rest + _SPACE.sub(b"", part).translate(_URL_SAFE)
        whole = len(text) - len(text) % 4
        rest = text[whole:]
        if whole:
            yield base64.b64decode(text[:whole], validate=True)
    if rest:
        yield base64.b64decode(rest + b"=" * (-len(rest) % 4), validate=True)


def _unescaped(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The string as JSON means it: ``=`` and ``/`` may come escaped."""
    rest = b""
    for part in parts:
        text = rest + part
        begun = text.rfind(b"\\", max(0, len(text) - 5))
        # An escape that may go on in the next part; of two strokes the first escapes the second.
        cut = begun if begun >= 0 and not _ESCAPED.match(text, begun) else len(text)
        rest = text[cut:]
        yield _ESCAPED.sub(_meant, text[:cut])
    if rest:
        raise ValueError("it ends in the middle of an escape")


def _meant(escape: re.Match[bytes]) -> bytes:
    if escape[1]:
        return chr(int(escape[1], 16)).encode("utf-8", "replace")
    return b" " if escape[2] in b"bfnrt" else escape[2]


def _told_apart(pieces: Iterable[bytes]) -> Iterator[tuple[int | None, bytes]]:
    """What is kept, with None, and the long strings' parts, each with its string's number."""
    count, is_long, held = 0, False, bytearray()
    for is_inside, part, ends in _strings(pieces):
        if not is_inside:
            yield None, part
            continue
        if is_long:
            yield count - 1, part
        else:
            held += part
            if len(held) > LONGEST:
                yield None, json.dumps(f"{_MARK}{count}").encode()
                yield count, bytes(held)
                is_long, count = True, count + 1
        if ends:
            if not is_long:
                yield None, b'"%s"' % held
            is_long, held = False, bytearray()


def _strings(pieces: Iterable[bytes]) -> Iterator[tuple[bool, bytes, bool]]:
    """Whether a part is inside a string, the part without quotes, whether the string ends there."""
    is_inside = is_escaped = False
    for piece in pieces:
        at = 0
        while at < len(piece):
            if not is_inside:
                quote = piece.find(b'"', at)
                end = len(piece) if quote < 0 else quote
                yield False, piece[at:end], False
                is_inside, at = quote >= 0, end + 1
                continue
            match = _IN_STRING.match(piece, at + is_escaped)
            end = match.end() if match else at
            ends = piece[end : end + 1] == b'"'
            is_escaped = not ends and end < len(piece)  # by a stroke that ends the piece
            yield True, piece[at : end + is_escaped], ends
            is_inside, at = not ends, end + 1
