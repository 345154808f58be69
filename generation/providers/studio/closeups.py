"""Close-ups: which crops are worth showing, the crops, and what can be measured on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import colours, texture
from generation.providers.studio.shapes import (
    Box,
    Family,
    Landmark,
    Outline,
    Photo,
    Point,
    Shot,
)

DEFAULT_COUNT = 8
MOST = 10
MAX_OVERLAP = 0.35  # of the smaller of two boxes
MAX_ENLARGEMENT = 3.0
TARGET_PX = 900  # of a rendered crop's long side, where enlargement allows

_BASE = 0.24  # of the product's long side
_SLENDER = 0.8  # narrower crops on products twice as long as wide
_SWATCH = 0.12
_LEAST_PRODUCT = 0.25  # share of a crop that must show the product
_WORK = 640  # pixels of the copy on which saliency is looked for

# Anchor, name of the shot, size in bases, and how far it is moved into the product (bases).
_Wanted = tuple[tuple[str, str, float, float], ...]
_UPPER: _Wanted = (
    ("neckline", "Neckline", 1.0, 0.0),
    ("cuff", "Sleeve end", 0.85, 0.2),
    ("hem", "Hem", 0.9, 0.25),
    ("armhole", "Armhole", 0.9, 0.0),
    ("centre_front", "Centre front", 0.9, 0.0),
    ("side_seam", "Side seam", 0.85, 0.1),
)
_WANTED: Mapping[Family, _Wanted] = {
    "top": _UPPER,
    "dress": (*_UPPER, ("waist", "Waist", 0.9, 0.2)),
    "trousers": (
        ("waistband", "Waistband", 1.0, 0.2),
        ("fly", "Front rise", 0.9, 0.0),
        ("leg_opening", "Leg opening", 0.9, 0.3),
        ("crotch", "Crotch", 0.9, 0.0),
        ("side_seam", "Side seam", 0.85, 0.1),
    ),
    "skirt": (
        ("waistband", "Waistband", 1.0, 0.2),
        ("hem", "Hem", 0.9, 0.25),
        ("side_seam", "Side seam", 0.85, 0.1),
        ("centre_front", "Centre front", 0.9, 0.0),
    ),
    "footwear": (
        ("toe", "Toe", 0.9, 0.3),
        ("heel", "Heel", 0.9, 0.3),
        ("topline", "Topline", 0.85, 0.2),
        ("vamp", "Vamp", 0.85, 0.0),
        ("sole", "Sole", 0.85, 0.2),
    ),
    "bag": (
        ("opening", "Top edge", 0.95, 0.25),
        ("handle", "Handle", 0.8, 0.1),
        ("base", "Base", 0.9, 0.3),
        ("body", "Body", 0.9, 0.0),
        ("side_seam", "Side", 0.85, 0.15),
    ),
    "object": (
        ("top", "Top", 0.9, 0.3),
        ("base", "Base", 0.9, 0.3),
        ("body", "Body", 0.9, 0.0),
    ),
}


def plan(
    photo: Photo,
    outline: Outline,
    landmarks: Mapping[str, Landmark] | Iterable[Landmark],
    anchors: Mapping[str, Point],
    family: Family,
    *,
    count: int = DEFAULT_COUNT,
) -> list[Shot]:
    """``count`` square crops (1–10) in photo pixels, or none when the outline is empty.

    Landmark crops come first, then details by edges and colour, the texture swatch last.
    No two overlap by more than 35 % of the smaller. A shot is named by its landmark or
    "Detail": never by what a detail might be.
    """
    mask = outline.mask
    if mask.sum() < 64:
        return []
    count = int(np.clip(count, 1, MOST))
    chosen = _Chosen(photo, mask)
    named = count - 1 if count > 2 else count  # the last place is the swatch's
    unsure = {m.name for m in _listed(landmarks) if not (m.sure or m.by_hand)}
    for anchor, name, size, inwards in _WANTED[family]:
        if len(chosen.shots) < named and anchor in anchors:
            at = _drawn_in(anchors[anchor], chosen, inwards)
            if at is not None:
                doubt = " (estimated)" if _rests_on(anchor, unsure) else ""
                reason = f"landmark: {anchor.replace('_', ' ')}{doubt}"
                chosen.add(name, "landmark", reason, at, size * chosen.base)
    if count > 2:
        _add_swatch(photo, chosen)
    _add_details(photo, chosen, count)
    return sorted(chosen.shots, key=lambda shot: shot.kind == "texture")


class _Chosen:
    """The shots so far, on one product."""

    def __init__(self, photo: Photo, mask: NDArray[np.bool_]) -> None:
        ys, xs = np.nonzero(mask)
        self.left, self.top = int(xs.min()), int(ys.min())
        self.width, self.height = int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1
        self.centre = (float(xs.mean()), float(ys.mean()))
        long, short = max(self.width, self.height), min(self.width, self.height)
        self.base = _BASE * long * (_SLENDER if long > 1.8 * short else 1.0)
        self.photo_size = photo.size
        self.mask = mask
        self._sums = cv2.integral(mask.astype(np.uint8))
        self.shots: list[Shot] = []

    def add(self, name: str, kind: Any, reason: str, at: Point, side: float) -> bool:
        """Add a square crop unless it shows too little or repeats one."""
        box = self.square(at, side)
        if self.product_share(box) < _LEAST_PRODUCT:
            return False
        if any(overlap(box, shot.box) > MAX_OVERLAP for shot in self.shots):
            return False
        self.shots.append(Shot(name, kind, reason, box))
        return True

    def square(self, at: Point, side: float) -> Box:
        """A square around a point, moved to lie in the photo."""
        width, height = self.photo_size
        size = int(np.clip(round(side), 8, min(width, height)))
        x = int(np.clip(round(at[0] - size / 2), 0, width - size))
        y = int(np.clip(round(at[1] - size / 2), 0, height - size))
        return x, y, size, size

    def product_share(self, box: Box) -> float:
        """Share of the box that is product."""
        x, y, w, h = box
        s = self._sums
        return float(s[y + h, x + w] - s[y, x + w] - s[y + h, x] + s[y, x]) / (w * h)


def overlap(a: Box, b: Box) -> float:
    """Shared area over the smaller area, 0..1."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0, across) * max(0, down) / max(1, min(a[2] * a[3], b[2] * b[3]))


def _listed(landmarks: Mapping[str, Landmark] | Iterable[Landmark]) -> list[Landmark]:
    return list(landmarks.values() if isinstance(landmarks, Mapping) else landmarks)


def _rests_on(anchor: str, unsure: set[str]) -> bool:
    part = {"armhole": "armpit", "neckline": "neck", "sleeve": "cuff"}.get(anchor, anchor)
    return any(name.startswith(part) for name in unsure)


def _drawn_in(at: Point, chosen: _Chosen, inwards: float) -> Point | None:
    """The anchor moved towards the product's middle, so that the crop shows more of it."""
    if not (math.isfinite(at[0]) and math.isfinite(at[1])):
        return None
    dx, dy = chosen.centre[0] - at[0], chosen.centre[1] - at[1]
    away = math.hypot(dx, dy)
    step = min(inwards * chosen.base, away) / away if away > 1e-6 else 0.0
    return at[0] + dx * step, at[1] + dy * step


def _add_details(photo: Photo, chosen: _Chosen, wanted: int) -> None:
    """Fill up with the most telling places; smaller crops when large ones no longer fit."""
    interest, scale = _interest(photo, chosen)
    for side in (0.8, 0.6, 0.45, 0.3):
        left = interest.copy()
        size = side * chosen.base
        for _ in range(60):
            if len(chosen.shots) >= wanted:
                return
            y, x = np.unravel_index(int(left.argmax()), left.shape)
            if left[y, x] <= 0:
                break
            at = ((x + 0.5) / scale, (y + 0.5) / scale)
            chosen.add("Detail", "detail", "edges and colour", at, size)
            cv2.circle(left, (int(x), int(y)), max(1, int(0.45 * size * scale)), 0, -1)


def _interest(photo: Photo, chosen: _Chosen) -> tuple[NDArray[np.float32], float]:
    """Edges and local colour on the product, above zero everywhere on it; and its scale."""
    width, height = photo.size
    scale = min(1.0, _WORK / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(photo.bgr, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(chosen.mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    reach = max(3, int(chosen.base * scale / 2))
    gx = cv2.Sobel(lab[..., 0], cv2.CV_32F, 1, 0)
    gy = cv2.Sobel(lab[..., 0], cv2.CV_32F, 0, 1)
    # Inside only: the outline itself is an edge everywhere and tells nothing.
    inner = cv2.erode(mask, np.ones((5, 5), np.uint8)).astype(np.float32)
    edges = cv2.blur(np.minimum(np.hypot(gx, gy), 60) * inner, (reach, reach))
    odd = np.abs(lab - cv2.blur(lab, (2 * reach, 2 * reach))).sum(axis=2) * inner
    colour = cv2.blur(odd, (reach, reach))
    interest = edges / (edges.max() + 1e-6) + colour / (colour.max() + 1e-6) + 0.01
    return (interest * mask).astype(np.float32), scale


def _add_swatch(photo: Photo, chosen: _Chosen) -> None:
    """The patch of cloth or surface with the least shading, if any is free."""
    scale = min(1.0, _WORK / max(photo.size))
    size = (max(1, round(photo.size[0] * scale)), max(1, round(photo.size[1] * scale)))
    grey = cv2.cvtColor(
        cv2.resize(photo.bgr, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY
    )
    mask = cv2.resize(chosen.mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    for share in (_SWATCH, _SWATCH * 0.6):
        side = max(4, int(share * max(chosen.width, chosen.height) * scale))
        shading = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), max(1.0, side / 4))
        spread = cv2.blur(shading**2, (side, side)) - cv2.blur(shading, (side, side)) ** 2
        covered = cv2.blur(mask.astype(np.float32), (side, side))
        spread[covered < 0.995] = np.inf
        for _ in range(40):
            y, x = np.unravel_index(int(spread.argmin()), spread.shape)
            if not np.isfinite(spread[y, x]):
                break
            at = ((x + 0.5) / scale, (y + 0.5) / scale)
            if chosen.add("Surface", "texture", "flattest patch", at, side / scale):
                return
            cv2.circle(spread, (int(x), int(y)), side // 2, float("inf"), -1)
            spread[y, x] = np.inf


def render(
    picture: Photo | NDArray[np.uint8], shot: Shot, *, um_per_px: float | None = None
) -> tuple[bytes, int, int, dict[str, Any] | None]:
    """The crop as a JPEG, its width and height, and a scale bar when the scale is known.

    The box is in pixels of the picture given, and so is ``um_per_px`` (µm a pixel). The crop
    is enlarged at most three times (Lanczos) and mildly sharpened. The bar is
    ``{"px", "um", "label"}``: its length in pixels of the crop, and what that stands for.
    """
    bgr = picture.bgr if isinstance(picture, Photo) else picture
    crop = _cut(bgr, shot.box)
    factor = min(MAX_ENLARGEMENT, max(1.0, TARGET_PX / max(crop.shape[:2])))
    if factor > 1:
        crop = cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_LANCZOS4)
    soft = cv2.GaussianBlur(crop, (0, 0), 1.2)
    crop = cv2.addWeighted(crop, 1.45, soft, -0.45, 0)
    height, width = crop.shape[:2]
    encoded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
    bar = scale_bar(width, um_per_px / factor) if um_per_px else None
    return encoded, width, height, bar


def scale_bar(width: int, um_per_px: float) -> dict[str, Any] | None:
    """A bar of 1, 2 or 5 × 10ⁿ mm, the longest that fits in two fifths of ``width`` pixels."""
    if not (math.isfinite(um_per_px) and um_per_px > 0) or width < 1:
        return None
    longest = 0.4 * width * um_per_px / 1000
    power = 10.0 ** math.floor(math.log10(longest))
    length = max(step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9))
    label = f"{length / 10:g} cm" if length >= 10 else f"{length:g} mm"
    return {"px": round(length * 1000 / um_per_px, 1), "um": round(length * 1000), "label": label}


def _cut(bgr: NDArray[Any], box: Box) -> NDArray[Any]:
    """The box's pixels, the box moved and shrunk to lie in the picture."""
    height, width = bgr.shape[:2]
    x, y = int(np.clip(box[0], 0, width - 1)), int(np.clip(box[1], 0, height - 1))
    return bgr[y : max(y + 1, min(y + box[3], height)), x : max(x + 1, min(x + box[2], width))]


def describe(photo: Photo, outline: Outline, shot: Shot) -> dict[str, Any]:
    """What the crop shows, in the form of an analysis: colours, surface, lines; no guesses.

    ``summary`` is one sentence; ``confidence`` that of its least sure part.
    """
    crop, alpha = _cut(photo.bgr, shot.box), _cut(outline.alpha, shot.box)
    part = Photo(np.ascontiguousarray(crop), None, photo.scale)
    inside = Outline(np.ascontiguousarray(alpha), outline.score, outline.worn_by_person)
    palette = colours.palette(part, inside)[:4] if inside.mask.sum() >= 200 else []
    words, sure = texture.describe(part, inside)
    lines, lines_sure = _lines(part, inside)
    named = " and ".join(dict.fromkeys(c.name for c in palette[:2])) or "colour not measurable"
    parts = [named, lines] + ([words] if sure > 0 else [])
    return {
        "summary": _sentence(parts),
        "confidence": round(min([outline.score, lines_sure, *(c.confidence for c in palette)]), 2),
        "materials": [_entry("m_surface", "Surface", words, sure)],
        "dimensions": [],
        "colors": [
            {
                **_entry(f"c_{i}", f"Colour {i}", colour.name, colour.confidence),
                "hex": colour.hex,
                "share": round(colour.share, 3),
            }
            for i, colour in enumerate(palette, start=1)
        ],
        "construction": [],
        "designElements": [_entry("e_lines", "Lines", lines, lines_sure)],
        "other": {"kind": shot.kind, "reason": shot.reason},
    }


def _lines(photo: Photo, outline: Outline) -> tuple[str, float]:
    """How many strong edges the crop has, and the way that most of them run."""
    lab = cv2.cvtColor(photo.bgr.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    blurred = cv2.GaussianBlur(lab, (0, 0), 1.5)
    gx = cv2.Sobel(blurred[..., 0], cv2.CV_32F, 1, 0) / 8
    gy = cv2.Sobel(blurred[..., 0], cv2.CV_32F, 0, 1) / 8
    inside = cv2.erode(outline.mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    strong = (np.hypot(gx, gy) > 2.0) & inside
    share = float(strong.sum() / max(1, inside.sum()))
    if share < 0.01:
        return "plain, no line stands out", 0.6
    doubled = 2 * np.arctan2(gy[strong], gx[strong])
    mean = complex(np.cos(doubled).mean(), np.sin(doubled).mean())
    much = "a few lines" if share < 0.06 else "many lines"
    if abs(mean) < 0.35:
        return f"{much}, in several directions", 0.5
    angle = math.degrees(math.atan2(mean.imag, mean.real)) / 2 % 180
    way = "upright" if angle < 22.5 or angle > 157.5 else "slanting"
    way = "level" if 67.5 < angle < 112.5 else way
    return f"{much}, mostly {way}", 0.55


def _entry(entry_id: str, name: str, value: str, confidence: float) -> dict[str, Any]:
    return {
        "id": entry_id,
        "name": name,
        "value": value,
        "confidence": round(float(confidence), 2),
        "provenance": "ai",
    }


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
