"""A look at a picture file without decoding it: how large it says it is, and is it all there.

Pillow stops reading once it has the last row, so that a PNG or GIF cut off behind it, and
a JPEG with foreign bytes inside its scan, would pass; and it cannot tell the size of a file
whose rest is missing. Formats: JPEG ITU T.81 Annex B, PNG § 5, GIF89a, WebP (RFC 9649),
HEIF/AVIF ``ispe`` (ISO/IEC 23008-12 § 6.5.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.images import kinds
from core.images.kinds import Kind

Size = tuple[int, int]

_EOI, _SOS = 0xD9, 0xDA
_SOF = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xD9)}
_AFTER_SCAN = {0xC4, 0xCC, _EOI, _SOS, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_SCAN_ENDS = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_ISPE = re.compile(rb"ispe\0\0\0\0(.{4})(.{4})", re.DOTALL)


def stated_size(data: bytes, kind: Kind) -> Size | None:
    """Width and height in pixels by the header; ``None`` where the header is not there."""
    size = {
        kinds.JPEG: _jpeg_size,
        kinds.PNG: _png_size,
        kinds.GIF: _gif_size,
        kinds.WEBP: _webp_size,
    }.get(kind, _isobmff_size)(data)
    return size if size and all(size) else None


def is_whole(data: bytes, kind: Kind) -> bool:
    """Whether the file reaches its own end mark; always true where the decoder checks it."""
    if kind == kinds.JPEG:
        return any(marker == _EOI for marker, _ in _jpeg_markers(data))
    if kind == kinds.PNG:
        return any(name == b"IEND" for name in _png_chunks(data))
    if kind == kinds.GIF:
        return _gif_reaches_trailer(data)
    return True


def _jpeg_markers(data: bytes) -> Iterator[tuple[int, int]]:
    """Each marker with the offset behind it, up to the end mark or the first impossible one."""
    at, after_scan = 2, False
    while True:
        at = data.find(b"\xff", at)
        while 0 <= at < len(data) - 1 and data[at + 1] == 0xFF:
            at += 1
        if at < 0 or at + 1 >= len(data):
            return
        marker, at = data[at + 1], at + 2
        if after_scan and marker not in _AFTER_SCAN:
            return
        yield marker, at
        if marker == _EOI:
            return
        if marker in _BARE or marker == 0:
            continue
        at += max(2, int.from_bytes(data[at : at + 2], "big"))
        if marker == _SOS:
            found = _SCAN_ENDS.search(data, at)
            if found is None:
                return
            at, after_scan = found.start(), True


def _jpeg_size(data: bytes) -> Size | None:
    for marker, at in _jpeg_markers(data):
        if marker in _SOF:
            return _big(data[at + 5 : at + 7]), _big(data[at + 3 : at + 5])
        if marker == _SOS:
            break
    return None


def _png_chunks(data: bytes) -> Iterator[bytes]:
    """The names of the chunks that are there in full."""
    at = 8
    while (end := at + 12 + _big(data[at : at + 4])) <= len(data):
        yield data[at + 4 : at + 8]
        at = end


def _png_size(data: bytes) -> Size | None:
    if data[12:16] != b"IHDR":
        return None
    return _big(data[16:20]), _big(data[20:24])


def _gif_size(data: bytes) -> Size | None:
    return _little(data[6:8]), _little(data[8:10])


def _gif_reaches_trailer(data: bytes) -> bool:
    at = 13 + _colour_table(data, 10)
    while at < len(data):
        introducer = data[at]
        if introducer == 0x3B:
            return True
        if introducer == 0x21:
            at = _behind_sub_blocks(data, at + 2)
        elif introducer == 0x2C:
            at = _behind_sub_blocks(data, at + 11 + _colour_table(data, at + 9))
        elif introducer == 0:  # padding that some encoders leave between blocks
            at += 1
        else:
            return False
    return False


def _colour_table(data: bytes, flags_at: int) -> int:
    flags = data[flags_at] if flags_at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_sub_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _webp_size(data: bytes) -> Size | None:
    name = data[12:16]
    if name == b"VP8X":
        return 1 + _little(data[24:27]), 1 + _little(data[27:30])
    if name == b"VP8L" and data[20:21] == b"\x2f":
        bits = _little(data[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if name == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
    return None


def _isobmff_size(data: bytes) -> Size | None:
    """The largest item: a tiled picture states its tiles' sizes beside its own."""
    sizes = [(_big(match[1]), _big(match[2])) for match in _ISPE.finditer(data)]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _big(part: bytes) -> int:
    return int.from_bytes(part, "big")


def _little(part: bytes) -> int:
    return int.from_bytes(part, "little")
