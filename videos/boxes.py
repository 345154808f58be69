"""What an MP4 claims of itself, before anything decodes it (ISO/IEC 14496-12 § 4.2 and 8).

A few bytes can claim billions of samples, and a decoder makes room for what is claimed. So the
lengths of boxes and the counts in their tables are looked at first: what claims more than a film
of minutes needs is none, and neither is one whose end is missing.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

TABLES_MOST_BYTES: Final = 16 * 1024 * 1024
BOXES_MOST: Final = 20_000
SAMPLES_MOST: Final = 400_000  # of all tables together: ten minutes at 60 frames a second, and more
TRACKS_MOST: Final = 8
EDITS_MOST: Final = 64  # each may repeat all samples

# Sound and picture themselves, and what no decoder looks into.
_OPAQUE: Final = frozenset({b"mdat", b"free", b"skip", b"wide", b"uuid"})
# Compressed tables hide what they claim; encrypted films and stored pictures are no films.
_REFUSED: Final = re.compile(rb"cmov|senc|saiz|iloc|iinf")
_CLAIMS: Final = re.compile(rb"stsz|stz2|trun|stts|ctts|sbgp|elst")


class NotAFilm(ValueError):
    """Why the file is no MP4 that may be decoded."""


class Readable(Protocol):
    """As far as a file is needed here."""

    def seek(self, offset: int, /) -> int:
        """Go there."""
        ...

    def read(self, size: int, /) -> bytes:
        """At most so many bytes."""
        ...


class Box(NamedTuple):
    """A box of the file: its type, where it begins, and its length with its header, in bytes."""

    kind: bytes
    start: int
    length: int


def check(file: Readable, size: int) -> None:
    """Raises NotAFilm unless the file of ``size`` bytes is whole and claims no more than it may."""
    boxes = list(_boxes(file, size))
    kinds = {box.kind for box in boxes}
    if not boxes or boxes[0].kind != b"ftyp":
        raise NotAFilm("it is no MP4")
    if not kinds >= {b"moov", b"mdat"}:
        raise NotAFilm("it has no tables, or nothing that they tell of")
    tables = [box for box in boxes if box.kind not in _OPAQUE]
    if sum(box.length for box in tables) > TABLES_MOST_BYTES:
        raise NotAFilm("its tables are too long")
    claims = _Claims()
    for box in tables:
        file.seek(box.start)
        claims.read(file.read(box.length))


def _boxes(file: Readable, size: int) -> Iterator[Box]:
    at = count = 0
    while size - at >= 8:
        file.seek(at)
        head = file.read(16)
        length, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:  # as far as the file goes
            length = size - at
        count += 1
        if length < header or at + length > size:
            raise NotAFilm("its end is missing")
        if count > BOXES_MOST:
            raise NotAFilm("it has too many boxes")
        yield Box(kind, at, length)
        at += length


class _Claims:
    """The sums of what tables claim. They are found wherever they lie, as a decoder may."""

    def __init__(self) -> None:
        self.samples = self.edits = self.tracks = 0

    def read(self, data: bytes) -> None:
        """Add one top-level box's; raises NotAFilm when it is too much."""
        if hidden := _REFUSED.search(data):
            raise NotAFilm(f"it has a box {hidden[0].decode()}")
        self.tracks += data.count(b"trak")
        for found in _CLAIMS.finditer(data):
            try:
                self._add(found[0], data, found.end())
            except struct.error:
                raise NotAFilm("a table is cut off") from None
        if self.tracks > TRACKS_MOST:
            raise NotAFilm(f"it has {self.tracks} tracks")
        if self.samples > SAMPLES_MOST or self.edits > EDITS_MOST:
            raise NotAFilm(f"it claims {self.samples} samples and {self.edits} edits")

    def _add(self, kind: bytes, data: bytes, at: int) -> None:
        """A table's counts; ``at`` is behind its type, where version and flags begin."""
        if kind in (b"stsz", b"stz2"):
            self.samples += _number(data, at + 8)
        elif kind == b"trun":
            self.samples += _number(data, at + 4)
        elif kind == b"elst":
            self.edits += _number(data, at + 4)
        else:
            begin = at + 4
            if kind == b"sbgp":  # grouping type, and a parameter from version 1 on
                begin += 4 if _number(data, at) >> 24 == 0 else 8
            count = min(_number(data, begin), (len(data) - begin) // 8)
            runs = struct.iter_unpack(">II", data[begin + 4 : begin + 4 + 8 * count])
            self.samples += sum(samples for samples, _ in runs)


def _number(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">I", data, at)[0])
