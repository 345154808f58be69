"""Hostile bytes: a picture or a refusal, never anything else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from core.images import clean_name, take_image
from core.images.names import LONGEST_NAME
from tests.core.pictures import corners, encoded

SEEDS = {
    "JPEG": encoded(corners(96, 80), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"),
    "PNG": encoded(corners(96, 80).quantize(8), "PNG", transparency=1),
    "WEBP": encoded(corners(96, 80), "WEBP"),
    "GIF": encoded(
        corners(96, 80), "GIF", save_all=True, append_images=[corners(96, 80).rotate(90)]
    ),
    "HEIF": encoded(corners(96, 80), "HEIF"),
    "AVIF": encoded(corners(96, 80), "AVIF"),
}


@pytest.mark.parametrize("kind", SEEDS)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_flipped_bytes_are_a_picture_or_a_refusal(kind: str, data: st.DataObject) -> None:
    seed = bytearray(SEEDS[kind])
    changes = st.lists(st.tuples(st.integers(0, len(seed) - 1), st.integers(0, 255)), max_size=12)
    for at, value in data.draw(changes):
        seed[at] = value
    end = data.draw(st.integers(len(seed) - 8, len(seed)))
    try:
        taken = take_image(bytes(seed[:end]))
    except DomainError:
        return
    assert min(taken.width, taken.height) >= 64
    assert taken.data[:3] in (b"\xff\xd8\xff", b"\x89PN")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(sorted(SEEDS)))
def test_a_header_with_any_rest_is_refused(rest: bytes, kind: str) -> None:
    with pytest.raises(DomainError):
        take_image(SEEDS[kind][:12] + rest)


@given(st.text(max_size=400))
def test_a_name_is_short_printable_and_no_path(name: str) -> None:
    cleaned = clean_name(name)
    assert 1 <= len(cleaned) <= LONGEST_NAME
    assert cleaned.isprintable()
    assert not set(cleaned) & set("/\\\0")
    assert cleaned == clean_name(cleaned)


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\front view.JPG", "front view.JPG"),
        ("photo.jpg\0.exe", "photo.jpg.exe"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\u200b\u2066b\u2069.png", "ab.png"),
        ("line\nbreak\ttab.png", "line break tab.png"),
        ("   ", "untitled"),
        ("..", "untitled"),
        ("Schürze „rot“ 前.heic", "Schürze „rot“ 前.heic"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
        ("\ud800.png", "png"),
    ],
)
def test_names_are_cleaned(given_name: str, cleaned: str) -> None:
    assert clean_name(given_name) == cleaned
