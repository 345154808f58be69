"""Reading what others send, with a limit that holds while reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from core.errors import PayloadTooLarge

BLOCK = 64 * 1024
MB = 1024 * 1024


class Readable(Protocol):
    """Anything with ``read(size)`` of bytes: a file, an upload, an HTTP request."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


def read_limited(stream: Readable, limit: int, *, what: str = "The file") -> bytes:
    """All bytes of the stream, at most ``limit``.

    Raises PayloadTooLarge as soon as one byte more was read, so that a sender who lies
    about the length costs no more memory than an honest one.
    """
    return gather_limited(iter(lambda: stream.read(BLOCK), b""), limit, what=what)


def gather_limited(blocks: Iterable[bytes], limit: int, *, what: str = "The file") -> bytes:
    """The blocks joined, at most ``limit`` bytes; raises PayloadTooLarge beyond."""
    gathered = bytearray()
    for block in blocks:
        gathered += block
        if len(gathered) > limit:
            raise too_large(limit, what=what)
    return bytes(gathered)


def too_large(limit: int, *, what: str = "The file") -> PayloadTooLarge:
    """The refusal of more than ``limit`` bytes, in words."""
    words = f"{limit // MB} MB" if limit >= MB else f"{limit // 1024} kB"
    return PayloadTooLarge(
        f"{what} is larger than {words}.",
        suggestions=[f"Send at most {words}"],
        context={"limitBytes": limit},
    )
