"""A photo in the shape of a film: of its exact size, with the product whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from generation.providers.framing import framed
from generation.providers.protocols import View

PAPER, PRODUCT = (230, 228, 220), (180, 20, 30)
SIZES = [(1280, 720), (720, 1280), (1024, 1792), (1792, 1024), (64, 36)]


def picture(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """A red thing on paper."""
    photo = Image.new("RGB", size, PAPER)
    ImageDraw.Draw(photo).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=PRODUCT)
    return photo


def view(photo: Image.Image, box: tuple[int, int, int, int] | None, *, kind: str = "PNG") -> View:
    held = io.BytesIO()
    photo.save(held, kind)
    outline = None
    if box is not None:
        left, top, right, bottom = box
        outline = {"rings": [[[left, top], [right, top], [right, bottom], [left, bottom]]]}
    return View("1", "front", held.getvalue(), *photo.size, outline=outline)


def opened(jpeg: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(jpeg)) as frame:
        assert frame.format == "JPEG"
        return np.asarray(frame.convert("RGB")).astype(int)


def red_in(frame: np.ndarray) -> tuple[int, int, int, int]:
    """The box of what is red."""
    is_red = (frame[..., 0] > 130) & (frame[..., 1] < 110)
    ys, xs = np.nonzero(is_red)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("photo", [(900, 1200), (1600, 900), (1000, 1000), (300, 2000)])
def test_the_product_is_whole_and_undistorted(
    size: tuple[int, int], photo: tuple[int, int]
) -> None:
    box = (photo[0] // 4, photo[1] // 10, photo[0] * 3 // 4, photo[1] * 9 // 10)
    frame = opened(framed(view(picture(photo, box), box), *size))
    assert frame.shape == (size[1], size[0], 3)
    left, top, right, bottom = red_in(frame)
    assert left > 0
    assert top > 0
    assert right < size[0]
    assert bottom < size[1]
    shape = (box[2] - box[0]) / (box[3] - box[1])
    slack = 2 * (1 / (right - left) + 1 / (bottom - top))
    assert (right - left) / (bottom - top) == pytest.approx(shape, rel=slack)


def test_where_a_photo_ends_its_paper_goes_on() -> None:
    box = (100, 50, 500, 750)
    frame = opened(framed(view(picture((600, 800), box), box), 1280, 720))
    for corner in (frame[2, 2], frame[2, -3], frame[-3, 2], frame[-3, -3]):
        assert np.abs(corner - PAPER).max() < 6


def test_a_photo_of_the_right_shape_stays_as_it_is() -> None:
    box = (200, 100, 1000, 700)
    photo = picture((1280, 720), box)
    frame = opened(framed(view(photo, box), 1280, 720))
    assert np.abs(frame - np.asarray(photo).astype(int)).mean() < 1


def test_without_an_outline_only_the_borders_go() -> None:
    box = (40, 30, 960, 970)  # nearly all
    left, top, right, bottom = red_in(
        opened(framed(view(picture((1000, 1000), box), None), 1280, 720))
    )
    assert top == pytest.approx(0, abs=14)
    assert bottom == pytest.approx(720, abs=14)
    assert right - left == pytest.approx((bottom - top) * 920 / 940, rel=0.03)


def test_a_cut_out_lies_on_white() -> None:
    clear = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    clear.paste(PRODUCT, (100, 100, 300, 300))
    frame = opened(framed(view(clear, (100, 100, 300, 300)), 720, 1280))
    assert (frame[5, 5] > 245).all()
    assert red_in(frame)[2] - red_in(frame)[0] > 300


def test_a_very_large_photo_is_framed() -> None:
    box = (2000, 1500, 5000, 5500)
    frame = opened(framed(view(picture((7000, 7000), box), box, kind="JPEG"), 1280, 720))
    assert red_in(frame)[1] > 0


@settings(max_examples=25)
@given(
    photo=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    shares=st.tuples(*[st.floats(-0.2, 1.2)] * 4),
    size=st.sampled_from(SIZES),
)
def test_whatever_is_outlined_the_frame_has_its_size(
    photo: tuple[int, int], shares: tuple[float, float, float, float], size: tuple[int, int]
) -> None:
    box = [round(share * photo[at % 2]) for at, share in enumerate(shares)]
    found = view(picture(photo, (0, 0, 1, 1)), (box[0], box[1], box[2], box[3]))
    assert opened(framed(found, *size)).shape == (size[1], size[0], 3)
