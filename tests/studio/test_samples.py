"""Templates drawn from words: true to them, said to be templates, fit for the other steps."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.errors import RequestRefused
from generation.providers.protocols import Answer, Ask, Brief, View
from generation.providers.studio import engine
from generation.providers.studio.colour_names import name_of
from generation.providers.studio.edits.pixels import encoded, lab_of, lab_of_hex
from generation.providers.studio.engine import Studio
from generation.providers.studio.samples.caption import shown
from generation.providers.studio.samples.design import CHOICES, KINDS, Design
from generation.providers.studio.samples.families import ALL_AROUND, FRONT_AND_BACK, PROFILES
from generation.providers.studio.samples.reading import design_of
from generation.providers.studio.samples.stamp import read_stamp, stamped
from tests.studio.test_photo_edits import Picture, drawn, opened, parts_of, view_of

ASK = Ask("")


def made(
    words: str,
    *,
    view_type: str = "front",
    stage: Literal["sample", "final"] = "sample",
    sources: tuple[View, ...] = (),
    seed: int = 3,
    brief: Brief = Brief(),  # noqa: B008
) -> Answer:
    return Studio().make_view(
        view_type=view_type, stage=stage, sources=sources, words=words, brief=brief, seed=seed,
        ask=ASK,
    )  # fmt: skip


def picture_of(answer: Answer) -> Picture:
    return opened(answer.images["image.jpg"])


def as_view(answer: Answer) -> View:
    data = answer.images["image.jpg"]
    view = View("1", "front", data, answer.data["width"], answer.data["height"])
    return View("1", "front", data, view.width, view.height, outline=engine.find_outline(view))


# -- reading -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kind", "knobs", "colour"),
    [
        ("oversized navy hoodie", "hoodie", {"fit": "oversized", "neck": "hood"}, "navy"),
        ("slim black v-neck tee", "tee", {"fit": "slim", "neck": "v"}, "black"),
        ("cropped long sleeve top in red", "tee", {"length": "cropped", "sleeve": "long"}, "red"),
        ("wide leg jeans", "jeans", {"fit": "wide"}, None),
        ("blue jeans", "jeans", {}, "denim blue"),
        ("green pleated midi skirt", "skirt", {"flare": "pleated", "length": "midi"}, "green"),
        ("sleeveless maxi dress", "dress", {"sleeve": "none", "length": "maxi"}, None),
        ("shirt dress", "dress", {"neck": "shirt"}, None),
        ("navy and white striped longsleeve", "tee", {"pattern": "stripes"}, "navy"),
        ("white mug with a gold rim", "mug", {}, "white"),
        ("khaki bucket hat", "bucket hat", {}, "khaki"),
        ("natural tote bag", "tote", {}, "cream"),
        ("oak table", "table", {}, "tan"),
        ("roter Kapuzenpullover", "hoodie", {}, "red"),
        ("schwarze Jeans, eng", "jeans", {"fit": "slim"}, "black"),
        ("olivgrüne Bomberjacke", "jacket", {}, "olive"),
        ("红色卫衣", "hoodie", {}, "red"),
        ("白色圆领长袖T恤", "tee", {"neck": "crew", "sleeve": "long"}, "white"),
        ("sac à dos", "backpack", {}, None),
    ],
)
def test_words_decide_kind_cut_and_colour(
    words: str, kind: str, knobs: dict[str, str], colour: str | None
) -> None:
    design = design_of(words, Brief(), 5)
    assert design is not None
    assert design.kind == kind
    assert {knob: design.word(knob) for knob in knobs} == knobs
    if colour:
        assert name_of(*(float(part) for part in lab_of_hex(design.main))) == colour


def test_the_brief_says_what_the_words_leave_out() -> None:
    brief = Brief(words="Fjord\nA dark green rain jacket", category="outerwear")
    design = design_of("front view please", brief, 1)
    assert design is not None
    assert (design.kind, design.main) == ("jacket", "#1f4a33")
    by_category = design_of("", Brief(category="bags", subcategory="backpack"), 1)
    assert by_category is not None
    assert by_category.kind == "backpack"


@pytest.mark.parametrize("words", ["", "something nice", "a unicorn", "飞机", "\x00" * 50])
def test_what_names_nothing_is_refused_with_examples(words: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        made(words)
    assert caught.value.words.endswith("Nothing was charged.")
    assert any("hoodie" in hint for hint in caught.value.suggestions or ())


# -- drawing -------------------------------------------------------------------------------


def test_every_kind_has_a_template() -> None:
    assert set(KINDS) == {*FRONT_AND_BACK, *ALL_AROUND, *PROFILES}


@pytest.mark.parametrize("kind", ["tee", "skirt", "sneaker", "backpack", "mug", "chair"])
def test_a_template_says_what_it_is_and_has_its_size(kind: str) -> None:
    answer = made(kind)
    assert answer.data["note"].startswith("template, not a photo")
    assert picture_of(answer).shape == (768, 768, 3)
    assert answer.data["template"]["kind"] == kind
    margin = picture_of(answer)[740:760, 20:300].astype(int)
    assert margin.max() - margin.min() > 40  # the words in it


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_whole_from_its_sides_or_refused(kind: str) -> None:
    sides = {"front": True, "back": kind not in PROFILES, "side": kind not in FRONT_AND_BACK}
    for side, is_true in sides.items():
        if not is_true:
            with pytest.raises(RequestRefused):
                made(kind, view_type=side)
            continue
        picture = picture_of(made(kind, view_type=side)).astype(int)
        edge = np.concatenate([picture[:40].reshape(-1, 3), picture[:, :40].reshape(-1, 3)])
        assert edge.std(axis=0).max() < 8, (kind, side)  # nothing reaches the border
        centre = picture[200:560, 200:560]
        assert np.abs(centre - picture[5, 5]).max() > 60, (kind, side)


@pytest.mark.parametrize("side", ["side", "sole", "x" * 300])
def test_a_side_that_would_be_made_up_is_refused(side: str) -> None:
    with pytest.raises(RequestRefused, match="no true template"):
        made("navy hoodie", view_type=side)


@pytest.mark.parametrize(
    ("words", "category", "colour"),
    [
        ("navy t-shirt", "tops", "navy"),
        ("white oversized tee", "tops", "white"),
        pytest.param("olive backpack", "bags", "olive", marks=pytest.mark.thorough),
        pytest.param("grey hoodie", "tops", "grey", marks=pytest.mark.thorough),
        pytest.param("camel coat", "outerwear", "tan", marks=pytest.mark.thorough),
        pytest.param("blue jeans", "trousers", "denim blue", marks=pytest.mark.thorough),
        pytest.param("red dress", "dresses-and-skirts", "red", marks=pytest.mark.thorough),
        pytest.param("green skirt", "dresses-and-skirts", "green", marks=pytest.mark.thorough),
        pytest.param("black boots", "footwear", "black", marks=pytest.mark.thorough),
        pytest.param("brown handbag", "bags", "brown", marks=pytest.mark.thorough),
        pytest.param("grey beanie", "other", "grey", marks=pytest.mark.thorough),
        pytest.param("teal vase", "other", "teal", marks=pytest.mark.thorough),
    ],
)
def test_a_template_goes_through_the_other_steps(words: str, category: str, colour: str) -> None:
    view = as_view(made(words))
    assert view.outline is not None
    assert view.outline["score"] >= 0.85
    assert not view.outline["wornByPerson"]
    brief = Brief(words=words)
    guess = Studio().detect_category(views=[view], brief=brief, ask=ASK).data
    assert guess["category"] == category
    known = Brief(words, category, guess["subcategory"])
    seen = Studio().analyze_view(view=view, brief=known, ask=ASK).data
    assert seen["colors"][0]["value"] == colour
    assert max(point[1] for ring in view.outline["rings"] for point in ring) < 735  # no caption


@pytest.mark.thorough
def test_a_template_can_be_edited_like_a_photo() -> None:
    view = as_view(made("navy t-shirt"))
    answer = Studio().edit_view(view=view, words="red on white", brief=Brief(), seed=1, ask=ASK)
    assert picture_of(answer)[:20].min() >= 250


# -- seeds, samples and finals ---------------------------------------------------------------


def test_four_drafts_differ_and_each_is_the_same_again() -> None:
    drafts = [picture_of(made("navy hoodie", seed=seed)).astype(int) for seed in (1, 2, 3, 4)]
    for at, one in enumerate(drafts):
        for other in drafts[:at]:
            assert (np.abs(one - other).max(axis=2) > 40).mean() > 0.01
    assert made("navy hoodie", seed=2).images == made("navy hoodie", seed=2).images


def test_a_final_of_a_sample_is_the_same_thing_larger() -> None:
    sample = made("striped red and white tee", seed=11)
    source = View("1", "front", sample.images["image.jpg"], 768, 768)
    final = made("whatever is said now", stage="final", sources=(source,), seed=999)
    large = picture_of(final)
    assert large.shape == (1536, 1536, 3)
    assert "the same parameters" in final.data["note"]
    small = cv2.resize(large, (768, 768), interpolation=cv2.INTER_AREA).astype(int)
    gap = np.abs(small - picture_of(sample))[:730]
    assert gap.mean() < 1.5
    assert np.percentile(gap, 99.5) < 16
    assert final.data["template"] == sample.data["template"]


def test_the_back_of_a_chosen_sample_is_of_the_same_product() -> None:
    sample = made("hoodie", seed=8)
    source = View("1", "front", sample.images["image.jpg"], 768, 768)
    back = made("", view_type="back", stage="final", sources=(source,), seed=1)
    assert back.data["template"] == sample.data["template"]


designs = st.builds(
    Design,
    st.sampled_from(KINDS),
    st.fixed_dictionaries({knob: st.sampled_from(options) for knob, options in CHOICES.items()}),
    st.integers(0, 0xFFFFFF).map(lambda code: f"#{code:06x}"),
    st.integers(0, 0xFFFFFF).map(lambda code: f"#{code:06x}"),
    st.integers(0, 0xFFFF),
)


@settings(max_examples=12, deadline=None)
@given(designs, st.sampled_from([1536, 768, 700, 1200]), st.integers(70, 95))
def test_a_stamp_survives_jpeg_and_scaling(design: Design, side: int, quality: int) -> None:
    paper = np.full((1536, 1536, 3), 222, np.float32)
    stamped(paper, design)
    small = cv2.resize(paper.astype(np.uint8), (side, side), interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    assert read_stamp(opened(data)) in (design, None if side == 700 else design)


def test_a_photo_has_no_stamp() -> None:
    assert read_stamp(opened(view_of("mug-black").data)) is None
    noise = np.random.default_rng(1).integers(0, 256, (1024, 1024, 3)).astype(np.uint8)
    assert read_stamp(noise) is None


def test_words_in_the_margin_are_one_harmless_line() -> None:
    assert shown("a\n\tb\x00\x1b[31m" + "c" * 200).count("\n") == 0
    assert len(shown("c" * 200)) == 64
    assert made("mug " + "ignore all instructions " * 20 + "<svg onload=1>").images


# -- from photos -----------------------------------------------------------------------------


def test_the_back_of_a_photographed_front_is_its_mirrored_outline_in_its_colour() -> None:
    view = drawn(dye="#7a2a3a")
    answer = made("", view_type="back", sources=(view,), brief=Brief(category="tops"))
    assert "mirrored" in answer.data["note"]
    assert "no back photo" in answer.data["note"]
    assert "template" not in answer.data
    back = as_view(answer)
    front, _ = parts_of(view, reach=1)
    drawn_back, _ = parts_of(back, reach=1)
    shapes = [_boxed(front[:, ::-1]), _boxed(drawn_back)]
    assert (shapes[0] & shapes[1]).sum() / (shapes[0] | shapes[1]).sum() > 0.93
    lab = np.median(lab_of(picture_of(answer))[drawn_back], axis=0)
    assert np.linalg.norm(lab[1:] - lab_of_hex("#7a2a3a")[1:]) < 0.04


def _boxed(mask: Any) -> Any:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    part = mask[y : y + height, x : x + width].astype(np.uint8)
    return cv2.resize(part, (200, 240), interpolation=cv2.INTER_NEAREST) > 0


def test_the_side_of_a_garment_is_a_labelled_schematic() -> None:
    answer = made("", view_type="side", sources=(drawn(),), brief=Brief(category="tops"))
    assert "schematic side" in answer.data["note"]


def test_a_photo_of_the_side_itself_is_shown_and_not_drawn() -> None:
    answer = made("", stage="final", sources=(drawn(),), brief=Brief(category="tops"))
    assert "your own photo" in answer.data["note"]
    assert picture_of(answer).shape == (1536, 1536, 3)
    assert picture_of(answer)[:30].min() >= 250


@pytest.mark.parametrize(
    ("side", "category", "score", "why"),
    [
        ("side", "footwear", 0.95, "made up"),
        ("top", "tops", 0.95, "made up"),
        ("back", "tops", 0.4, "two strokes"),
    ],
)
def test_what_a_photo_does_not_tell_is_not_drawn(
    side: str, category: str, score: float, why: str
) -> None:
    with pytest.raises(RequestRefused) as caught:
        made("", view_type=side, sources=(drawn(score=score),), brief=Brief(category=category))
    assert why in caught.value.words
    assert caught.value.words.endswith("Nothing was charged.")


def test_pictures_are_high_quality_jpegs() -> None:
    flat = np.full((64, 64, 3), (40, 60, 200), np.uint8)
    flat[:, 32:] = (200, 60, 40)
    assert np.abs(opened(encoded(flat)).astype(int) - flat).max() <= 6
