"""What is drawn inside the outline, sorted: lines, runs of dashes, fills; words are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.tracing.paths import Path, bridged, paths_of
from generation.providers.tracing.shape import line_width
from generation.providers.tracing.thinning import Bits

_DASH: Final = 40.0  # units; a longer loose piece is a line
_LETTER: Final = 60.0  # units; nothing taller is one
_SPECK: Final = 5.0
_DASH_GAP: Final = 34.0
_LEAST_DASHES = 3
_LINE_GAP: Final = 14.0
_SHORTEST: Final = 13.0
_STRAYS: Final = 5.0


@dataclass(frozen=True)
class Inside:
    """Paths in frame units by what they mean; ``width`` is of the lines."""

    lines: list[Path]
    stitches: list[Path]
    fills: list[Path]  # the edges of black areas
    width: float


@dataclass(frozen=True)
class _Piece:
    """A connected bit of ink: its number, centre, half-axes and direction."""

    number: int
    at: NDArray[np.float64]
    box: tuple[int, int, int, int]
    long: float
    thick: float
    way: NDArray[np.float64]
    area: int

    @property
    def ends(self) -> NDArray[np.float64]:
        """Its two tips."""
        return np.array([self.at - self.way * self.long / 2, self.at + self.way * self.long / 2])


def sort(drawn: Bits, distance: NDArray[np.float32], band: float) -> Inside:
    """Read the ink inside the outline, which is ``band`` units wide.

    ``distance`` is to its outer edge, positive within, in units.
    """
    ink = (drawn & (distance > band)).astype(np.uint8)
    width = line_width(ink)
    ink, fills = _without_fills(ink, width)
    dashes, words = _small_pieces(ink, width)
    for piece in (*dashes, *words):
        x, y, wide, tall = piece.box
        ink[y : y + tall, x : x + wide][_labels(ink, piece)] = 0
    runs = bridged([Path(piece.ends) for piece in dashes], gap=_DASH_GAP, straight=0.7)
    stitches = [run for run in runs if len(run.points) >= 2 * _LEAST_DASHES]
    lines = paths_of(_without_pinholes(ink, width), spur=max(7.0, 1.7 * width))
    lines += [run for run in runs if len(run.points) < 2 * _LEAST_DASHES and run.length > 16]
    lines = [line for line in bridged(lines, gap=_LINE_GAP) if line.length > _SHORTEST]
    lines, stitches = (
        [path for path in paths if not _is_edge(path, distance, band)]
        for paths in (lines, stitches)
    )
    return Inside(lines, stitches, fills, width)


def _is_edge(path: Path, distance: NDArray[np.float32], band: float) -> bool:
    """A rest of the outline's own ink, where the drawn line strays from the smooth one."""
    height, width = distance.shape
    at = np.clip(np.round(path.points).astype(int), 0, [width - 1, height - 1])
    return path.length < _LETTER and float(distance[at[:, 1], at[:, 0]].max()) < band + _STRAYS


def outline_width(drawn: Bits, distance: NDArray[np.float32]) -> float:
    """How far in from the contour the outline's own ink reaches, in units."""
    for depth in np.arange(1.0, 26.0, 0.5):
        ring = (distance > depth) & (distance <= depth + 1)
        if ring.any() and drawn[ring].mean() < 0.45:
            return float(depth + 1.5)
    return 4.0


def _labels(ink: Bits, piece: _Piece) -> NDArray[np.bool_]:
    """The piece's own pixels within its box."""
    x, y, wide, tall = piece.box
    part = ink[y : y + tall, x : x + wide]
    _, labels = cv2.connectedComponents(part, connectivity=8)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == int(sizes.argmax()))


def _without_fills(ink: Bits, width: float) -> tuple[Bits, list[Path]]:
    """The ink without its black areas, and those areas' edges.

    Where lines run together there is a blot, which is none: an area is large, or stands alone.
    """
    side = 2 * round(1.4 * width) + 3
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    core = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, disc), np.uint8)
    if not core.any():
        return ink, []
    core &= _is_area(core, ink, (6 * width) ** 2)
    contours, _ = cv2.findContours(core, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    rings = [contour[:, 0].astype(float) for contour in contours if len(contour) > 12]
    edges = [Path(np.vstack([ring, ring[:1]]), is_closed=True) for ring in rings]
    around = cv2.dilate(core, np.ones((3, 3), np.uint8)) > 0
    return (ink & ~around).astype(np.uint8), edges


def _is_area(core: Bits, ink: Bits, least: float) -> Bits:
    """1 on the parts of ``core`` of at least that many pixels, or that fill their piece of ink."""
    _, pieces, sizes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=8)
    piece_of = np.zeros(len(stats), np.int64)
    piece_of[parts[core > 0]] = pieces[core > 0]
    areas = stats[:, cv2.CC_STAT_AREA]
    is_area = (areas >= least) | (areas > 0.6 * sizes[piece_of, cv2.CC_STAT_AREA])
    is_area[0] = False
    return is_area[parts].astype(np.uint8)


def _without_pinholes(ink: Bits, width: float) -> Bits:
    """The ink with the slits filled where lines run together; a button's ring stays one."""
    _, pieces, sizes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    is_long = np.maximum(sizes[:, cv2.CC_STAT_WIDTH], sizes[:, cv2.CC_STAT_HEIGHT]) > _LETTER
    is_long[0] = False
    paper = (ink == 0).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < (3 * width + 4) ** 2
    small[0] = False
    beside = cv2.dilate(is_long[pieces].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    around = np.bincount(labels[beside & (ink == 0)], minlength=len(stats)) > 0
    return (ink | (small & around)[labels]).astype(np.uint8)


def _small_pieces(ink: Bits, width: float) -> tuple[list[_Piece], list[_Piece]]:
    """Dashes, and letters or specks."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    small = [
        _piece(labels, stats, number)
        for number in range(1, count)
        if max(stats[number, 2], stats[number, 3]) <= _LETTER
    ]
    dashes = [piece for piece in small if piece.long <= _DASH and _is_straight(piece, width)]
    others = [piece for piece in small if piece not in dashes]
    letters = _letters(others, dashes)
    specks = [piece for piece in others if piece.long < _SPECK + width]
    taken = {piece.number for piece in letters}
    return [d for d in dashes if d.number not in taken], [*letters, *specks]


def _piece(labels: NDArray[Any], stats: NDArray[Any], number: int) -> _Piece:
    x, y, wide, tall, area = (int(v) for v in stats[number])
    rows, columns = np.nonzero(labels[y : y + tall, x : x + wide] == number)
    points = np.stack([columns + x, rows + y], axis=1).astype(float)
    middle = points.mean(axis=0)
    spread = np.cov((points - middle).T) if len(points) > 2 else np.eye(2)
    _, ways = np.linalg.eigh(spread)
    along = (points - middle) @ ways[:, 1]
    across = (points - middle) @ ways[:, 0]
    centre = middle + ways[:, 1] * (along.max() + along.min()) / 2
    long, thick = float(np.ptp(along)) + 1, float(np.ptp(across)) + 1
    return _Piece(number, centre, (x, y, wide, tall), long, thick, ways[:, 1], area)


def _is_straight(piece: _Piece, width: float) -> bool:
    return piece.thick <= 1.7 * width + 2 and piece.long >= 1.15 * piece.thick


def _letters(others: list[_Piece], dashes: list[_Piece]) -> list[_Piece]:
    """Small shapes in a row of like height: writing. An l or a 1 in it looks like a dash."""
    found: dict[int, _Piece] = {}
    small = [*others, *dashes]
    for piece in others:
        row = [other for other in small if _is_beside(piece, other)]
        if len(row) >= 2:
            found |= {other.number: other for other in (piece, *row)}
    return [*found.values()]


def _is_beside(one: _Piece, other: _Piece) -> bool:
    """Whether the other stands next to the first, or one further, on the same line of writing."""
    _, top, _, tall = one.box
    _, other_top, _, other_tall = other.box
    tallest = max(tall, other_tall)
    apart = max(one.box[0], other.box[0]) - min(
        one.box[0] + one.box[2], other.box[0] + other.box[2]
    )
    level = min(top + tall, other_top + other_tall) - max(top, other_top)
    return (
        one is not other
        and apart < 1.1 * tallest
        and level > 0.5 * min(tall, other_tall)
        and tallest < 2.2 * min(tall, other_tall)
    )
