"""Products drawn from known dimensions: outlines whose every length is known in cm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from generation.providers.studio.shapes import Outline, Point

SHIFT = 4  # fractional bits of polygon corners
FINE = 4  # polygons are drawn this much larger, then averaged down


@dataclass(frozen=True)
class Pattern:
    """A polygon in cm, y down from the neck or waist, and its true lengths in cm."""

    corners: Sequence[Point]
    lengths: Mapping[str, float]
    points: Mapping[str, Point]


def mirrored(right: Sequence[Point]) -> list[Point]:
    """A closed polygon from its right half, listed from top to bottom."""
    return [*right, *[(-x, y) for x, y in reversed(right) if abs(x) > 1e-9]]


def t_shirt(
    *,
    chest: float = 52,
    length: float = 70,
    sleeve: float = 20,
    opening: float = 17,
    lean: float = 27,
) -> Pattern:
    """A crew-neck T-shirt; ``lean`` is how far the sleeve points down, in degrees."""
    half = chest / 2
    shoulder, armpit = (half - 4.0, 4.5), (half, 25.0)
    down = math.radians(lean)
    along, square = (math.cos(down), math.sin(down)), (-math.sin(down), math.cos(down))
    cuff = shoulder[0] + sleeve * along[0], shoulder[1] + sleeve * along[1]
    under = cuff[0] + opening * square[0], cuff[1] + opening * square[1]
    right: list[Point] = [
        (0, 2), (5, 1.4), (8.5, 0.3), (9, 0), shoulder, cuff, under, armpit,
        (half - 1.5, 43), (half, length),
    ]  # fmt: skip
    lengths = {
        "A01": 2 * half - 2 * 1.5 * (0.035 * length) / 18,
        "A02": 2 * half - 3,
        "A03": 2 * half,
        "A04": length,
        "A06": 2 * shoulder[0],
        "A11": math.dist(shoulder, armpit),
        "A13": sleeve,
        "A17": opening,
        "A18": 18,
    }
    points = {
        "hps_right": (9.0, 0.0), "shoulder_right": shoulder, "armpit_right": armpit,
        "cuff_top_right": cuff, "cuff_bottom_right": under, "hem_right": (half, length),
    }  # fmt: skip
    return Pattern(mirrored(right), lengths, points)


def long_sleeve() -> Pattern:
    """A sweater with sleeves that hang clear of the body."""
    return t_shirt(sleeve=58, opening=10, lean=62)


def trousers(*, waist: float = 38, rise: float = 26, outseam: float = 102) -> Pattern:
    """Straight trousers with the legs a little apart."""
    half, hip = waist / 2, 25.0
    outer, inner = (30.0, outseam), (9.0, outseam + 2)
    hip_y = 0.7 * rise
    right: list[Point] = [(0, 0), (half, 0), (hip, hip_y), outer, inner, (0, rise)]
    inseam = math.dist((0, rise), inner)
    lengths = {
        "B01": waist,
        "B05": 2 * hip,
        "B06": rise,
        "B10": math.dist(outer, inner),
        "B11": inseam,
        "B12": math.dist((half, 0), (hip, hip_y)) + math.dist((hip, hip_y), outer),
    }
    points = {"crotch": (0.0, rise), "waist_right": (half, 0.0), "hip_right": (hip, hip_y)}
    return Pattern(mirrored(right), lengths, points)


def skirt(*, waist: float = 36, length: float = 60, hem: float = 62) -> Pattern:
    """An A-line skirt with straight sides and hem."""
    right: list[Point] = [(0, 0), (waist / 2, 0), (hem / 2, length), (0, length)]
    hip = waist + (hem - waist) * 0.54 * waist / length
    lengths = {"B01": waist, "B05": hip, "C01": length, "C02": hem}
    points = {"waist_right": (waist / 2, 0.0), "hem_right": (hem / 2, length)}
    return Pattern(mirrored(right), lengths, points)


def dress(*, bust: float = 46, length: float = 95) -> Pattern:
    """A fitted dress with short sleeves."""
    half = bust / 2
    shoulder, armpit = (half - 4.0, 4.0), (half, 23.0)
    down = math.radians(22)
    cuff = shoulder[0] + 16 * math.cos(down), shoulder[1] + 16 * math.sin(down)
    under = cuff[0] - 15 * math.sin(down), cuff[1] + 15 * math.cos(down)
    right: list[Point] = [
        (0, 3), (6, 2), (8.5, 0.4), (9, 0), shoulder, cuff, under, armpit,
        (half - 5, 40), (half + 2, 60), (half + 6, length),
    ]  # fmt: skip
    lengths = {
        "C10": 2 * half - 2 * 5 * (0.035 * length) / 17,
        "C12": 2 * half - 10,
        "C14": 2 * half + 4,
        "C15": length,
        "C16": 2 * half + 12,
        "A06": 2 * shoulder[0],
        "A13": 16,
        "A17": 15,
        "A18": 18,
    }
    points = {"armpit_right": armpit, "waist_right": (half - 5, 40.0), "hps_right": (9.0, 0.0)}
    return Pattern(mirrored(right), lengths, points)


@dataclass(frozen=True)
class Laid:
    """A pattern laid on a picture: its outline and the way from cm to pixels."""

    outline: Outline
    to_px: np.ndarray  # 2×3

    def place(self, point: Point) -> Point:
        """A point in cm, in pixels."""
        x, y = self.to_px @ np.array([point[0], point[1], 1.0])
        return float(x), float(y)


def lay(
    pattern: Pattern, *, px_per_cm: float = 8.0, tilt: float = 0.0, score: float = 0.95
) -> Laid:
    """Draw a pattern ``tilt`` degrees clockwise on a picture with a margin."""
    corners = np.asarray(pattern.corners, float)
    turn = math.radians(tilt)
    matrix = px_per_cm * np.array(
        [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    )
    turned = corners @ matrix.T
    margin = 0.08 * float(np.ptp(turned, axis=0).max())
    offset = margin - turned.min(axis=0)
    width, height = np.ceil(np.ptp(turned, axis=0) + 2 * margin).astype(int)
    canvas = np.zeros((FINE * int(height), FINE * int(width)), np.float32)
    fixed = np.round(((turned + offset + 0.5) * FINE - 0.5) * (1 << SHIFT)).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 1.0, shift=SHIFT)
    alpha = cv2.resize(canvas, (int(width), int(height)), interpolation=cv2.INTER_AREA)
    outline = Outline(np.asarray(alpha, np.float32), score, False)
    return Laid(outline, np.column_stack([matrix, offset]))
