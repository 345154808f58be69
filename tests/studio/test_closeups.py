"""Close-ups: enough of them, apart from each other, with a scale bar that is true."""

from __future__ import annotations

import itertools
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.providers.studio import closeups, texture
from generation.providers.studio.shapes import Family, Landmark, Outline, Photo, Shot
from tests.studio.pictures import rectangle, tee

FAMILIES = ("top", "dress", "trousers", "skirt", "footwear", "bag", "object")
ANCHORS = {"neckline": (400.0, 150.0), "cuff": (700.0, 360.0), "hem": (500.0, 715.0),
           "armhole": (600.0, 260.0), "side_seam": (200.0, 500.0)}  # fmt: skip


def shirt_plan(count: int = 8) -> list[Shot]:
    photo, outline, _, marks = tee(print_box=(320, 300, 160, 120))
    return closeups.plan(photo, outline, marks, ANCHORS, "top", count=count)


@pytest.mark.parametrize("count", [6, 7, 8, 9, 10])
def test_a_plan_has_as_many_shots_as_asked(count: int) -> None:
    assert len(shirt_plan(count)) == count


@pytest.mark.parametrize("family", FAMILIES)
def test_any_product_with_an_outline_gets_eight_shots(family: Family) -> None:
    photo, outline, _ = rectangle()
    assert len(closeups.plan(photo, outline, {}, {}, family)) == 8


@pytest.mark.parametrize("size", [(60, 400), (500, 40), (30, 30)])
def test_slender_and_tiny_products_get_at_least_six(size: Any) -> None:
    photo, outline, _ = rectangle(*size)
    shots = closeups.plan(photo, outline, {}, {}, "object")
    assert 6 <= len(shots) <= 10


def test_no_outline_gives_no_shots() -> None:
    photo, outline, _ = rectangle()
    empty = Outline(np.zeros_like(outline.alpha), 0.1, worn_by_person=False)
    assert closeups.plan(photo, empty, {}, {}, "top") == []


def test_landmarks_come_first_and_the_surface_last() -> None:
    kinds = [shot.kind for shot in shirt_plan()]
    assert kinds[:4] == ["landmark"] * 4
    assert kinds[-1] == "texture"
    assert kinds == sorted(kinds, key=["landmark", "detail", "texture"].index)


def test_a_detail_is_never_named_by_guess() -> None:
    assert {shot.name for shot in shirt_plan(10) if shot.kind == "detail"} <= {"Detail"}


def test_a_shot_at_an_unsure_landmark_says_so() -> None:
    photo, outline, _, marks = tee()
    marks["cuff_top_right"] = Landmark("cuff_top_right", 740, 330, sure=False)
    shots = closeups.plan(photo, outline, marks, ANCHORS, "top")
    cuff = next(shot for shot in shots if shot.name == "Sleeve end")
    assert "estimated" in cuff.reason
    assert not any("estimated" in shot.reason for shot in shots if shot is not cuff)


@pytest.mark.parametrize("count", [6, 8, 10])
def test_shots_lie_in_the_photo_and_overlap_little(count: int) -> None:
    shots = shirt_plan(count)
    for shot in shots:
        x, y, w, h = shot.box
        assert min(x, y) >= 0
        assert max(x + w, y + h) <= 800
    for one, two in itertools.combinations(shots, 2):
        assert closeups.overlap(one.box, two.box) <= closeups.MAX_OVERLAP


def test_the_plan_is_the_same_each_time() -> None:
    assert shirt_plan() == shirt_plan()


def test_a_crop_is_enlarged_at_most_three_times() -> None:
    picture = np.full((400, 400, 3), 128, np.uint8)
    encoded, width, height, bar = closeups.render(
        picture, Shot("Hem", "landmark", "", (10, 10, 90, 60))
    )
    assert (width, height) == (270, 180)
    assert bar is None
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (180, 270, 3)


def test_a_large_crop_is_not_enlarged() -> None:
    picture = np.full((1500, 1500, 3), 128, np.uint8)
    _, width, height, _ = closeups.render(picture, Shot("Hem", "landmark", "", (0, 0, 1200, 1000)))
    assert (width, height) == (1200, 1000)


def test_a_box_that_leaves_the_picture_is_cut_to_it() -> None:
    picture = np.full((100, 100, 3), 128, np.uint8)
    _, width, height, _ = closeups.render(picture, Shot("x", "detail", "", (80, -20, 400, 50)))
    assert width >= 1
    assert height >= 1


def test_the_scale_bar_of_a_crop_accounts_for_its_enlargement() -> None:
    picture = np.full((400, 400, 3), 128, np.uint8)
    shot = Shot("Hem", "landmark", "", (0, 0, 100, 100))
    _, width, _, bar = closeups.render(picture, shot, um_per_px=500.0)
    assert width == 300
    assert bar == {"px": pytest.approx(120.0), "um": 20_000, "label": "2 cm"}


@given(width=st.integers(60, 3000), um_per_px=st.floats(1.0, 5000.0))
def test_a_scale_bar_is_a_round_length_and_as_long_as_it_says(width: int, um_per_px: float) -> None:
    bar = closeups.scale_bar(width, um_per_px)
    assert bar is not None
    assert bar["px"] * um_per_px == pytest.approx(bar["um"], rel=0.02, abs=um_per_px)
    assert 0.12 * width < bar["px"] <= 0.41 * width
    digits = f"{bar['um']:.0f}".rstrip("0")
    assert digits in {"1", "2", "5"}
    number, unit = bar["label"].split()
    assert float(number) * {"mm": 1000, "cm": 10_000}[unit] == pytest.approx(bar["um"])


@pytest.mark.parametrize("um_per_px", [0.0, -4.0, float("nan"), float("inf")])
def test_there_is_no_scale_bar_without_a_scale(um_per_px: Any) -> None:
    assert closeups.scale_bar(400, um_per_px) is None


def test_what_a_crop_shows_is_said_without_guesses() -> None:
    photo, outline, _, _ = tee()
    told = closeups.describe(photo, outline, Shot("Hem", "landmark", "", (250, 500, 150, 150)))
    assert told["summary"].endswith("no line stands out.")
    assert told["construction"] == []
    assert 0 <= told["confidence"] <= outline.score
    assert told["materials"][0]["value"] == texture.UNKNOWN


def test_upright_lines_are_called_upright() -> None:
    photo, outline, _, _ = tee()
    picture = photo.bgr.copy()
    for x in range(250, 420, 16):
        cv2.line(picture, (x, 480), (x, 680), (250, 240, 230), 4)
    told = closeups.describe(
        Photo(picture, None, 1.0), outline, Shot("Hem", "detail", "", (250, 500, 150, 150))
    )
    assert "mostly upright" in told["designElements"][0]["value"]


def ribbed(period: float) -> tuple[Photo, Outline]:
    wave = 120 + 25 * np.sin(2 * np.pi * np.arange(400) / period)
    grey = np.repeat(wave[None], 400, axis=0) + np.random.default_rng(2).normal(0, 3, (400, 400))
    picture = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return Photo(picture, None, 1.0), Outline(np.ones((400, 400), np.float32), 0.9, False)


def test_a_rib_is_seen_but_never_with_much_confidence() -> None:
    words, confidence = texture.describe(*ribbed(8.0))
    assert words == "visible rib or knit-like texture"
    assert 0 < confidence <= 0.4


def test_a_plain_surface_is_unknown() -> None:
    grey = np.random.default_rng(2).normal(120, 6, (400, 400, 3))
    photo = Photo(np.clip(grey, 0, 255).astype(np.uint8), None, 1.0)
    outline = Outline(np.ones((400, 400), np.float32), 0.9, worn_by_person=False)
    assert texture.describe(photo, outline) == ("unknown: add a macro photo", 0.0)


def test_a_product_too_small_for_a_patch_is_unknown() -> None:
    photo, outline, _ = rectangle(40, 40)
    assert texture.describe(photo, outline) == (texture.UNKNOWN, 0.0)
