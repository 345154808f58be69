"""Whether what a provider sent is a film: what is none is refused in little time and memory."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from django.core.files.storage import default_storage
from hypothesis import given
from hypothesis import settings as thorough
from hypothesis import strategies as st
from PIL import Image

from core import storage
from core.errors import NotFound
from generation.errors import Failure, ProviderError
from tests.fakes.films import HEIGHT, WIDTH, broken_film, small_film
from videos import boxes, probing
from videos.probing import Probed, probe


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def probed(data: bytes) -> Probed:
    return probe(storage.put("videos", data, "mp4"))


def refused(data: bytes) -> str:
    with pytest.raises(ProviderError) as caught:
        probed(data)
    assert caught.value.failure is Failure.MALFORMED_OUTPUT
    return str(caught.value)


def film(
    *,
    size: tuple[int, int] = (64, 48),
    shades: list[int],
    rate: int = 5,
    container: str = "mp4",
    codec: str = "h264",
    options: dict[str, str] | None = None,
) -> bytes:
    """A film with a frame of a light square on each shade; without one on shade 0."""
    with tempfile.NamedTemporaryFile() as paper:  # tables are put first by reading it again
        _write(paper.name, size, shades, rate, container, codec, options or {})
        return Path(paper.name).read_bytes()


def _write(
    path: str,
    size: tuple[int, int],
    shades: list[int],
    rate: int,
    container: str,
    codec: str,
    options: dict[str, str],
) -> None:
    with av.open(path, "w", format=container, options=options) as made:
        stream: Any = made.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for shade in shades:
            picture = np.full((size[1], size[0], 3), shade, np.uint8)
            if shade:
                picture[10:30, 10:30] = 255
            made.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        made.mux(stream.encode())


@cache
def sound(*, cover: bool = False) -> bytes:
    """A second of silence in an MP4, perhaps with a still cover as music has it."""
    paper = io.BytesIO()
    with av.open(paper, "w", format="mp4") as made:
        voice: Any = made.add_stream("aac", rate=44_100)
        picture: Any = None
        if cover:
            picture = made.add_stream("mjpeg", rate=1)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
        for _ in range(43):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate = 44_100
            made.mux(voice.encode(frame))
        made.mux(voice.encode())
        if cover:
            still = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            made.mux(picture.encode(still.reformat(format="yuvj420p")))
            made.mux(picture.encode())
    return paper.getvalue()


def test_a_film_is_known_by_its_length_size_and_codec() -> None:
    found = probed(small_film(2))
    assert found.seconds == pytest.approx(2, abs=0.01)
    assert (found.width, found.height, found.codec) == (WIDTH, HEIGHT, "h264")
    assert Image.open(io.BytesIO(found.poster)).format == "JPEG"


def test_tables_may_lie_before_or_behind_and_come_in_parts() -> None:
    for flags in ("faststart", "frag_keyframe+empty_moov", "disable_chpl"):
        found = probed(film(shades=[80] * 10, options={"movflags": flags}))
        assert found.seconds == pytest.approx(2, abs=0.25), flags


@pytest.mark.parametrize("codec", ["libsvtav1", "libvpx-vp9"])
def test_other_codecs_that_browsers_play_are_taken(codec: str) -> None:
    found = probed(film(shades=[80] * 3, codec=codec, size=(64, 64)))
    assert found.codec in ("av1", "vp9")


def test_the_poster_is_a_frame_that_shows_something() -> None:
    dark_first = probed(film(shades=[0] * 4 + [40] * 6))
    assert np.asarray(Image.open(io.BytesIO(dark_first.poster)).convert("L")).max() > 200


def test_a_film_of_one_even_colour_is_still_a_film() -> None:
    even = probed(film(shades=[0] * 5))
    assert np.asarray(Image.open(io.BytesIO(even.poster)).convert("L")).max() < 30


def test_a_poster_is_no_larger_than_a_page_shows() -> None:
    upright = probed(film(size=(1080, 1920), shades=[80] * 2))
    assert Image.open(io.BytesIO(upright.poster)).size == (720, 1280)
    assert (upright.width, upright.height) == (1080, 1920)


def zipped() -> bytes:
    paper = io.BytesIO()
    with zipfile.ZipFile(paper, "w") as made:
        made.writestr("film.mp4", small_film())
    return paper.getvalue()


NO_FILMS: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no MP4"),
    "a byte": (lambda: b"x", "no MP4"),
    "words": (lambda: b"We are sorry, this film has expired." * 50, "end is missing"),
    "JSON": (lambda: b'{"error": {"message": "not found"}}', "end is missing"),
    "a playlist": (lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "end is missing"),
    "a ZIP": (zipped, "end is missing"),
    "zeros": (broken_film, "no tables"),
    "a beginning": (lambda: b"\0\0\0\x08ftyp", "no tables"),
    "all but the last byte": (lambda: small_film()[:-1], "end is missing"),
    "the first hundred bytes": (lambda: small_film()[:100], "end is missing"),
    "all tables, half the pictures": (
        lambda: film(shades=[80] * 4, options={"movflags": "faststart"})[:-40],
        "end is missing",
    ),
    "sound": (sound, "no moving picture"),
    "a song and its cover": (lambda: sound(cover=True), "no moving picture"),
    "Matroska": (lambda: film(shades=[80] * 3, container="matroska"), "end is missing"),
    "MPEG-4 part 2": (lambda: film(shades=[80] * 3, codec="mpeg4"), "do not play mpeg4"),
    "a huge picture": (lambda: film(size=(2570, 1440), shades=[80]), "2570 × 1440"),
    "more than three minutes": (lambda: film(shades=[9] * 370, rate=2), "185.00 s"),
}


@pytest.mark.parametrize("name", NO_FILMS)
def test_what_is_no_film_is_malformed_output(name: str) -> None:
    data, because = NO_FILMS[name]
    assert because in refused(data())


def test_a_film_whose_pictures_are_gone_is_none() -> None:
    data = small_film(2)
    begin = data.index(b"mdat") + 4
    end = begin - 8 + int.from_bytes(data[begin - 8 : begin - 4], "big")
    assert "no picture" in refused(data[:begin] + bytes(end - begin) + data[end:])


def test_a_film_that_plays_in_part_only_is_none() -> None:
    data = film(shades=[20, 200] * 20, codec="libx264", options={})
    begin = data.index(b"mdat") + 4
    end = begin - 8 + int.from_bytes(data[begin - 8 : begin - 4], "big")
    half = (begin + end) // 2
    assert "no film" in refused(data[:half] + bytes(end - half) + data[end:])


def claiming(kind: bytes, at: int, count: int) -> bytes:
    """A small film whose table ``kind`` claims a count that its bytes do not hold."""
    data = bytearray(film(shades=[80] * 5))
    where = data.index(kind) + 4 + at
    data[where : where + 4] = struct.pack(">I", count)
    return bytes(data)


@pytest.mark.parametrize(
    ("kind", "at"), [(b"stsz", 8), (b"stts", 8), (b"ctts", 8), (b"elst", 4)], ids=str
)
def test_a_table_that_claims_billions_is_not_believed(kind: bytes, at: int) -> None:
    assert "claims" in refused(claiming(kind, at, 0x7000_0000))


def bomb() -> bytes:
    """3 kB of which FFmpeg makes 2.8 GB of tables: 40 million samples of a byte, in one chunk."""
    many, data = 40_000_000, bytearray(film(shades=[80] * 5))
    for kind, at, value in (
        (b"stsz", 4, 1),
        (b"stsz", 8, many),
        (b"stsc", 12, many),
        (b"stts", 8, many),
    ):
        where = data.index(kind) + 4 + at
        data[where : where + 4] = struct.pack(">I", value)
    return bytes(data)


@pytest.mark.parametrize("kind", [b"stsz", b"stz2", b"trun", b"stts", b"ctts", b"sbgp", b"elst"])
def test_a_table_that_ends_before_its_count_is_cut_off(kind: bytes) -> None:
    for rest in range(8):
        end = struct.pack(">I4s", 12 + rest, b"meta") + kind + bytes(rest)
        assert "cut off" in refused(small_film() + end), rest


@pytest.mark.parametrize("kind", [b"cmov", b"senc", b"saiz"])
def test_tables_that_hide_what_they_claim_are_not_opened(kind: bytes) -> None:
    data = film(shades=[80] * 5).replace(b"udta", kind)
    assert f"a box {kind.decode()}" in refused(data)


def test_tables_longer_than_a_film_needs_are_not_read() -> None:
    long = struct.pack(">I4s", boxes.TABLES_MOST_BYTES, b"meta") + bytes(
        boxes.TABLES_MOST_BYTES - 8
    )
    assert "too long" in refused(small_film() + long)
    unread = struct.pack(">I4s", len(long), b"free") + long[8:]
    assert probed(small_film() + unread).codec == "h264"


def test_a_million_little_boxes_end_the_search() -> None:
    assert "too many boxes" in refused(b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 1_000_000)


def test_a_file_that_takes_too_long_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "TIME_S", -1.0)
    assert "TooSlow" in refused(small_film())


def test_a_film_that_played_until_the_time_was_over_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = probing._Seen.play

    def with_little_time(seen: Any, *, until: float) -> bool:
        return whole(seen, until=0.0)

    monkeypatch.setattr(probing._Seen, "play", with_little_time)
    found = probed(small_film(4))
    assert found.seconds == pytest.approx(4, abs=0.01)
    assert found.poster


class Failing(io.BytesIO):
    """A stored file whose storage goes away after some reads."""

    def __init__(self, data: bytes, reads: int) -> None:
        super().__init__(data)
        self.reads = reads

    def read(self, size: int | None = -1) -> bytes:
        self.reads -= 1
        if self.reads < 0:
            raise OSError("away")
        return super().read(size)


def test_a_storage_that_goes_away_meanwhile_is_no_fault_of_the_film(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = film(size=(640, 480), shades=list(range(0, 250, 5)), options={"movflags": "faststart"})
    key = storage.put("videos", data, "mp4")
    failed = 0
    for reads in range(40):
        monkeypatch.setattr(storage, "open", lambda key, n=reads: Failing(data, n))
        try:
            probe(key)
            break
        except OSError as error:
            assert str(error) == "away"  # noqa: PT017 - the last reads are needed no more
            failed += 1
    assert 5 < failed < 40


def test_a_film_that_is_gone_is_not_found() -> None:
    key = storage.put("videos", small_film(), "mp4")
    default_storage.delete(key)
    with pytest.raises(NotFound):
        probe(key)


@thorough(max_examples=150)
@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=12)
)
def test_whatever_is_changed_in_a_film_it_plays_or_is_malformed(
    changes: list[tuple[int, int]],
) -> None:
    data = bytearray(small_film())
    for at, value in changes:
        data[at % len(data)] = value
    key = storage.put("videos", bytes(data), "mp4")
    try:
        assert probe(key).poster
    except ProviderError as error:
        assert error.failure is Failure.MALFORMED_OUTPUT  # noqa: PT017 - either is fine
    finally:
        storage.delete(key)


GROWTH = """
import os, resource, sys
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.conf import settings
settings.MEDIA_ROOT = sys.argv[1]
from core import storage
from generation.errors import ProviderError
from tests.videos.test_probing import bomb, small_film
from videos.probing import probe
import struct
def grown(data):
    key = storage.put("videos", data, "mp4")
    del data
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        probe(key)
    except ProviderError:
        pass
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
grown(small_film())
claims = grown(bomb())
filler = struct.pack(">I4s", 150_000_000, b"free") + bytes(150_000_000 - 8)
print(claims, grown(small_film() + filler))
"""


@pytest.mark.thorough
def test_neither_length_nor_claims_take_memory(folder: Path, settings: Any) -> None:
    said = subprocess.run(
        [sys.executable, "-c", GROWTH, str(folder)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    by_claims, by_length = map(int, said.split())
    assert by_claims < 30
    assert by_length < 30
