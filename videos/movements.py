"""How a film moves: what the form offers, and how it stands at the head of a film's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TITLE_LONGEST: Final = 60


@dataclass(frozen=True)
class Movement:
    """A movement; ``words`` is the sentence that asks for it."""

    key: str
    label: str
    words: str


MOVEMENTS: Final = (
    Movement("turntable", "Turntable", "Turntable, the product turns through all views."),
    Movement("pan", "Pan", "Pan, the camera glides across the product."),
    Movement("close", "Close look", "Close look at the fabric, the stitching and the details."),
)
IN_WORDS: Final = Movement("words", "As the words say", "")


def movement_of(key: str) -> Movement:
    """The movement of that key; what has no such name moves as the words say."""
    return next((one for one in MOVEMENTS if one.key == key), IN_WORDS)


def joined(movement: Movement, words: str) -> str:
    """The prompt of a film that moves so and shows what ``words`` say."""
    return f"{movement.words} {words.strip()}".strip()


def split(prompt: str) -> tuple[Movement, str]:
    """A prompt's movement and the words beside it."""
    for movement in MOVEMENTS:
        if prompt.startswith(movement.words):
            return movement, prompt[len(movement.words) :].strip()
    return IN_WORDS, prompt.strip()


def title_of(prompt: str) -> str:
    """What a film is called: by its movement, or by the beginning of its words."""
    movement, words = split(prompt)
    if movement is not IN_WORDS:
        return movement.label
    first = " ".join(words.split())
    return first if len(first) <= TITLE_LONGEST else first[: TITLE_LONGEST - 1].rstrip() + "…"
