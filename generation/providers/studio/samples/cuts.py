"""The measures of tops, in centimetres of a usual size M."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.providers.studio.samples.bottoms import FLARES
from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Points,
    way,
)


@dataclass(frozen=True)
class Cut:
    """The measures of a top; half widths from the axis."""

    chest: float
    waist: float
    hem: float
    length: float
    shoulder: float
    neck: float
    drop: float  # front neck
    slope: float = 4.5
    armhole: float = 24.0
    sleeve: float = 0.0  # along its upper edge; 0 for none
    cuff: float = 10.0  # width
    angle: float = 62.0  # of the sleeve under level, degrees


BODY = {"blazer": 4.0, "jacket": -4.0, "puffer": -3.0, "tank": -4.0, "coat": 0.0}  # cm more
LENGTHS = {"cropped": 53.0, "regular": 72.0, "long": 86.0, "coat": 106.0}
DRESS_LENGTHS = {"cropped": 84.0, "mini": 84.0, "regular": 97.0, "knee": 97.0, "midi": 116.0,
                 "long": 138.0, "maxi": 138.0, "coat": 138.0}  # fmt: skip
EASE = {"slim": -2.6, "regular": 0.0, "oversized": 5.0}
SLEEVES = {"none": 0.0, "cap": 10.0, "short": 21.0, "half": 33.0, "long": 62.0}


def cut_of(design: Design) -> Cut:
    """The measures from the design's knobs."""
    fit = design.word("fit")
    ease = EASE[fit] + design.vary("ease", -0.8, 0.8)
    sleeve = SLEEVES[design.word("sleeve")]
    dress = design.kind == "dress"
    chest = (23.5 if dress or design.kind == "tank" else 25.2) + ease
    strap = design.kind == "tank" or (dress and not sleeve)
    lengths = DRESS_LENGTHS if dress else LENGTHS
    length = lengths[design.word("length")] + design.vary("length", -1.5, 2.0)
    length += BODY.get(design.kind, 0.0) if design.word("length") == "regular" else 0.0
    is_long = sleeve > 40
    return Cut(
        chest=chest,
        waist=chest - (3.6 if dress else 1.8 if fit == "slim" else 0.4),
        hem=_hem_of(design, chest, length),
        length=length,
        shoulder=15.0 if strap else 21.2 + (0.85 if fit == "oversized" else 0.45) * ease,
        neck=10.5 if strap else 9.6 if design.word("neck") in ("v", "scoop", "boat") else 9.0,
        drop=_drop(design),
        slope=3.0 if strap else 4.6,
        armhole=25.5 + 0.45 * ease - (3.0 if dress else 0.0),
        sleeve=sleeve + (1.0 if is_long and fit != "oversized" else 0.0),
        cuff=(10.5 if is_long else 16.5) + 0.3 * ease,
        angle=66.0 if is_long else 50.0 + design.vary("angle", -3, 3),
    )


def _hem_of(design: Design, chest: float, length: float) -> float:
    if design.kind != "dress":
        return chest + 0.6
    return 25.0 + FLARES[design.word("flare")] * (0.4 + 0.6 * (length - 40) / 60)


def _drop(design: Design) -> float:
    drops = {"crew": 9.5, "v": 18.0, "scoop": 16.0, "boat": 5.0, "polo": 9.0, "shirt": 8.5,
             "turtle": 6.0, "hood": 10.0, "stand": 8.0, "lapel": 34.0}  # fmt: skip
    return drops[design.word("neck")] + design.vary("drop", -0.5, 0.8)


def neckline(cut: Cut, kind: str, *, deeper: float = 0.0) -> Points:
    """From the left to the right neck point over the front."""
    n, d = cut.neck, (2.2 if kind == "back" else cut.drop) + deeper
    if kind in ("v", "lapel"):
        half = way((0.0, d), (0.25 * n, 0.80 * d, 0.86 * n, 0.32 * d, n, 0.0))
    elif kind == "boat":
        half = way((0.0, d), (0.55 * n, d, 0.95 * n, 0.5 * d, n, 0.0))
    else:
        half = way((0.0, d), (0.56 * n, d, 0.93 * n, 0.62 * d, n, 0.0))
    return np.vstack([half[::-1] * [-1, 1], half[1:]])
