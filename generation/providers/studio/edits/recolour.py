"""Dyes the product anew: shading, prints and second colours stay.

Light that falls on a dye moves its OKLab colour along a ray through black, so the share of
light is lightness over the dye's own, and what is off the ray is another dye.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio import colours
from generation.providers.studio.colour_names import name_of
from generation.providers.studio.edits.matte import Matte
from generation.providers.studio.edits.pixels import Grey, Lab, bgr_of, lab_of
from generation.providers.studio.shapes import Outline, Photo

SMALL_SIDE = 500  # which dye a pixel has is judged without grain
SOFT = 0.05  # of the distance between two dyes: both are shown in that strip
HEATHER = 0.6  # how much of what is off the ray stays
LEAST_SHARE = 0.25  # of the product; a smaller main colour is a print, not a dye


@dataclass(frozen=True)
class Dye:
    """A colour of the product: how it looks in the light, its shares of area."""

    lit: Lab  # (3,) OKLab
    centre: Lab  # (3,)
    share: float
    name: str


def dyes_of(photo: Photo, outline: Outline) -> list[Dye]:
    """The product's dyes, the main one first; none without an outline."""
    seen = colours._sampled(photo, outline)
    if len(seen) < 20:
        return []
    groups = colours._merged(colours._clusters(seen), total=len(seen), at_most=6)
    found = []
    for group in groups:
        lit = colours._lit(group.pixels)
        share = len(group.pixels) / len(seen)
        name = name_of(*(float(part) for part in lit))
        found.append(Dye(lit.astype(np.float32), group.centre.astype(np.float32), share, name))
    return found


def redyed(matte: Matte, dyes: list[Dye], which: list[int], target: Lab) -> Grey:
    """BGR 0..255 float of the whole product in the new dye, where it had one of ``which``."""
    rows, columns = _box(matte.alpha)
    front = matte.front[rows, columns]
    lab = lab_of(np.asarray(np.clip(front + 0.5, 0, 255), np.uint8))
    share = _share_of(lab, dyes, which)
    lit = dyes[which[0]].lit
    changed = bgr_of(_under_same_light(lab, lit, target))
    result = matte.front.copy()
    result[rows, columns] = front + share[..., None] * (changed - front)
    return result


def _box(alpha: Grey) -> tuple[slice, slice]:
    left, top, width, height = cv2.boundingRect((alpha > 0).astype(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def _under_same_light(lab: Lab, lit: Lab, target: Lab) -> Lab:
    light = _natural(lab[..., 0] / max(float(lit[0]), 0.05), float(lit[0]), float(target[0]))
    off = lab[..., 1:] - lit[1:] * (lab[..., :1] / max(float(lit[0]), 0.05))
    result = np.empty_like(lab)
    result[..., 0] = target[0] * light
    tinted = np.minimum(light, 1.0 + 0.5 * (light - 1.0))  # gloss is the lamp's colour
    result[..., 1:] = target[1:] * tinted[..., None] + HEATHER * off * _calm(off)
    return result


def _calm(off: Lab) -> Grey:
    """What is far off the ray is mostly noise of the compression on a dye's own shadow."""
    return np.asarray(1 / (1 + (np.hypot(off[..., 0], off[..., 1]) / 0.06) ** 2), np.float32)[
        ..., None
    ]


def _natural(light: Grey, source: float, target: float) -> Grey:
    """The share of light as the new dye would show it.

    Folds of a black cloth are deep in proportion, those of a white one shallow; and a light
    cloth has no room for gloss.
    """
    logs = np.log(np.clip(light, 0.02, 8.0))
    depth = float(np.clip(1 + 0.75 * (source - target), 0.5, 1.35))
    room = max(float(np.log(0.985 / max(target, 0.05))), 0.015)
    gloss = np.minimum(logs, 0) * depth + room * np.tanh(np.maximum(logs, 0) / room)
    return np.asarray(np.exp(gloss), np.float32)


def _share_of(lab: Lab, dyes: list[Dye], which: list[int]) -> Grey:
    """How far each pixel is of the wanted dyes, 0..1, without specks."""
    wanted = np.full(lab.shape[:2], np.inf, np.float32)
    other = np.full(lab.shape[:2], np.inf, np.float32)
    for at, dye in enumerate(dyes):
        away = _away(lab, dye.centre)
        if at in which:
            wanted = np.minimum(wanted, away)
        else:
            other = np.minimum(other, away)
    if not np.isfinite(other).all():
        return np.ones(lab.shape[:2], np.float32)
    share = np.clip(0.5 + (other - wanted) / (2 * SOFT), 0, 1)
    side = max(3, round(max(share.shape) / SMALL_SIDE) | 1)
    calm = cv2.medianBlur((share * 255).astype(np.uint8), min(side, 7)).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(calm, (0, 0), 0.6), np.float32)


def _away(lab: Lab, centre: Lab) -> Grey:
    """How different each pixel is from a dye; the same measure that told the dyes apart."""
    lighter = np.abs(lab[..., 0] - centre[0])
    chroma = np.hypot(lab[..., 1] - centre[1], lab[..., 2] - centre[2])
    weakest = np.minimum(np.hypot(lab[..., 1], lab[..., 2]), np.hypot(*centre[1:]))
    lightness = np.maximum(lab[..., :1], 0.08)
    along = np.linalg.norm(lab[..., 1:] / lightness - centre[1:] / max(centre[0], 0.08), axis=2)
    plain = lighter * 0.42 + chroma * 1.9
    dyed = along * 0.95 + lighter * 0.10
    dark = lighter * 0.35 + chroma * 1.2
    darkest = np.minimum(lab[..., 0], centre[0])
    result = np.where((weakest > 0.03) & (darkest > 0.12), dyed, plain)
    return np.asarray(np.where(np.maximum(lab[..., 0], centre[0]) < 0.36, dark, result), np.float32)
