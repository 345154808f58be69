"""How likely an outline is right: facts about it, weighed by a fitted logistic model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.mask.background import Background
from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import Grey, Mask, grow, parts, rim, shrink

SMALLEST, LARGEST = 0.006, 0.93  # of the picture; beyond, there is no outline to trust


@dataclass(frozen=True)
class Evidence:
    """What the search knows beside the outline itself."""

    frame: Frame
    background: Background
    saliency: Grey
    rival_overlap: float  # IoU with the outline found the other way
    cut_overlap: float  # IoU of the first outline with the one after GrabCut
    low_contrast: bool
    from_plain: bool


def facts_of(mask: Mask, evidence: Evidence) -> dict[str, float]:
    """Figures about an outline in the frame, each about 0..1; empty without an outline."""
    area = float(mask.mean())
    if not SMALLEST < area < LARGEST:
        return {}
    frame, background = evidence.frame, evidence.background
    return {
        **_along_the_edge(mask, frame),
        **_inside_and_around(mask, evidence),
        **_as_a_shape(mask),
        "area": area,
        "border": _border_share(mask),
        "spread": min(background.spread, 20) / 20,
        "explained": background.explained,
        "rival_overlap": evidence.rival_overlap,
        "cut_overlap": evidence.cut_overlap,
        "low_contrast": float(evidence.low_contrast),
        "from_plain": float(evidence.from_plain),
    }


def score_of(facts: dict[str, float]) -> float:
    """The chance, 0.02..0.98, that the outline is right (IoU at least 0.9)."""
    if not facts:
        return 0.02
    total = BIAS + sum(weight * facts[name] for name, weight in WEIGHTS.items())
    return float(np.clip(1 / (1 + math.exp(-total)), 0.02, 0.98))


def _along_the_edge(mask: Mask, frame: Frame) -> dict[str, float]:
    """Contrast across the edge and how much of it lies on a step of colour."""
    inside = mask & ~shrink(mask, 5)
    outside = grow(mask, 5) & ~mask
    inner, inner_weight = _local_mean(frame, inside)
    outer, outer_weight = _local_mean(frame, outside)
    edge = rim(mask) & (inner_weight > 0.02) & (outer_weight > 0.02)
    edge[:2] = edge[-2:] = False
    edge[:, :2] = edge[:, -2:] = False
    if edge.sum() < 20:
        return {"contrast": 0.0, "contrast_low": 0.0, "on_edge": 0.0, "crisp": 0.0}
    gap = np.linalg.norm(inner - outer, axis=2)[edge]
    steep = cv2.dilate(frame.colour_step, np.ones((5, 5), np.uint8))[edge]
    crisp = cv2.dilate(frame.crispness, np.ones((5, 5), np.uint8))[edge]
    low, middle = np.percentile(gap, [12, 50])
    return {
        "contrast": float(min(middle / 40, 1)),
        "contrast_low": float(min(low / 15, 1)),
        "on_edge": float((steep > 1.0).mean()),
        "crisp": float((crisp > 0.5).mean()),
    }


def _local_mean(frame: Frame, where: Mask) -> tuple[Grey, Grey]:
    weight = cv2.blur(where.astype(np.float32), (13, 13))
    colours = cv2.blur(frame.lab * where[..., None].astype(np.float32), (13, 13))
    return np.asarray(colours / (weight[..., None] + 1e-6)), np.asarray(weight)


def _inside_and_around(mask: Mask, evidence: Evidence) -> dict[str, float]:
    """Whether inside and outside look like two things, and what was left outside."""
    frame, background = evidence.frame, evidence.background
    away = ~grow(mask, 6)
    ring = grow(grow(mask, 16), 16) & away
    core = shrink(mask, 3)
    core = core if core.any() else mask
    unlike = background.distance > max(6.0, 2 * background.threshold)
    return {
        "left_out": float((unlike & away).sum() / max(1, mask.sum())) ** 0.5,
        "like_background": float((background.distance < background.threshold)[core].mean()),
        "shadowy": float(((background.tint < 4) & ~unlike)[core].mean()),
        "alike": _likeness(frame, core, ring) if ring.any() else 1.0,
        "saliency_gap": _gap(evidence.saliency, core, away),
        "busy_around": float(min(np.percentile(frame.step[ring], 75) / 3, 1)) if ring.any() else 1,
    }


def _likeness(frame: Frame, one: Mask, other: Mask) -> float:
    """Bhattacharyya coefficient of two regions' colours on a coarse Lab grid."""
    cell = np.stack([frame.lab[..., 0] / 8, frame.lab[..., 1] / 8 + 16, frame.lab[..., 2] / 8 + 16])
    code = np.clip(cell, 0, 31).astype(np.int64)
    flat = (code[0] * 32 + code[1]) * 32 + code[2]
    left = np.bincount(flat[one], minlength=32**3) / one.sum()
    right = np.bincount(flat[other], minlength=32**3) / other.sum()
    return float(np.sqrt(left * right).sum())


def _gap(saliency: Grey, inside: Mask, outside: Mask) -> float:
    return float(saliency[inside].mean() - (saliency[outside].mean() if outside.any() else 0))


def _as_a_shape(mask: Mask) -> dict[str, float]:
    """Solidity, raggedness of the outline, and whether there is more than one part."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.vstack([contour[:, 0] for contour in contours])
    hull = cv2.convexHull(points)
    around = sum(cv2.arcLength(contour, True) for contour in contours)
    tight = sum(cv2.arcLength(cv2.convexHull(contour), True) for contour in contours)
    return {
        "solidity": float(mask.sum() / max(1.0, cv2.contourArea(hull))),
        "ragged": float(np.clip(around / max(tight, 1) - 1.1, 0, 2) / 2),
        "parts": float(min(len(list(parts(mask, at_least=int(0.002 * mask.size)))) - 1, 3) / 3),
    }


def _border_share(mask: Mask) -> float:
    sides = (mask[0].mean(), mask[-1].mean(), mask[:, 0].mean(), mask[:, -1].mean())
    return float(min(max(sides), 0.5) * 2)


BIAS = -1.5
WEIGHTS = {
    "on_edge": 1.0,
    "rival_overlap": 2.5,
    "cut_overlap": 1.5,
    "border": -2.0,
    "alike": -1.5,
    "left_out": -1.0,
    "contrast_low": 0.8,
}
