"""Taking a picture in: refuse early, decode fully, keep nothing but its pixels."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import pillow_heif
from PIL import ExifTags, Image, PngImagePlugin

from core.errors import InvalidRequest, UnsupportedMediaType
from core.images import containers, kinds
from core.images.colours import UNREADABLE_EXIF, to_srgb
from core.images.kinds import Kind
from core.images.names import clean_name
from core.streams import MB, Readable, read_limited, too_large

LARGEST_FILE = 25 * MB
MOST_PIXELS = 30_000_000
SMALLEST_SIDE = 64
THUMBNAIL_SIDE = 480
JPEG_QUALITY = 92
LONGEST_JPEG_SIDE = 65_500

# Thumbnails, depth maps and other side pictures of a HEIC file are never decoded.
pillow_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=2
)
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
PngImagePlugin.MAX_TEXT_CHUNK = 8 * MB  # edit histories and scanner profiles pass Pillow's 1 MB

# What decoders raise on hostile files, as found by fuzzing and by reading Pillow's plugins.
_UNREADABLE = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
    AssertionError, EOFError, RuntimeError, MemoryError, Warning, struct.error, zlib.error,
)  # fmt: skip

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class TakenImage:
    """A picture as it is stored: re-encoded, upright, 8-bit sRGB, without metadata.

    ``name`` is the file's, cleaned, only ever shown. ``data`` is JPEG, or PNG where alpha
    shows; ``thumbnail`` is WebP, its long side at most 480 px. ``sha256`` is of the pixels
    (with mode and size), so that one picture has one hash whatever file it came in.
    ``notes`` are sentences for the user.
    """

    name: str
    data: bytes
    media_type: str
    extension: str
    thumbnail: bytes
    width: int
    height: int
    sha256: str
    is_animated: bool
    had_alpha: bool
    notes: tuple[str, ...] = ()

    thumbnail_extension = "webp"


def take_image(
    source: bytes | Readable,
    *,
    filename: str = "",
    declared_type: str = "",
    field: str = "image",
) -> TakenImage:
    """Check, decode and re-encode one picture.

    Raises InvalidRequest with EMPTY_FILE, IMAGE_CORRUPT, TOO_MANY_PIXELS (> 30 MP by the
    header, before decoding) or TOO_SMALL (short side < 64 px), PayloadTooLarge (> 25 MB)
    and UnsupportedMediaType; ``fields`` names ``field``. The name and the declared type
    decide nothing.
    """
    data = _bytes_of(source)
    if not data:
        _refuse(field, "EMPTY_FILE", "The file is empty.", "Choose the picture again")
    kind = _kind_or_refuse(data, filename, field)
    _check_size(containers.stated_size(data, kind), field)
    with _decoding(field):
        opened = Image.open(io.BytesIO(data), formats=[kind.pillow])
        _check_size(opened.size, field)
        if not containers.is_whole(data, kind):
            raise EOFError("the end mark is missing")
        opened.load()
        _check_size(opened.size, field)
        is_animated = kind != kinds.HEIF and opened.format != "MPO" and _is_animated(opened)
        had_exif = bool(opened.info.get("exif"))
        converted = to_srgb(opened)
        picture = _upright(converted.image, _orientation(opened))
    notes = _notes(kind, declared_type, is_animated, had_exif, converted.is_converted)
    name = clean_name(filename)
    return _stored(picture, name=name, is_animated=is_animated, notes=notes)


def _bytes_of(source: bytes | Readable) -> bytes:
    if not isinstance(source, bytes):
        return read_limited(source, LARGEST_FILE)
    if len(source) > LARGEST_FILE:
        raise too_large(LARGEST_FILE)
    return source


def _refuse(field: str, code: str, message: str, suggestion: str) -> NoReturn:
    raise InvalidRequest(message, code=code, fields={field: [message]}, suggestions=[suggestion])


def _kind_or_refuse(data: bytes, filename: str, field: str) -> Kind:
    kind = kinds.kind_of(data)
    if kind is None:
        name = clean_name(filename, fallback="The file")
        message = f"{name} is {kinds.words_for(data)}; a photo is needed."
        raise UnsupportedMediaType(
            message,
            fields={field: [message]},
            suggestions=["Send a JPEG, PNG, WebP, GIF, HEIC or AVIF picture"],
        )
    return kind


def _check_size(size: tuple[int, int] | None, field: str) -> None:
    if size is None:
        return
    width, height = size
    if width * height > MOST_PIXELS:
        _too_many_pixels(field, f"{width} × {height} pixels")
    if min(size) < SMALLEST_SIDE:
        message = f"The picture is {width} × {height} pixels; each side needs at least 64."
        _refuse(field, "TOO_SMALL", message, "Send a larger picture, best 1600 pixels or more")


def _too_many_pixels(field: str, size: str) -> NoReturn:
    message = f"The picture has {size}; at most 30 megapixels are taken."
    _refuse(field, "TOO_MANY_PIXELS", message, "Make the picture smaller, 4000 pixels are plenty")


@contextmanager
def _decoding(field: str) -> Iterator[None]:
    """Whatever a decoder raises becomes a refusal."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        _too_many_pixels(field, "too many pixels")
    except _UNREADABLE:
        message = "The picture is damaged or cut off and cannot be opened."
        _refuse(field, "IMAGE_CORRUPT", message, "Copy or export the picture again")


def _is_animated(opened: Image.Image) -> bool:
    # A GIF finds out by reading on; the first frame is safe in memory whatever comes.
    try:
        return bool(getattr(opened, "is_animated", False))
    except _UNREADABLE:
        return True


def _orientation(opened: Image.Image) -> int:
    try:
        value = opened.getexif().get(ExifTags.Base.Orientation, 1)
    except UNREADABLE_EXIF:
        return 1
    return value if isinstance(value, int) else 1


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    turn = _UPRIGHT.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _notes(
    kind: Kind, declared_type: str, is_animated: bool, had_exif: bool, is_converted: bool
) -> tuple[str, ...]:
    declared = declared_type.partition(";")[0].strip().lower()
    known = {media_type for taken in kinds.TAKEN for media_type in taken.media_types}
    return tuple(
        words
        for words, applies in (
            ("Only the first frame of the animation is kept.", is_animated),
            ("The colours were converted to sRGB.", is_converted),
            ("Location and camera data were removed.", had_exif),
            (
                f"It was sent as {declared}, but it is {kind.words}.",
                declared in known and declared not in kind.media_types,
            ),
        )
        if applies
    )


def _stored(
    picture: Image.Image, *, name: str, is_animated: bool, notes: tuple[str, ...]
) -> TakenImage:
    picture.info = {}  # else Pillow's writers copy comments and profiles from it
    had_alpha = picture.mode == "RGBA"
    as_png = had_alpha or max(picture.size) > LONGEST_JPEG_SIDE
    return TakenImage(
        name=name,
        data=_png(picture) if as_png else _jpeg(picture),
        media_type="image/png" if as_png else "image/jpeg",
        extension="png" if as_png else "jpg",
        thumbnail=_thumbnail(picture),
        width=picture.width,
        height=picture.height,
        sha256=_pixel_hash(picture),
        is_animated=is_animated,
        had_alpha=had_alpha,
        notes=notes,
    )


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return out.getvalue()


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=2)
    return out.getvalue()


def _thumbnail(picture: Image.Image) -> bytes:
    scale = min(1.0, THUMBNAIL_SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def _pixel_hash(picture: Image.Image) -> str:
    digest = hashlib.sha256(f"{picture.mode} {picture.width} {picture.height}".encode())
    rows = max(1, MB // picture.width)
    for top in range(0, picture.height, rows):
        strip = (0, top, picture.width, min(top + rows, picture.height))
        digest.update(picture.crop(strip).tobytes())
    return digest.hexdigest()
