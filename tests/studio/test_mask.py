"""The outline: right on photos with a hand mask, honest where it cannot be."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.studio_quality import PHOTOS, TRUTH, overlap
from generation.providers.studio.mask import find_outline, rings
from generation.providers.studio.mask.background import background_of
from generation.providers.studio.mask.frame import frame_of
from generation.providers.studio.mask.outline import RECENT, REMEMBERED
from generation.providers.studio.photo import load
from generation.providers.studio.shapes import Outline, Photo, Point

LEAST_IOU = {"plain": 0.93, "phone": 0.9, "busy": 0.9, "worn": 0.65, "see-through": 0.6}
DRAWABLE = sorted(name for name, truth in TRUTH.items() if truth.difficulty in LEAST_IOU)


@cache
def photo(name: str) -> Photo:
    return load(next(PHOTOS.glob(f"{name}.*")).read_bytes())


@cache
def drawn(name: str) -> NDArray[np.uint8]:
    mask = cv2.imread(str(PHOTOS / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    return np.asarray(mask, dtype=np.uint8)


@cache
def outline(name: str) -> Outline:
    return find_outline(photo(name))


def flat(height: int, width: int, value: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), value, np.uint8)


def as_photo(bgr: NDArray[np.uint8]) -> Photo:
    return Photo(np.ascontiguousarray(bgr), None, 1.0)


def iou(found: Outline, wanted: NDArray[np.bool_]) -> float:
    return float((found.mask & wanted).sum() / (found.mask | wanted).sum())


@pytest.mark.parametrize("name", DRAWABLE)
def test_the_outline_lies_where_a_hand_drew_it(name: str) -> None:
    assert overlap(outline(name), drawn(name)) >= LEAST_IOU[TRUTH[name].difficulty]


def test_plain_backgrounds_are_followed_closely() -> None:
    plain = [name for name in DRAWABLE if TRUTH[name].difficulty == "plain"]
    assert np.mean([overlap(outline(name), drawn(name)) for name in plain]) >= 0.965


def test_what_is_called_good_is_right() -> None:
    sure = [name for name in DRAWABLE if outline(name).verdict == "good"]
    right = [overlap(outline(name), drawn(name)) >= 0.9 for name in sure]
    assert len(sure) >= 12
    assert np.mean(right) >= 0.95


def test_an_outline_that_is_wrong_is_not_called_good() -> None:
    wrong = [name for name in DRAWABLE if overlap(outline(name), drawn(name)) < 0.85]
    assert all(outline(name).score < 0.7 for name in wrong)


@pytest.mark.parametrize("name", ["tee-white-on-model", "dress-red-on-model"])
def test_a_garment_on_a_person_is_noticed_and_not_trusted(name: str) -> None:
    assert outline(name).worn_by_person
    assert outline(name).verdict == "unreliable"


def test_no_person_is_seen_in_flat_lays_and_studio_photos() -> None:
    alone = [name for name in DRAWABLE if TRUTH[name].difficulty in ("plain", "phone")]
    assert not [name for name in alone if outline(name).worn_by_person]


def test_what_a_person_says_about_being_worn_counts() -> None:
    tee = photo("tee-white-on-model")
    assert not find_outline(tee, worn=False).worn_by_person
    polo = find_outline(photo("polo-navy-front"), worn=True)
    assert polo.worn_by_person
    assert polo.verdict == "unreliable"


def test_the_same_photo_gives_the_same_outline() -> None:
    for name in ("skirt-denim-flatlay", "jeans-blue-on-model"):
        first = outline(name)
        RECENT.clear()
        again = find_outline(photo(name))
        assert np.array_equal(again.alpha, first.alpha)
        assert again.score == first.score


def strokes_between(found: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> list[list[Point]]:
    """What a person would paint: through the largest patches of ``wanted`` not in ``found``."""
    missing = cv2.erode((wanted & ~found).astype(np.uint8), np.ones((9, 9), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(missing)
    strokes = []
    for index in np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:3] + 1:
        ys, xs = np.where(labels == index)
        if len(ys) < 60:
            continue
        rows = np.unique(ys)
        chosen = rows[:: max(1, len(rows) // 12)]
        strokes.append([(float(np.median(xs[ys == row])), float(row)) for row in chosen])
    return strokes


def test_two_brushes_turn_a_hard_photo_into_a_good_one() -> None:
    name = "jeans-blue-on-model"
    wanted = cv2.resize(drawn(name), photo(name).size) > 200
    before = outline(name)
    keep = strokes_between(before.mask, wanted)
    remove = strokes_between(wanted, before.mask)
    after = find_outline(photo(name), keep=keep, remove=remove)
    assert overlap(after, drawn(name)) > overlap(before, drawn(name)) + 0.1
    assert after.corrected
    assert not before.corrected
    assert after.score > before.score


def test_only_so_many_photos_are_remembered() -> None:
    for value in range(REMEMBERED + 3):
        find_outline(as_photo(flat(30, 30, value)))
    assert len(RECENT) <= REMEMBERED


def test_strokes_are_obeyed() -> None:
    picture = flat(300, 300, 245)
    picture[60:240, 60:240] = (150, 60, 40)
    picture[100:200, 200:260] = (40, 160, 90)
    found = find_outline(as_photo(picture), remove=[[(245.0, 110.0), (245.0, 190.0)]])
    assert not found.mask[150, 245]
    assert found.mask[150, 100]
    kept = find_outline(as_photo(picture), keep=[[(20.0, 20.0), (40.0, 20.0)]])
    assert kept.mask[20, 30]


def test_a_stroke_of_a_single_point_is_a_dot() -> None:
    found = find_outline(photo("skirt-denim-flatlay"), keep=[[(10.0, 10.0)]], remove=[[]])
    assert found.corrected
    assert found.mask[10, 10]


def test_the_alpha_of_a_cut_out_is_trusted() -> None:
    chair = photo("chair-cutout")
    found = outline("chair-cutout")
    assert chair.alpha is not None
    assert found.alpha is chair.alpha
    assert found.verdict == "good"
    assert overlap(found, drawn("chair-cutout")) > 0.99


def test_strokes_correct_a_cut_out_too() -> None:
    found = find_outline(photo("chair-cutout"), remove=[[(256.0, 300.0), (270.0, 300.0)]])
    assert found.corrected
    assert not found.mask[300, 262]


def test_the_shadow_of_something_that_floats_is_left_out() -> None:
    picture = flat(400, 400, 255).astype(np.float64)
    shadow = np.zeros((400, 400))
    cv2.ellipse(shadow, (200, 350), (110, 12), 0, 0, 360, 90, -1)
    picture -= cv2.GaussianBlur(shadow, (0, 0), 6)[..., None]
    wanted = np.zeros((400, 400), bool)
    wanted[90:300, 110:290] = True
    picture[wanted] = (60, 40, 160)
    found = find_outline(as_photo(picture.astype(np.uint8)))
    assert iou(found, wanted) > 0.96


def test_the_background_seen_through_a_handle_is_no_product() -> None:
    assert not outline("mug-black").mask[320, 80 * 700 // 400]


def difficult_pictures() -> dict[str, NDArray[np.uint8]]:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3)).astype(np.uint8)
    ramp = np.tile(np.linspace(0, 255, 320).astype(np.uint8)[None, :, None], (240, 1, 3))
    return {
        "all white": flat(300, 400, 255),
        "all black": flat(300, 400, 0),
        "grey": flat(300, 400, 128),
        "64 by 64": flat(64, 64, 200),
        "one pixel": flat(1, 1, 90),
        "very wide": flat(20, 600, 180),
        "very tall": flat(900, 30, 180),
        "noise": noise,
        "gradient": ramp,
        "noise in a strip": noise[:12],
    }


@pytest.mark.parametrize("kind", sorted(difficult_pictures()))
def test_a_picture_without_a_product_gets_an_answer_and_no_trust(kind: str) -> None:
    picture = difficult_pictures()[kind]
    found = find_outline(as_photo(picture))
    assert found.alpha.shape == picture.shape[:2]
    assert found.alpha.dtype == np.float32
    assert 0 <= found.score < 0.5
    assert found.verdict == "unreliable"


@pytest.mark.parametrize("side", [64, 24, 5])
def test_a_small_picture_with_a_product_is_outlined(side: int) -> None:
    picture = flat(side, side, 250)
    third = side // 3
    picture[third : side - third, third : side - third] = (30, 30, 200)
    found = find_outline(as_photo(picture))
    assert found.mask[side // 2, side // 2]


def test_a_product_at_the_border_does_not_pull_the_background() -> None:
    picture = flat(300, 300, 235)
    picture[100:, 60:240] = (120, 70, 20)
    background = background_of(frame_of(picture))
    assert background.is_plain
    assert abs(float(background.surface[20, 20, 0]) - 93) < 2


def test_rings_are_closed_polygons_in_stored_pixels_with_holes() -> None:
    alpha = np.zeros((200, 300), np.float32)
    alpha[40:160, 60:240] = 1
    alpha[80:120, 100:200] = 0
    found = rings(Outline(alpha, 0.9, False), scale=0.5)
    assert len(found) == 2
    areas = sorted(cv2.contourArea(np.array(ring, np.float32)) for ring in found)
    assert areas[1] == pytest.approx(180 * 120 * 4, rel=0.03)
    assert areas[0] == pytest.approx(100 * 40 * 4, rel=0.06)
    assert all(ring[0] != ring[-1] for ring in found)
    xs = [x for ring in found for x, _ in ring]
    assert min(xs) == pytest.approx(120, abs=2)
    assert max(xs) == pytest.approx(480, abs=2)


def test_no_outline_has_no_rings() -> None:
    assert rings(Outline(np.zeros((50, 50), np.float32), 0.02, False), 1.0) == []
