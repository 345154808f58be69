"""Categories: words decide, shapes guess within what was measured, views are read off names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.providers.studio import category, view
from generation.providers.studio.shapes import Outline
from generation.providers.studio.silhouette import describe
from tests.studio import patterns

NAMED = [
    ("Oversized Hoodie 'Boston'", "tops", "hoodie"),
    ("hoodie-pink-flatlay.jpg", "tops", "hoodie"),
    ("Damen Kapuzenpullover rosa", "tops", "hoodie"),
    ("加绒卫衣", "tops", "hoodie"),
    ("Sudadera con capucha", "tops", "hoodie"),
    ("Худи оверсайз", "tops", "hoodie"),
    ("オーバーサイズパーカー", "tops", "hoodie"),
    ("T-Shirt weiß, Bio-Baumwolle", "tops", "t-shirt"),
    ("tee_white_on_model.jpg", "tops", "t-shirt"),
    ("纯棉T恤", "tops", "t-shirt"),
    ("Camiseta básica", "tops", "t-shirt"),
    ("PoloShirtNavy-front.png", "tops", "polo shirt"),
    ("Herrenhemd kariert", "tops", "shirt"),
    ("chemise en lin", "tops", "shirt"),
    ("Classic dress shirt", "tops", "shirt"),
    ("black tank top", "tops", "tank top"),
    ("Strickpullover", "tops", "sweater"),
    ("T-shirt with cap sleeves", "tops", "t-shirt"),
    ("Lederjacke schwarz", "outerwear", "jacket"),
    ("jacket-quilted-green-front.jpg", "outerwear", "jacket"),
    ("Hooded jacket, grey", "outerwear", "jacket"),
    ("denim jacket for jeans lovers", "outerwear", "jacket"),
    ("Wollmantel", "outerwear", "coat"),
    ("大衣", "outerwear", "coat"),
    ("Steppweste", "outerwear", "vest"),
    ("Blue jeans, slim", "trousers", "jeans"),
    ("Hose", "trousers", "trousers"),
    ("Cordhose für Damen", "trousers", "trousers"),
    ("kurze Hose", "trousers", "shorts"),
    ("Pantalón de jogging", "trousers", "joggers"),
    ("休闲裤", "trousers", "trousers"),
    ("Boot cut jeans", "trousers", "jeans"),
    ("Sommerkleid mit Taschen", "dresses-and-skirts", "dress"),
    ("T-shirt dress", "dresses-and-skirts", "dress"),
    ("robe d'été fleurie", "dresses-and-skirts", "dress"),
    ("碎花连衣裙", "dresses-and-skirts", "dress"),
    ("Faltenrock", "dresses-and-skirts", "skirt"),
    ("Röcke", "dresses-and-skirts", "skirt"),
    ("jupe plissée", "dresses-and-skirts", "skirt"),
    ("denim skirt", "dresses-and-skirts", "skirt"),
    ("slip-on shoes", "footwear", "shoe"),
    ("Turnschuhe", "footwear", "sneaker"),
    ("运动鞋", "footwear", "sneaker"),
    ("dress shoes", "footwear", "shoe"),
    ("Beige tassel loafers", "footwear", "loafer"),
    ("Chelsea-Stiefel", "footwear", "boot"),
    ("shoe bag", "bags", "bag"),
    ("Tote bag for shoes", "bags", "tote bag"),
    ("backpack-dog-grass.jpg", "bags", "backpack"),
    ("backpack-dog-table.jpg", "bags", "backpack"),
    ("dining table oak", "other", "table"),
    ("sac à dos enfant", "bags", "backpack"),
    ("Handtasche", "bags", "bag"),
    ("双肩背包", "bags", "backpack"),
    ("Coffee mug", "other", "mug"),
    ("Kaffeetasse", "other", "mug"),
    ("Armbanduhr gold", "other", "watch"),
    ("Esszimmerstuhl", "other", "chair"),
    ("Rubber duck", "other", "toy"),
    ("靴下", "other", "socks"),
    ("Salt and pepper shakers", "other", "tableware"),
]


@pytest.mark.parametrize(("words", "name", "subcategory"), NAMED)
def test_a_name_decides_the_category(words: str, name: str, subcategory: str) -> None:
    shape = describe(_blank())
    guess = category.guess(shape, _blank(), words=words)
    assert (guess.category, guess.subcategory) == (name, subcategory)
    assert guess.confidence >= 0.7
    assert guess.because.startswith("the word")


@pytest.mark.parametrize(
    "words", ["", "IMG_2041.jpg", "whose are those", "Vistas 2024", "DSC00012", "shut", "photo (3)"]
)
def test_words_that_name_no_product_decide_nothing(words: str) -> None:
    assert category.named(words) is None


def test_a_clear_word_counts_for_more_than_one_with_two_meanings() -> None:
    assert category.named("rock band tee") == (("tops", "t-shirt"), "tee", category.SAID)
    named = category.named("Rock")
    assert named is not None
    assert named[2] == category.HALF_SAID


def test_a_name_counts_before_the_description() -> None:
    named = category.named("Canvas tote\nFits a sweater and a pair of shoes")
    assert named is not None
    assert named[0] == ("bags", "tote bag")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (patterns.t_shirt(), "tops"),
        (patterns.long_sleeve(), "tops"),
        (patterns.trousers(), "trousers"),
    ],
)
def test_a_plain_shape_is_recognised_without_words(pattern: patterns.Pattern, name: str) -> None:
    laid = patterns.lay(pattern)
    guess = category.guess(describe(laid.outline), laid.outline)
    assert guess.category == name
    assert guess.confidence <= 0.8


def test_every_answer_has_alternatives_and_its_weights_add_up_to_at_most_one() -> None:
    for words in ("", "jeans"):
        for pattern in (patterns.skirt(), patterns.dress(), patterns.t_shirt()):
            laid = patterns.lay(pattern)
            guess = category.guess(describe(laid.outline), laid.outline, words=words)
            names = [guess.category, *(name for name, _, _ in guess.alternatives)]
            assert len(guess.alternatives) >= 2
            assert len(set(names)) == len(names)
            assert all(c <= guess.confidence for _, _, c in guess.alternatives)
            assert guess.confidence + sum(c for _, _, c in guess.alternatives) <= 1.005


def test_an_unreliable_outline_makes_a_guess_less_confident() -> None:
    laid = patterns.lay(patterns.t_shirt())
    doubtful = Outline(laid.outline.alpha, 0.4, False)
    shape = describe(laid.outline)
    sure = category.guess(shape, laid.outline).confidence
    assert category.guess(shape, doubtful).confidence < sure


def test_stated_confidence_never_falls_with_agreement_and_is_capped() -> None:
    known = category.reference()
    assert list(known.earned) == sorted(known.earned)
    assert max(known.earned) <= 0.8


@pytest.mark.parametrize(
    ("name", "subcategory", "family"),
    [
        ("tops", "hoodie", "top"),
        ("outerwear", "", "top"),
        ("trousers", "shorts", "trousers"),
        ("dresses-and-skirts", "pleated skirt", "skirt"),
        ("dresses-and-skirts", "dress", "dress"),
        ("dresses-and-skirts", "", "dress"),
        ("footwear", "boot", "footwear"),
        ("bags", "tote bag", "bag"),
        ("other", "mug", "object"),
        ("nonsense", "", "object"),
    ],
)
def test_each_category_has_its_landmark_family(name: str, subcategory: str, family: str) -> None:
    assert category.family_of(name, subcategory) == family


@given(words=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_an_answer(words: str) -> None:
    guess = category.guess(describe(_blank()), _blank(), words=words)
    assert guess.category in category.CATEGORIES
    assert 0 <= guess.confidence <= 1
    assert view.view_in_words(words) in {"", *view.WORDS}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("polo-navy-front.jpg", "front"),
        ("polo-navy-back.jpg", "back"),
        ("Jacke_Vorderseite.JPG", "front"),
        ("jacke rückseite", "back"),
        ("backView2.png", "back"),
        ("slipon-blue-side.jpg", "side"),
        ("slipon-blue-heel.jpg", "heel"),
        ("slipon-blue-top.jpg", "top"),
        ("slipon-blue-threequarter.jpg", "three-quarter"),
        ("high-heels-side.jpg", "side"),
        ("hoodie detail front.jpg", "detail"),
        ("背面.jpg", "back"),
        ("正面图", "front"),
        ("black-tank-top.jpg", ""),
        ("knit-top.jpg", ""),
        ("IMG_0001.jpg", ""),
        ("backpack-dog-table.jpg", ""),
        ("back pack", ""),
        ("dos de la veste", "back"),
    ],
)
def test_a_file_name_tells_the_view(words: str, name: str) -> None:
    assert view.view_in_words(words) == name


def _blank() -> Outline:
    return Outline(np.zeros((20, 20), np.float32), 0.1, False)
