"""Bytes that are stored as they come."""

from __future__ import annotations

import errno
import io
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage, default_storage

from core import storage

PIECES = [b"", b"first", b"x" * 3_000_000, b"", b"last" * 500]
WHOLE = b"".join(PIECES)
ROOMY = 10**9


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def put_stream(kind: str, pieces: Iterable[bytes], extension: str, *, most: int) -> tuple[str, int]:
    """The new key and how many bytes are stored under it."""
    key = storage.new_key(kind, extension)
    return key, storage.write(key, pieces, most=most)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_pieces_are_stored_whole_and_counted(folder: Path) -> None:
    key, count = put_stream("videos", iter(PIECES), "MP4", most=len(WHOLE))
    assert count == len(WHOLE) == storage.size(key)
    assert storage.read(key) == WHOLE
    assert storage.media_type(key) == "video/mp4"
    assert files_in(folder) == [folder / key]


def test_no_pieces_are_an_empty_file() -> None:
    key, count = put_stream("videos", iter([]), "mp4", most=0)
    assert (count, storage.read(key)) == (0, b"")


def test_one_byte_too_many_is_refused_and_leaves_nothing(folder: Path) -> None:
    with pytest.raises(storage.TooManyBytes):
        put_stream("videos", iter(PIECES), "mp4", most=len(WHOLE) - 1)
    assert files_in(folder) == []


def test_what_never_ends_is_asked_for_no_more_than_it_may_be() -> None:
    asked = 0

    def endless() -> Iterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"x" * 1000

    with pytest.raises(storage.TooManyBytes):
        put_stream("videos", endless(), "mp4", most=5000)
    assert asked == 6


class Stopped(BaseException):
    """As a worker's process is told to end."""


@pytest.mark.parametrize("reason", [ValueError("cut off"), OSError(errno.EIO, "away"), Stopped()])
def test_pieces_that_end_in_an_error_leave_nothing(folder: Path, reason: BaseException) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 3_000_000
        assert files_in(folder), "nothing was written yet: this proves nothing"
        raise reason

    with pytest.raises(type(reason)) as caught:
        put_stream("videos", broken(), "mp4", most=ROOMY)
    assert caught.value is reason
    assert files_in(folder) == []


def test_a_disk_that_takes_no_more_leaves_nothing(folder: Path) -> None:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, usual[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            put_stream("videos", iter(PIECES), "mp4", most=ROOMY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert files_in(folder) == []


def test_an_error_while_tidying_up_does_not_hide_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(name: str) -> None:
        raise OSError(errno.EIO, "away")

    monkeypatch.setattr(default_storage._wrapped, "delete", away, raising=False)  # type: ignore[attr-defined]
    with pytest.raises(storage.TooManyBytes):
        put_stream("videos", iter(PIECES), "mp4", most=10)


class ObjectStore(Storage):
    """As an object store's client: it reads parts of a size of its own, and never seeks.

    What was begun and failed is aborted there, so that ``kept`` has only what is whole.
    """

    PART = 8 * 1024

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.deleted: list[str] = []

    def exists(self, name: str) -> bool:
        return name in self.kept

    def delete(self, name: str) -> None:
        self.deleted.append(name)
        self.kept.pop(name, None)

    def _save(self, name: str, content: Any) -> str:
        assert not content.seekable()
        parts = io.BytesIO()
        while part := content.read(self.PART):
            assert len(part) <= self.PART
            parts.write(part)
        self.kept[name] = parts.getvalue()
        return name


def test_an_object_store_reads_it_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore()
    monkeypatch.setattr(storage, "default_storage", store)
    key, count = put_stream("videos", iter(PIECES), "mp4", most=ROOMY)
    assert count == len(WHOLE)
    assert store.kept == {key: WHOLE}
    with pytest.raises(storage.TooManyBytes):
        put_stream("videos", iter(PIECES), "mp4", most=1)
    assert list(store.kept) == [key]
    assert len(store.deleted) == 1


@pytest.mark.parametrize(("kind", "extension"), [("../up", "mp4"), ("videos", "exe")])
def test_a_wrong_kind_asks_for_no_piece(kind: str, extension: str, folder: Path) -> None:
    def never() -> Iterator[bytes]:
        pytest.fail("a piece was asked for")
        yield b""

    with pytest.raises(ValueError, match="not a storage key"):
        put_stream(kind, never(), extension, most=1)
    assert list(folder.iterdir()) == []


GROWTH = """
import resource, sys
from django.conf import settings
settings.configure(SECRET_KEY="of a test", MEDIA_ROOT=sys.argv[1])
from core import storage
def pieces(count):
    for number in range(count):
        yield bytes([number % 251]) * 1_000_000
storage.write(storage.new_key("videos", "mp4"), pieces(4), most=10**9)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = storage.write(storage.new_key("videos", "mp4"), pieces(200), most=10**9)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, count)
"""


def test_two_hundred_megabytes_take_no_more_memory_than_four(folder: Path, settings: Any) -> None:
    said = subprocess.run(
        [sys.executable, "-c", GROWTH, str(folder)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    grown_kib, count = map(int, said.split())
    assert count == 200_000_000
    assert grown_kib < 4 * 1024
