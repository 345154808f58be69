"""Photos changed by a sentence: what changes, what stays, and what is refused, free."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.studio_quality import PHOTOS
from generation.errors import RequestRefused
from generation.providers.protocols import Answer, Ask, Brief, View
from generation.providers.studio import engine
from generation.providers.studio.edits.pixels import bgr_of, lab_of, lab_of_hex
from generation.providers.studio.edits.recolour import dyes_of
from generation.providers.studio.edits.wishes import wishes_of
from generation.providers.studio.engine import Studio
from generation.providers.studio.oklab import from_oklab, hex_of
from generation.providers.studio.seen import see

Picture = NDArray[np.uint8]
CAN = (
    "The local studio can recolour, relight, crop, rotate and replace the background. "
    "Changing shape, parts or graphics needs an AI key."
)


@cache
def view_of(name: str) -> View:
    """A test photo with the outline that the studio finds."""
    data = next(PHOTOS.glob(f"{name}.*")).read_bytes()
    height, width = opened(data).shape[:2]
    view = View("1", "front", data, width, height)
    return View("1", "front", data, width, height, outline=engine.find_outline(view))


def opened(data: bytes) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def drawn(*, tilt: float = 0.0, dye: str = "#1f2a4a", behind: str = "#d8d2c6", score: float = 0.95,
          worn: bool = False) -> View:  # fmt: skip
    """A shaded T with a yellow print on a plain ground, and its true outline."""
    big = np.zeros((1600, 1600), np.uint8)
    cv2.rectangle(big, (360, 300), (1240, 560), 255, -1)
    cv2.rectangle(big, (560, 300), (1040, 1360), 255, -1)
    turn = cv2.getRotationMatrix2D((800, 800), tilt, 1)
    big = np.asarray(cv2.warpAffine(big, turn, (1600, 1600)), np.uint8)
    alpha = cv2.resize(big, (800, 800), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    shade = (0.85 + 0.2 * np.cos(np.linspace(0, 9, 800)))[None, :, None].astype(np.float32)
    product = bgr_of(np.asarray(lab_of_hex(dye) * shade * np.ones((800, 1, 1)), np.float32))
    product[360:420, 340:460] = bgr_of(lab_of_hex("#f2c230")[None])[0]
    ground = bgr_of(lab_of_hex(behind)[None])[0]
    mixed = ground + alpha[..., None] * (product - ground)
    data = cv2.imencode(".png", np.asarray(mixed + 0.5, np.uint8))[1].tobytes()
    rings = cv2.findContours((alpha > 0.5).astype(np.uint8), 0, cv2.CHAIN_APPROX_SIMPLE)[0]
    outline = {
        "score": score,
        "rings": [ring[:, 0].tolist() for ring in rings],
        "wornByPerson": worn,
    }
    return View("1", "front", data, 800, 800, outline=outline)


def edited(view: View, words: str, *, seed: int = 1, brief: Brief = Brief()) -> Answer:  # noqa: B008
    return Studio().edit_view(view=view, words=words, brief=brief, seed=seed, ask=Ask(""))


def picture_of(answer: Answer) -> Picture:
    return opened(answer.images["image.jpg"])


def parts_of(view: View, *, reach: int = 3) -> tuple[NDArray[Any], NDArray[Any]]:
    """The product without its edge, and what lies more than ``reach`` pixels off it."""
    mask = np.zeros((view.height, view.width), np.uint8)
    rings = [np.round(ring).astype(np.int32) for ring in (view.outline or {})["rings"]]
    cv2.fillPoly(mask, rings, 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.erode(mask, disc) > 0, cv2.dilate(mask, disc) == 0


def refusal(view: View, words: str) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        edited(view, words)
    return caught.value


# -- recolouring ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("make it red", "#c0282d"),
        ("#2e7d43", "#2e7d43"),
        ("in beige umfarben", "#dccbb0"),
        ("把它换成紫色", "#6b3fa0"),
        ("change navy to teal", "#1d7e7d"),
        ("a red hoodie please", "#c0282d"),
    ],
)
def test_the_product_gets_the_colour_that_was_asked(words: str, code: str) -> None:
    view = drawn()
    core, _ = parts_of(view)
    lab = np.median(lab_of(picture_of(edited(view, words)))[core], axis=0)
    assert np.linalg.norm(lab[1:] - lab_of_hex(code)[1:]) < 0.045
    assert abs(lab[0] - lab_of_hex(code)[0]) < 0.12


@pytest.mark.parametrize(("name", "alike"), [("hoodie-pink-flatlay", 0.8), ("mug-black", 0.7)])
def test_a_photo_keeps_its_background_and_its_shading_when_recoloured(
    name: str, alike: float
) -> None:
    view = view_of(name)
    core, outside = parts_of(view, reach=5)
    before, after = opened(view.data), picture_of(edited(view, "green"))
    gap = np.abs(before.astype(int) - after)[outside]
    assert np.percentile(gap, 99.5) <= 6  # what JPEG does
    lights = lab_of(before)[core][:, 0], lab_of(after)[core][:, 0]
    assert np.corrcoef(*lights)[0, 1] > alike
    assert before.shape == after.shape


def test_nothing_but_the_product_and_its_edge_is_touched() -> None:
    view = drawn()
    _, outside = parts_of(view)
    before, after = opened(view.data), picture_of(edited(view, "red"))
    gap = np.abs(before.astype(int) - after)[outside]
    assert np.percentile(gap, 99.9) <= 4
    assert gap.max() <= 20  # what JPEG does beside an edge


def test_a_print_keeps_its_colour() -> None:
    view = drawn()
    before, after = lab_of(opened(view.data)), lab_of(picture_of(edited(view, "red")))
    inner = (slice(366, 414), slice(346, 454))
    assert np.linalg.norm(before[inner] - after[inner], axis=-1).max() < 0.04
    mug = view_of("mug-black")
    was, now = opened(mug.data), picture_of(edited(mug, "blue"))
    orange = lab_of(was)[..., 2] > 0.09
    gap = np.linalg.norm(lab_of(was) - lab_of(now), axis=-1)[orange]
    assert np.percentile(gap, 95) < 0.05


def test_one_colour_of_several_can_be_named() -> None:
    view = drawn()
    after = picture_of(edited(view, "replace yellow with white"))
    core, _ = parts_of(view)
    assert lab_of(after[390:391, 400:401])[0, 0, 0] > 0.9
    assert np.median(lab_of(after)[core][:, 0]) < 0.4
    assert "There is no green" in refusal(view, "replace green with white").words


def test_lighter_and_darker_change_the_product_and_not_its_ground() -> None:
    view = drawn(dye="#7a4a6a")
    core, outside = parts_of(view)
    before = lab_of(opened(view.data))
    for words, sign in (("a bit darker", -1), ("lighter", 1), ("dunkler", -1), ("浅一点", 1)):
        after = lab_of(picture_of(edited(view, words)))
        change = float(np.median(after[core][:, 0]) - np.median(before[core][:, 0]))
        assert sign * change > 0.02, words
        assert abs(np.median(after[outside][:, 0]) - np.median(before[outside][:, 0])) < 0.01


def test_a_far_recolour_says_that_folds_may_look_wrong() -> None:
    answer = edited(drawn(), "cream")
    assert any("folds" in warning for warning in answer.data["warnings"])
    assert edited(drawn(), "purple").data["warnings"] == []


def test_the_same_colour_again_is_refused() -> None:
    seen = see(view := drawn(dye="#c0282d"))
    lit = dyes_of(seen.photo, seen.outline)[0].lit
    code = hex_of(from_oklab(lit.astype(float)))
    assert "already" in refusal(view, code).words


# -- background ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("white background", "#ffffff"),
        ("on white", "#ffffff"),
        ("remove the background", "#ffffff"),
        ("Hintergrund weiß", "#ffffff"),
        ("auf grau", "#8a8c90"),
        ("背景换成白色", "#ffffff"),
        ("put it on a #336699 background", "#336699"),
        ("change the background from beige to sage", "#a9bb9b"),
    ],
)
def test_the_background_is_replaced_and_the_product_is_not(words: str, code: str) -> None:
    view = drawn()
    core, outside = parts_of(view, reach=5)
    before, after = opened(view.data), picture_of(edited(view, words))
    assert np.percentile(np.abs(before.astype(int) - after)[core], 99) <= 5
    wanted = bgr_of(lab_of_hex(code)[None])[0]
    assert np.percentile(np.abs(after[outside].astype(int) - wanted), 99.5) <= 3


def test_no_old_background_is_left_along_the_edge() -> None:
    view = drawn(behind="#d02020")
    after = picture_of(edited(view, "white background")).astype(int)
    redness = after[..., 2] - after[..., :2].max(axis=2)
    redness[340:440, 320:480] = 0  # the yellow print
    assert (redness > 25).mean() < 0.001
    assert redness.max() < 50  # of the 150 that the old background has


def test_a_gradient_runs_from_top_to_bottom() -> None:
    view = drawn()
    after = lab_of(picture_of(edited(view, "gradient background from white to grey")))
    assert after[10, 400, 0] > 0.97 > 0.75 > after[-10, 400, 0]


def test_a_soft_shadow_darkens_only_what_is_near() -> None:
    after = lab_of(picture_of(edited(drawn(), "on white with a soft shadow")))
    assert after[690, 400, 0] < 0.985 < 0.995 < after[30, 30, 0]


# -- light, frame --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "channel", "sign"),
    [
        ("brighter", 0, 1),
        ("a bit brighter", 0, 1),
        ("darker photo", 0, -1),
        ("heller", 0, 1),
        ("调亮", 0, 1),
        ("warmer", 2, 1),
        ("cooler light", 2, -1),
    ],
)
def test_light_changes_the_whole_photo(words: str, channel: int, sign: int) -> None:
    view = drawn(score=0.2)
    before, after = (lab_of(p) for p in (opened(view.data), picture_of(edited(view, words))))
    assert sign * float((after - before)[..., channel].mean()) > 0.008


def test_contrast_spreads_the_tones() -> None:
    view = drawn(score=0.2)
    spread = [float(lab_of(picture_of(edited(view, w)))[..., 0].std())
              for w in ("more contrast", "less contrast")]  # fmt: skip
    assert spread[0] > float(lab_of(opened(view.data))[..., 0].std()) > spread[1]


def test_quarter_turns_and_mirrors_lose_nothing() -> None:
    view = view_of("hoodie-pink-flatlay")
    before = opened(view.data)
    turned, mirrored = edited(view, "rotate 90 degrees"), edited(view, "flip it")
    assert picture_of(turned).shape == (400, 534, 3)
    assert (turned.data["width"], turned.data["height"]) == (534, 400)
    assert np.abs(np.rot90(before, -1).astype(int) - picture_of(turned)).mean() < 2
    assert np.abs(before[:, ::-1].astype(int) - picture_of(mirrored)).mean() < 2
    assert any("mirrored" in warning for warning in mirrored.data["warnings"])


@pytest.mark.parametrize("tilt", [-6.0, 5.0])
def test_straightening_sets_the_axis_upright(tilt: float) -> None:
    after = picture_of(edited(drawn(tilt=tilt), "straighten it"))
    dark = (lab_of(after)[..., 0] < 0.5).astype(np.uint8)
    lower = np.argwhere(dark[300:600])
    middles = [lower[lower[:, 0] == row][:, 1].mean() for row in (20, 280)]
    assert abs(middles[0] - middles[1]) < 4


def test_a_crop_holds_the_product_in_the_shape_that_was_asked() -> None:
    view = drawn()
    for words, ratio in (("crop to the product", None), ("square", 1.0), ("crop to 4:5", 0.8)):
        answer = edited(view, words)
        wide, high = answer.data["width"], answer.data["height"]
        assert (lab_of(picture_of(answer))[..., 0] < 0.5).sum() > 80_000, words
        if ratio:
            assert wide / high == pytest.approx(ratio, abs=0.01)
        else:
            assert wide < 620
            assert high < 720


def test_a_share_is_cropped_off_a_side() -> None:
    answer = edited(drawn(), "crop 10 % off the top")
    assert (answer.data["width"], answer.data["height"]) == (800, 720)


def test_a_part_is_cropped_only_where_it_is_known() -> None:
    view = view_of("hoodie-pink-flatlay")
    refused = refusal(view, "crop to the pocket")
    assert "is not known" in refused.words


# -- combinations, variations --------------------------------------------------------------


def test_wishes_are_done_together() -> None:
    view = drawn()
    answer = edited(view, "burgundy on white, a bit brighter and square")
    assert len(answer.data["did"]) == 4
    after = picture_of(answer)
    assert after.shape[0] == after.shape[1]
    assert after[5, 5].min() >= 253
    core = lab_of(after)[300:302, 380:420].reshape(-1, 3)
    assert np.median(core[:, 1]) > 0.06


def test_without_words_the_presentation_varies_by_seed() -> None:
    view = drawn()
    answers = [edited(view, "", seed=seed) for seed in range(6)]
    pictures = [picture_of(answer).astype(int) for answer in answers]
    assert all(a.data["note"].startswith("presentation variation: ") for a in answers)
    assert len({a.data["note"] for a in answers}) >= 4
    core, _ = parts_of(view, reach=6)
    for picture in pictures:
        lab = np.median(lab_of(picture.astype(np.uint8))[core], axis=0)
        assert np.linalg.norm(lab - np.median(lab_of(opened(view.data))[core], axis=0)) < 0.12


def test_the_same_wish_gives_the_same_bytes() -> None:
    view = drawn()
    for words, seed in (("red on a grey gradient background", 1), ("", 7)):
        assert edited(view, words, seed=seed).images == edited(view, words, seed=seed).images


# -- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("make the sleeves longer", "sleeves"),
        ("add a pocket", "pocket"),
        ("navy, with golden buttons", "buttons"),
        ("put it on a model", "model"),
        ("remove the logo", "logo"),
        ("make it look expensive", "expensive"),
        ("ignore previous instructions", "ignore"),
        ("mach die Ärmel länger", "lange"),
        ("把袖子加长", "袖子"),
    ],
)
def test_what_changes_the_product_needs_an_ai_key_and_was_free(words: str, said: str) -> None:
    refused = refusal(drawn(), words)
    assert refused.words.startswith(CAN)
    assert said in refused.words
    assert refused.words.endswith("Nothing was charged.")
    assert refused.code == ""


def test_a_refusal_says_what_was_understood() -> None:
    words = refusal(drawn(), "navy on white, with golden buttons and a zip").words
    assert "Understood: recolour to" in words
    assert "replace the background" in words


@pytest.mark.parametrize("words", ["red", "white background", "crop to the product", "straighten"])
def test_an_unreliable_outline_is_to_be_fixed_first(words: str) -> None:
    assert "fix the outline with two strokes first" in refusal(drawn(score=0.4), words).words
    assert "Someone wears" in refusal(drawn(score=0.4, worn=True), words).words


@pytest.mark.parametrize("words", ["brighter", "rotate 90", "flip", "crop 10 % off the left", ""])
def test_what_needs_no_outline_works_on_an_unreliable_one(words: str) -> None:
    assert edited(drawn(score=0.4), words).images


def test_a_doubtful_outline_warns() -> None:
    assert any("not sure" in w for w in edited(drawn(score=0.75), "red").data["warnings"])


@pytest.mark.parametrize("words", ["red and blue", "rotate 900 degrees", "crop to 300 px"])
def test_contradictions_and_nonsense_are_refused(words: str) -> None:
    assert refusal(drawn(), words).words.endswith("Nothing was charged.")


def test_the_products_own_words_are_no_riddle() -> None:
    brief = Brief(words="Nordwind Anorak")
    assert wishes_of("make the Nordwind anorak green", known=brief.words).unknown == ()
    assert wishes_of("make the hoodie green").unknown == ()
