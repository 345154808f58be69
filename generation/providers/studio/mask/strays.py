"""Drops what hangs on the product or lies beside it: hooks, pegs, cords, the table's edge."""

from __future__ import annotations

import cv2
import numpy as np

from generation.providers.studio.mask.frame import Frame
from generation.providers.studio.mask.regions import Mask, grow, opened, parts, shrink

FOREIGN = 16.0  # Lab; a piece this far from the colours beside it is another thing


def without_strays(mask: Mask, frame: Frame) -> Mask:
    """Without parts that touch the border beside a product that does not, and without
    thin pieces of another colour that hang on the product."""
    return _without_hangers(_without_border_parts(mask), frame)


def _without_border_parts(mask: Mask) -> Mask:
    found = list(parts(mask))
    if len(found) < 2 or _border_share(found[0]) > 0.01:
        return mask
    kept = found[0].copy()
    for part in found[1:]:
        if _border_share(part) == 0 or part.sum() > 0.5 * found[0].sum():
            kept |= part
    return kept


def _border_share(mask: Mask) -> float:
    edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return float(edge.mean())


def _without_hangers(mask: Mask, frame: Frame) -> Mask:
    radius = max(2, round(0.016 * max(mask.shape)))
    trunk = _largest(opened(mask, radius))
    if trunk is None:
        return mask
    kept = mask.copy()
    for piece in parts(mask & ~grow(trunk, 1), at_least=20):
        if piece.sum() > 0.12 * trunk.sum():
            continue
        joint = grow(piece, 3) & trunk
        if joint.any() and _is_foreign(piece, joint, trunk, frame):
            kept &= ~piece
    return kept


def _largest(mask: Mask) -> Mask | None:
    return next(parts(mask), None)


def _is_foreign(piece: Mask, joint: Mask, trunk: Mask, frame: Frame) -> bool:
    """Above the middle, of a colour that the trunk lacks, and no handle or strap.

    A handle is joined at both ends and stays; a rail is too, but sticks out sideways.
    """
    rows, columns = np.where(piece)
    trunk_rows, trunk_columns = np.where(trunk)
    if rows.mean() > trunk_rows.mean():
        return False
    joints = cv2.connectedComponents(grow(joint, 3).astype(np.uint8))[0] - 1
    if joints > 1 and np.ptp(columns) < 0.35 * np.ptp(trunk_columns):
        return False
    core = shrink(piece, 1)
    colour = np.median(frame.lab[core if core.any() else piece], axis=0)
    gap = np.linalg.norm(frame.lab[trunk] - colour, axis=1)
    return float(np.percentile(gap, 3)) > FOREIGN
