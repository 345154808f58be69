"""What a drawn picture says of itself, small, in its margin."""

from __future__ import annotations

import unicodedata

import cv2
import numpy as np

from generation.providers.studio.edits.pixels import Grey

SIDE = 1536
LEFT, BASE = 56, SIDE - 34
SIZE = 21  # px on a picture of 1536
LONGEST = 64  # characters of the person's words
DARKER = 105  # levels under the paper


def captioned(picture: Grey, label: str, words: str) -> None:
    """Write the label and the words at the bottom of a 1536 px picture, in place."""
    said = shown(words)
    text = f"{label} · {said}" if said else label
    strip = np.ascontiguousarray(np.clip(picture[SIDE - 80 :], 0, 255).astype(np.uint8))
    ink = max(int(np.median(strip)) - DARKER, 0)
    face = cv2.FontFace("sans")
    cv2.putText(strip, text, (LEFT, BASE - (SIDE - 80)), (ink, ink, ink), face, SIZE, 400)
    picture[SIDE - 80 :] = strip


def shown(words: str) -> str:
    """A person's words on one line, without what cannot be written."""
    clean = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in words)
    line = " ".join(clean.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
