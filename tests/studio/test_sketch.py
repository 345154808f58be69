"""The flat drawn from a photo: clean, symmetric where the product is, honest in its lines."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.providers.studio import bezier, schematic
from generation.providers.studio.shapes import Drawing, Family, Landmark, Outline, Photo, Silhouette
from generation.providers.studio.sketch import draw
from tests.studio.pictures import cut_out, rectangle, tee

FAMILIES = ("top", "dress", "trousers", "skirt", "footwear", "bag", "object")

POOR = ("empty", "speck", "full", "noise", "line")


def numbers(d: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", d)]


def labels(drawing: Drawing, kind: str) -> set[str]:
    return {stroke.label for stroke in drawing.strokes if stroke.kind == kind}


def test_a_circle_is_fitted_within_its_tolerance_by_few_curves() -> None:
    angle = np.linspace(0, 2 * np.pi, 400)
    points = 200 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    curves = bezier.fit(points, 1.0)
    radius = np.linalg.norm(bezier.sample(curves, 3), axis=1)
    assert len(curves) <= 8
    assert np.abs(radius - 200).max() < 2.0


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=0, max_size=40))
def test_any_points_give_finite_curves_from_first_to_last(points: Any) -> None:
    array = np.array(points, float).reshape(-1, 2)
    curves = bezier.fit(array, 1.3)
    assert all(np.isfinite(curve).all() for curve in curves)
    if curves:
        assert np.allclose(curves[0][0], array[0])
        for one, two in itertools.pairwise(curves):
            assert np.allclose(one[3], two[0])


def test_path_data_has_only_absolute_commands_and_tenths() -> None:
    curve = np.array([[0, 0], [1 / 3, 5], [2, 5], [3, -0.01]])
    assert bezier.path_data([curve], closed=True) == "M0.0 0.0C0.3 5.0 2.0 5.0 3.0 0.0Z"


def test_a_symmetric_shirt_is_drawn_as_one_half_and_its_exact_mirror() -> None:
    drawing = draw(*tee(), "top")
    assert drawing.symmetrised
    outline = next(s for s in drawing.strokes if s.kind == "outline")
    pairs = np.array(numbers(outline.d)).reshape(-1, 2)
    mirrored = np.stack([drawing.width - pairs[:, 0], pairs[:, 1]], axis=1)
    distance = np.abs(pairs[:, None] - mirrored[None]).sum(axis=2).min(axis=1)
    assert distance.max() < 0.051


def test_asymmetry_is_kept_on_request() -> None:
    assert not draw(*tee(), "top", asymmetric=True).symmetrised


def test_the_frame_is_about_a_thousand_units_and_places_photo_points() -> None:
    photo, outline, silhouette, marks = tee()
    drawing = draw(photo, outline, silhouette, marks, "top")
    assert max(drawing.width, drawing.height) == pytest.approx(1080, abs=12)
    assert drawing.place((400, 720))[0] == pytest.approx(drawing.width / 2, abs=3)
    assert drawing.place((400, 720))[1] == pytest.approx(drawing.height - 40, abs=4)


def test_the_outline_keeps_to_the_silhouette() -> None:
    photo, outline, silhouette, marks = tee()
    drawing = draw(photo, outline, silhouette, marks, "top")
    points = np.array(numbers(next(s for s in drawing.strokes if s.kind == "outline").d))
    view = np.array(drawing.to_view)
    truth = cv2.warpAffine(
        outline.mask.astype(np.uint8), view, (int(drawing.width), int(drawing.height))
    )
    drawn = np.zeros_like(truth)
    curve = np.array(points).reshape(-1, 2)
    cv2.fillPoly(drawn, [np.round(curve).astype(np.int32)], 1)
    shared, either = np.logical_and(truth, drawn), np.logical_or(truth, drawn)
    assert shared.sum() / either.sum() > 0.95


def test_lines_of_the_family_that_the_photo_does_not_show_are_assumed_and_named() -> None:
    drawing = draw(*tee(), "top")
    assert {"armhole seam", "hem stitch", "cuff stitch"} <= set(drawing.assumed)
    assert {"armhole seam", "hem stitch", "cuff stitch"} <= labels(drawing, "assumed")
    assert not labels(drawing, "seam")


def test_a_seam_that_the_photo_shows_is_drawn_solid() -> None:
    drawing = draw(*tee(hem_seam=60), "top")
    assert "hem seam" in labels(drawing, "seam")
    assert "hem stitch" not in drawing.assumed
    seam = next(s for s in drawing.strokes if s.label == "hem seam")
    heights = np.array(numbers(seam.d)).reshape(-1, 2)[:, 1]
    expected = drawing.place((400, 660))[1]
    assert np.abs(heights - expected).max() < 5


def test_a_turned_hem_that_the_photo_shows_is_a_stitch_row() -> None:
    assert "hem stitch" in labels(draw(*tee(hem_seam=18), "top"), "stitch")


def test_a_print_is_a_box_and_never_traced() -> None:
    drawing = draw(*tee(print_box=(320, 300, 160, 120)), "top")
    boxes = [s for s in drawing.strokes if s.kind == "artwork"]
    assert len(boxes) == 1
    assert [words for _, _, words in drawing.texts] == ["ARTWORK"]
    xs = numbers(boxes[0].d)[0::2]
    assert min(xs) == pytest.approx(drawing.place((320, 300))[0], abs=12)
    assert max(xs) == pytest.approx(drawing.place((480, 300))[0], abs=12)
    assert "" not in labels(drawing, "seam")


def test_a_print_all_over_is_said_in_words() -> None:
    photo, outline, silhouette, marks = tee()
    picture = photo.bgr.copy()
    for x in range(40, 780, 34):
        for y in range(40, 780, 34):
            cv2.circle(picture, (x, y), 9, (40, 220, 240), -1)
    drawing = draw(replace(photo, bgr=picture), outline, silhouette, marks, "top")
    assert [words for _, _, words in drawing.texts] == ["ALL-OVER PRINT"]
    assert not [s for s in drawing.strokes if s.kind == "artwork"]


def test_edges_of_an_object_are_drawn() -> None:
    drawing = draw(*rectangle(), {}, "object")
    assert any(stroke.kind == "seam" for stroke in drawing.strokes)


def test_cloth_on_a_person_gets_no_free_lines() -> None:
    photo, outline, silhouette, marks = tee()
    picture = photo.bgr.copy()
    cv2.line(picture, (240, 400), (420, 470), (20, 10, 5), 3)
    worn = replace(outline, worn_by_person=True)
    drawing = draw(replace(photo, bgr=picture), worn, silhouette, marks, "top")
    assert "" not in labels(drawing, "seam")


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        *((family, "two") for family in FAMILIES),
        *((family, kind) for family in ("top", "object") for kind in POOR),
    ],
)
def test_no_outline_is_too_poor_to_answer(family: Family, kind: str) -> None:
    mask = np.zeros((120, 90), np.float32)
    rng = np.random.default_rng(1)
    if kind == "speck":
        mask[5:7, 5:7] = 1
    elif kind == "full":
        mask[:] = 1
    elif kind == "noise":
        mask = (rng.random(mask.shape) > 0.5).astype(np.float32)
    elif kind == "line":
        mask[60:62, 4:86] = 1
    elif kind == "two":
        mask[10:60, 10:30] = mask[30:100, 60:80] = 1
    photo = Photo(rng.integers(0, 255, (120, 90, 3)).astype(np.uint8), None, 1.0)
    marks = {
        name: Landmark(name, float(x), float(y))
        for name, x, y in [
            ("hps_left", 10, 10), ("hps_right", 10, 10), ("shoulder_left", -50, 4),
            ("shoulder_right", 400, 4), ("armpit_left", 3, float("nan")), ("armpit_right", 80, 50),
            ("hem_left", 10, 100), ("hem_right", 12, 100), ("waist_left", 0, 0),
            ("waist_right", 90, 0), ("crotch", 45, 50),
        ]
    }  # fmt: skip
    silhouette = Silhouette(4.0, 45.0, 0.9, (0, 0, 90, 120), {})
    drawing = draw(photo, Outline(mask, 0.3, worn_by_person=False), silhouette, marks, family)
    assert all(np.isfinite(numbers(stroke.d)).all() for stroke in drawing.strokes)
    assert drawing.strokes or drawing.note


def test_the_same_photo_gives_the_same_drawing() -> None:
    assert draw(*tee(hem_seam=60), "top") == draw(*tee(hem_seam=60), "top")


def test_a_missing_back_is_the_mirrored_outline_without_inner_lines() -> None:
    photo, outline, silhouette, marks = tee(hem_seam=60)
    front = draw(photo, outline, silhouette, marks, "top", asymmetric=True)
    back = schematic.mirrored_back(front)
    assert {stroke.kind for stroke in back.strokes} == {"outline"}
    assert back.note == "outline mirrored from front – no back photo"
    there = numbers(front.strokes[0].d)
    again = numbers(back.strokes[0].d)
    assert again[0] == pytest.approx(front.width - there[0], abs=0.06)
    assert again[1] == there[1]
    assert back.place((100, 100))[0] == pytest.approx(front.width - front.place((100, 100))[0])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_missing_side_is_a_labelled_schematic_of_the_fronts_height(family: Family) -> None:
    front = draw(*tee(), "top")
    side = schematic.side(family, front)
    assert side.note == "schematic side – no side photo; depths unknown"
    assert "depth" in side.assumed
    assert [words for _, _, words in side.texts] == ["SCHEMATIC"]
    assert {stroke.kind for stroke in side.strokes} <= {"outline", "assumed"}
    if family != "footwear":
        outline = np.array(numbers(side.strokes[0].d)).reshape(-1, 2)
        assert np.ptp(outline[:, 1]) == pytest.approx(front.height - 80, rel=0.08)


def test_a_short_sleeve_stays_short_from_the_side() -> None:
    side = schematic.side("top", draw(*tee(), "top"))
    sleeve = next(s for s in side.strokes if s.label == "sleeve")
    heights = np.array(numbers(sleeve.d)).reshape(-1, 2)[:, 1]
    assert np.ptp(heights) < 0.5 * side.height


def test_a_small_photo_is_enlarged_to_the_same_frame() -> None:
    photo, outline, silhouette, marks = tee()
    small: Any = cv2.resize(photo.bgr, (400, 400), interpolation=cv2.INTER_AREA)
    alpha: Any = cv2.resize(outline.alpha, (400, 400), interpolation=cv2.INTER_AREA)
    halved = {n: Landmark(n, m.x / 2, m.y / 2) for n, m in marks.items()}
    big = draw(photo, outline, silhouette, marks, "top")
    drawing = draw(
        Photo(small, None, 1.0),
        Outline(alpha, 0.9, worn_by_person=False),
        silhouette,
        halved,
        "top",
    )
    assert drawing.width == pytest.approx(big.width, abs=8)
    assert drawing.height == pytest.approx(big.height, abs=8)


def test_a_pair_of_shoes_is_drawn_as_two_mirrored_outlines() -> None:
    picture = np.full((300, 500, 3), 250, np.uint8)
    left = np.array([(80, 60), (200, 60), (210, 250), (60, 250)])
    right = np.array([(500 - x, y) for x, y in left])
    cv2.fillPoly(picture, [left, right], (150, 60, 30))
    _, whole, silhouette = cut_out(picture, left)
    alpha = np.maximum(whole.alpha, whole.alpha[:, ::-1])
    drawing = draw(
        Photo(picture, None, 1.0), Outline(alpha, 0.9, worn_by_person=False),
        replace(silhouette, axis_x=249.5), {}, "footwear",
    )  # fmt: skip
    assert drawing.symmetrised
    assert sum(stroke.kind == "outline" for stroke in drawing.strokes) == 2
