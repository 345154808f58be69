"""Lines of some width thinned to one pixel, by look-up tables over the eight neighbours.

Source: T. Y. Zhang and C. Y. Suen, "A fast parallel algorithm for thinning digital patterns",
Communications of the ACM 27 (1984); then the corners of staircases are taken off, so that a
pixel with three neighbours is a junction.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]  # 0 or 1
_MOST_ROUNDS: Final = 60  # a line of 120 pixels; a broader thing is none

# Neighbours in a ring from the one above, clockwise; each is one bit of a pixel's code.
_RING: Final = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_KERNEL = np.zeros((3, 3), np.float32)
for _bit, (_dy, _dx) in enumerate(_RING):
    _KERNEL[1 + _dy, 1 + _dx] = 1 << _bit


def _table(wanted: Callable[[list[int]], bool]) -> Bits:
    """1 for each neighbourhood code whose pixel is to be taken off."""
    rings = ([code >> bit & 1 for bit in range(8)] for code in range(256))
    return np.array([wanted(ring) for ring in rings], np.uint8)


def _can_go(ring: list[int], first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    ways = sum(a == 0 and b == 1 for a, b in pairwise([*ring, ring[0]]))
    return (
        2 <= sum(ring) <= 6
        and ways == 1
        and not all(ring[i] for i in first)
        and not all(ring[i] for i in second)
    )


def _is_stair(ring: list[int], turn: int) -> bool:
    """A corner whose two neighbours touch each other, with nothing behind it."""
    at = [ring[(i + turn) % 8] for i in range(8)]
    return bool(at[0] and at[2] and not (at[4] or at[5] or at[6]))


_PASSES: Final = (
    _table(lambda ring: _can_go(ring, (0, 2, 4), (2, 4, 6))),
    _table(lambda ring: _can_go(ring, (0, 2, 6), (0, 4, 6))),
)
_STAIRS: Final = (
    _table(lambda ring: _is_stair(ring, 0)),
    _table(lambda ring: _is_stair(ring, 2)),
    _table(lambda ring: _is_stair(ring, 4)),
    _table(lambda ring: _is_stair(ring, 6)),
)


def thinned(drawn: Bits) -> Bits:
    """The centre lines; what was connected stays so."""
    thin = np.pad(drawn, 1)
    for _ in range(_MOST_ROUNDS):
        gone = sum(_take_off(thin, table) for table in _PASSES)
        if not gone:
            break
    for table in _STAIRS:
        _take_off(thin, table)
    return thin[1:-1, 1:-1]


def neighbours(thin: Bits) -> Bits:
    """How many of a line's own pixels each of them touches."""
    ones = (_KERNEL > 0).astype(np.float32)
    count = cv2.filter2D(thin, cv2.CV_8U, ones, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(count * thin, np.uint8)


def _take_off(thin: Bits, table: Bits) -> int:
    codes = cv2.filter2D(thin, cv2.CV_8U, _KERNEL, borderType=cv2.BORDER_CONSTANT)
    going = np.asarray(cv2.LUT(codes, table), np.uint8) & thin
    thin -= going
    return int(going.any())
