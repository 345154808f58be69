"""The product's colours: main one first, no more than there are, named as people do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.colour_names import name_of, steadiness
from generation.providers.studio.oklab import Colours, from_oklab, hex_of, to_cielab, to_oklab
from generation.providers.studio.shapes import Colour, Outline, Photo

cv2.setNumThreads(1)

SAMPLE = 9000  # pixels looked at
WORKING_SIDE = 800  # px
CLUSTERS = 12
SEED = 7
SMALLEST_SHARE = 0.012
MERGE_BELOW = 0.085


@dataclass(frozen=True)
class Group:
    """Pixels that are one colour under more and less light."""

    pixels: Colours  # (n, 3) OKLab

    @property
    def centre(self) -> Colours:
        """The median colour."""
        return np.asarray(np.median(self.pixels, axis=0))


def palette(photo: Photo, outline: Outline, *, at_most: int = 6) -> list[Colour]:
    """The product's colours by area, at most that many; empty without an outline.

    What is reported is the colour in the light, not in the folds: the median of the
    40th to 85th percentile of lightness. Names allow for a photo that is too dark.
    """
    seen = sampled(photo, outline)
    if len(seen) < 20:
        return []
    groups = merged(clusters(seen), total=len(seen), at_most=at_most)
    brightest = _brightest(photo)
    found = [_reported(group, len(seen), outline, brightest) for group in groups]
    return _by_name([colour for colour in found if colour.share >= SMALLEST_SHARE])


def sampled(photo: Photo, outline: Outline) -> Colours:
    """Up to 9000 of the product's pixels away from its edge, in OKLab."""
    scale = min(1.0, WORKING_SIDE / max(photo.bgr.shape[:2]))
    size = (max(1, round(photo.size[0] * scale)), max(1, round(photo.size[1] * scale)))
    small = cv2.resize(photo.bgr, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(outline.alpha, size, interpolation=cv2.INTER_AREA)
    core = cv2.erode((alpha > 0.95).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=3) > 0
    if core.sum() < 500:
        core = alpha > 0.5
    pixels = cv2.medianBlur(small, 5)[core][:, ::-1].astype(np.float64) / 255
    if len(pixels) > SAMPLE:
        chosen = np.random.default_rng(SEED).choice(len(pixels), SAMPLE, replace=False)
        pixels = pixels[np.sort(chosen)]
    return to_oklab(pixels)


def clusters(seen: Colours) -> list[Group]:
    """k-means with lightness counting less than chroma, so that folds fall together."""
    weighted = np.ascontiguousarray(seen * [0.55, 1.7, 1.7], dtype=np.float32)
    count = min(CLUSTERS, len(weighted))
    cv2.setRNGSeed(SEED)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-3)
    start = np.zeros((len(weighted), 1), np.int32)
    labels = cv2.kmeans(weighted, count, start, stop, 1, cv2.KMEANS_PP_CENTERS)[1].ravel()
    return [Group(seen[labels == at]) for at in range(count) if (labels == at).any()]


def merged(groups: list[Group], *, total: int, at_most: int) -> list[Group]:
    """Join the nearest two until those left are different colours, and few enough."""
    groups = list(groups)
    while len(groups) > 1:
        gap, one, other = min(
            (_gap(groups[i].centre, groups[j].centre), i, j)
            for i in range(len(groups))
            for j in range(i)
        )
        smaller = min(len(groups[one].pixels), len(groups[other].pixels)) / total
        if gap >= MERGE_BELOW and len(groups) <= at_most and smaller >= SMALLEST_SHARE:
            break
        joined = Group(np.vstack([groups[one].pixels, groups[other].pixels]))
        groups = [group for at, group in enumerate(groups) if at not in (one, other)]
        groups.append(joined)
    return sorted(groups, key=lambda group: -len(group.pixels))


def _gap(one: Colours, other: Colours) -> float:
    """How different two colours are as dyes: shading of one dye counts little."""
    lighter = abs(float(one[0] - other[0]))
    chroma = float(np.hypot(*(one[1:] - other[1:])))
    weakest = min(float(np.hypot(*one[1:])), float(np.hypot(*other[1:])))
    if max(one[0], other[0]) < 0.36:
        return lighter * 0.35 + chroma * 1.2
    if weakest > 0.03 and min(one[0], other[0]) > 0.12:
        along = one[1:] / max(one[0], 0.08) - other[1:] / max(other[0], 0.08)
        return float(np.hypot(*along)) * 0.95 + lighter * 0.10
    return lighter * 0.42 + chroma * 1.9


def _brightest(photo: Photo) -> float:
    """OKLab lightness of the photo's brightest tone."""
    thin = photo.bgr[::8, ::8].reshape(-1, 3)[:, ::-1].astype(np.float64) / 255
    return float(np.percentile(to_oklab(thin)[:, 0], 99))


def _reported(group: Group, total: int, outline: Outline, brightest: float) -> Colour:
    lab = lit(group.pixels)
    rgb = np.clip(from_oklab(lab), 0, 1)
    lift = float(np.clip(0.95 / max(brightest, 0.5), 1.0, 1.25))
    lightness = min(float(lab[0]) * lift, 1.0)
    share = len(group.pixels) / total
    held = steadiness(lightness, float(lab[1]), float(lab[2]))
    certainty = (0.55 + 0.4 * held) * (0.75 + 0.25 * min(share / 0.3, 1))
    cie = to_cielab(rgb)
    return Colour(
        hex=hex_of(rgb),
        name=name_of(lightness, float(lab[1]), float(lab[2])),
        share=round(share, 4),
        lab=(round(float(cie[0]), 1), round(float(cie[1]), 1), round(float(cie[2]), 1)),
        confidence=round(certainty * (0.6 + 0.4 * outline.score), 3),
    )


def lit(pixels: Colours) -> Colours:
    """The colour in the light; for dark dyes the middle, as their light parts are gloss."""
    dark = float(np.median(pixels[:, 0])) < 0.36
    low, high = np.percentile(pixels[:, 0], [20, 60] if dark else [40, 85])
    bright = pixels[(pixels[:, 0] >= low) & (pixels[:, 0] <= high)]
    return np.asarray(np.median(bright if len(bright) else pixels, axis=0))


def _by_name(colours: list[Colour]) -> list[Colour]:
    """Colours with one name are one colour: the larger stands for both."""
    merged: dict[str, Colour] = {}
    for colour in sorted(colours, key=lambda colour: -colour.share):
        first = merged.get(colour.name)
        if first is None:
            merged[colour.name] = colour
            continue
        merged[colour.name] = Colour(
            hex=first.hex,
            name=first.name,
            share=round(first.share + colour.share, 4),
            lab=first.lab,
            confidence=first.confidence,
        )
    return sorted(merged.values(), key=lambda colour: -colour.share)
