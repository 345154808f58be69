"""Pictures made for the tests: small, textured, and never the same in all four corners."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

RED, GREEN, BLUE, WHITE = (220, 40, 30), (30, 160, 60), (30, 50, 200), (240, 240, 240)


def corners(width: int = 160, height: int = 96) -> Image.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    picture = Image.new("RGB", (width, height), RED)
    half = (width // 2, height // 2)
    picture.paste(GREEN, (half[0], 0, width, half[1]))
    picture.paste(BLUE, (0, half[1], half[0], height))
    picture.paste(WHITE, (*half, width, height))
    return picture


def textured(width: int = 300, height: int = 200) -> Image.Image:
    """A gradient with noise, which no encoder can make tiny."""
    noise = np.random.default_rng(7).normal(0, 25, (height, width, 3))
    ramp = np.linspace(0, 255, height * width * 3).reshape(height, width, 3)
    return Image.fromarray((ramp + noise).clip(0, 255).astype(np.uint8))


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """The loaded picture of a file."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def is_near(pixel: Any, colour: tuple[int, ...], by: int = 12) -> bool:
    """Whether a pixel is within ``by`` of a colour in each channel."""
    return all(abs(a - b) <= by for a, b in zip(pixel, colour, strict=True))
