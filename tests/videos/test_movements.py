"""A movement stands at the head of a film's words, and is found there again."""

from __future__ import annotations

import pytest

from generation.providers.protocols import VideoAsked
from generation.providers.studio.film.wishes import wish_of
from videos.movements import (
    IN_WORDS,
    MOVEMENTS,
    TITLE_LONGEST,
    Movement,
    joined,
    movement_of,
    split,
    title_of,
)

UNDERSTOOD = {"turntable": {"turn"}, "pan": {"pan"}, "close": {"close"}}
CHINESE = "海港连帽卫衣在浅色工作室地板上缓慢旋转，柔和的窗光从左侧照进来。" * 8


@pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda one: one.key)
def test_the_studio_moves_as_was_chosen(movement: Movement) -> None:
    words = joined(movement, "Pale backdrop, soft light from the left")
    wish = wish_of(VideoAsked(words, 4, 1280, 720))
    assert wish.movements == UNDERSTOOD[movement.key]
    assert wish.light_from == "left"


@pytest.mark.parametrize("movement", [*MOVEMENTS, IN_WORDS], ids=lambda one: one.key)
@pytest.mark.parametrize("words", ["", "slow turn", CHINESE], ids=["none", "some", "many"])
def test_it_is_found_again_with_the_words_beside_it(movement: Movement, words: str) -> None:
    assert split(joined(movement, words)) == (movement, words)
    assert movement_of(movement.key) == movement


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        (joined(MOVEMENTS[0], "on the beach"), "Turntable"),
        ("  A coat\n turns ", "A coat turns"),
        (CHINESE, CHINESE[: TITLE_LONGEST - 1] + "…"),
    ],
    ids=["movement", "words", "many words"],
)
def test_a_film_is_called_by_its_movement_or_its_words(prompt: str, title: str) -> None:
    assert title_of(prompt) == title
