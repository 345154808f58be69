"""A photo in the shape of a film: its first frame, in which the product is whole."""

from __future__ import annotations

import io
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from generation.providers.pictures import JPEG_QUALITY, sendable
from generation.providers.protocols import View

LONGEST_PX: Final = 4096
MARGIN: Final = 0.06  # of the product's longer side, left around it
EDGE: Final = 0.03  # of a photo's sides: what is nearer to its border may go, if nothing is known

Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom


def framed(view: View, width: int, height: int) -> bytes:
    """The photo as a JPEG of exactly ``width`` × ``height`` pixels.

    What is cut off is not the product; where that cannot be, the photo goes on in its own paper.
    """
    with Image.open(io.BytesIO(sendable(view.data, longest_px=LONGEST_PX))) as opened:
        photo = opened.convert("RGB")
    left, top, right, bottom = _window(_kept(view, photo.size), photo.size, width / height)
    scale = width / (right - left)
    seen = (max(left, 0.0), max(top, 0.0), min(right, photo.width), min(bottom, photo.height))
    wide, high = (seen[2] - seen[0]) * scale, (seen[3] - seen[1]) * scale
    size = (min(max(round(wide), 1), width), min(max(round(high), 1), height))
    part = photo.resize(size, Image.Resampling.LANCZOS, box=seen)
    frame = Image.new("RGB", (width, height), _paper(photo))
    frame.paste(part, (round((seen[0] - left) * scale), round((seen[1] - top) * scale)))
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return out.getvalue()


def _kept(view: View, size: tuple[int, int]) -> Box:
    """What of the photo has to be seen, in its pixels."""
    width, height = size
    points = [point for ring in (view.outline or {}).get("rings", ()) for point in ring]
    if not points:
        return width * EDGE, height * EDGE, width * (1 - EDGE), height * (1 - EDGE)
    xs = [point[0] * width / view.width for point in points]
    ys = [point[1] * height / view.height for point in points]
    room = MARGIN * max(max(xs) - min(xs), max(ys) - min(ys))
    return (
        max(min(xs) - room, 0.0),
        max(min(ys) - room, 0.0),
        min(max(xs) + room, width),
        min(max(ys) + room, height),
    )


def _window(kept: Box, size: tuple[int, int], shape: float) -> Box:
    """What becomes the frame: all of ``kept``, as much as fits into the photo or needs to be."""
    inside = min(size[0], size[1] * shape)
    needed = max(kept[2] - kept[0], (kept[3] - kept[1]) * shape)
    wide = max(inside, needed)
    left = _placed(wide, (kept[0] + kept[2]) / 2, size[0])
    top = _placed(wide / shape, (kept[1] + kept[3]) / 2, size[1])
    return left, top, left + wide, top + wide / shape


def _placed(length: float, middle: float, whole: float) -> float:
    """Where a stretch begins that lies around ``middle``, inside of the photo if it fits."""
    if length >= whole:
        return (whole - length) / 2
    return min(max(middle - length / 2, 0.0), whole - length)


def _paper(photo: Image.Image) -> tuple[int, int, int]:
    """The usual colour along the photo's border."""
    pixels = np.asarray(photo.resize((64, 64), Image.Resampling.BOX))
    border = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    red, green, blue = (round(float(value)) for value in np.median(border, axis=0))
    return red, green, blue
