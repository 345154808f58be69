"""Image intake: whatever picture comes in, an upright 8-bit sRGB one without metadata is kept."""

from core.images.intake import (
    LARGEST_FILE,
    MOST_PIXELS,
    SMALLEST_SIDE,
    THUMBNAIL_SIDE,
    TakenImage,
    take_image,
)
from core.images.names import clean_name

__all__ = [
    "LARGEST_FILE",
    "MOST_PIXELS",
    "SMALLEST_SIDE",
    "THUMBNAIL_SIDE",
    "TakenImage",
    "clean_name",
    "take_image",
]
