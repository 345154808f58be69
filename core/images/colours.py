"""Any picture mode and colour profile to 8-bit sRGB, with alpha where it shows."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageCms

LARGEST_PROFILE = 4 * 1024 * 1024
_SRGB = ImageCms.createProfile("sRGB")
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}

# Colorants adapted to D50, and gamma 2 + 51/256 (Adobe RGB (1998) Color Image Encoding, § 4.3).
_ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
_ADOBE_GAMMA = 563


@dataclass(frozen=True)
class Converted:
    """An RGB or RGBA picture in sRGB; ``is_converted`` when a profile or CMYK was involved."""

    image: Image.Image
    is_converted: bool


def to_srgb(image: Image.Image) -> Converted:
    """The loaded picture as RGB, or as RGBA when at least one pixel is not opaque."""
    alpha, colour = _parts(image)
    profile = image.info.get("icc_profile") or _profile_by_exif(image)
    through = _through(colour, profile) if profile else None
    flat = through or (colour if colour.mode == "RGB" else colour.convert("RGB"))
    is_converted = through is not None or colour.mode == "CMYK"
    if alpha is not None and alpha.getextrema()[0] < 255:  # type: ignore[operator]
        flat.putalpha(alpha)
    return Converted(flat, is_converted)


def _parts(image: Image.Image) -> tuple[Image.Image | None, Image.Image]:
    """Alpha (or ``None``) and colour as L, RGB or CMYK, 8 bits each."""
    if image.mode.startswith("I"):
        return _from_16_bit(image)
    transparency = image.info.get("transparency")
    if isinstance(transparency, tuple) and max(transparency) > 255:
        image.info.pop("transparency")  # a 16-bit key does not fit the 8-bit pixels
    if image.has_transparency_data:
        if image.mode == "LA":
            return image.getchannel("A"), image.getchannel("L")
        full = image.convert("RGBA")
        return full.getchannel("A"), full.convert("RGB")
    if image.mode in ("L", "RGB", "CMYK"):
        return None, image
    return None, image.convert("L" if image.mode == "1" else "RGB")


def _from_16_bit(image: Image.Image) -> tuple[Image.Image | None, Image.Image]:
    # Pillow's own conversion of I;16 clips at 255 instead of scaling.
    grey = np.asarray(image)
    key = image.info.get("transparency")
    alpha = Image.fromarray(np.where(grey == key, 0, 255).astype(np.uint8)) if key else None
    return alpha, Image.fromarray((grey.clip(0, 65535) // 257).astype(np.uint8))


def _through(colour: Image.Image, profile: bytes) -> Image.Image | None:
    """The colours converted; ``None`` where the profile is sRGB, unfit or broken."""
    if len(profile) > LARGEST_PROFILE:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = _SPACES.get(source.profile.xcolor_space.strip())
        if space == "RGB" and colour.mode == "L":
            colour = colour.convert("RGB")
        if space != colour.mode or "sRGB" in ImageCms.getProfileDescription(source):
            return None
        transform = ImageCms.buildTransform(
            source,
            _SRGB,
            space,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return ImageCms.applyTransform(colour, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _profile_by_exif(image: Image.Image) -> bytes | None:
    """Cameras set to Adobe RGB embed no profile: they say "R03" in EXIF (DCF 2.0, § 5.3)."""
    try:
        interoperability = image.getexif().get_ifd(ExifTags.IFD.Interop)
    except UNREADABLE_EXIF:
        return None
    if interoperability.get(ExifTags.Interop.InteropIndex) == "R03":
        return matrix_profile("Adobe RGB (1998)", _ADOBE_RGB, _ADOBE_GAMMA)
    return None


UNREADABLE_EXIF = (
    SyntaxError, OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
    struct.error, Warning,
)  # fmt: skip


def matrix_profile(name: str, colorants: tuple[tuple[float, ...], ...], gamma: int) -> bytes:
    """A small ICC profile (ICC.1:2001-04) from D50 colorants and a gamma in 1/256."""
    text = name.encode("ascii") + b"\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, gamma) + b"\0\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0" + b"CC0\0",
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        **{
            tag: _xyz(*xyz) for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    return _assembled(tags)


def _assembled(tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + _xyz(0.9642, 1.0, 0.8249)[8:]
    return head.ljust(128, b"\0") + table + body


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)
