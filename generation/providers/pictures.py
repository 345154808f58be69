"""Pictures on their way to a model and back: made small to be sent, checked when they come."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image

from core.errors import DomainError, InvalidRequest
from core.images import take_image
from generation.errors import Failure, ProviderError

LONGEST_SENT_PX: Final = 1536  # models look at tiles of 512 or 768 px; beyond two it only costs
JPEG_QUALITY: Final = 90
_COMPLAINTS: Final = {
    "TOO_SMALL": "The picture is too small: send one of at least 1024 pixels.",
    "TOO_MANY_PIXELS": "The picture is too large: send one of at most 4096 pixels a side.",
}
_DAMAGED: Final = "The picture cannot be opened: send one whole JPEG or PNG picture."


def taken(data: bytes) -> tuple[bytes, int, int]:
    """A picture that a model made, as the product keeps it, with width and height in pixels.

    It is decoded fully and written again as an sRGB JPEG on white: nothing of the vendor's
    file remains. Raises ProviderError (malformed output) with what to send instead.
    """
    try:
        image = take_image(data)
    except DomainError as error:
        code = error.code if isinstance(error, InvalidRequest) else ""
        raise ProviderError(
            Failure.MALFORMED_OUTPUT, _COMPLAINTS.get(code, _DAMAGED), code=code
        ) from None
    if image.media_type == "image/jpeg":
        return image.data, image.width, image.height
    with Image.open(io.BytesIO(image.data)) as opened:
        return _jpeg(_on_white(opened)), image.width, image.height


def sendable(data: bytes, *, longest_px: int = LONGEST_SENT_PX) -> bytes:
    """A stored picture as a JPEG on white whose long side is at most ``longest_px``.

    One that is a JPEG and small enough already goes as it is.
    """
    with Image.open(io.BytesIO(data)) as opened:
        if opened.format == "JPEG" and max(opened.size) <= longest_px:
            return data
        opened.draft("RGB", (longest_px, longest_px))
        scale = min(1.0, longest_px / max(opened.size))
        size = (max(1, round(opened.width * scale)), max(1, round(opened.height * scale)))
        flat = _on_white(opened)
    if flat.size != size:
        flat = flat.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _jpeg(flat)


def cropped(data: bytes, box: Sequence[float]) -> bytes:
    """The box (left, top, width, height in pixels) of a stored picture, as a PNG."""
    x, y, width, height = (round(side) for side in box)
    with Image.open(io.BytesIO(data)) as opened:
        left, top = min(max(x, 0), opened.width - 1), min(max(y, 0), opened.height - 1)
        right, bottom = min(x + width, opened.width), min(y + height, opened.height)
        part = opened.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    out = io.BytesIO()
    part.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    paper = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(paper, clear).convert("RGB")


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return out.getvalue()
