"""What is taken comes out upright, 8-bit sRGB, without metadata, always the same."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from core.images import THUMBNAIL_SIDE, take_image
from tests.core.pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    corners,
    encoded,
    is_near,
    opened,
    textured,
)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF"])
def test_every_format_becomes_a_jpeg_of_the_same_picture(kind: str) -> None:
    taken = take_image(encoded(corners(), kind), filename="../misleading\0.pdf")
    assert taken.name == "misleading.pdf"
    assert (taken.media_type, taken.extension) == ("image/jpeg", "jpg")
    assert (taken.width, taken.height) == (160, 96)
    picture = opened(taken.data)
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    assert is_near(picture.getpixel((20, 20)), RED)
    assert is_near(picture.getpixel((140, 80)), WHITE)
    assert not taken.is_animated
    assert not taken.had_alpha


def test_a_stream_is_read_too() -> None:
    assert take_image(io.BytesIO(encoded(corners(), "PNG"))).width == 160


def test_colours_are_not_subsampled() -> None:
    picture = opened(take_image(encoded(textured(), "PNG")).data)
    assert [layer[1:3] for layer in picture.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]


def test_the_same_picture_has_the_same_hash_whatever_file_it_came_in() -> None:
    as_png = take_image(encoded(textured(), "PNG"))
    again = take_image(encoded(textured(), "PNG", optimize=True), filename="other.png")
    as_webp = take_image(encoded(textured(), "WEBP", lossless=True))
    assert as_png.sha256 == again.sha256 == as_webp.sha256
    assert as_png.data == again.data == as_webp.data
    assert as_png.sha256 != take_image(encoded(corners(), "PNG")).sha256


def test_equal_pixels_of_another_shape_have_another_hash() -> None:
    wide = take_image(encoded(Image.new("RGB", (200, 100)), "PNG"))
    tall = take_image(encoded(Image.new("RGB", (100, 200)), "PNG"))
    assert wide.sha256 != tall.sha256


@pytest.mark.parametrize("size", [(1600, 400), (300, 2000), (100, 100)])
def test_the_thumbnail_fits_480_pixels_and_never_grows(size: tuple[int, int]) -> None:
    thumbnail = opened(take_image(encoded(corners(*size), "PNG")).thumbnail)
    assert thumbnail.format == "WEBP"
    assert max(thumbnail.size) == min(THUMBNAIL_SIDE, max(size))
    assert thumbnail.width / thumbnail.height == pytest.approx(size[0] / size[1], rel=0.02)


def exif_with(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "SecretCam"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    return exif


AS_SHOT = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_every_rotation_is_made_upright(kind: str, orientation: int) -> None:
    data = encoded(corners(), kind, exif=exif_with(orientation).tobytes())
    taken = take_image(data)
    picture = opened(taken.data)
    assert picture.size == ((160, 96) if orientation < 5 else (96, 160))
    right, low = picture.width - 20, picture.height - 20
    seen = [picture.getpixel(at) for at in ((20, 20), (right, 20), (20, low), (right, low))]
    assert all(is_near(a, b, 20) for a, b in zip(seen, AS_SHOT[orientation], strict=True))
    assert picture.getexif() == {}


def test_no_metadata_survives() -> None:
    secret = b"SecretCam"
    profile = b"SecretProfile" * 9
    jpeg = encoded(
        corners(),
        "JPEG",
        exif=exif_with(1).tobytes(),
        icc_profile=profile,
        comment=b"SecretComment",
        xmp=b"<x:xmpmeta>SecretXmp</x:xmpmeta>",
    )
    assert secret in jpeg
    taken = take_image(jpeg)
    for stored in (taken.data, taken.thumbnail):
        assert b"Secret" not in stored
        assert set(opened(stored).info) <= {
            "jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background",
            "timestamp", "duration",
        }  # fmt: skip
    assert "Location and camera data were removed." in taken.notes


def test_no_metadata_of_a_transparent_png_survives() -> None:
    info = PngInfo()
    info.add_text("Author", "SecretName")
    picture = corners().convert("RGBA")
    picture.putpixel((0, 0), (0, 0, 0, 0))
    data = encoded(picture, "PNG", pnginfo=info, exif=exif_with(1).tobytes(), dpi=(300, 300))
    taken = take_image(data)
    assert taken.media_type == "image/png"
    assert b"Secret" not in taken.data
    assert opened(taken.data).info == {}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_of_a_polyglot_only_the_picture_survives(kind: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.html", "<script>alert(1)</script>")
    script = b"<html><script>alert(document.cookie)</script></html>"
    taken = take_image(encoded(corners(), kind) + script + archive.getvalue())
    assert b"script" not in taken.data + taken.thumbnail
    assert b"PK\x03\x04" not in taken.data + taken.thumbnail


def test_a_script_inside_a_jpeg_comment_does_not_survive() -> None:
    taken = take_image(encoded(corners(), "JPEG", comment=b"*/=alert(1)/*<?php system($_GET); ?>"))
    assert b"php" not in taken.data


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_kept_and_said_so(kind: str) -> None:
    others = [corners().rotate(180), Image.new("RGB", (160, 96), BLUE)]
    data = encoded(corners(), kind, save_all=True, append_images=others, duration=100)
    taken = take_image(data)
    assert taken.is_animated
    assert "Only the first frame of the animation is kept." in taken.notes
    assert is_near(opened(taken.data).getpixel((20, 20)), RED, 20)


def test_several_pictures_in_a_phone_file_are_no_animation() -> None:
    others = [corners().rotate(180)]
    for kind in ("HEIF", "MPO"):
        taken = take_image(encoded(corners(), kind, save_all=True, append_images=others))
        assert not taken.is_animated
        assert is_near(opened(taken.data).getpixel((20, 20)), RED, 20)


def test_alpha_is_kept_where_it_shows_and_dropped_where_it_does_not() -> None:
    picture = corners().convert("RGBA")
    assert take_image(encoded(picture, "PNG")).media_type == "image/jpeg"
    picture.paste((0, 0, 0, 0), (0, 0, 40, 40))
    for kind in ("PNG", "WEBP", "AVIF", "HEIF"):
        taken = take_image(encoded(picture, kind))
        assert taken.had_alpha
        kept = opened(taken.data)
        assert (kept.format, kept.mode) == ("PNG", "RGBA")
        assert kept.getpixel((5, 5))[3] < 10  # type: ignore[index]
        assert kept.getpixel((150, 90))[3] > 245  # type: ignore[index]
        assert opened(taken.thumbnail).mode == "RGBA"


def test_a_very_long_picture_is_kept_as_png() -> None:
    taken = take_image(encoded(corners(70_000, 64), "PNG"))
    assert (taken.media_type, taken.width) == ("image/png", 70_000)


def test_a_false_declaration_is_told_but_does_no_harm() -> None:
    data = encoded(corners(), "WEBP")
    taken = take_image(data, declared_type="image/png; charset=binary")
    assert "It was sent as image/png, but it is a WebP picture." in taken.notes
    assert take_image(data, declared_type="application/octet-stream").notes == ()
    assert take_image(data, declared_type="image/webp").notes == ()


def test_real_noise_round_trips_within_jpeg_error() -> None:
    before = np.asarray(textured(), dtype=int)
    after = np.asarray(opened(take_image(encoded(textured(), "PNG")).data), dtype=int)
    assert np.abs(before - after).mean() < 6
