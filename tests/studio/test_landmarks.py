"""Landmarks on drawn patterns of known size and on hand-outlined photos."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from generation.providers.studio import landmarks, measures
from generation.providers.studio.landmarks.anchor_points import RECIPES
from generation.providers.studio.shapes import Family, Landmark, Outline, Point
from generation.providers.studio.silhouette import FEATURES, describe
from tests.studio import patterns

PHOTOS = Path(__file__).resolve().parent.parent / "photos"
FAMILIES: tuple[Family, ...] = (
    "top",
    "dress",
    "trousers",
    "skirt",
    "footwear",
    "bag",
    "object",
)

# Placed by eye on the photos, in their pixels, with the reach allowed in per cent of the
# product's longer side.
BY_EYE: Mapping[str, tuple[Family, float, Mapping[str, Point]]] = {
    "polo-navy-front": (
        "top",
        3.0,
        {
            "cuff_top_left": (212, 610),
            "cuff_bottom_left": (336, 709),
            "cuff_top_right": (1163, 599),
            "cuff_bottom_right": (1047, 696),
            "armpit_left": (449, 659),
            "armpit_right": (953, 659),
            "hem_left": (421, 1138),
            "hem_right": (944, 1168),
            "hps_left": (564, 297),
            "hps_right": (818, 299),
        },
    ),
    "tanktop-black-flatlay": (
        "top",
        2.0,
        {
            "armpit_left": (116, 341),
            "armpit_right": (592, 346),
            "hps_left": (211, 64),
            "hps_right": (501, 57),
            "shoulder_left": (171, 64),
            "shoulder_right": (534, 60),
            "neck_front": (358, 281),
            "hem_left": (135, 647),
            "hem_right": (561, 653),
        },
    ),
    "tee-white-on-model": (
        "top",
        3.0,
        {
            "armpit_left": (233, 572),
            "armpit_right": (837, 585),
            "cuff_top_left": (46, 543),
            "cuff_top_right": (1020, 530),
            "hem_left": (134, 1196),
            "hem_right": (876, 1238),
            "hps_left": (388, 90),
            "hps_right": (680, 84),
        },
    ),
    "jacket-quilted-green-front": (
        "top",
        3.5,
        {
            "cuff_top_left": (18, 410),
            "cuff_bottom_left": (78, 413),
            "cuff_top_right": (361, 403),
            "cuff_bottom_right": (305, 403),
            "hem_left": (99, 422),
            "hem_right": (299, 400),
        },
    ),
    "hoodie-pink-flatlay": (
        "top",
        5.0,
        {
            "hps_left": (143, 160),
            "hps_right": (258, 157),
            "hem_left": (101, 514),
            "hem_right": (303, 518),
            "cuff_top_left": (124, 455),
            "cuff_bottom_left": (173, 434),
        },
    ),
    "trousers-plaid-flatlay": (
        "trousers",
        2.5,
        {
            "waist_left": (128, 48),
            "waist_right": (274, 42),
            "crotch": (198, 171),
            "leg_outer_left": (23, 405),
            "leg_inner_left": (129, 431),
        },
    ),
    "skirt-denim-flatlay": (
        "skirt",
        2.0,
        {
            "waist_left": (142, 115),
            "waist_right": (269, 105),
            "hem_left": (25, 228),
            "hem_right": (372, 226),
        },
    ),
    "slipon-blue-side": (
        "footwear",
        2.0,
        {"heel": (248, 802), "toe": (1190, 790), "topline_back": (282, 580)},
    ),
}
NEEDED: Mapping[Family, set[str]] = {
    "trousers": {
        *("waist_left", "waist_right", "waist_centre", "hip_left", "hip_right", "crotch"),
        *("thigh_left", "thigh_right", "knee_left", "knee_right"),
        *("leg_outer_left", "leg_inner_left"),
    },
    "skirt": {
        *("waist_left", "waist_right", "hip_left", "hip_right"),
        *("hem_left", "hem_right", "hem_centre"),
    },
    "footwear": {"toe", "heel", "sole_left", "sole_right", "topline_back"},
    "object": {"left", "right", "top", "bottom"},
    "bag": {"left", "right", "top", "bottom", "body_top"},
}


def photo_outline(name: str) -> Outline:
    mask = cv2.imread(str(PHOTOS / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    with Image.open(next(PHOTOS.glob(f"{name}.*"))) as photo:
        mask = cv2.resize(mask, photo.size, interpolation=cv2.INTER_NEAREST)
    return Outline((mask == 255).astype(np.float32), 0.95, False)


def found_in(outline: Outline, family: Family) -> dict[str, Landmark]:
    return landmarks.find(outline, family, describe(outline))


@pytest.mark.parametrize("name", BY_EYE)
def test_landmarks_lie_where_a_person_put_them(name: str) -> None:
    family, reach, placed = BY_EYE[name]
    outline = photo_outline(name)
    longer = max(describe(outline).box[2:])
    found = found_in(outline, family)
    off = {
        point: round(100 * math.dist(found[point].at, at) / longer, 1)
        for point, at in placed.items()
    }
    assert max(off.values()) <= reach, off


@pytest.mark.parametrize("tilt", [-6.0, 0.0, 6.0])
@pytest.mark.parametrize("px_per_cm", [5.0, 12.0])
@pytest.mark.parametrize(
    ("pattern", "family"),
    [
        (patterns.long_sleeve(), "top"),
        (patterns.dress(), "dress"),
        (patterns.trousers(), "trousers"),
        (patterns.skirt(), "skirt"),
    ],
)
def test_landmarks_of_drawn_patterns_are_found_at_any_size_and_tilt(
    pattern: patterns.Pattern, family: Family, px_per_cm: float, tilt: float
) -> None:
    laid = patterns.lay(pattern, px_per_cm=px_per_cm, tilt=tilt)
    longer = max(describe(laid.outline).box[2:])
    found = found_in(laid.outline, family)
    for name, at in pattern.points.items():
        if found[name].sure:
            assert math.dist(found[name].at, laid.place(at)) < 0.015 * longer, name


def test_the_axis_of_a_tilted_pattern_is_found_to_half_a_degree() -> None:
    for tilt in (-8.0, -3.5, 0.0, 5.0):
        shape = describe(patterns.lay(patterns.t_shirt(), tilt=tilt).outline)
        assert shape.angle_deg == pytest.approx(tilt, abs=0.5)
        assert shape.mirror_iou > 0.97
        assert set(shape.features) == set(FEATURES)


def test_a_mirrored_outline_has_mirrored_landmarks() -> None:
    outline = photo_outline("polo-navy-front")
    width = outline.alpha.shape[1]
    flipped = Outline(np.ascontiguousarray(outline.alpha[:, ::-1]), 0.95, False)
    here, there = found_in(outline, "top"), found_in(flipped, "top")
    longer = max(describe(outline).box[2:])
    for name in ("armpit", "cuff_top", "cuff_bottom", "hem", "hps"):
        at = here[f"{name}_left"].at
        other = there[f"{name}_right"].at
        assert math.dist(at, (width - 1 - other[0], other[1])) < 0.02 * longer, name


def test_a_hand_placed_point_wins_and_what_rests_on_it_follows() -> None:
    outline = patterns.lay(patterns.long_sleeve()).outline
    shape = describe(outline)
    before = landmarks.find(outline, "top", shape)
    x, y = before["armpit_left"].at
    placed = {"armpit_left": (x, y + 60.0), "armpit_right": (before["armpit_right"].x, y + 60.0)}
    after = landmarks.find(outline, "top", shape, by_hand=placed)
    assert after["armpit_left"] == Landmark("armpit_left", x, y + 60.0, True, True)
    assert after["chest_left"].y - before["chest_left"].y == pytest.approx(60, abs=3)
    assert not after["chest_left"].by_hand


def test_a_hand_placed_point_the_outline_cannot_show_is_kept() -> None:
    outline = patterns.lay(patterns.t_shirt()).outline
    placed = {"neck_front": (300.0, 120.0)}
    found = landmarks.find(outline, "top", describe(outline), by_hand=placed)
    assert found["neck_front"].at == (300.0, 120.0)
    assert found["neck_front"].sure


def test_the_neck_is_found_under_a_hood_and_left_to_be_confirmed() -> None:
    found = found_in(photo_outline("hoodie-pink-flatlay"), "top")
    assert not found["hps_left"].sure
    assert found["hps_left"].y > 120  # the hood's own top is at 10
    assert describe(photo_outline("hoodie-pink-flatlay")).features["top_narrow"] > 0.16


def test_armpits_that_sleeves_hide_are_guesses_at_a_usual_depth() -> None:
    for name in ("hoodie-pink-flatlay", "jacket-hooded-grey-front", "shirt-tropical-front"):
        found = found_in(photo_outline(name), "top")
        assert not found["armpit_left"].sure, name
        depth = found["armpit_left"].y - found["hps_left"].y
        length = found["hem_left"].y - found["hps_left"].y
        assert 0.2 < depth / length < 0.5, name


def test_points_on_the_edge_that_cuts_a_product_off_are_not_sure() -> None:
    found = found_in(photo_outline("jeans-blue-on-model"), "trousers")
    assert not found["waist_left"].sure
    assert not found["waist_right"].sure


@pytest.mark.parametrize("family", ["trousers", "skirt", "footwear", "object", "bag"])
def test_each_family_has_its_landmarks(family: Family) -> None:
    name = {
        "trousers": "trousers-plaid-flatlay",
        "skirt": "skirt-denim-flatlay",
        "footwear": "slipon-blue-side",
        "object": "mug-black",
        "bag": "backpack-dog-grass",
    }[family]
    assert set(found_in(photo_outline(name), family)) >= NEEDED[family]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("polo-navy-front", "top"),
        ("tanktop-black-flatlay", "top"),
        ("dress-red-on-model", "dress"),
        ("trousers-plaid-flatlay", "trousers"),
        ("skirt-denim-flatlay", "skirt"),
        ("slipon-blue-side", "footwear"),
        ("mug-black", "object"),
    ],
)
def test_anchors_lie_on_the_product(name: str, family: Family) -> None:
    outline = photo_outline(name)
    places = landmarks.anchors(outline, family, found_in(outline, family))
    missing = set(RECIPES[family]) - set(places)
    assert missing <= {"sleeve", "cuff"}
    near = cv2.dilate(outline.mask.astype(np.uint8), np.ones((9, 9), np.uint8))
    for anchor, (x, y) in places.items():
        assert near[round(y), round(x)], anchor


def test_a_bag_with_a_visible_handle_has_its_top() -> None:
    found = found_in(photo_outline("backpack-dog-table"), "bag")
    assert found["handle_top"].y < found["body_top"].y


def test_a_watch_laid_askew_is_measured_along_itself() -> None:
    found = found_in(photo_outline("watch-gold"), "object")
    assert math.dist(found["top"].at, found["bottom"].at) > 600


@pytest.mark.parametrize("family", FAMILIES)
def test_an_empty_or_tiny_outline_gives_nothing_but_what_was_placed(family: Family) -> None:
    dot = np.zeros((64, 48), np.float32)
    dot[30:33, 20:23] = 1
    for alpha in (np.zeros((64, 48), np.float32), dot, np.zeros((1, 1), np.float32)):
        outline = Outline(alpha, 0.1, False)
        shape = describe(outline)
        assert landmarks.find(outline, family, shape) == {}
        placed = landmarks.find(outline, family, shape, by_hand={"hem_left": (3.0, 4.0)})
        assert placed["hem_left"].by_hand
        assert measures.measure(outline, family, {}) == []
        assert landmarks.anchors(outline, family, {}) == {}


@given(
    cells=arrays(np.uint8, (9, 7), elements=st.integers(0, 1)),
    family=st.sampled_from(FAMILIES),
    size=st.sampled_from([3, 11, 40]),
)
@settings(max_examples=120, deadline=None)
def test_no_outline_makes_it_fail(cells: np.ndarray, family: Family, size: int) -> None:
    alpha = np.kron(cells, np.ones((size, size))).astype(np.float32)
    outline = Outline(alpha, 0.5, False)
    found = found_in(outline, family)
    for point in found.values():
        assert math.isfinite(point.x)
        assert math.isfinite(point.y)
    landmarks.anchors(outline, family, found)
    for line in measures.measure(outline, family, found):
        assert line.px > 0


def test_the_same_outline_gives_the_same_landmarks() -> None:
    outline = photo_outline("shirt-tropical-front")
    assert found_in(outline, "top") == found_in(outline, "top")
