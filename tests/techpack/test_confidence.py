"""How sure an entry is follows from the model's own figure and from what can be checked."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from techpack import trade
from techpack.confidence import (
    LEAST,
    MOST,
    Check,
    Picture,
    agreement_check,
    claim_check,
    combined,
    picture_checks,
    range_check,
    weighed,
)
from techpack.photo_quality import quality_of

PHOTOS = Path(__file__).parent.parent / "photos"
HOODIE = trade.template_for("tops", "hoodie")
GOOD = Picture(sharpness=0.2, clipped=0.0, share=0.4, long_px=1200, outline=0.95)
PINK, SALMON, GREEN = [60.0, 40.0, 10.0], [61.0, 43.0, 13.0], [50.0, -45.0, 30.0]

figure = st.floats(0, 1)
pictures = st.builds(
    Picture,
    sharpness=st.floats(0, 10),
    clipped=figure,
    share=figure,
    long_px=st.floats(1, 10_000),
    outline=figure,
)


def entry(value: str, confidence: float = 0.8, **more: Any) -> dict[str, Any]:
    return {"id": "m_body", "name": "Body", "value": value, "confidence": confidence, **more}


def colour(lab: list[float], share: float = 0.9, confidence: float = 0.8) -> dict[str, Any]:
    return {"id": "c_x", "lab": lab, "share": share, "confidence": confidence, "provenance": "ai"}


def of(confidence: float = 0.8, **sections: Any) -> dict[str, Any]:
    return {"confidence": confidence, "other": {}, **sections}


def moved(row: dict[str, Any], section: str = "materials", **terms: Any) -> float:
    usual = {"picture": GOOD, "others": (), "template": HOODIE}
    raw: dict[str, Any] = {"confidence": 0.8, "other": {}, section: [row]}
    found = weighed(raw, **{**usual, **terms})
    return float(found[section][0]["confidence"])


@given(own=figure, shifts=st.lists(st.floats(-1e6, 1e6), max_size=8))
def test_a_confidence_stays_within_its_bounds(own: float, shifts: list[float]) -> None:
    assert LEAST <= combined(own, [Check(shift, "") for shift in shifts]) <= MOST


@given(own=figure, shifts=st.lists(st.floats(-3, 3), max_size=5), worse=st.floats(0, 3))
def test_a_worse_check_never_raises_it(own: float, shifts: list[float], worse: float) -> None:
    before = [Check(shift, "") for shift in shifts]
    assert combined(own, [*before, Check(-worse, "")]) <= combined(own, before)


@given(lower=figure, higher=figure, picture=pictures)
def test_who_was_surer_stays_surer(lower: float, higher: float, picture: Picture) -> None:
    lower, higher = sorted((lower, higher))
    checks = picture_checks(picture)
    assert combined(lower, checks) <= combined(higher, checks)


@given(one=pictures, other=pictures)
def test_a_photo_that_is_worse_in_everything_is_never_trusted_more(
    one: Picture, other: Picture
) -> None:
    worse = Picture(
        sharpness=min(one.sharpness, other.sharpness),
        clipped=max(one.clipped, other.clipped),
        share=min(one.share, other.share),
        long_px=min(one.long_px, other.long_px),
        outline=min(one.outline, other.outline),
    )
    of_worse = sum(check.shift for check in picture_checks(worse))
    assert of_worse <= sum(check.shift for check in picture_checks(one))
    assert all(check.shift <= 0 for check in picture_checks(one))


@pytest.mark.parametrize(
    ("field", "bad"),
    [("sharpness", 0.004), ("clipped", 0.6), ("share", 0.01), ("long_px", 150), ("outline", 0.3)],
)
def test_each_fault_of_a_photo_lowers_it_and_is_told(field: str, bad: float) -> None:
    found = weighed(
        of(materials=[entry("fleece")]),
        picture=replace(GOOD, **{field: bad}),
        others=(),
        template=HOODIE,
    )
    assert 0.5 < found["materials"][0]["confidence"] < 0.68
    assert 0.5 < found["confidence"] < 0.68
    assert len(found["other"]["because"]) == 1


def test_a_good_photo_leaves_a_figure_as_it_is() -> None:
    assert moved(entry("fleece")) == 0.8
    assert "because" not in weighed(of(), picture=GOOD, others=(), template=HOODIE)["other"]


def test_views_that_agree_on_a_colour_raise_it_and_views_that_do_not_lower_it() -> None:
    alone = moved(colour(PINK), "colors")
    agreed = moved(colour(PINK), "colors", others=[of(colors=[colour(SALMON)])])
    denied = moved(colour(PINK), "colors", others=[of(colors=[colour(GREEN)])])
    assert denied < 0.55 < alone == 0.8 < agreed < 0.9


def test_a_small_colour_need_not_show_on_the_other_side() -> None:
    others = [of(colors=[colour(GREEN)])]
    assert agreement_check("colors", colour(PINK, share=0.05), others) is None


def test_views_that_say_the_same_of_a_part_raise_it() -> None:
    row = entry("brushed fleece, matt")
    others = [of(materials=[entry("brushed fleece, matt")])]
    contrary = [of(materials=[entry("smooth satin")])]
    unrelated = [of(materials=[{**entry("satin"), "id": "m_lining"}])]
    assert moved(row, others=contrary) < moved(row, others=unrelated) == 0.8
    assert moved(row, others=others) > 0.8


@pytest.mark.parametrize(
    ("cm", "least", "most"),
    [(58.0, 0.3, 0.3), (74.0, -0.4, -0.1), (100.0, -2.0, -1.0), (580.0, -2.0, -2.0)],
)
def test_a_length_is_held_against_the_range_of_its_template(
    cm: float, least: float, most: float
) -> None:
    check = range_check({"code": "A01", "um": round(cm * 10_000)}, HOODIE)
    assert check is not None
    assert least <= round(check.shift, 6) <= most


@pytest.mark.parametrize("row", [{"code": "Z99", "um": 5}, {"um": 5}, {"code": "A01", "um": 0}])
def test_a_length_without_a_range_is_left_alone(row: dict[str, Any]) -> None:
    assert range_check(row, HOODIE) is None


@pytest.mark.parametrize(
    "value", ["80 % cotton fleece", "320 gsm fleece", "18 oz denim", "Pantone 19-4052", "AISI 304"]
)
def test_what_no_photo_tells_is_hardly_believed(value: str) -> None:
    assert moved(entry(value, 0.9)) < 0.35


@pytest.mark.parametrize(
    "value", ["brushed fleece, matt", 'label says "80 % cotton"', "rib 2x2", "covers 30 % of front"]
)
def test_what_can_be_seen_is_no_claim(value: str) -> None:
    assert claim_check(entry(value)) is None


def test_measured_figures_only_fall_where_something_contradicts_them() -> None:
    blurred = replace(GOOD, sharpness=0.001)
    same, contrary = [of(colors=[colour(PINK)])], [of(colors=[colour(GREEN)])]
    terms: dict[str, Any] = {"picture": blurred, "is_calibrated": True}
    assert moved(colour(PINK), "colors", others=same, **terms) == 0.8
    assert moved(colour(PINK), "colors", others=contrary, **terms) < 0.8
    raw = of(colors=[colour(PINK)])
    assert weighed(raw, picture=blurred, others=(), template=HOODIE, is_calibrated=True) == raw


def test_what_a_person_or_a_tape_says_is_not_weighed() -> None:
    rows = [
        {"id": "d_A01", "code": "A01", "um": 1, "confidence": 1.0, "provenance": "user"},
        {"id": "d_A04", "um": 1, "confidence": 0.3, "provenance": "ai", "uncertaintyUm": 9},
    ]
    bad = Picture(sharpness=0, clipped=1, share=0, long_px=1, outline=0)
    raw = of(dimensions=rows)
    assert weighed(raw, picture=bad, others=(), template=HOODIE)["dimensions"] == rows


def test_the_answer_itself_is_left_as_it_came() -> None:
    raw = of(materials=[entry("80 % cotton")])
    kept = repr(raw)
    weighed(raw, picture=replace(GOOD, outline=0), others=[raw], template=HOODIE)
    assert repr(raw) == kept


def quality(name: str, change: Any = None) -> Picture:
    picture: Any = cv2.imread(str(PHOTOS / f"{name}.jpg"))
    mask: Any = cv2.imread(str(PHOTOS / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    mask = cv2.resize(mask, picture.shape[1::-1])
    rings, _ = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_CCOMP, 2)
    outline = {"score": 0.9, "rings": [ring.reshape(-1, 2).tolist() for ring in rings]}
    changed = picture if change is None else change(picture)
    found = quality_of(cv2.imencode(".jpg", changed)[1].tobytes(), outline)
    assert found is not None
    return found


def blurred(picture: Any) -> Any:
    return cv2.GaussianBlur(picture, (0, 0), max(picture.shape) / 250)


@pytest.mark.parametrize(
    "name", ["hoodie-pink-flatlay", "jeans-blue-on-model", "loafers-beige", "slipon-blue-side"]
)
def test_a_blurred_photo_is_told_from_a_sharp_one(name: str) -> None:
    sharp, soft = quality(name), quality(name, blurred)
    assert sharp.sharpness > 0.05 > 0.03 > soft.sharpness
    assert math.isclose(sharp.share, soft.share)


def test_a_photo_that_is_burnt_out_is_told() -> None:
    burnt = quality("hoodie-pink-flatlay", lambda picture: cv2.convertScaleAbs(picture, alpha=3))
    assert burnt.clipped > 0.5
    assert quality("hoodie-pink-flatlay").clipped < 0.05


@pytest.mark.parametrize("outline", [{}, {"rings": []}, {"rings": [[[0, 0], [1, 1]]]}])
def test_without_an_outline_nothing_is_measured(outline: dict[str, Any]) -> None:
    data = (PHOTOS / "mug-black.jpg").read_bytes()
    assert quality_of(data, outline) is None


def test_what_is_no_picture_is_not_measured() -> None:
    assert quality_of(b"nothing", {"rings": [[[0, 0], [9, 0], [9, 9]]]}) is None
