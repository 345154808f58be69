"""A row of small squares in a template's margin that says how it was drawn.

A final picture of a chosen sample is drawn from it, so both are the same thing. The squares
survive JPEG and halving; what cannot be read for certain is not read at all.
"""

from __future__ import annotations

from zlib import crc32

import cv2
import numpy as np

from generation.providers.studio.edits.pixels import Grey, Picture
from generation.providers.studio.samples.design import CHOICES, KINDS, Design

ACROSS, ROWS = 64, 2
MODULE = 6  # px on a picture of 1536
SIDE = 1536
RIGHT, TOP = SIDE - 56, SIDE - 50  # of the stamp
INK = 58.0  # levels darker than the paper
LEAST = 18.0  # levels between dark and light squares; less is no stamp
CHECK = 0xA5
# Laid over the bits, so that there are always dark and light squares to tell apart.
PATTERN = tuple(bool(at * at * 7 % 11 < 5) for at in range(ACROSS * ROWS))


def stamped(picture: Grey, design: Design) -> None:
    """Draw the stamp into the margin of a 1536 px picture."""
    for at, bit in enumerate(_bits(design)):
        if bit:
            row, column = divmod(at, ACROSS)
            y, x = TOP + row * MODULE, RIGHT - (ACROSS - column) * MODULE
            picture[y : y + MODULE, x : x + MODULE] -= INK


def read_stamp(picture: Picture) -> Design | None:
    """The design of a template, by its stamp; None where there is none."""
    height, width = picture.shape[:2]
    if height != width or height < 512:
        return None
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    whole = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    levels = [
        float(whole[_middle(TOP, row), _middle(RIGHT - ACROSS * MODULE, column)].mean())
        for row in range(ROWS)
        for column in range(ACROSS)
    ]
    low, high = np.percentile(levels, [10, 90])
    if high - low < LEAST:
        return None
    return _design([level < (low + high) / 2 for level in levels])


def _middle(start: int, at: int) -> slice:
    """The pixels of a square that its neighbours do not reach."""
    first = start + at * MODULE + MODULE // 2 - 1
    return slice(first, first + 2)


def _fields(design: Design) -> list[tuple[int, int]]:
    """Numbers and how many bits each has."""
    return [
        (CHECK, 8),
        (KINDS.index(design.kind), 6),
        *((list(options).index(design.word(knob)), 4) for knob, options in CHOICES.items()),
        (int(design.main[1:], 16), 24),
        (int(design.second[1:], 16), 24),
        (design.seed, 16),
    ]


def _bits(design: Design) -> list[bool]:
    text = "".join(f"{value:0{size}b}" for value, size in _fields(design))
    check = crc32(text.encode()) & 0x3FFF
    bits = f"{text}{check:014b}".ljust(ACROSS * ROWS, "0")
    return [(bit == "1") != pale for bit, pale in zip(bits, PATTERN, strict=True)]


def _design(bits: list[bool]) -> Design | None:
    text = "".join("1" if bit != pale else "0" for bit, pale in zip(bits, PATTERN, strict=True))
    sizes = [8, 6, *(4 for _ in CHOICES), 24, 24, 16]
    body = text[: sum(sizes)]
    if int(text[len(body) : len(body) + 14], 2) != crc32(body.encode()) & 0x3FFF:
        return None
    values, at = [], 0
    for size in sizes:
        values.append(int(body[at : at + size], 2))
        at += size
    check, kind, *knobs, main, second, seed = values
    if check != CHECK or kind >= len(KINDS):
        return None
    named = zip(CHOICES.items(), knobs, strict=True)
    chosen = {name: options[value] for (name, options), value in named if value < len(options)}
    return Design(KINDS[kind], chosen, f"#{main:06x}", f"#{second:06x}", seed)
