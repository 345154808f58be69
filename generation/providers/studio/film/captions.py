"""What is on screen, and when: one list for the strip in the picture and for the captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from generation.providers.studio.film.lettering import LABEL
from generation.providers.studio.film.reel import FPS

VIEWS: Final = {
    "front": "Front",
    "back": "Back",
    "side": "Side",
    "left": "Left side",
    "right": "Right side",
    "top": "From above",
    "bottom": "From below",
    "interior": "Inside",
    "detail": "Detail",
}


@dataclass(frozen=True)
class Said:
    """Words that hold from one frame until, not including, another."""

    first: int
    end: int
    view: str
    more: str = ""  # what the picture shows beside the view, e.g. a whole photo


def name_of(view_type: str) -> str:
    """A view as people read it."""
    return VIEWS.get(view_type, "Photo")


def vtt(title: str, said: Sequence[Said]) -> str:
    """WebVTT: one cue for each, the label in the first and the last."""
    cues = ["WEBVTT", f"NOTE {LABEL}. No sound."]
    for number, one in enumerate(said):
        shown = ". ".join(part for part in (one.view, one.more) if part) + "."
        lines = [shown if number or not title else f"{_escaped(title)}. {shown}"]
        if number in (0, len(said) - 1):
            lines.append(f"{LABEL}.")
        cues.append("\n".join([f"{_time(one.first)} --> {_time(one.end)}", *lines]))
    return "\n\n".join(cues) + "\n"


def _escaped(words: str) -> str:
    """A title as text of a cue: one line, and nothing in it is markup."""
    line = " ".join(words.split())
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(frame: int) -> str:
    ms = frame * 1000 // FPS
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
