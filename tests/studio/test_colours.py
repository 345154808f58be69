"""The product's colours and what people call them."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.studio_quality import PHOTOS, TRUTH
from generation.providers.studio.colour_names import GREYS, SECTORS, name_of, steadiness
from generation.providers.studio.colours import palette
from generation.providers.studio.oklab import from_hex, from_oklab, hex_of, to_cielab, to_oklab
from generation.providers.studio.photo import load
from generation.providers.studio.shapes import Colour, Outline, Photo

NAMES = {name for _, name in GREYS} | {name for _, rules in SECTORS for *_, name in rules}
unit = st.floats(0, 1)


@cache
def by_hand(name: str) -> tuple[Photo, Outline]:
    """A photo with its hand-drawn outline: this is about colours, not about finding it."""
    photo = load(next(PHOTOS.glob(f"{name}.*")).read_bytes())
    mask = cv2.imread(str(PHOTOS / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    alpha = cv2.resize((np.asarray(mask) > 200).astype(np.float32), photo.size)
    return photo, Outline(np.asarray(alpha, np.float32), 0.95, False)


@cache
def colours(name: str) -> tuple[Colour, ...]:
    return tuple(palette(*by_hand(name)))


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_the_main_colour_has_the_name_a_person_gives_it(name: str) -> None:
    assert colours(name)[0].name in TRUTH[name].colours


@pytest.mark.parametrize("name", ["polo-navy-front", "polo-navy-back", "tanktop-black-flatlay"])
def test_a_plain_product_has_few_colours(name: str) -> None:
    assert len(colours(name)) <= 2


def test_a_second_colour_is_found_too() -> None:
    names = [colour.name for colour in colours("slipon-blue-side")]
    assert names[0] == "blue"
    assert {"white", "off-white"} & set(names[1:])
    assert colours("mug-black")[1].name in {"mustard", "amber", "tan", "orange", "yellow"}


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_shares_fall_and_names_differ(name: str) -> None:
    found = colours(name)
    shares = [colour.share for colour in found]
    assert 1 <= len(found) <= 6
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1.001
    assert len({colour.name for colour in found}) == len(found)
    assert all(0 < colour.confidence <= 1 for colour in found)


def test_the_number_of_colours_can_be_limited() -> None:
    assert len(palette(*by_hand("shirt-tropical-front"), at_most=2)) <= 2


def test_the_same_photo_gives_the_same_colours() -> None:
    assert palette(*by_hand("dress-red-on-model")) == list(colours("dress-red-on-model"))


def test_without_an_outline_there_are_no_colours() -> None:
    photo, _ = by_hand("mug-black")
    nothing = Outline(np.zeros(photo.bgr.shape[:2], np.float32), 0.02, False)
    assert palette(photo, nothing) == []


def test_shading_makes_no_new_colour() -> None:
    shade = np.linspace(0.45, 1.0, 300)[None, :, None]
    picture = np.tile(shade * np.array([40.0, 60.0, 190.0]), (300, 1, 1)).astype(np.uint8)
    whole = Outline(np.ones((300, 300), np.float32), 0.9, False)
    assert [colour.name for colour in palette(Photo(picture, None, 1.0), whole)] == ["red"]


def test_lab_and_hex_are_the_same_colour() -> None:
    for colour in colours("toy-duck-yellow"):
        again = to_cielab(from_hex(colour.hex))
        assert np.allclose(again, colour.lab, atol=0.6)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("#ffffff", "white"),
        ("#000000", "black"),
        ("#808080", "grey"),
        ("#c8c8c8", "light grey"),
        ("#14193c", "navy"),
        ("#1f2a4d", "navy"),
        ("#ff0000", "red"),
        ("#b3261e", "red"),
        ("#800020", "burgundy"),
        ("#ffc0cb", "pink"),
        ("#ff69b4", "hot pink"),
        ("#ffa500", "orange"),
        ("#ff7f50", "coral"),
        ("#ffff00", "yellow"),
        ("#d2a13a", "mustard"),
        ("#008000", "green"),
        ("#228b22", "green"),
        ("#98ff98", "light green"),
        ("#556b2f", "olive"),
        ("#008080", "teal"),
        ("#40e0d0", "aqua"),
        ("#87ceeb", "light blue"),
        ("#0000ff", "blue"),
        ("#3f5f8a", "denim blue"),
        ("#800080", "purple"),
        ("#c8a2c8", "lilac"),
        ("#a52a2a", "red"),
        ("#8b4513", "brown"),
        ("#d2b48c", "beige"),
        ("#f5f0dc", "cream"),
    ],
)
def test_known_colours_have_their_names(code: str, name: str) -> None:
    assert name_of(*to_oklab(from_hex(code))) == name


@given(unit, st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_every_colour_has_a_name(lightness: float, a: float, b: float) -> None:
    assert name_of(lightness, a, b) in NAMES
    assert 0 <= steadiness(lightness, a, b) <= 1


@given(unit, unit, unit)
def test_oklab_and_back_is_the_same_colour(red: float, green: float, blue: float) -> None:
    rgb = np.array([red, green, blue])
    assert np.allclose(from_oklab(to_oklab(rgb)), rgb, atol=1e-3)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_hex_and_back_is_the_same_colour(red: int, green: int, blue: int) -> None:
    code = f"#{red:02x}{green:02x}{blue:02x}"
    assert hex_of(from_hex(code)) == code


@given(unit, unit, unit)
def test_cie_lab_lightness_stays_in_range(red: float, green: float, blue: float) -> None:
    assert -1e-6 <= to_cielab(np.array([red, green, blue]))[0] <= 100 + 1e-6


def test_cie_lab_agrees_with_published_values() -> None:
    assert np.allclose(to_cielab(np.array([1.0, 1.0, 1.0])), [100, 0, 0], atol=0.01)
    assert np.allclose(to_cielab(np.array([1.0, 0.0, 0.0])), [53.24, 80.09, 67.20], atol=0.05)
    assert np.allclose(to_cielab(np.array([0.0, 0.0, 1.0])), [32.30, 79.19, -107.86], atol=0.05)


@pytest.mark.parametrize("text", ["", "#fff", "#gggggg", "red"])
def test_what_is_no_hex_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a colour|invalid literal"):
        from_hex(text)
