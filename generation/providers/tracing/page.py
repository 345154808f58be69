"""A picture of a drawing as paper and ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.errors import Failure, ProviderError
from generation.providers.studio import photo
from generation.providers.tracing.thinning import Bits

SMALL_SIDE: Final = 900  # a smaller picture is enlarged, or its lines are only two pixels wide
FAINT: Final = 0.13  # darker than the paper around it by that much may belong to a line
CLEAR: Final = 0.22  # and this much surely does
_LEAST_INK, _MOST_INK = 0.002, 0.3  # of the page
_WIDEST_LINE = 0.022  # of the long side; what is broader is a fill


@dataclass(frozen=True)
class Page:
    """The drawing's picture; all arrays are of its size."""

    tone: NDArray[np.float32]  # lightness over the paper's, 0..1
    chroma: NDArray[np.float32]  # spread of the colour channels, 0..1
    ink: NDArray[np.float32]  # how much darker than what is around it, 0..1
    drawn: Bits  # lines and black fills

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.drawn.shape[1], self.drawn.shape[0]


def unusable(complaint: str) -> ProviderError:
    """The drawing cannot be used; ``complaint`` tells a model what to do."""
    return ProviderError(Failure.MALFORMED_OUTPUT, complaint)


def read(data: bytes) -> Page:
    """The page; raises ProviderError (malformed output) where it is no ink on light paper."""
    bgr = _enlarged(photo.load(data).bgr).astype(np.float32)
    paper = np.percentile(bgr.reshape(-1, 3)[::7], 90, axis=0)
    if paper.mean() < 150:
        raise unusable("Draw with black lines on plain white paper, not on a dark ground.")
    on_white = np.clip(bgr / np.maximum(paper, 1), 0, 1)
    tone = np.asarray(cv2.cvtColor(on_white.astype(np.float32), cv2.COLOR_BGR2GRAY), np.float32)
    chroma = (on_white.max(axis=2) - on_white.min(axis=2)).astype(np.float32)
    ink = _ink(tone)
    page = Page(tone, chroma, ink, lines_of(ink))
    share = float(page.drawn.mean())
    if share < _LEAST_INK:
        raise unusable("The page is empty: draw the product with black lines.")
    if share > _MOST_INK:
        raise unusable(
            "That is not a line drawing: draw contours and seams only, in thin black lines on "
            "white, without fills, shading or texture."
        )
    return page


def _enlarged(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    longest = max(bgr.shape[:2])
    if longest >= SMALL_SIDE:
        return bgr
    scale = min(3.0, SMALL_SIDE / longest)
    large = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


def _ink(tone: NDArray[np.float32]) -> NDArray[np.float32]:
    """Darkness against the near surroundings, so that a shaded part is paper too."""
    side = 2 * round(_WIDEST_LINE * max(tone.shape) / 2) + 1
    around = cv2.morphologyEx(
        tone, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    )
    local = (around - tone) / np.maximum(around, 0.3)
    fills = np.where(tone < 0.35, 1 - tone, 0)
    return np.maximum(local, fills).astype(np.float32)


def lines_of(ink: NDArray[np.float32]) -> Bits:
    """What is clearly inked, with the fainter rest of the same lines."""
    faint = (ink > FAINT).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(faint, connectivity=8)
    clear = np.bincount(labels[ink > CLEAR], minlength=len(stats)) > 2
    clear[0] = False
    # Halfway up a line's flank is where its edge is: a fixed faint level would fatten it.
    edge = ink > np.maximum(FAINT, 0.5 * cv2.dilate(ink, np.ones((3, 3), np.uint8)))
    return (clear[labels] & edge).astype(np.uint8)
