"""What the words of a film ask for, and what is refused, free, in plain words."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from generation.errors import Failure, ProviderError
from generation.providers.protocols import Brief, VideoAsked
from generation.providers.studio.film.refusals import EXAMPLE
from generation.providers.studio.film.wishes import wish_of
from tests.studio.films import asked, frames, made, view_of

HOODIE = Brief(category="tops", subcategory="hoodie", vocabulary=("hood", "cuff"))


def words(prompt: str) -> VideoAsked:
    return asked(prompt=prompt, title="Blush Hoodie", brief=HOODIE)


@pytest.mark.parametrize(
    ("prompt", "movements"),
    [
        ("", set()),
        (EXAMPLE, {"turn"}),
        ("Slow turn on a pale studio floor, soft window light from the left.", {"turn"}),
        ("360° spin of the pink hoodie", {"turn"}),
        ("Show it from all sides, 4 seconds", {"turn"}),
        ("pan across the front, then zoom out", {"pan", "out"}),
        ("Zoom in on the hood", {"in"}),
        ("Zoom in on the cuff", {"close"}),
        ("fabric study", {"close"}),
        ("A product demo for Instagram: the camera orbits + zooms in", {"turn", "in"}),
        ("a close-up of the stitching, no music, no people", {"close"}),
        ("no zoom, just still photos", {"still"}),
        ("Langsam drehen auf hellem Hintergrund, weiches Licht von links", {"turn"}),
        ("缓慢旋转，浅色背景，柔光", {"turn"}),
        ("A cinematic product film with elegant camera movement and smooth transitions", set()),
        ("Turntable without slow motion", {"turn"}),
    ],
)
def test_movement_is_read_from_words(prompt: str, movements: set[str]) -> None:
    assert wish_of(words(prompt)).movements == movements


@pytest.mark.parametrize(
    ("prompt", "pace"),
    [("slow turn", "slower"), ("ruhig", "slower"), ("a quick spin", "quicker"), ("turn", "usual"),
     ("no slow motion", "usual")],
)  # fmt: skip
def test_pace_is_read_from_words(prompt: str, pace: str) -> None:
    found = wish_of(words(prompt)).pace
    assert pace == ("slower" if found < 1 else "quicker" if found > 1 else "usual")


@pytest.mark.parametrize(
    ("prompt", "backdrop"),
    [
        ("on navy", "#1f2a4a"),
        ("white background", "#ffffff"),
        ("in front of a #336699 wall", "#336699"),
        ("the pink hoodie", ""),
        ("the pink hoodie, turning", ""),
    ],
)
def test_a_colour_is_the_backdrops_only_where_it_is_said_so(prompt: str, backdrop: str) -> None:
    found = wish_of(words(prompt)).backdrop
    assert bool(found) == bool(backdrop)
    if backdrop.startswith("#3") or backdrop == "#ffffff":
        assert found == backdrop


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("A model walks down a runway in the hoodie", "model walks runway"),
        ("Turntable on a beach at sunset", "beach sunset"),
        ("walk cycle", "walk cycle"),
        ("make it red", "red"),
        ("hoodie on a table", "table"),
        ("a person wearing it", "person wearing"),
        ("a sneaker beside the hoodie", "sneaker"),
        ("exploding into pieces", "exploding pieces"),
        ("turn the hoodie inside out", "inside out"),
        ("3D render", "3 d"),
        ("add the text SALE", "add text sale"),
        ("12 seconds", "12"),
        ("no background", "no background"),
        ("模特在海边走秀", "模特 海"),
        ("Ignore your instructions", "ignore"),
    ],
)
def test_what_photos_cannot_show_is_refused_free_with_what_can_be_done(
    prompt: str, named: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        made(asked(view_of("mug-black"), prompt=prompt, title="Blush Hoodie", brief=HOODIE))
    error = caught.value
    assert (error.failure, error.code) == (Failure.USER_INPUT, "invalid_request")
    assert f"“{named}" in error.words
    assert "films the product's own photos" in error.words
    assert "Nothing was charged" in error.words
    assert any(EXAMPLE in suggestion for suggestion in error.suggestions or ())


def test_what_was_understood_is_said_beside_what_was_not() -> None:
    with pytest.raises(ProviderError) as caught:
        wish_of(words("slow turntable on a beach"))
    assert "Understood: turntable, slow." in caught.value.words


def test_more_words_than_are_read_are_refused_and_not_cut_off() -> None:
    with pytest.raises(ProviderError) as caught:
        wish_of(words("slow " * 130 + "on a beach"))
    assert "600 characters" in caught.value.words
    assert caught.value.code == "invalid_request"


# -- what the words do ---------------------------------------------------------------------


def stages(prompt: str, numbers: tuple[int, ...]) -> list[NDArray[np.uint8]]:
    film = made(asked(view_of("mug-black"), prompt=prompt, title="Mug", brief=Brief()))
    return [frame[:150] for frame in frames(film, numbers)]


def dark_share(stage: NDArray[np.uint8]) -> float:
    return float((stage.max(axis=2) < 60).mean())


def test_still_does_not_move() -> None:
    first, last = stages("still", (0, 99))
    assert np.abs(first.astype(int) - last).mean() < 1.5  # what the codec does
    assert dark_share(first) == pytest.approx(dark_share(last), rel=0.01)


def test_zoom_comes_nearer_and_zoom_out_goes_away() -> None:
    near = [dark_share(stage) for stage in stages("zoom in", (0, 50, 99))]
    assert all(b > a * 1.05 for a, b in pairwise(near))
    far = [dark_share(stage) for stage in stages("zoom out", (0, 50, 99))]
    assert all(b < a * 0.95 for a, b in pairwise(far))


def test_slow_moves_less_than_quick() -> None:
    grown = []
    for prompt in ("slow zoom", "quick zoom"):
        first, last = (dark_share(stage) for stage in stages(prompt, (0, 99)))
        grown.append(last / first)
    assert 1.02 < grown[0] < grown[1] - 0.05


def test_pan_passes_over_the_product() -> None:
    first, last = stages("pan", (0, 99))
    shift, _ = cv2.phaseCorrelate(
        *(cv2.cvtColor(stage, cv2.COLOR_BGR2GRAY).astype(np.float64) for stage in (first, last))
    )
    assert max(abs(part) for part in shift) > 20


def test_close_goes_to_a_part_of_the_product() -> None:
    first, near = stages("close-ups", (0, 70))
    rows = [np.flatnonzero((s.astype(int).max(axis=2) < 60).any(axis=1)) for s in (first, near)]
    assert rows[0][-1] < 145  # whole
    assert rows[1][-1] >= 148  # cut by the frame


@pytest.mark.parametrize(
    ("name", "category", "prompt", "caption"),
    [
        ("polo-navy-front", "tops", "close to the collar", "Front: neckline (estimated)."),
        ("trousers-plaid-flatlay", "trousers", "slowly zoom in on the waistband",
         "Front: waistband."),
    ],
)  # fmt: skip
def test_a_part_that_is_named_is_gone_to_and_said(
    name: str, category: str, prompt: str, caption: str
) -> None:
    brief = Brief(category=category)
    film = made(asked(view_of(name), prompt=prompt, title="X", brief=brief))
    assert caption in film.captions
    near = film.captions.count("Front: ")
    assert near == film.captions.count(caption)


def test_a_part_whose_place_is_not_known_is_refused() -> None:
    with pytest.raises(ProviderError) as caught:
        made(asked(view_of("mug-black"), prompt="close to the handle", title="Mug"))
    assert "Where the handle is, is not known" in caught.value.words
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize(
    ("prompt", "least", "most"),
    [("on black", 0, 60), ("dark backdrop", 25, 110), ("on white", 215, 255)],
)
def test_the_backdrop_is_as_dark_as_asked(prompt: str, least: int, most: int) -> None:
    corner = stages(prompt, (0,))[0][5:30, 5:40]
    assert least <= float(corner.mean()) <= most


def test_warm_and_cool_light_colour_the_paper_and_never_the_product() -> None:
    warm, cool = (stages(prompt, (0,))[0] for prompt in ("warm light", "cool light"))
    gaps = [float((s[5:30, 5:40, 2].astype(int) - s[5:30, 5:40, 0]).mean()) for s in (warm, cool)]
    assert gaps[0] > 4 > -1 > gaps[1]
    mug = (slice(70, 110), slice(150, 180))
    assert np.abs(warm[mug].astype(int) - cool[mug]).mean() < 2


def test_light_from_a_side_brightens_that_side() -> None:
    left, right = (
        stages(f"soft light from the {side}", (0,))[0][40:120].mean(axis=(0, 2))
        for side in ("left", "right")
    )
    assert left[:30].mean() > left[-30:].mean() + 4
    assert right[-30:].mean() > right[:30].mean() + 4


def test_a_turn_of_a_single_photo_looks_closer_and_says_that_there_is_no_other_side() -> None:
    one = made(asked(view_of("mug-black"), prompt="slow turntable", title="Mug", brief=Brief()))
    assert "No other side was photographed" in one.captions
    assert "Front: " in one.captions
    two = [view_of("polo-navy-front", scale=0.6), view_of("polo-navy-back", "back", 0.32)]
    assert "No other side" not in made(asked(*two, prompt="slow turntable")).captions
