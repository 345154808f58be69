"""Stored files by key, in the folder of Django's default storage.

A key is ``kind/ab/cd/<uuid>.<extension>``: no word of a user is in it, files spread over
folders, and what is stored under a key never changes.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core import signing
from django.core.files import File
from django.core.files.storage import default_storage

from core.errors import NotFound
from core.ids import uuid7

MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "mp4": "video/mp4",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "npz": "application/octet-stream",
}
LONGEST_MINUTES = 10
BLOCK = 1024 * 1024  # bytes that are read or written at once
MEDIA_PATH = "/media/"
_KEY = re.compile(r"[a-z][a-z0-9-]{0,31}/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}\.([a-z0-9]{2,5})")
_signer = signing.Signer(salt="core.storage.signed_url")


class TooManyBytes(ValueError):
    """What was to be stored is longer than its caller allows."""


class Ticket(NamedTuple):
    """What a signed URL allows: one file, and the name it is saved under (or shown inline)."""

    key: str
    name: str | None


def put(kind: str, data: bytes, extension: str) -> str:
    """Store bytes under a new key; ``kind`` is the top folder (``photos``, ``sketches`` …).

    Raises OSError when the storage is full or away; then nothing is left behind.
    """
    key = new_key(kind, extension)
    write(key, [data], most=len(data))
    return key


def new_key(kind: str, extension: str) -> str:
    """A key that nothing is stored under yet; ValueError for a kind or extension that is not ours.

    For ``write``, where the key has to be known before the bytes are there.
    """
    ident = uuid7().hex
    key = f"{kind}/{ident[-2:]}/{ident[-4:-2]}/{ident}.{extension.lower()}"
    media_type(key)
    return key


def write(key: str, pieces: Iterable[bytes], *, most: int) -> int:
    """Store bytes as they come under a key of ``new_key``, in little memory; how many they are.

    Raises TooManyBytes when there are more than ``most``, OSError when the storage is full or
    away, and whatever ``pieces`` raises; then nothing is left behind.
    """
    media_type(key)
    incoming = _Incoming(pieces, most)
    try:
        default_storage.save(key, File(io.BufferedReader(incoming, BLOCK), name=key))
    except BaseException:  # a worker that is told to stop in the middle leaves nothing either
        with contextlib.suppress(OSError):
            default_storage.delete(key)
        raise
    return incoming.count


class _Incoming(io.RawIOBase):
    """Pieces of bytes as a file that is read once, from beginning to end, and counted."""

    def __init__(self, pieces: Iterable[bytes], most: int) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")
        self._most = most
        self.count = 0

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill what fits of the next piece; 0 at the end. Raises TooManyBytes."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self.count += len(piece)
            if self.count > self._most:
                raise TooManyBytes(f"more than {self._most} bytes")
            self._rest = memoryview(piece)
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken


def read(key: str) -> bytes:
    """The bytes under a key; raises NotFound."""
    with open(key) as file:
        data: bytes = file.read()
    return data


def open(key: str) -> File[bytes]:
    """The file under a key, for reading in parts; close it. Raises NotFound."""
    media_type(key)
    try:
        return default_storage.open(key, "rb")
    except FileNotFoundError:
        raise _gone() from None


def size(key: str) -> int:
    """The number of bytes under a key; raises NotFound."""
    media_type(key)
    try:
        return default_storage.size(key)
    except FileNotFoundError:
        raise _gone() from None


def delete(key: str) -> None:
    """Remove what is under a key; nothing happens when it is gone already."""
    media_type(key)
    default_storage.delete(key)


def disk_used() -> float | None:
    """How full the disk of the stored files is, 0 to 1, as whoever writes to it sees it.

    None before the first file is stored.
    """
    try:
        disk = shutil.disk_usage(default_storage.path(""))
    except FileNotFoundError:
        return None
    return disk.used / (disk.used + disk.free)


def media_type(key: str) -> str:
    """The media type by a key's extension; raises ValueError for what is no key of ours."""
    found = _KEY.fullmatch(key)
    if found is None or found[1] not in MEDIA_TYPES:
        raise ValueError(f"not a storage key: {key!r}")
    return MEDIA_TYPES[found[1]]


def signed_url(key: str, *, name: str | None = None, minutes: int = LONGEST_MINUTES) -> str:
    """A URL that opens one file for at least half of ``minutes`` and never longer than them.

    It is the same for the whole of each half, so that pages can be cached. With ``name``
    the browser saves the file under it.
    """
    media_type(key)
    half_s = min(minutes, LONGEST_MINUTES) * 30
    expires_at = (int(time.time()) // half_s + 2) * half_s
    return MEDIA_PATH + _signer.sign_object([key, expires_at, name])


def redeem(token: str) -> Ticket:
    """What a signed URL's token allows now; raises NotFound when it is false or over."""
    try:
        key, expires_at, name = _signer.unsign_object(token)
    except signing.BadSignature:
        raise _gone() from None
    if time.time() >= expires_at:
        raise _gone()
    return Ticket(key, name)


def _gone() -> NotFound:
    return NotFound("This file is gone, or its link is over.", suggestions=["Reload the page"])
