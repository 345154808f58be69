"""Each row of bad input: refused with its code, naming the field."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from core.errors import DomainError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from core.images import LARGEST_FILE, take_image
from tests.core.pictures import corners, encoded, textured

KINDS = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("PNG", {}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("GIF", {}),
    ("HEIF", {}),
    ("AVIF", {}),
]


def refusal(data: bytes, **options: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        take_image(data, **options)
    return caught.value


def png_claiming(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


def test_an_empty_file_is_refused_naming_the_field() -> None:
    error = refusal(b"", field="photo")
    assert isinstance(error, InvalidRequest)
    assert error.code == "EMPTY_FILE"
    assert list(error.fields) == ["photo"]


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("kept", [0.02, 0.1, 0.33, 0.5, 0.75, 0.95, 0.99])
def test_a_truncated_file_is_corrupt(kind: str, options: dict[str, object], kept: float) -> None:
    data = encoded(textured(), kind, **options)
    assert refusal(data[: int(len(data) * kept)]).code == "IMAGE_CORRUPT"


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("lost", [1, 2, 7, 13])
def test_a_file_that_lost_its_last_bytes_is_corrupt(
    kind: str, options: dict[str, object], lost: int
) -> None:
    assert refusal(encoded(textured(), kind, **options)[:-lost]).code == "IMAGE_CORRUPT"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF"])
def test_only_the_first_bytes_of_a_format_are_corrupt(kind: str) -> None:
    assert refusal(encoded(corners(), kind)[:16]).code == "IMAGE_CORRUPT"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_noise_in_the_middle_is_corrupt(kind: str) -> None:
    data = bytearray(encoded(textured(), kind))
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(range(255, 5, -1)) * 8
    assert refusal(bytes(data)).code == "IMAGE_CORRUPT"


def test_an_animation_cut_off_in_a_later_frame_is_corrupt() -> None:
    frames = [textured(), corners(300, 200), textured().rotate(180)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert refusal(data[: int(len(data) * 0.8)]).code == "IMAGE_CORRUPT"


@pytest.mark.parametrize(
    "data",
    [
        png_claiming(50_000, 50_000),
        png_claiming(6_000, 5_001),
        b"GIF89a" + struct.pack("<HHBBB", 60_000, 60_000, 0, 0, 0),
        b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", 60_000, 60_000) + bytes(12),
        b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\0" * 2 + bytes(40),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x14ispe\0\0\0\0\0\0\xff\xff\0\0\xff\xff",
    ],
    ids=["png", "png just above", "gif", "jpeg", "webp", "heic"],
)
def test_too_many_pixels_are_refused_by_the_header_alone(data: bytes) -> None:
    assert refusal(data).code == "TOO_MANY_PIXELS"


def test_a_decompression_bomb_is_refused_without_being_unpacked() -> None:
    rows = zlib.compress(bytes(1 + 3 * 20_000) * 2_000, 9)
    chunk = b"IDAT" + rows
    bomb = png_claiming(20_000, 20_000)
    bomb += struct.pack(">I", len(rows)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert refusal(bomb).code == "TOO_MANY_PIXELS"


def test_a_png_text_that_unpacks_without_end_is_refused() -> None:
    whole = encoded(corners(), "PNG")
    chunk = b"zTXtComment\0\0" + zlib.compress(bytes(80_000_000), 9)
    packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert refusal(whole[:33] + packed + whole[33:]).code == "IMAGE_CORRUPT"


def test_a_picture_of_30_megapixels_is_still_taken() -> None:
    data = encoded(corners(6_000, 5_000), "PNG", compress_level=1)
    assert (taken := take_image(data)).width * taken.height == 30_000_000


@pytest.mark.parametrize(("size", "is_taken"), [((64, 64), True), ((63, 900), False)])
def test_each_side_needs_64_pixels(size: tuple[int, int], is_taken: bool) -> None:
    data = encoded(corners(*size), "PNG")
    if is_taken:
        assert take_image(data).width == 64
    else:
        assert refusal(data).code == "TOO_SMALL"


def test_more_than_25_mb_is_refused_while_reading() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            self.given += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(PayloadTooLarge):
        take_image(endless)
    assert endless.given < LARGEST_FILE + 1_000_000
    assert isinstance(refusal(bytes(LARGEST_FILE + 1)), PayloadTooLarge)


def zip_file() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


OTHER_KINDS = {
    "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
    "bare svg": b"\n <svg onload='x()'/>",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\nshowpage",
    "dos eps": b"\xc5\xd0\xd3\xc6" + bytes(60),
    "pdf": b"%PDF-1.7\n1 0 obj",
    "tiff": encoded(corners(), "TIFF"),
    "big-endian tiff": b"MM\0*" + bytes(60),
    "bmp": encoded(corners(), "BMP"),
    "ico": encoded(corners(), "ICO"),
    "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60),
    "ppm": encoded(corners(), "PPM"),
    "html": b"<!DOCTYPE html><html><body><img src=x></body></html>",
    "zip": zip_file(),
    "text": "just words, ünïcode".encode(),
    "video": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2mp41" + bytes(99),
    "zeros": bytes(4096),
    "one byte": b"\xff",
}


@pytest.mark.parametrize("what", OTHER_KINDS)
@pytest.mark.parametrize(
    ("filename", "declared"), [("", ""), ("photo.jpg", "image/jpeg"), ("a.png", "image/png")]
)
def test_anything_else_is_415_whatever_it_is_called(
    what: str, filename: str, declared: str
) -> None:
    error = refusal(OTHER_KINDS[what], filename=filename, declared_type=declared)
    assert isinstance(error, UnsupportedMediaType)
    assert list(error.fields) == ["image"]


def test_the_refusal_says_in_words_what_the_file_is() -> None:
    error = refusal(OTHER_KINDS["pdf"], filename="../../\u202egpj.tfihs\0.jpg")
    assert error.message == "gpj.tfihs.jpg is a PDF document; a photo is needed."
