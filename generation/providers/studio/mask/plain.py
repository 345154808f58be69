"""The outline on a plain background: what differs from the surface, less its shadow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.mask.background import BAND, Background, border_noise
from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import (
    Grey,
    Mask,
    border_band,
    closed,
    connected_to,
    disc,
    grow,
    large_parts,
    opened,
    parts,
    reached_from_border,
    rim,
    shrink,
    without_small_holes,
)

SMALL_HOLE = 0.0015  # of the picture
DARKEST_SHADOW = 0.38  # of the background's lightness


@dataclass(frozen=True)
class PlainGuess:
    """A first outline, and whether weak edges were needed to close it."""

    mask: Mask
    low_contrast: bool
    shadow: Mask  # what was taken away as shadow


def plain_guess(frame: Frame, background: Background) -> PlainGuess:
    """Flood the background from the border; what is left is product or shadow."""
    outside = _flooded(frame, background)
    differing = opened(~outside, 1)
    differing = without_small_holes(differing, SMALL_HOLE * differing.size)
    differing = large_parts(differing, 0.06)
    things = _without_soft_blobs(differing, frame)
    things = _without_discs(things, _dimmed(background))
    shadow = _shadow_of(things, frame, background) | (differing & ~things)
    differing = things
    solid = large_parts(opened(differing & ~shadow, 1), 0.06)
    enclosed = _enclosed_by_weak_edges(frame, background, solid, shadow)
    low_contrast = enclosed is not None
    found = solid if enclosed is None else _trimmed(enclosed | solid, frame, background)
    found = without_small_holes(found, SMALL_HOLE * found.size)
    return PlainGuess(found & ~_see_through(found, frame, background), low_contrast, shadow)


def _flooded(frame: Frame, background: Background) -> Mask:
    """Background reached from the border without crossing an edge."""
    barrier = frame.step > max(2.0, 1.3 * background.spread)
    near = background.distance < background.threshold
    reached = reached_from_border(near & ~barrier)
    return grow(reached, 1) & (background.distance < 2.2 * background.threshold)


def _without_soft_blobs(mask: Mask, frame: Frame) -> Mask:
    """Drop parts whose whole rim is soft: patches of light, not things."""
    found = list(parts(mask))
    if len(found) < 2:
        return mask
    steep = steepest_near(frame.step, 2)
    kept = np.zeros_like(mask)
    for part in found:
        edge = rim(part)
        edge[:2] = edge[-2:] = False
        edge[:, :2] = edge[:, -2:] = False
        if edge.sum() >= 8 and np.median(steep[edge]) >= 1.2:
            kept |= part
    return kept if kept.any() else mask


def steepest_near(grey: Grey, radius: int) -> Grey:
    """The largest value within a disc."""
    return np.asarray(cv2.dilate(grey, disc(radius)), dtype=np.float32)


def _without_discs(mask: Mask, dimmed: Mask) -> Mask:
    """Drop flat grey parts below the product: the shadow of something that floats."""
    found = list(parts(mask))
    kept = mask.copy()
    for part in found[1:]:
        ys, xs = np.where(part)
        below = ys.mean() > np.percentile(np.where(found[0])[0], 75)
        flat = np.ptp(xs) > 2.5 * np.ptp(ys)
        if below and flat and dimmed[part].mean() > 0.9:
            kept &= ~part
    return kept


def _shadow_of(differing: Mask, frame: Frame, background: Background) -> Mask:
    """Darkened background: the same tint, entered from outside over soft edges only."""
    dimmed = _dimmed(background)
    relit = dimmed | _in_glare(background)
    noise = border_noise(frame.crispness, border_band(frame.shape, BAND), 98)
    crisp = frame.crispness > max(0.2, 1.5 * noise)
    soft = ~crisp & (frame.step < max(2.2, 1.4 * background.spread))
    reached = _seeped(~differing, relit & soft) & differing
    shadow = np.zeros_like(differing)
    steep = steepest_near(frame.step, 3)
    outside = grow(~differing, 2)
    limit = max(1.7, 0.5 * background.spread)
    for part in parts(reached, at_least=int(0.0008 * differing.size)):
        outer = grow(part, 2) & ~part & outside
        if outer.sum() >= 6 and np.median(steep[outer]) < limit:
            shadow |= part
    shadow = grow(shadow, 3) & differing & relit
    rest = differing & ~shadow
    shadow |= _cast_shadow(rest, dimmed & (background.brightness > 0.5), steep, grow(crisp, 3))
    left = large_parts(opened(differing & ~shadow, 1), 0.06)
    return shadow if left.sum() > 0.12 * differing.sum() else np.zeros_like(differing)


def _seeped(outside: Mask, soft: Mask) -> Mask:
    """``soft`` ground reached from outside, first over wide passages, then a little further.

    An edge of the product that fades for a short stretch is a gap too narrow to pass.
    """
    wide = connected_to(outside, opened(soft, 12))
    return opened(connected_to(wide, opened(soft, 2)) & grow(wide, 8), 2)


def _dimmed(background: Background) -> Mask:
    """Pixels that the background would show when less light fell on it."""
    allowed = max(4.5, 2.5 * background.spread) + 5 * (1 - background.brightness)
    inside = (background.brightness > DARKEST_SHADOW) & (background.brightness < 1.02)
    return inside & (background.tint < allowed)


def _in_glare(background: Background) -> Mask:
    """Pixels that the background would show under a reflected lamp."""
    brighter = (background.brightness >= 1) & (background.brightness < 1.4)
    return brighter & (background.tint < max(4.5, 2.5 * background.spread))


def _cast_shadow(differing: Mask, half: Mask, steep: Grey, crisp: Mask) -> Mask:
    """Darker shadow at the rim, when the product itself looks nothing like a shadow."""
    core = shrink(differing, 8)
    if not core.any() or half[core].mean() > 0.2:
        return np.zeros_like(differing)
    reached = connected_to(~differing, opened(half, 1) & differing) & differing
    outside = grow(~differing, 2)
    shadow = np.zeros_like(differing)
    for part in parts(reached, at_least=60):
        edge = grow(part, 2) & ~part
        outer, inner = edge & outside, edge & differing & ~outside
        if not outer.any():
            continue
        sharper_inside = inner.any() and np.median(steep[inner]) > 1.8 * np.median(steep[outer])
        if crisp[outer].mean() < 0.7 or sharper_inside:
            shadow |= part
    return shadow


def _enclosed_by_weak_edges(
    frame: Frame, background: Background, solid: Mask, shadow: Mask
) -> Mask | None:
    """The product with its background-coloured parts, where faint edges close around them."""
    band = border_band(frame.shape, BAND)
    threshold = max(0.28, 2.2 * border_noise(frame.colour_step, band, 92))
    if threshold >= 2.0 or not solid.any():
        return None
    brighter = (background.distance > max(1.3, 5 * background.spread)) & (
        frame.lab[..., 0] > background.surface[..., 0]
    )
    crisp = grow(frame.crispness > max(0.12, border_noise(frame.crispness, band, 98)), 2)
    faint = (frame.colour_step > threshold) & crisp & ~shadow
    edges = closed(faint | brighter | solid, 4)
    enclosed = opened(~reached_from_border(~edges), 3)
    enclosed = large_parts(enclosed & ~shadow, 0.15)
    if not enclosed.any():
        return None
    edge = rim(enclosed)
    if not edge.any():
        return None
    sharp = float((steepest_near(frame.colour_step, 3)[edge] > 1.6 * threshold).mean())
    gained = int((enclosed & ~grow(solid, 8)).sum())
    worth_it = gained > 0.06 * solid.sum() and enclosed.sum() > 1.12 * solid.sum()
    believable = sharp > 0.55 and enclosed.mean() < 0.9
    holds_it = (enclosed & solid).sum() > 0.8 * solid.sum()
    return enclosed if worth_it and believable and holds_it else None


def _trimmed(found: Mask, frame: Frame, background: Background) -> Mask:
    """Without the background that closing the faint edges caught along the rim."""
    plain = (background.distance < max(1.3, 1.5 * background.spread)) & (frame.step < 1.0)
    return opened(found & ~(connected_to(~found, plain) & ~shrink(found, 7)), 1)


def _see_through(found: Mask, frame: Frame, background: Background) -> Mask:
    """Holes: enclosed regions that are the background itself, not just its colour."""
    limit = max(1.2, 1.3 * background.spread)
    core = shrink(found, 8)
    shadowless = not core.any() or dimmed_share(core, background) < 0.2
    same = background.distance < 2.0 * limit
    if shadowless:
        same |= _dimmed(background) & (background.brightness > 0.5)
    holes = np.zeros_like(found)
    size = max(int(0.01 * found.sum()), int(SMALL_HOLE * found.size))
    thick = max(2, int(0.012 * max(found.shape)))
    for part in parts(opened(same & found, 1), at_least=size):
        middle = shrink(part, thick)
        if not middle.any():
            continue
        sharp = float(np.median(steepest_near(frame.step, 2)[rim(grow(part, 2))]))
        flat = float(np.percentile(frame.step[middle], 75)) < max(1.0, 0.6 * background.spread)
        near = float((background.distance[middle] < limit).mean())
        if (near > 0.5 or (near > 0.2 and shadowless and flat)) and sharp > max(
            2.0, background.spread
        ):
            holes |= part
    return holes


def dimmed_share(region: Mask, background: Background) -> float:
    """How much of the region could be shadow by its colour."""
    return float(_dimmed(background)[region].mean())
