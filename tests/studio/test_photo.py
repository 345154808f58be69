"""Reading a stored picture into the engine's frame."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from generation.providers.studio.photo import load


def stored(picture: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def test_a_large_photo_is_shrunk_to_1600_and_says_by_how_much() -> None:
    found = load(stored(Image.new("RGB", (3200, 1000), "red"), "JPEG"))
    assert found.size == (1600, 500)
    assert found.scale == 0.5


def test_a_small_photo_stays_as_it_is() -> None:
    found = load(stored(Image.new("RGB", (40, 30), (10, 20, 30))))
    assert found.size == (40, 30)
    assert found.scale == 1.0
    assert found.alpha is None
    assert found.bgr[5, 5].tolist() == [30, 20, 10]


def test_a_photo_taken_sideways_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = load(stored(Image.new("RGB", (80, 40)), "JPEG", exif=exif))
    assert found.size == (40, 80)


def test_alpha_is_kept_and_the_picture_composed_on_white() -> None:
    picture = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    picture.paste((200, 0, 0, 255), (20, 20, 40, 40))
    found = load(stored(picture))
    assert found.alpha is not None
    assert found.alpha[30, 30] == 1
    assert found.alpha[2, 2] == 0
    assert found.bgr[2, 2].tolist() == [255, 255, 255]
    assert found.bgr[30, 30].tolist() == [0, 0, 200]


def test_alpha_that_hides_nothing_says_nothing() -> None:
    assert load(stored(Image.new("RGBA", (30, 30), (9, 9, 9, 255)))).alpha is None


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "I;16"])
def test_other_kinds_of_picture_are_read(mode: str) -> None:
    picture = Image.new("RGB", (30, 20), (200, 200, 200)).convert(mode if mode != "I;16" else "L")
    if mode == "I;16":
        picture = Image.fromarray(np.full((20, 30), 51400, np.uint16))
    found = load(stored(picture, "TIFF" if mode == "CMYK" else "PNG"))
    assert found.size == (30, 20)
    assert abs(int(found.bgr[4, 4, 0]) - (255 if mode == "1" else 200)) <= 60


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UnidentifiedImageError):
        load(b"not a picture")
