"""What a file is, by its first bytes; its name and declared type are not asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A picture format that is taken: Pillow's name of it, its media types, its usual name."""

    pillow: str
    media_types: tuple[str, ...]
    words: str


JPEG = Kind("JPEG", ("image/jpeg", "image/jpg"), "a JPEG")
PNG = Kind("PNG", ("image/png", "image/apng"), "a PNG")
WEBP = Kind("WEBP", ("image/webp",), "a WebP picture")
GIF = Kind("GIF", ("image/gif",), "a GIF")
HEIF = Kind("HEIF", ("image/heic", "image/heif"), "a HEIC picture")
AVIF = Kind("AVIF", ("image/avif",), "an AVIF picture")
TAKEN = (JPEG, PNG, WEBP, GIF, HEIF, AVIF)

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}
_COMMON_BRANDS = {b"mif1", b"msf1"}

# Only for the words of the refusal: (first bytes, what it is).
_REFUSED = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "an EPS drawing"),
    (b"\xc5\xd0\xd3\xc6", "an EPS drawing"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"II+\0", "a TIFF picture"),
    (b"MM\0+", "a TIFF picture"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"BM", "a BMP picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
)


def kind_of(data: bytes) -> Kind | None:
    """The format of a picture that is taken; ``None`` for everything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    return _by_brand(data) if data[4:8] == b"ftyp" else None


def _by_brand(data: bytes) -> Kind | None:
    """HEIF or AVIF by the brands of an ISO media file (ISO/IEC 23008-12, § 10)."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    major = data[8:12]
    compatible = {data[at : at + 4] for at in range(16, length - 3, 4)}
    if major in _AVIF_BRANDS or (major in _COMMON_BRANDS and compatible & _AVIF_BRANDS):
        return AVIF
    if major in _HEIF_BRANDS or (major in _COMMON_BRANDS and compatible & _HEIF_BRANDS):
        return HEIF
    return None


def words_for(data: bytes) -> str:
    """What a refused file seems to be, for a person."""
    for magic, words in _REFUSED:
        if data.startswith(magic):
            return words
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return "an SVG drawing"
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<script")):
        return "a web page or XML text"
    return "not a picture that is known here"
