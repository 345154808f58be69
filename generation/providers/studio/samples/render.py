"""Draws a scene as a lit product picture: round where it bends, with seams, folds and shadow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio.edits.backdrop import soft_shadow
from generation.providers.studio.edits.pixels import Grey, Lab, bgr_of, lab_of_hex
from generation.providers.studio.samples.lighting import Canvas, shading, texture
from generation.providers.studio.samples.scene import Layer, Line, Points, Scene

cv2.setNumThreads(1)

SIDE = 1536
FILL = 0.76  # of the picture's side that the product's longer side takes
CENTRE = 0.485
LEVELS = 1024  # of shading that a dye is mixed for
BRIGHTEST = 1.5
PAPERS = (0.965, 0.80, 0.66)  # OKLab lightness at the top
SPARSE = 0.13  # of the picture
INSIDE = 0.7  # a darker shade is inside the product, not at its edge
CLEAR = 0.16  # of lightness between a part and the paper


@dataclass(frozen=True)
class Dyes:
    """The two colours of a product, ``#rrggbb``."""

    main: str
    second: str


def rendered(scene: Scene, dyes: Dyes, seed: int) -> Grey:
    """The picture, 1536 px square, BGR 0..255."""
    canvas = canvas_of(scene)
    ground = backdrop(scene, dyes)
    picture = np.empty((SIDE, SIDE, 3), np.float32)
    picture[:] = ground
    alpha = np.zeros((SIDE, SIDE), np.float32)
    for at, layer in enumerate(scene.layers):
        _draw(picture, alpha, layer, dyes, canvas, seed * 131 + at)
    shade = _shadow(alpha, scene.ground == "standing")
    behind = ground * shade[..., None]
    picture = behind + alpha[..., None] * (picture - behind)
    noise = np.random.default_rng(seed).normal(0, 0.7, (SIDE, SIDE, 1))
    return np.asarray(picture + noise.astype(np.float32), np.float32)


def canvas_of(scene: Scene) -> Canvas:
    """Where centimetres lie on the picture: the product whole, in the middle."""
    every = np.vstack([shape for layer in scene.layers for shape in layer.shape])
    low, high = every.min(axis=0), every.max(axis=0)
    scale = FILL * SIDE / float(max(high - low))
    middle = (low + high) / 2
    return Canvas(scale, SIDE / 2 - scale * middle[0], CENTRE * SIDE - scale * middle[1])


def backdrop(scene: Scene, dyes: Dyes) -> Grey:
    """A paper's grey that every larger part stands out from: (h, 1, 3) BGR, lighter at the top."""
    lights = _lights(scene, dyes)
    clear = [min(abs(light - paper) for light in lights) for paper in PAPERS]
    best = 0 if clear[0] >= CLEAR else int(np.argmax(clear))
    top, bottom = PAPERS[best], PAPERS[best] - 0.035
    way = np.linspace(0, 1, SIDE, dtype=np.float32)
    lab = np.zeros((SIDE, 1, 3), np.float32)
    lab[:, 0, 0] = top + (bottom - top) * way
    lab[:, 0, 2] = 0.003
    return bgr_of(lab)


def _lights(scene: Scene, dyes: Dyes) -> list[float]:
    """OKLab lightness of the parts that take more than a little of the picture."""
    sized = [(abs(sum(map(_area, layer.shape))), layer) for layer in scene.layers]
    least = 0.05 * max(size for size, _ in sized)
    found = []
    for size, layer in sized:
        if size >= least and layer.shade > INSIDE:
            light = float(lab_of_hex(_code(layer, dyes))[0])
            found.append(min(light, 0.955) * layer.shade)
    return found + ([float(lab_of_hex(dyes.second)[0])] if _is_striped(scene) else [])


def _is_striped(scene: Scene) -> bool:
    return any(layer.striped for layer in scene.layers)


def _area(shape: Points) -> float:
    return float(cv2.contourArea(shape.astype(np.float32)))


def _code(layer: Layer, dyes: Dyes) -> str:
    return {"main": dyes.main, "second": dyes.second}.get(layer.colour, layer.colour)


def _shadow(alpha: Grey, stands: bool) -> Grey:
    if not stands:
        return soft_shadow(alpha, 0.26)
    if alpha.mean() < SPARSE:
        return np.ones(alpha.shape, np.float32)  # between thin legs a shadow looks like a part
    rows = np.flatnonzero(alpha.max(axis=1) > 0.5)
    base = int(rows[-1])
    columns = np.flatnonzero(alpha[max(0, base - SIDE // 40) : base + 1].max(axis=0) > 0.5)
    middle, half = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2
    small = np.zeros((192, 192), np.float32)
    k = 192 / SIDE
    axes = (max(2, round(half * 1.06 * k)), max(2, round(max(0.12 * half, 14) * k)))
    cv2.ellipse(small, (round(middle * k), round((base - 4) * k)), axes, 0, 0, 360, 1.0, -1)
    near, wide = cv2.GaussianBlur(small, (0, 0), 2.2), cv2.GaussianBlur(small, (0, 0), 8)
    dark = cv2.resize(0.6 * near + 0.55 * wide, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(1 - 0.30 * np.clip(dark, 0, 1), np.float32)


def _draw(picture: Grey, alpha: Grey, layer: Layer, dyes: Dyes, canvas: Canvas, seed: int) -> None:
    mask, box = _mask(layer.shape, canvas)
    if mask is None:
        return
    rows, columns = box
    _darken_below(picture, alpha, mask, box, layer, canvas)
    light, gloss = shading(mask, layer, canvas, (columns.start, rows.start), seed)
    light = light * texture(layer, canvas, box, seed)
    code = _code(layer, dyes)
    colour = _mixed(lab_of_hex(code), light * layer.shade)
    if layer.striped:
        other = dyes.second if code == dyes.main else dyes.main
        stripes = _stripes(layer, canvas, box)[..., None]
        colour += stripes * (_mixed(lab_of_hex(other), light * layer.shade) - colour)
    colour += (gloss * 190)[..., None]
    colour = _inked(colour, layer.lines, canvas, box, float(lab_of_hex(code)[0]))
    part = mask.astype(np.float32)[..., None] / 255
    picture[rows, columns] += part * (colour - picture[rows, columns])
    alpha[rows, columns] = np.maximum(alpha[rows, columns], part[..., 0])


def _mask(
    shapes: tuple[Points, ...], canvas: Canvas
) -> tuple[NDArray[np.uint8] | None, tuple[slice, slice]]:
    placed = [canvas.fixed(shape) for shape in shapes]
    every = np.vstack(placed) / 16
    low = np.maximum(np.floor(every.min(axis=0)).astype(int) - 3, 0)
    high = np.minimum(np.ceil(every.max(axis=0)).astype(int) + 4, SIDE)
    box = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    if high[0] - low[0] < 2 or high[1] - low[1] < 2:
        return None, box
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    shift = np.array(low) * 16
    cv2.fillPoly(mask, [p - shift.astype(np.int32) for p in placed], 255, cv2.LINE_AA, 4)
    return mask, box


def _darken_below(
    picture: Grey,
    alpha: Grey,
    mask: NDArray[np.uint8],
    box: tuple[slice, slice],
    layer: Layer,
    canvas: Canvas,
) -> None:
    """What lies under a layer's edge is a little in its shadow."""
    if layer.over <= 0:
        return
    reach = max(1.5, 0.5 * layer.over * canvas.scale)
    pad = int(3 * reach)
    rows, columns = box
    wide = (slice(max(0, rows.start - pad), rows.stop + pad),
            slice(max(0, columns.start - pad), columns.stop + pad))  # fmt: skip
    below = alpha[wide]
    if not below.any():
        return
    soft = np.zeros(below.shape, np.float32)
    top, left = rows.start - wide[0].start, columns.start - wide[1].start
    soft[top : top + mask.shape[0], left : left + mask.shape[1]] = mask.astype(np.float32) / 255
    shift = np.array([[1, 0, 0.25 * reach], [0, 1, 0.6 * reach]], np.float32)
    small = _blurred(cv2.warpAffine(soft, shift, soft.shape[::-1]), reach)
    picture[wide] *= (1 - 0.42 * small * (below > 0))[..., None]


def _blurred(grey: cv2.typing.MatLike, sigma: float) -> Grey:
    """A wide blur on a smaller copy."""
    factor = max(1, int(sigma / 2.5))
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)
    size = (max(1, grey.shape[1] // factor), max(1, grey.shape[0] // factor))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    shape = (grey.shape[1], grey.shape[0])
    return np.asarray(cv2.resize(small, shape, interpolation=cv2.INTER_LINEAR), np.float32)


def _mixed(dye: Lab, light: Grey) -> Grey:
    """BGR of a dye under each share of light: along its ray through black."""
    steps = np.linspace(0, BRIGHTEST, LEVELS, dtype=np.float32)
    lab = np.empty((LEVELS, 3), np.float32)
    base = min(max(float(dye[0]), 0.16), 0.955)
    room = max(0.99 / base - 1, 0.02)
    lit = np.where(steps > 1, 1 + room * np.tanh((steps - 1) / max(room, 0.2)), steps)
    lab[:, 0] = base * lit
    lab[:, 1:] = dye[1:] * np.minimum(lit, 1 + (lit - 1) * 0.6)[:, None]
    # Dark cloth still shows its folds by what it reflects.
    lab[:, 0] += max(0.0, 0.42 - base) * 0.35 * np.clip(steps - 0.75, 0, 1)
    table = bgr_of(lab)
    at = np.clip(light * ((LEVELS - 1) / BRIGHTEST), 0, LEVELS - 1).astype(np.int32)
    return np.asarray(table[at], np.float32)


def _stripes(layer: Layer, canvas: Canvas, box: tuple[slice, slice]) -> Grey:
    rows, columns = box
    xs = np.arange(columns.start, columns.stop, dtype=np.float32)[None] - canvas.x
    ys = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - canvas.y
    angle = np.radians(layer.angle)
    along = (ys * np.cos(angle) - xs * np.sin(angle)) / (canvas.scale * 5.0)
    wave = np.abs((along % 1.0) - 0.5)
    return np.asarray(np.clip((wave - 0.29) * 5.0 * canvas.scale + 0.5, 0, 1), np.float32)


def _inked(
    colour: Grey, lines: tuple[Line, ...], canvas: Canvas, box: tuple[slice, slice], dye: float
) -> Grey:
    """Seams, stitches, zips on a layer."""
    rows, columns = box
    dark = np.zeros(colour.shape[:2], np.uint8)
    bright = np.zeros(colour.shape[:2], np.uint8)
    for line in lines:
        points = canvas.fixed(line.points) - np.array([columns.start, rows.start]) * 16
        _ink(dark, bright, line, points.astype(np.int32), canvas.scale)
    if not lines:
        return colour
    shadow = dark.astype(np.float32)[..., None] / 255
    shine = bright.astype(np.float32)[..., None] / 255
    gain = 0.30 if dye > 0.45 else 0.55
    return np.asarray(colour * (1 - 0.5 * shadow) + gain * shine * (250 - colour), np.float32)


def _ink(
    dark: NDArray[np.uint8], bright: NDArray[np.uint8], line: Line, points: Points, scale: float
) -> None:
    thick = max(1, round(line.width * scale))
    path = [np.asarray(points, np.int32).reshape(-1, 1, 2)]
    if line.kind == "stitch":
        for one in _dashes(np.asarray(points, float) / 16, 0.42 * scale, 0.30 * scale):
            dash = [(one * 16).astype(np.int32).reshape(-1, 1, 2)]
            cv2.polylines(dark, dash, False, 120, thick, cv2.LINE_AA, 4)
            cv2.polylines(bright, [dash[0] - [0, 24]], False, 110, max(1, thick - 1), 16, 4)
        return
    strength = {"seam": 190, "crease": 110, "cord": 255, "zip": 230, "edge": 120}[line.kind]
    cv2.polylines(dark, path, False, strength, thick, cv2.LINE_AA, 4)
    if line.kind in ("seam", "edge"):
        lit = [path[0] + [0, 16 * max(1, thick)]]
        cv2.polylines(bright, lit, False, 70, max(1, thick // 2), cv2.LINE_AA, 4)
    if line.kind == "zip":
        for one in _dashes(np.asarray(points, float) / 16, 0.18 * scale, 0.22 * scale):
            tooth = [(one * 16).astype(np.int32).reshape(-1, 1, 2)]
            cv2.polylines(bright, tooth, False, 235, max(1, thick // 2), cv2.LINE_AA, 4)


def _dashes(points: Points, on: float, off: float) -> list[Points]:
    """The line's stretches that are drawn."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    reach = np.concatenate([[0], np.cumsum(steps)])
    if reach[-1] < on:
        return []
    starts = np.arange(0, reach[-1] - on / 2, on + off)
    found = []
    for start in starts:
        at = np.linspace(start, min(start + on, reach[-1]), 4)
        xs = np.interp(at, reach, points[:, 0])
        found.append(np.stack([xs, np.interp(at, reach, points[:, 1])], axis=1))
    return found
