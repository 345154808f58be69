"""From a photo to its outline: guesses, refinement, choice, and a person's strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.mask.background import Background, background_of
from generation.providers.studio.mask.busy import busy_guess
from generation.providers.studio.mask.frame import Frame, frame_of
from generation.providers.studio.mask.plain import plain_guess
from generation.providers.studio.mask.refine import cut, soft_edge, within_band
from generation.providers.studio.mask.regions import (
    Grey,
    Mask,
    grow,
    large_parts,
    opened,
    overlap,
    shrink,
    without_small_holes,
)
from generation.providers.studio.mask.score import Evidence, facts_of, score_of
from generation.providers.studio.mask.strays import without_strays
from generation.providers.studio.shapes import Outline, Photo, Point

cv2.setNumThreads(1)

GOOD_ENOUGH = 0.8  # a plain outline this sure needs no second opinion


@dataclass(frozen=True)
class Candidate:
    """One possible outline in the frame."""

    mask: Mask
    score: float
    facts: dict[str, float]


def find_outline(
    photo: Photo,
    *,
    keep: Sequence[Sequence[Point]] = (),
    remove: Sequence[Sequence[Point]] = (),
    worn: bool | None = None,
) -> Outline:
    """Find the product. Always answers; where it cannot tell, the score is low.

    ``keep`` and ``remove`` are a person's strokes in pixels of the photo; ``worn`` is
    what a person said about someone wearing it. A file's own alpha is taken as it is.
    """
    if photo.alpha is not None and not keep and not remove:
        return Outline(photo.alpha, 0.97, bool(worn), facts={"own_alpha": 1.0})
    frame = frame_of(photo.bgr)
    best = best_candidate(frame)
    alpha = soft_edge(photo.bgr, best.mask, frame.scale)
    return Outline(alpha, best.score, bool(worn), facts=best.facts)


def best_candidate(frame: Frame) -> Candidate:
    """The likelier of the outline against a plain background and the one by saliency."""
    background = background_of(frame)
    guess, saliency = busy_guess(frame)
    candidates = []
    if background.is_plain:
        candidates.append(_from_plain(frame, background, guess, saliency))
    if not candidates or candidates[0].score < GOOD_ENOUGH:
        candidates.append(_from_saliency(frame, background, guess, saliency))
    return max(candidates, key=lambda candidate: candidate.score)


def _from_plain(frame: Frame, background: Background, salient: Mask, saliency: Grey) -> Candidate:
    guess = plain_guess(frame, background)
    first = without_strays(guess.mask, frame)
    sure = shrink(first, 5) & (background.distance > background.threshold)
    never = ~grow(first, 6) | _edge_of(first, 2)
    second = cut(frame, first, sure=sure, never=never, turns=3)
    agreed = overlap(first, second)
    distrusted = guess.low_contrast or agreed < 0.8 or second.sum() < 0.7 * first.sum()
    mask = first if distrusted else within_band(first, second, 4)
    mask = large_parts(opened(mask, 1), 0.06)
    mask = without_small_holes(mask, 0.0015 * mask.size)
    evidence = Evidence(
        frame,
        background,
        saliency,
        salient_overlap=overlap(mask, salient),
        cut_overlap=agreed,
        low_contrast=guess.low_contrast,
        from_plain=True,
    )
    facts = facts_of(mask, evidence)
    return Candidate(mask, score_of(facts), facts)


def _from_saliency(frame: Frame, background: Background, first: Mask, saliency: Grey) -> Candidate:
    second = cut(frame, first, sure=np.zeros_like(first), never=~grow(first, 20), turns=4)
    mask = without_strays(large_parts(opened(second, 2), 0.2), frame)
    mask = without_small_holes(mask, 0.03 * mask.sum())
    evidence = Evidence(
        frame,
        background,
        saliency,
        salient_overlap=overlap(mask, first),
        cut_overlap=overlap(first, second),
        low_contrast=False,
        from_plain=False,
    )
    facts = facts_of(mask, evidence)
    return Candidate(mask, score_of(facts), facts)


def _edge_of(first: Mask, width: int) -> Mask:
    """The picture's outermost pixels, where the first outline does not reach them."""
    edge = np.zeros_like(first)
    edge[:width] = edge[-width:] = True
    edge[:, :width] = edge[:, -width:] = True
    return edge & ~first
