"""Line drawings as models of images make them, and what they show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from techpack.drawing import png_of

SIDE = 1024
Mask = NDArray[np.bool_]

OUTLINES = {
    "hoodie": "M420 150 C380 170 330 190 290 205 C250 330 215 520 190 700 L290 725 C310 600 330 520"
    " 345 450 L345 860 L675 860 L675 450 C690 520 710 600 730 725 L830 700 C805 520 770 330 730 205"
    " C690 190 640 170 600 150 C590 90 550 60 510 60 C470 60 430 90 420 150Z",
    "polo": "M400 120 L280 165 L150 380 L270 440 L320 350 L320 880 L700 880 L700 350 L750 440"
    " L870 380 L740 165 L620 120 C560 100 460 100 400 120Z",
    "trousers": "M360 80 L660 80 L680 300 L740 930 L570 940 L510 360 L450 940 L280 930 L340 300Z",
    "shoe": "M110 560 C100 480 130 420 170 400 C200 420 240 430 290 430 C340 420 400 360 450 330"
    " C470 380 560 440 650 470 C760 500 850 510 900 560 C915 590 910 620 900 640 L130 640"
    " C110 620 108 590 110 560Z",
}
SEAMS = {
    "hoodie": [
        "M420 150 C430 230 480 270 510 275 C540 270 590 230 600 150",
        "M290 205 C320 280 340 360 345 450",
        "M730 205 C700 280 680 360 675 450",
        "M345 815 L675 815",
        "M197 660 L297 685",
        "M823 660 L723 685",
        "M410 620 L610 620 L650 760 L370 760Z",
        "M485 270 C480 300 478 340 482 380",
        "M535 270 C540 300 542 340 538 380",
        *(f"M{x} 817 L{x} 857" for x in range(356, 672, 11)),
    ],
    "polo": [
        "M400 120 L450 210 L510 165 L570 210 L620 120",
        "M490 180 L490 400 L530 400 L530 180",
        "M280 165 C320 230 325 300 320 350",
        "M740 165 C700 230 695 300 700 350",
        "M165 355 L285 415",
        "M855 355 L735 415",
        "M590 300 L680 300 L680 390 L635 410 L590 390Z",
        *(f"M503 {y} a7 7 0 1 0 14 0 a7 7 0 1 0 -14 0" for y in (230, 290, 350)),
    ],
    "trousers": [
        "M356 125 L664 125",
        "M510 125 L510 345",
        "M510 290 C540 280 548 240 548 125",
        "M420 125 C415 180 390 220 348 235",
        "M600 125 C605 180 630 220 672 235",
        "M285 890 L455 900",
        "M735 890 L565 900",
    ],
    "shoe": [
        "M110 575 L905 575",
        "M450 330 C430 400 440 480 480 575",
        "M170 400 C180 470 220 530 260 575",
        "M650 470 C640 510 650 550 680 575",
    ],
}
STITCHES: dict[str, list[str]] = {
    "hoodie": ["M415 632 L605 632", "M345 803 L675 803"],
    "polo": ["M322 862 L698 862", "M322 850 L698 850", "M596 310 L674 310"],
    "trousers": ["M520 130 L520 270"],
    "shoe": ["M466 350 C446 410 455 490 494 570"],
}
NOTES = """<g font-family="DejaVu Sans Mono" font-size="26" fill="#222" stroke="none">
<text x="420" y="985">FRONT VIEW</text><text x="40" y="50">Technical flat 01</text>
<text x="905" y="300">rib 2x2</text><text x="400" y="560">LOGO</text></g>
<g stroke-width="1.5"><path d="M890 292 L700 262"/>
<path d="M60 140 L60 860 M50 140 L70 140 M50 860 L70 860"/></g>"""
FRAME = '<rect x="14" y="14" width="996" height="996" stroke-width="3"/>'


@cache
def drawing_of(name: str, *, notes: bool = False, frame: bool = False, tint: bool = True) -> bytes:
    """A drawing as a JPEG: soft lines on warm, unevenly lit paper, with noise."""
    body = _path(OUTLINES[name], 5)
    body += "".join(_path(d, 2.5) for d in SEAMS[name])
    body += "".join(_path(d, 2, 'stroke-dasharray="8 6"') for d in STITCHES[name])
    picture = rendered(body + (NOTES if notes else "") + (FRAME if frame else ""))
    if tint:
        picture = worn(picture)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())


def worn(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What lies between a drawing and its file: blur, tint, light, noise."""
    soft = cv2.GaussianBlur(picture, (0, 0), 0.8).astype(np.float32)
    light = np.linspace(0, 8, soft.shape[0], dtype=np.float32)[:, None, None]
    noise = np.random.default_rng(3).normal(0, 1.5, soft.shape)
    return np.clip(soft * [0.965, 0.985, 0.99] - light + noise, 0, 255).astype(np.uint8)


def _path(d: str, width: float, more: str = "") -> str:
    return f'<path d="{d}" stroke-width="{width}" {more}/>'


def rendered(
    body: str, *, box: Sequence[float] = (0, 0, SIDE, SIDE), style: str = 'fill="none"'
) -> NDArray[np.uint8]:
    """Paths as pixels, the box's width ``SIDE`` of them."""
    x, y, width, height = box
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x} {y} {width} {height}" '
        f'{style} stroke="#161616" stroke-linejoin="round" stroke-linecap="round">'
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#fff" stroke="none"/>'
        f"{body}</svg>"
    )
    large = cv2.imdecode(np.frombuffer(png_of(svg), np.uint8), cv2.IMREAD_COLOR)
    size = SIDE, round(SIDE * height / width)
    return np.asarray(cv2.resize(np.asarray(large), size, interpolation=cv2.INTER_AREA), np.uint8)


def picture_of(drawing: Mapping[str, Any], *, bold: float = 1.8) -> NDArray[np.uint8]:
    """A flat's strokes as pixels, with a margin."""
    widths = {"outline": 2.4, "seam": 1.1, "stitch": 0.8, "assumed": 0.9, "artwork": 0.9}
    dashes = {"stitch": "5 3", "assumed": "10 4 2 4", "artwork": "2 4"}
    body = "".join(
        _path(
            row["d"],
            bold * widths[row["kind"]],
            f'stroke-dasharray="{dashes[row["kind"]]}"' if row["kind"] in dashes else "",
        )
        for row in drawing["strokes"]
    )
    return rendered(body, box=(-30, -30, drawing["width"] + 60, drawing["height"] + 60))


def filled(paths: Sequence[str], box: Sequence[float]) -> Mask:
    """What closed paths enclose, by even and odd, cut to its own box of 512 pixels."""
    style = 'fill="#000" fill-rule="evenodd"'
    shown = rendered(f'<path d="{" ".join(paths)}" stroke="none"/>', box=box, style=style)
    dark = shown[..., 0] < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    part = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8) * 255
    return cv2.resize(part, (512, 512), interpolation=cv2.INTER_AREA) > 127


def iou(one: Mask, other: Mask) -> float:
    """Overlap of two shapes."""
    return float((one & other).sum() / (one | other).sum())


def strokes(flat: Mapping[str, Any], kind: str) -> list[str]:
    """The path data of one kind of line."""
    return [row["d"] for row in flat["drawing"]["strokes"] if row["kind"] == kind]


def corners_of(d: str) -> NDArray[np.float64]:
    """The points that a path goes through and its handles."""
    return np.array(re.findall(r"-?\d+\.?\d*", d), float).reshape(-1, 2)
