"""Pictures to and from models."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from generation.errors import Failure, ProviderError
from generation.providers import pictures

PHOTO = Path(__file__).parents[1] / "photos" / "polo-navy-front.jpg"
TRACE = b"vendor-trace-0815"


def encoded(picture: Image.Image, form: str, **more: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG", "GIF", "AVIF"])
def test_a_picture_of_a_model_becomes_a_jpeg_of_its_size(form: str) -> None:
    data, width, height = pictures.taken(encoded(Image.new("RGB", (96, 80), "red"), form))

    with Image.open(io.BytesIO(data)) as kept:
        assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (96, 80))
    assert (width, height) == (96, 80)


def test_nothing_of_the_vendors_file_is_kept() -> None:
    sent = encoded(Image.new("RGB", (96, 80)), "JPEG", comment=TRACE)
    assert TRACE in sent

    data, _, _ = pictures.taken(sent)

    assert TRACE not in data
    assert not Image.open(io.BytesIO(data)).info.get("comment")


def test_a_cut_out_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    clear.paste((200, 0, 0, 255), (0, 0, 40, 80))

    data, _, _ = pictures.taken(encoded(clear, "PNG"))

    with Image.open(io.BytesIO(data)) as kept:
        red, paper = kept.getpixel((8, 40)), kept.getpixel((72, 40))
    assert isinstance(red, tuple)
    assert isinstance(paper, tuple)
    assert red[0] > 180 > 60 > red[1]
    assert min(paper) > 250


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (b"", "cannot be opened"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be opened"),
        (PHOTO.read_bytes()[:2000], "cannot be opened"),
        (encoded(Image.new("RGB", (32, 32)), "PNG"), "too small"),
        (encoded(Image.new("1", (8000, 4000)), "PNG"), "too large"),
    ],
    ids=["nothing", "svg", "cut off", "tiny", "too large"],
)
def test_an_unusable_picture_is_malformed_and_says_what_to_send(sent: bytes, says: str) -> None:
    with pytest.raises(ProviderError) as raised:
        pictures.taken(sent)

    assert raised.value.failure is Failure.MALFORMED_OUTPUT
    assert says in str(raised.value)


@pytest.mark.parametrize(("longest", "size"), [(200, (200, 150)), (4000, (800, 600))])
def test_what_is_sent_is_a_jpeg_no_longer_than_asked(longest: int, size: tuple[int, int]) -> None:
    sent = pictures.sendable(encoded(Image.new("RGB", (800, 600)), "PNG"), longest_px=longest)

    with Image.open(io.BytesIO(sent)) as small:
        assert (small.format, small.size) == ("JPEG", size)


def test_a_large_jpeg_is_shrunk_in_its_proportions() -> None:
    large = encoded(Image.new("RGB", (3000, 2001), "green"), "JPEG")

    with Image.open(io.BytesIO(pictures.sendable(large, longest_px=1000))) as small:
        assert small.size == (1000, 667)


def test_a_small_jpeg_is_sent_as_it_is() -> None:
    stored = encoded(Image.new("RGB", (300, 200)), "JPEG")

    assert pictures.sendable(stored, longest_px=300) is stored
