"""Colour modes and profiles: what a person saw is what is stored."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from core.images import take_image
from core.images.colours import matrix_profile
from tests.core.pictures import BLUE, RED, corners, encoded, is_near, opened

ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
DISPLAY_P3 = (
    (0.51512, 0.24120, -0.00105),
    (0.29198, 0.69225, 0.04189),
    (0.15710, 0.06657, 0.78407),
)


def middle_of(data: bytes) -> tuple[int, ...]:
    picture = opened(take_image(data).data)
    pixel = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(pixel, tuple)
    return pixel


@pytest.mark.parametrize("colorants", [ADOBE, DISPLAY_P3])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_wide_gamut_profile_is_converted(
    kind: str, colorants: tuple[tuple[float, ...], ...]
) -> None:
    profile = matrix_profile("Wide", colorants, 563)
    data = encoded(Image.new("RGB", (96, 96), (120, 160, 90)), kind, icc_profile=profile)
    taken = take_image(data)
    assert "The colours were converted to sRGB." in taken.notes
    red, green, blue = middle_of(data)
    assert red < 115  # a wider space needs less red for the same green
    assert 155 < green < 168
    assert blue < 92
    assert "icc_profile" not in opened(taken.data).info


def test_adobe_rgb_becomes_the_known_srgb_value() -> None:
    profile = matrix_profile("Adobe RGB", ADOBE, 563)
    data = encoded(Image.new("RGB", (96, 96), (100, 150, 200)), "PNG", icc_profile=profile)
    assert is_near(middle_of(data), (64, 150, 203), 3)


def test_adobe_rgb_said_only_by_the_cameras_exif_is_converted_alike() -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[0xA005] = {1: "R03"}
    data = encoded(Image.new("RGB", (96, 96), (100, 150, 200)), "JPEG", exif=exif.tobytes())
    assert is_near(middle_of(data), (64, 150, 203), 4)


def test_an_srgb_profile_changes_nothing() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = take_image(encoded(corners(), "PNG"))
    assert take_image(encoded(corners(), "PNG", icc_profile=srgb)).sha256 == plain.sha256


@pytest.mark.parametrize(
    "profile", [b"x", b"acsp" * 99, bytes(5_000_000)], ids=["byte", "rubbish", "long"]
)
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    data = encoded(corners(), "PNG", icc_profile=profile)
    assert is_near(opened(take_image(data).data).getpixel((20, 20)), RED)


def test_a_profile_of_another_colour_space_is_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert is_near(
        opened(take_image(encoded(corners(), "JPEG", icc_profile=lab)).data).getpixel((20, 20)), RED
    )


def test_a_cmyk_jpeg_with_adobes_inverted_inks_has_its_colours() -> None:
    data = encoded(corners().convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data
    picture = opened(take_image(data).data)
    assert picture.mode == "RGB"
    assert is_near(picture.getpixel((20, 20)), RED, 16)
    assert is_near(picture.getpixel((20, 80)), BLUE, 16)


def test_a_16_bit_grey_png_keeps_its_range() -> None:
    ramp = np.linspace(0, 65535, 128 * 128).reshape(128, 128).astype(np.uint16)
    picture = opened(take_image(encoded(Image.fromarray(ramp), "PNG")).data)
    grey = np.asarray(picture.convert("L"), dtype=int)
    assert np.abs(grey - ramp // 257).max() <= 6


def png_16_bit(channels: int, colour_type: int, *, key: bytes = b"") -> bytes:
    """A 16-bit PNG, which Pillow reads but cannot write: 96 × 96 of one value."""
    row = b"\0" + struct.pack(">H", 0x8000) * channels * 96
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 96, 96, 16, colour_type, 0, 0, 0))]
    chunks += [(b"tRNS", key)] if key else []
    chunks += [(b"IDAT", zlib.compress(row * 96)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("channels", "colour_type", "has_alpha"),
    [(1, 0, False), (3, 2, False), (2, 4, True), (4, 6, True)],
)
def test_every_16_bit_png_becomes_8_bit(channels: int, colour_type: int, has_alpha: bool) -> None:
    taken = take_image(png_16_bit(channels, colour_type))
    assert taken.had_alpha is has_alpha
    pixel = opened(taken.data).getpixel((50, 50))
    assert is_near(pixel, (128,) * len(pixel), 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(("channels", "colour_type"), [(1, 0), (3, 2)])
def test_a_16_bit_transparent_colour_is_understood_or_left(channels: int, colour_type: int) -> None:
    taken = take_image(png_16_bit(channels, colour_type, key=b"\x80\0" * channels))
    assert taken.had_alpha is (channels == 1)


def test_a_palette_with_transparency_keeps_it() -> None:
    picture = corners().quantize(8)
    index = picture.getpixel((20, 20))
    taken = take_image(encoded(picture, "PNG", transparency=index))
    assert taken.had_alpha
    kept = opened(taken.data)
    assert kept.getpixel((20, 20))[3] == 0  # type: ignore[index]
    assert is_near(kept.getpixel((20, 80))[:3], BLUE, 4)  # type: ignore[index]


def test_a_gif_with_transparency_keeps_it() -> None:
    picture = corners().quantize(8)
    data = encoded(picture, "GIF", transparency=picture.getpixel((20, 20)))
    assert take_image(data).media_type == "image/png"


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    grey = corners().convert("L")
    source = grey.convert(mode) if mode != "P" else corners().quantize(16)
    kept = opened(take_image(encoded(source, "PNG")).data)
    assert kept.mode == "RGB"


def test_grey_with_alpha_keeps_both() -> None:
    picture = Image.merge(
        "LA", (Image.new("L", (96, 96), 77), Image.linear_gradient("L").resize((96, 96)))
    )
    kept = opened(take_image(encoded(picture, "PNG")).data)
    assert kept.mode == "RGBA"
    assert kept.getpixel((50, 95))[:3] == (77, 77, 77)  # type: ignore[index]


def test_exif_that_is_rubbish_is_no_reason_to_refuse() -> None:
    for rubbish in (
        b"Exif\0\0II*\0" + b"\xff" * 60,
        b"Exif\0\0nonsense",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    ):
        taken = take_image(encoded(corners(), "JPEG", exif=rubbish))
        assert is_near(opened(io.BytesIO(taken.data).getvalue()).getpixel((20, 20)), RED)
