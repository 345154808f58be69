"""The engine's nouns: a photo, its outline, and what is found on it.

Coordinates are pixels of :attr:`Photo.bgr`, x to the right, y down; lengths are
pixels of the same frame unless a name says otherwise. ``left`` is the left of the
picture, not of the wearer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Box = tuple[int, int, int, int]  # x, y, width, height
Family = Literal["top", "dress", "trousers", "skirt", "footwear", "bag", "object"]
Verdict = Literal["good", "check", "unreliable"]


@dataclass(frozen=True)
class Photo:
    """An upright sRGB picture, at most 1600 pixels on its long side."""

    bgr: NDArray[np.uint8]  # (h, w, 3)
    alpha: NDArray[np.float32] | None  # (h, w), 0..1, when the file is a cut-out
    scale: float  # pixels here per pixel of the stored file, at most 1

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.bgr.shape[1], self.bgr.shape[0]


@dataclass(frozen=True)
class Outline:
    """Where the product is, and how sure that is."""

    alpha: NDArray[np.float32]  # (h, w), 0..1, same frame as the photo
    score: float  # 0..1: the chance that the outline is right
    worn_by_person: bool
    corrected: bool = False  # a person drew strokes
    facts: dict[str, float] = field(default_factory=dict)  # what the score was made of

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The product's pixels, (h, w)."""
        return self.alpha > 0.5

    @property
    def verdict(self) -> Verdict:
        """``good`` from 0.85, ``check`` from 0.7, else ``unreliable``."""
        if self.score >= 0.85:
            return "good"
        return "check" if self.score >= 0.7 else "unreliable"


@dataclass(frozen=True)
class Silhouette:
    """The outline seen as a shape: its mirror axis and figures to compare it by."""

    angle_deg: float  # rotation that makes the axis vertical
    axis_x: float  # in the photo's frame, before rotation, at the centroid's row
    mirror_iou: float
    box: Box
    features: dict[str, float]


@dataclass(frozen=True)
class Landmark:
    """A named point on the product; ``sure`` is false where it is a guess to confirm."""

    name: str
    x: float
    y: float
    sure: bool = True
    by_hand: bool = False

    @property
    def at(self) -> Point:
        """The point."""
        return self.x, self.y


@dataclass(frozen=True)
class Measure:
    """A point of measure found on the photo, in pixels."""

    code: str
    start: Point
    end: Point
    px: float  # length; along the line, or along the body where it bends
    sure: bool  # false: draw dashed, ask to place by hand
    spread: float = 0.02  # relative uncertainty of finding it again


@dataclass(frozen=True)
class Colour:
    """A colour of the product under the photo's light; not a dye standard."""

    hex: str
    name: str
    share: float  # of the product's visible area, 0..1
    lab: tuple[float, float, float]  # CIE L*a*b*, D65
    confidence: float


@dataclass(frozen=True)
class Guess:
    """A category with how often such a guess is right."""

    category: str
    subcategory: str
    confidence: float
    alternatives: tuple[tuple[str, str, float], ...]  # category, subcategory, confidence
    because: str


@dataclass(frozen=True)
class Shot:
    """A crop worth showing."""

    name: str
    kind: Literal["landmark", "detail", "texture"]
    reason: str
    box: Box


@dataclass(frozen=True)
class Stroke:
    """One path of a drawing, as SVG path data."""

    d: str
    kind: Literal["outline", "seam", "stitch", "assumed", "artwork"]
    label: str = ""


@dataclass(frozen=True)
class Drawing:
    """A technical flat in its own view box."""

    width: float
    height: float
    strokes: tuple[Stroke, ...]
    to_view: tuple[tuple[float, float, float], tuple[float, float, float]]  # photo → view box
    symmetrised: bool
    assumed: tuple[str, ...]  # lines drawn from the template without support in the photo
    note: str = ""
    texts: tuple[tuple[float, float, str], ...] = ()  # e.g. ARTWORK, in view box units

    def place(self, point: Point) -> Point:
        """A point of the photo in view box units."""
        (a, b, c), (d, e, f) = self.to_view
        return a * point[0] + b * point[1] + c, d * point[0] + e * point[1] + f

    def facts(self) -> dict[str, Any]:
        """What a reader may rely on, for storing beside the drawing."""
        return {
            "symmetrised": self.symmetrised,
            "assumed": list(self.assumed),
            "note": self.note,
        }
