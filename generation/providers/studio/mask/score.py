"""How likely an outline is right: facts about it, weighed by a fitted logistic model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.mask.background import Background
from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import Grey, Mask, grow, rim, shrink

SMALLEST, LARGEST = 0.006, 0.93  # of the picture; beyond, there is no outline to trust


@dataclass(frozen=True)
class Evidence:
    """What the search knows beside the outline itself."""

    frame: Frame
    background: Background
    rival_overlap: float  # IoU with the outline found the other way
    from_plain: bool


def facts_of(mask: Mask, evidence: Evidence) -> dict[str, float]:
    """Figures about an outline in the frame, each about 0..1; empty without an outline."""
    if not SMALLEST < mask.mean() < LARGEST:
        return {}
    frame, background = evidence.frame, evidence.background
    return {
        **_along_the_edge(mask, frame),
        **_inside_and_around(mask, frame, background),
        "solidity": _solidity(mask),
        "border": _border_share(mask),
        "spread": min(background.spread, 20) / 20,
        "rival_overlap": evidence.rival_overlap,
        "from_plain": float(evidence.from_plain),
    }


def score_of(facts: dict[str, float]) -> float:
    """The chance, 0.02..0.98, that the outline is right (IoU at least 0.9)."""
    if not facts:
        return 0.02
    total = BIAS + sum(weight * facts[name] for name, weight in WEIGHTS.items())
    return float(np.clip(1 / (1 + math.exp(-total)), 0.02, 0.98))


def _along_the_edge(mask: Mask, frame: Frame) -> dict[str, float]:
    """Contrast across the edge, and how much of it is crisp."""
    inside = mask & ~shrink(mask, 5)
    outside = grow(mask, 5) & ~mask
    inner, inner_weight = _local_mean(frame, inside)
    outer, outer_weight = _local_mean(frame, outside)
    edge = rim(mask) & (inner_weight > 0.02) & (outer_weight > 0.02)
    edge[:2] = edge[-2:] = False
    edge[:, :2] = edge[:, -2:] = False
    if edge.sum() < 20:
        return {"contrast": 0.0, "crisp": 0.0}
    gap = np.linalg.norm(inner - outer, axis=2)[edge]
    crisp = cv2.dilate(frame.crispness, np.ones((5, 5), np.uint8))[edge]
    return {
        "contrast": min(float(np.median(gap)) / 40, 1.0),
        "crisp": float((crisp > 0.5).mean()),
    }


def _local_mean(frame: Frame, where: Mask) -> tuple[Grey, Grey]:
    weight = cv2.blur(where.astype(np.float32), (13, 13))
    colours = cv2.blur(frame.lab * where[..., None].astype(np.float32), (13, 13))
    return np.asarray(colours / (weight[..., None] + 1e-6)), np.asarray(weight)


def _inside_and_around(mask: Mask, frame: Frame, background: Background) -> dict[str, float]:
    """Whether inside and outside look like two things."""
    ring = grow(grow(mask, 16), 16) & ~grow(mask, 6)
    core = shrink(mask, 3)
    core = core if core.any() else mask
    unlike = background.distance > max(6.0, 2 * background.threshold)
    return {
        "like_background": float((background.distance < background.threshold)[core].mean()),
        "shadowy": float(((background.tint < 4) & ~unlike)[core].mean()),
        "alike": _likeness(frame, core, ring) if ring.any() else 1.0,
    }


def _likeness(frame: Frame, one: Mask, other: Mask) -> float:
    """Bhattacharyya coefficient of two regions' colours on a coarse Lab grid."""
    cell = np.stack([frame.lab[..., 0] / 8, frame.lab[..., 1] / 8 + 16, frame.lab[..., 2] / 8 + 16])
    code = np.clip(cell, 0, 31).astype(np.int64)
    flat = (code[0] * 32 + code[1]) * 32 + code[2]
    left = np.bincount(flat[one], minlength=32**3) / one.sum()
    right = np.bincount(flat[other], minlength=32**3) / other.sum()
    return float(np.sqrt(left * right).sum())


def _solidity(mask: Mask) -> float:
    """The outline's area over that of its convex hull."""
    ys, xs = np.where(mask)
    hull = cv2.convexHull(np.column_stack([xs, ys]).astype(np.int32))
    return float(mask.sum() / max(1.0, cv2.contourArea(hull)))


def _border_share(mask: Mask) -> float:
    sides = [float(side.mean()) for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1])]
    return min(max(sides), 0.5) * 2


# fitted by bench/studio_fit.py
BIAS = -9.204
WEIGHTS = {
    "contrast": -1.674,
    "crisp": 4.391,
    "like_background": -5.182,
    "shadowy": 4.449,
    "alike": -6.560,
    "solidity": 3.676,
    "border": -3.139,
    "spread": 1.236,
    "rival_overlap": 5.491,
    "from_plain": 1.181,
}
