"""Other ways to show the same photo, chosen by a seed: never another product."""

from __future__ import annotations

import random

from generation.providers.studio.edits.backdrop import Backdrop
from generation.providers.studio.edits.light import Light
from generation.providers.studio.edits.wishes import Wishes

GROUNDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("white", ("#ffffff",)),
    ("warm paper", ("#f4f0e9",)),
    ("cool grey", ("#e9ecef",)),
    ("white to grey", ("#fdfdfd", "#d5d8dc")),
    ("warm gradient", ("#faf6f0", "#e2d8cb")),
    ("cool gradient", ("#f6f9fc", "#cfd8e2")),
    ("sage", ("#e3e9e1",)),
    ("sand", ("#ece3d4",)),
    ("slate gradient", ("#c9ced6", "#8d96a3")),
)
LIGHTS: tuple[tuple[str, Light], ...] = (
    ("light as photographed", Light()),
    ("a little brighter", Light(stops=0.25)),
    ("more contrast", Light(contrast=0.22)),
    ("brighter, softer", Light(stops=0.3, contrast=-0.12)),
    ("warmer light", Light(warmth=0.25)),
)


def variation_of(seed: int, *, with_outline: bool) -> tuple[Wishes, str]:
    """The wishes of a seed and what they are called; without an outline light alone."""
    chosen = random.Random(seed)
    if not with_outline:
        words, light = LIGHTS[1 + chosen.randrange(len(LIGHTS) - 1)]
        return Wishes(light=light), f"{words}; the background stays as the outline is unreliable"
    name, colours = GROUNDS[chosen.randrange(len(GROUNDS))]
    words, light = LIGHTS[chosen.randrange(len(LIGHTS))]
    soft = chosen.random() < 0.65
    shadow = "soft shadow" if soft else "no shadow"
    backdrop = Backdrop(colours, "soft" if soft else "none")
    return Wishes(backdrop=backdrop, light=light), f"{name}, {shadow}, {words}"
