"""Dyes the product anew: shading, prints and second colours stay.

Light that falls on a dye moves its OKLab colour along a ray through black, so the share of
light is lightness over the dye's own, and what is off the ray is another dye.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import colours
from generation.providers.studio.colour_names import name_of
from generation.providers.studio.edits.matte import Matte
from generation.providers.studio.edits.pixels import Grey, Lab, bgr_of, lab_of
from generation.providers.studio.shapes import Outline, Photo

Mask = NDArray[np.bool_]

DOUBT = 0.05  # a pixel that could be of two dyes is of the wanted one
SMALLEST_PRINT = 0.00012  # of the product's box
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
    seen = colours.sampled(photo, outline)
    if len(seen) < 20:
        return []
    groups = colours.merged(colours.clusters(seen), total=len(seen), at_most=6)
    found: list[Dye] = []
    for group in groups:
        lit = colours.lit(group.pixels)
        share = len(group.pixels) / len(seen)
        if share < colours.SMALLEST_SHARE and found:
            continue
        name = name_of(*(float(part) for part in lit))
        found.append(Dye(lit.astype(np.float32), group.centre.astype(np.float32), share, name))
    return found


def redyed(matte: Matte, dyes: list[Dye], which: list[int], target: Lab) -> Grey:
    """BGR 0..255 float of the whole product in the new dye, where it had one of ``which``."""
    rows, columns = _box(matte.alpha)
    there = matte.alpha[rows, columns] > 0
    front = matte.front[rows, columns][there]
    lab = lab_of(np.asarray(np.clip(front + 0.5, 0, 255), np.uint8))
    share = _share_of(lab, there, dyes, which)
    lit = dyes[which[0]].lit
    changed = bgr_of(_under_same_light(lab, there, lit, target))
    result = matte.front.copy()
    result[rows, columns][there] = front + share[:, None] * (changed - front)
    return result


def _box(alpha: Grey) -> tuple[slice, slice]:
    left, top, width, height = cv2.boundingRect((alpha > 0).astype(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def _under_same_light(lab: Lab, there: Mask, lit: Lab, target: Lab) -> Lab:
    source = max(float(lit[0]), 0.05)
    form, grain = _form_and_grain(lab[:, 0] / source, there)
    light = _natural(form, source, float(target[0])) * grain ** _grain_kept(source, target)
    off = lab[..., 1:] - lit[1:] * (lab[..., :1] / source)
    result = np.empty_like(lab)
    result[..., 0] = np.minimum(target[0] * light, 0.99)
    tinted = np.minimum(light, 1.0 + 0.5 * (light - 1.0))  # gloss is the lamp's colour
    result[..., 1:] = target[1:] * tinted[..., None] + HEATHER * off * _calm(off)
    return result


def _form_and_grain(light: Grey, there: Mask) -> tuple[Grey, Grey]:
    """The share of light as folds make it, and what the weave and the camera add."""
    light = np.clip(light, 0.02, 8.0)
    whole = np.full(there.shape, float(np.median(light)), np.float32)
    whole[there] = light
    form = cv2.GaussianBlur(whole, (0, 0), max(there.shape) / 450)[there]
    return np.asarray(form, np.float32), np.asarray(light / np.maximum(form, 0.02), np.float32)


def _grain_kept(source: float, target: Lab) -> float:
    """A camera's grain is coarse on black in proportion; on a lighter dye it would be sand."""
    return float(np.clip(1 - 1.9 * (float(target[0]) - source), 0.16, 1.1))


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
    room = float(np.clip(np.log(0.985 / max(target, 0.05)), 0.015, 0.45))
    gloss = np.minimum(logs, 0) * depth + room * np.tanh(np.maximum(logs, 0) / room)
    return np.asarray(np.exp(gloss), np.float32)


def _share_of(lab: Lab, there: Mask, dyes: list[Dye], which: list[int]) -> Grey:
    """How far each of the product's pixels is of the wanted dyes, 0..1, without specks."""
    rest = [at for at in range(len(dyes)) if at not in which]
    if not rest:
        return np.ones(len(lab), np.float32)
    wanted = np.min([_away(lab, dyes[at].centre) for at in which], axis=0)
    other = np.min([_away(lab, dyes[at].centre) for at in rest], axis=0)
    whole = np.full(there.shape, 255, np.uint8)
    whole[there] = np.clip(0.5 + (other - wanted + DOUBT) / (2 * SOFT), 0, 1) * 255
    calm = np.asarray(cv2.medianBlur(whole, 5), np.uint8)
    clear = np.maximum(calm, _specks(calm)).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(clear, (0, 0), 0.6)[there], np.float32)


def _specks(share: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """255 where something of another dye is too small to be a print."""
    least = SMALLEST_PRINT * share.size
    _, labels, stats, _ = cv2.connectedComponentsWithStats((share < 128).astype(np.uint8))
    small = stats[:, cv2.CC_STAT_AREA] < least
    small[0] = False
    grown = cv2.dilate(small[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(grown * 255, np.uint8)


def _away(lab: Lab, centre: Lab) -> Grey:
    """How different each pixel is from a dye; the same measure that told the dyes apart."""
    lighter = np.abs(lab[..., 0] - centre[0])
    chroma = np.hypot(lab[..., 1] - centre[1], lab[..., 2] - centre[2])
    weakest = np.minimum(np.hypot(lab[..., 1], lab[..., 2]), np.hypot(*centre[1:]))
    lightness = np.maximum(lab[..., :1], 0.08)
    along = lab[..., 1:] / lightness - centre[1:] / max(float(centre[0]), 0.08)
    plain = lighter * 0.42 + chroma * 1.9
    dyed = np.hypot(along[..., 0], along[..., 1]) * 0.95 + lighter * 0.10
    dark = lighter * 0.35 + chroma * 1.2
    darkest = np.minimum(lab[..., 0], centre[0])
    result = np.where((weakest > 0.03) & (darkest > 0.12), dyed, plain)
    return np.asarray(np.where(np.maximum(lab[..., 0], centre[0]) < 0.36, dark, result), np.float32)
