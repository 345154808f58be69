"""From a photo to its outline: guesses, refinement, choice, and a person's strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from threading import Lock

import cv2
import numpy as np

from generation.providers.studio.mask.background import Background, background_of
from generation.providers.studio.mask.busy import busy_guess
from generation.providers.studio.mask.frame import Frame, frame_of
from generation.providers.studio.mask.person import is_worn
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
from generation.providers.studio.mask.strokes import painted, spread
from generation.providers.studio.shapes import Outline, Photo, Point

cv2.setNumThreads(1)

OWN_ALPHA = 0.97
WORN_AT_MOST = 0.55  # a person in the picture: the garment's edge is a guess
REMEMBERED = 16  # photos per process
GOOD_ENOUGH = 0.8  # a plain outline this sure needs no second opinion


@dataclass(frozen=True)
class Candidate:
    """One possible outline in the frame."""

    mask: Mask
    score: float
    facts: dict[str, float]
    worn: bool = False


RECENT: dict[bytes, Candidate] = {}
_REMEMBERING = Lock()


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
    strokes = [stroke for stroke in (*keep, *remove) if len(stroke)]
    if photo.alpha is not None and not strokes:
        return Outline(photo.alpha, OWN_ALPHA, bool(worn), facts={"own_alpha": 1.0})
    frame = frame_of(photo.bgr)
    best = _searched(photo, frame)
    by_person = best.worn if worn is None else worn
    score = min(best.score, WORN_AT_MOST) if by_person else best.score
    mask = best.mask
    if strokes:
        kept = painted(keep, frame, photo.size)
        removed = painted(remove, frame, photo.size)
        mask = corrected(frame, mask, kept, removed, trusted=score > 0.4)
        score = _surer(score, len(strokes))
    alpha = soft_edge(photo.bgr, mask, frame.scale)
    return Outline(alpha, score, by_person, corrected=bool(strokes), facts=best.facts)


def _searched(photo: Photo, frame: Frame) -> Candidate:
    """What the engine finds unaided, remembered so that a stroke need not wait for it."""
    if photo.alpha is not None:
        return Candidate(_in_frame(photo.alpha, frame), OWN_ALPHA, {"own_alpha": 1.0})
    key = blake2b(photo.bgr.tobytes(), digest_size=16, key=repr(photo.bgr.shape).encode()).digest()
    known = RECENT.get(key)
    if known is None:
        background = background_of(frame)
        best = best_candidate(frame, background)
        known = replace(best, worn=is_worn(frame, background, best.mask))
        with _REMEMBERING:
            while len(RECENT) >= REMEMBERED:
                RECENT.pop(next(iter(RECENT)))
            RECENT[key] = known
    return known


def _in_frame(alpha: Grey, frame: Frame) -> Mask:
    height, width = frame.shape
    return np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA) > 0.5)


def _surer(score: float, strokes: int) -> float:
    """A person has looked at the outline and drawn on it."""
    return float(np.clip(1 - (1 - score) * 0.6 ** min(strokes, 4), 0.72, 0.95))


def corrected(frame: Frame, first: Mask, kept: Mask, removed: Mask, *, trusted: bool) -> Mask:
    """The outline cut again with strokes as hints; far from them it stays, if trusted."""
    kept = kept & ~removed
    gained = spread(kept, frame, allowed=~first & ~removed)
    lost = spread(removed, frame, allowed=first & ~kept)
    hinted = (first | gained) & ~lost | kept
    near = grow(kept | removed | gained | lost, 12) if trusted else np.ones_like(first)
    sure = kept | (hinted & ~near)
    never = removed | ~grow(hinted, 20) | ~(hinted | near)
    around = near if trusted else None
    second = cut(frame, hinted, sure=sure, never=never, turns=2, around=around)
    mask = large_parts((opened(second, 1) | kept) & ~removed, 0.01) | kept
    return without_small_holes(mask, 0.0015 * mask.size) & ~removed


def candidates(frame: Frame, background: Background) -> list[Candidate]:
    """Both outlines, whichever would be chosen; for fitting the score."""
    guess = busy_guess(frame)
    found = []
    rival = guess
    if background.is_plain:
        found.append(_from_plain(frame, background, guess))
        rival = found[0].mask
    return [*found, _from_saliency(frame, background, guess, rival=rival)]


def best_candidate(frame: Frame, background: Background) -> Candidate:
    """The likelier of the outline against a plain background and the one by saliency."""
    guess = busy_guess(frame)
    if not background.is_plain:
        return _from_saliency(frame, background, guess, rival=guess)
    plain = _from_plain(frame, background, guess)
    if plain.score >= GOOD_ENOUGH:
        return plain
    other = _from_saliency(frame, background, guess, rival=plain.mask)
    return max(plain, other, key=lambda candidate: candidate.score)


def _from_plain(frame: Frame, background: Background, salient: Mask) -> Candidate:
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
    evidence = Evidence(frame, background, rival_overlap=overlap(mask, salient), from_plain=True)
    facts = facts_of(mask, evidence)
    return Candidate(mask, score_of(facts), facts)


def _from_saliency(frame: Frame, background: Background, first: Mask, *, rival: Mask) -> Candidate:
    second = cut(frame, first, sure=np.zeros_like(first), never=~grow(first, 20), turns=3)
    mask = without_strays(large_parts(opened(second, 2), 0.2), frame)
    mask = without_small_holes(mask, 0.03 * mask.sum())
    evidence = Evidence(frame, background, rival_overlap=overlap(mask, rival), from_plain=False)
    facts = facts_of(mask, evidence)
    return Candidate(mask, score_of(facts), facts)


def _edge_of(first: Mask, width: int) -> Mask:
    """The picture's outermost pixels, where the first outline does not reach them."""
    edge = np.zeros_like(first)
    edge[:width] = edge[-width:] = True
    edge[:, :width] = edge[:, -width:] = True
    return edge & ~first
