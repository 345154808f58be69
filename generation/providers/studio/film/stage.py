"""The stage: paper under soft light, the product on it at its height, and its shadow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from generation.providers.studio import oklab
from generation.providers.studio.edits.pixels import bgr_of, lab_of_hex
from generation.providers.studio.film import planes
from generation.providers.studio.film.planes import Grey, Planes
from generation.providers.studio.film.stills import LYING, Still
from generation.providers.studio.film.wishes import Wish

PAPER, PAPER_FOR_WHITE = "#eceeea", "#d3d8d6"
WHITE_PRODUCT = 205.0  # mean lightness from which light paper would hide it
WARMTH = np.array([0.0, 0.003, 0.017], np.float32)  # in OKLab
ROOM_WIDE, ROOM_HIGH = 0.80, 0.80  # of the stage, for the product
PRINT_HIGH = 0.86
MARGIN = 0.08  # of the width, around the stage: what a moving camera may see
SHADOW = 0.36  # of the light that a shadow takes where it is deepest
CONTACT = 0.42
FOOT = 0.3  # of its width on which a thing stands; on less it lies
GRAIN = np.float32(1.2)  # levels
COARSE = 256  # pixels of the copy on which shadows are made


def heights(stills: Sequence[Still], width: int, height: int) -> list[float]:
    """How high each still's box is on the stage, in its pixels.

    Products seen from the side are all equally high, the highest that fits every one; from above
    or below they are as long as the longest of those. Prints fill their room.
    """
    wide, high = ROOM_WIDE * width, ROOM_HIGH * height
    standing = [still.aspect for still in stills if still.stands]
    common = min([high, *(wide / aspect for aspect in standing)])
    long = common * max([1.0, *standing]) if standing else max(wide, high)
    return [
        common
        if still.stands
        else min(
            wide / still.aspect,
            PRINT_HIGH * height if still.is_print else high,
            long / max(1.0, still.aspect) if still.view_type in LYING else np.inf,
        )
        for still in stills
    ]


@dataclass(frozen=True)
class Plate:
    """A still on the stage as one picture, in full density and in half.

    Stage pixel (x, y) is at ((x + margin) × density, (y + margin) × density).
    """

    levels: tuple[Planes, Planes]
    margin: int
    density: float


@dataclass(frozen=True)
class Stage:
    """``density`` is how many pixels a plate has for one of the film."""

    width: int
    height: int
    density: float
    backdrop: str  # #rrggbb
    warmth: float
    light_from: str
    has_floor: bool  # the product stands on something

    @property
    def margin(self) -> int:
        """Around the stage, in its pixels."""
        return round(MARGIN * self.width)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of a plate; both can be halved twice."""
        sides = (self.width + 2 * self.margin, self.height + 2 * self.margin)
        wide, high = (round(side * self.density / 4) * 4 for side in sides)
        return wide, high

    @cached_property
    def _colour(self) -> tuple[float, float, float]:
        lab = lab_of_hex(self.backdrop) + self.warmth * WARMTH
        blue, green, red = bgr_of(lab[None])[0]
        return planes.colour_of((float(blue), float(green), float(red)))

    @cached_property
    def _ground(self) -> Grey:
        """The paper's luma: bright where the light falls, and a little grain against steps."""
        wide, high = self.size
        x = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
        y = np.linspace(-1, 1, high, dtype=np.float32)[:, None]
        aside = {"left": -0.75, "right": 0.75}.get(self.light_from, 0.0)
        far = ((x - aside) * 0.9) ** 2 + ((y + 0.25) * 0.8) ** 2
        fall = 0.09 if aside else 0.11
        lit = 1.03 - fall * np.minimum(far, 2.6)
        grain = np.random.default_rng(7).random((high, wide), np.float32) * GRAIN - GRAIN / 2
        return np.asarray(16 + np.minimum((self._colour[0] - 16) * lit, 222) + grain, np.float32)

    def plate(self, still: Still, height: float) -> Plate:
        """The still at that height, with its shadow, in the middle of the stage."""
        placed = self._placed(still, height)
        luma = self._shadowed(still, placed)
        wide, high = self.size
        colours = [np.full((high // 2, wide // 2), c, np.float32) for c in self._colour[1:]]
        y, u, v = cv2.split(planes.mixed(placed.front))
        at = placed.at
        _lay(luma, np.asarray(y), placed.alpha, at, 16)
        small = planes.halved(placed.alpha)
        for plane, part in zip(colours, (u, v), strict=True):
            _lay(plane, planes.halved(np.asarray(part)), small, (at[0] // 2, at[1] // 2), 128)
        full = Planes(*(planes.rounded(plane) for plane in (luma, *colours)))
        return Plate((full, _half(full)), self.margin, self.density)

    def _placed(self, still: Still, height: float) -> _Placed:
        """The still enlarged or reduced to plate pixels; its corner and sides are even."""
        scale = height / still.box[3] * self.density
        rows, columns = still.alpha.shape
        size = (max(2, round(columns * scale / 2) * 2), max(2, round(rows * scale / 2) * 2))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        front = np.asarray(cv2.resize(still.front, size, interpolation=how), np.uint8)
        alpha = _share(cv2.resize(still.alpha, size, interpolation=how))
        x, y, wide, high = still.box
        middle = ((x + wide / 2) * size[0] / columns, (y + high / 2) * size[1] / rows)
        left, top = (
            round((side / 2 - inside) / 2) * 2
            for side, inside in zip(self.size, middle, strict=True)
        )
        return _Placed(front, alpha, (left, top))

    def _shadowed(self, still: Still, placed: _Placed) -> Grey:
        """The ground with the still's shadow on it."""
        wide, high = self.size
        scale = COARSE / max(wide, high)
        small_size = (round(wide * scale), round(high * scale))
        shape = np.zeros((high, wide), np.uint8)
        _lay(shape, (placed.alpha * 255).astype(np.uint8), np.ones_like(placed.alpha), placed.at, 0)
        small = _share(cv2.resize(shape, small_size, interpolation=cv2.INTER_AREA))
        dark = SHADOW * self._cast(small)
        if self.has_floor and still.stands:
            dark = np.maximum(dark, CONTACT * _contact(small))
        light = cv2.resize(1 - dark, (wide, high), interpolation=cv2.INTER_CUBIC)
        return np.asarray((self._ground - 16) * light + 16, np.float32)

    def _cast(self, shape: Grey) -> Grey:
        """Wide and soft below the product, away from the light."""
        aside = {"left": 4.0, "right": -4.0}.get(self.light_from, 0.0)
        shift = np.array([[1, 0, aside], [0, 1, 4]], np.float32)
        moved = cv2.warpAffine(shape, shift, shape.shape[::-1])
        wide, near = cv2.GaussianBlur(moved, (0, 0), 8), cv2.GaussianBlur(moved, (0, 0), 2.2)
        return np.asarray(np.clip(0.6 * wide + 0.4 * near, 0, 1), np.float32)


@dataclass(frozen=True)
class _Placed:
    front: planes.Bytes  # BGR times alpha
    alpha: Grey
    at: tuple[int, int]  # left, top


def _contact(shape: Grey) -> Grey:
    """The narrow dark under what stands: the product's foot, flattened."""
    rows = np.flatnonzero((shape > 0.5).any(axis=1))
    dark = np.zeros_like(shape)
    if len(rows):
        foot = int(rows[-1])
        reach = max(3, (foot - int(rows[0])) // 12)
        base = shape[max(0, foot - reach) : foot + 1].max(axis=0)
        if np.ptp(np.flatnonzero(base > 0.5)) > FOOT * np.ptp(np.flatnonzero(shape.max(axis=0))):
            dark[max(0, foot - 2) : foot + 2] = base
    return np.asarray(np.clip(1.6 * cv2.GaussianBlur(dark, (0, 0), 4.5, sigmaY=1.6), 0, 1))


def _lay(ground: np.ndarray, front: np.ndarray, alpha: Grey, at: tuple[int, int],
         offset: float) -> None:  # fmt: skip
    """Lay a premultiplied picture without offset onto the ground, clipped to it."""
    left, top = at
    rows = slice(max(0, top), min(ground.shape[0], top + front.shape[0]))
    columns = slice(max(0, left), min(ground.shape[1], left + front.shape[1]))
    part = (
        slice(rows.start - top, rows.stop - top),
        slice(columns.start - left, columns.stop - left),
    )
    share = alpha[part]
    ground[rows, columns] = ground[rows, columns] * (1 - share) + front[part] + offset * share


def _share(shape: np.ndarray) -> Grey:
    return np.asarray(shape, np.float32) / np.float32(255)


def _half(full: Planes) -> Planes:
    """Half the density; every plane's sides stay even."""
    size = (full.y.shape[1] // 2, full.y.shape[0] // 2)
    small = (size[0] // 2, size[1] // 2)
    y, u, v = (
        np.asarray(cv2.resize(plane, to, interpolation=cv2.INTER_AREA), np.uint8)
        for plane, to in zip(full.each, (size, small, small), strict=True)
    )
    return Planes(y, u, v)


def backdrop_of(wish: Wish, stills: Sequence[Still]) -> str:
    """What was asked for; else paper, deeper where the product itself is white."""
    if wish.backdrop:
        return wish.backdrop
    lifted = [still.light for still in stills if not still.is_print]
    is_white = bool(lifted) and max(lifted) > WHITE_PRODUCT
    return PAPER_FOR_WHITE if is_white else PAPER


def is_dark(code: str) -> bool:
    """Whether light words read better beside that colour."""
    return float(oklab.to_oklab(oklab.from_hex(code))[0]) < 0.5
