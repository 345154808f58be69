"""Fits the weights of the outline's score; prints them to paste into ``mask/score.py``.

The score is the chance that an outline is right (IoU at least 0.9). It is learnt from
the sample photos, from composites made of their cut-outs over other backgrounds (known
outline, other colours, shadows, sizes and noise; seeded), and from outlines of other
public photos that a person judged by eye (``outline_verdicts.csv``: facts and verdict).
What is reported is held out by photo: a composite never judges the photo it was cut from.

    python -m bench.studio_fit [COMPOSITES_PER_PHOTO]
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.studio_quality import PHOTOS, RIGHT, overlap, photos
from generation.providers.studio.mask.background import background_of
from generation.providers.studio.mask.frame import frame_of
from generation.providers.studio.mask.outline import candidates
from generation.providers.studio.shapes import Outline, Photo

VERDICTS = Path(__file__).with_name("outline_verdicts.csv")
CANVAS = 640
PENALTY = 4.0  # ridge, on standardised facts
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Example:
    """Facts about one outline, whether it was right, and the photo that it came from."""

    facts: dict[str, float]
    right: bool
    photo: str
    weight: float


def composites(each: int) -> Iterator[tuple[str, Picture, Picture]]:
    """Photo's name, picture and true mask, ``each`` per sample photo."""
    samples = [
        (name, photo, drawn)
        for name, photo, drawn in photos(PHOTOS, PHOTOS / "masks")
        if name != "shakers-transparent"  # a see-through thing brings its background along
    ]
    for index, (name, photo, drawn) in enumerate(samples):
        for turn in range(each):
            random = np.random.default_rng(1000 * index + turn)
            other = samples[int(random.integers(len(samples)))]
            yield name, *_composite(photo, drawn, other[1], other[2], random)


def _composite(
    photo: Photo, drawn: Picture, other: Photo, other_drawn: Picture, random: np.random.Generator
) -> tuple[Picture, Picture]:
    size = (drawn.shape[1], drawn.shape[0])
    product = cv2.resize(photo.bgr, size, interpolation=cv2.INTER_AREA)
    ys, xs = np.where(drawn > 200)
    box = (slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1))
    scale = CANVAS * random.uniform(0.45, 0.88) / max(drawn[box].shape)
    product = cv2.resize(product[box], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    solid = (drawn[box] > 200).astype(np.uint8)
    mask = cv2.resize(solid, product.shape[1::-1], interpolation=cv2.INTER_AREA)
    top = int((CANVAS - mask.shape[0]) * random.uniform(0.2, 0.8))
    left = int((CANVAS - mask.shape[1]) * random.uniform(0.2, 0.8))
    place = (slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1]))
    truth = np.zeros((CANVAS, CANVAS), np.uint8)
    truth[place] = mask * 255
    picture = _shaded(_backdrop(other, other_drawn, random), truth, random)
    soft = cv2.GaussianBlur(truth, (0, 0), 0.8)[..., None] / 255.0
    laid = picture.copy()
    laid[place] = product
    picture = picture * (1 - soft) + laid * soft
    picture += random.normal(0, random.uniform(0.5, 5), picture.shape)
    stored = cv2.imencode(
        ".jpg",
        np.clip(picture, 0, 255).astype(np.uint8),
        [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(60, 95))],
    )[1]
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8), truth


def _backdrop(
    other: Photo, other_drawn: Picture, random: np.random.Generator
) -> NDArray[np.float64]:
    """Plain, graded, textured, or a stretch of another photo beside its product."""
    kind = random.choice(["plain", "graded", "textured", "photo"])
    if kind == "photo":
        return _stretch_beside(other, other_drawn)
    base = random.uniform(30, 250) + random.normal(0, 12, 3)
    flat = np.full((CANVAS, CANVAS, 3), base)
    if kind == "plain":
        return flat
    slope = np.linspace(-1, 1, CANVAS)[:, None, None] * random.uniform(5, 40)
    if kind == "graded":
        return flat + slope
    grain = np.zeros((CANVAS, CANVAS))
    for cell in (8, 24, 72):
        rough = random.normal(0, 1, (CANVAS // cell + 2, CANVAS // cell + 2))
        grain += cv2.resize(rough, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)
    return flat + slope / 3 + grain[..., None] * random.uniform(3, 22)


def _stretch_beside(other: Photo, drawn: Picture) -> NDArray[np.float64]:
    """The widest strip of a photo beside its product, enlarged and mirrored to fit."""
    ys, xs = np.where(drawn > 0)
    ratio = other.bgr.shape[0] / drawn.shape[0]
    top, bottom, left, right = (
        int(edge * ratio) for edge in (ys.min(), ys.max(), xs.min(), xs.max())
    )
    height, width = other.bgr.shape[:2]
    strips = [
        other.bgr[: max(top, 8)],
        other.bgr[min(bottom, height - 8) :],
        other.bgr[:, : max(left, 8)],
        other.bgr[:, min(right, width - 8) :],
    ]
    widest = max(strips, key=lambda each: min(each.shape[:2]))
    scale = max(1.0, CANVAS / 3 / min(widest.shape[:2]))
    strip = cv2.resize(widest, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    while min(strip.shape[:2]) < CANVAS:
        strip = np.concatenate([strip, strip[::-1]], axis=0)[: 2 * CANVAS]
        strip = np.concatenate([strip, strip[:, ::-1]], axis=1)[:, : 2 * CANVAS]
    return strip[:CANVAS, :CANVAS].astype(np.float64)


def _shaded(
    picture: NDArray[np.float64], truth: Picture, random: np.random.Generator
) -> NDArray[np.float64]:
    """A shadow beside or under the product, soft or hard, or none."""
    dark = random.choice([0, random.uniform(0.1, 0.5)])
    move = np.array([[1, 0, random.uniform(-18, 18)], [0, 1, random.uniform(0, 22)]])
    shadow = cv2.warpAffine(truth, move, (CANVAS, CANVAS)).astype(np.float64) / 255
    soft = np.asarray(cv2.GaussianBlur(shadow, (0, 0), random.uniform(1.5, 14)))
    return picture * (1 - dark * soft[..., None])


def examples(each: int) -> list[Example]:
    """From the photos, their composites and the verdicts by eye."""
    found: list[Example] = []
    for name, photo, drawn in photos(PHOTOS, PHOTOS / "masks"):
        if photo.alpha is None:
            found += _judged(name, photo, drawn, weight=2.0)
    for name, picture, truth in composites(each):
        found += _judged(name, Photo(picture, None, 1.0), truth, weight=0.5)
    return found + list(by_eye())


def _judged(name: str, photo: Photo, drawn: Picture, *, weight: float) -> Iterator[Example]:
    frame = frame_of(photo.bgr)
    for candidate in candidates(frame, background_of(frame)):
        if candidate.facts:
            size = (photo.bgr.shape[1], photo.bgr.shape[0])
            alpha = cv2.resize(candidate.mask.astype(np.float32), size)
            iou = overlap(Outline(np.asarray(alpha, np.float32), 0, False), drawn)
            yield Example(candidate.facts, iou >= RIGHT, name, weight)


def by_eye() -> Iterator[Example]:
    """Outlines of other public photos that a person looked at."""
    if not VERDICTS.exists():
        return
    with VERDICTS.open(newline="") as stored:
        for row in csv.DictReader(stored):
            facts = {
                key: float(value) for key, value in row.items() if key not in ("photo", "right")
            }
            yield Example(facts, row["right"] == "1", row["photo"], 1.0)


def fitted(learnt: Sequence[Example], names: Sequence[str]) -> tuple[float, NDArray[np.float64]]:
    """Bias and weights of a ridge-penalised logistic regression, by Newton's method."""
    facts = np.array([[example.facts[name] for name in names] for example in learnt])
    right = np.array([float(example.right) for example in learnt])
    weight = np.array([example.weight for example in learnt])
    mean, scale = facts.mean(axis=0), facts.std(axis=0) + 1e-3
    rows = np.column_stack([np.ones(len(facts)), (facts - mean) / scale])
    penalty = np.diag([1e-6] + [PENALTY] * len(names))
    answer = np.zeros(rows.shape[1])
    for _ in range(40):
        chance = 1 / (1 + np.exp(-rows @ answer))
        slope = rows.T @ (weight * (right - chance)) - penalty @ answer
        bend = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows + penalty
        answer = answer + np.linalg.solve(bend, slope)
    weights = answer[1:] / scale
    return float(answer[0] - weights @ mean), weights


def held_out(known: Sequence[Example], names: Sequence[str]) -> NDArray[np.float64]:
    """Each example's score by a model that has not seen its photo."""
    scores = np.zeros(len(known))
    for photo in sorted({example.photo for example in known}):
        mine = np.array([example.photo == photo for example in known])
        rest = [example for example, own in zip(known, mine, strict=True) if not own]
        bias, weights = fitted(rest, names)
        for at in np.flatnonzero(mine).tolist():
            total = bias + sum(
                weight * known[at].facts[name] for name, weight in zip(names, weights, strict=True)
            )
            scores[at] = 1 / (1 + np.exp(-total))
    return scores


def report(known: Sequence[Example], scores: NDArray[np.float64]) -> None:
    """How often an outline was right, by what the held-out score said."""
    right = np.array([example.right for example in known])
    print(f"{'score':>12} {'outlines':>9} {'mean score':>11} {'right':>6}")
    for low, high in ((0.95, 1.01), (0.85, 0.95), (0.7, 0.85), (0.5, 0.7), (0.0, 0.5)):
        chosen = (scores >= low) & (scores < high)
        if chosen.any():
            print(
                f"{low:5.2f} – {min(high, 1):4.2f} {chosen.sum():9} "
                f"{scores[chosen].mean():11.2f} {right[chosen].mean():6.2f}"
            )


def main(arguments: Sequence[str]) -> None:
    """Fit, report what held out, print the constants."""
    known = examples(int(arguments[0]) if arguments else 5)
    names = list(known[0].facts)
    print(f"{len(known)} outlines, {np.mean([example.right for example in known]):.2f} right")
    report(known, held_out(known, names))
    bias, weights = fitted(known, names)
    print(f"BIAS = {bias:.3f}")
    print("WEIGHTS = {")
    for name, weight in zip(names, weights, strict=True):
        print(f'    "{name}": {weight:.3f},')
    print("}")


if __name__ == "__main__":
    main(sys.argv[1:])
