"""Another background: one colour or two that run into each other, with or without shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from generation.providers.studio.edits.matte import Matte
from generation.providers.studio.edits.pixels import Grey, Lab, Picture, bgr_of, lab_of_hex
from generation.providers.studio.mask.background import background_of
from generation.providers.studio.mask.frame import frame_of

Shadow = Literal["none", "kept", "soft"]
DEEPEST = 0.45  # of the background's light that a kept shadow leaves


@dataclass(frozen=True)
class Backdrop:
    """One colour, or two from top to bottom; ``#rrggbb``."""

    colours: tuple[str, ...]
    shadow: Shadow = "none"


def placed_on(picture: Picture, matte: Matte, backdrop: Backdrop) -> Picture:
    """The product on another background, in the same place and size."""
    ground = _ground(picture.shape[:2], [lab_of_hex(code) for code in backdrop.colours])
    if backdrop.shadow == "kept":
        ground *= _shadow_of(picture, matte.alpha)[..., None]
    if backdrop.shadow == "soft":
        ground *= soft_shadow(matte.alpha)[..., None]
    alpha = matte.alpha[..., None]
    return np.asarray(np.clip(ground + alpha * (matte.front - ground) + 0.5, 0, 255), np.uint8)


def _ground(shape: tuple[int, ...], colours: list[Lab]) -> Grey:
    height, width = shape
    way = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    way = way * way * (3 - 2 * way)
    column = bgr_of(colours[0] + (colours[-1] - colours[0]) * way)
    if len(colours) == 1:
        return np.repeat(column[:, None], width, axis=1)
    # Half a level of noise keeps eight bits from showing steps in a slow gradient.
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, (height, width, 1)).astype(np.float32)
    return np.asarray(column[:, None] + noise, np.float32)


def _shadow_of(picture: Picture, alpha: Grey) -> Grey:
    """The light that the photo's own background has lost to shadow, 1 where it lost none.

    On a background that is not plain its shadow cannot be told from its pattern: a soft one.
    """
    height, width = picture.shape[:2]
    frame = frame_of(picture)
    background = background_of(frame)
    if not background.is_plain:
        return soft_shadow(alpha)
    light = np.clip(background.brightness, DEEPEST, 1).astype(np.float32)
    small = cv2.resize(alpha, frame.shape[::-1], interpolation=cv2.INTER_AREA)
    filled = _filled(light, small > 0.02)
    soft = cv2.GaussianBlur(filled, (0, 0), 0.006 * max(frame.shape))
    shown = np.clip((np.asarray(soft, np.float32) - 0.03) / 0.94, 0, 1)
    return np.asarray(cv2.resize(shown, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _filled(light: Grey, hidden: np.ndarray) -> Grey:
    """Under the product the shadow goes on as around it."""
    known = (~hidden).astype(np.float32)
    side = (31, 31)
    mean = cv2.blur(light * known, side) / np.maximum(cv2.blur(known, side), 1e-3)
    return np.asarray(np.where(hidden, np.clip(mean, DEEPEST, 1), light), np.float32)


def soft_shadow(alpha: Grey, depth: float = 0.30) -> Grey:
    """A wide shadow below and around the product, as on a studio's floor."""
    height, width = alpha.shape
    scale = 256 / max(height, width)
    small = cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shift = np.array([[1, 0, 0], [0, 1, 5]], np.float32)
    moved = cv2.warpAffine(small, shift, small.shape[::-1])
    wide = cv2.GaussianBlur(moved, (0, 0), 9)
    near = cv2.GaussianBlur(moved, (0, 0), 2.5)
    dark = cv2.resize(0.6 * wide + 0.4 * near, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(1 - depth * np.clip(dark, 0, 1), np.float32)
