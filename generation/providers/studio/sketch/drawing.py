"""Draw a technical flat from one photo: outline, seams that are seen, lines that are assumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from generation.providers.studio import bezier
from generation.providers.studio.bezier import Points
from generation.providers.studio.shapes import (
    Drawing,
    Family,
    Landmark,
    Outline,
    Photo,
    Silhouette,
    Stroke,
)
from generation.providers.studio.sketch import artwork, evidence, frame, inner, lower, outline, tops
from generation.providers.studio.sketch.artwork import Print
from generation.providers.studio.sketch.lines import Kind, Piece, Sheet, placed
from generation.providers.studio.sketch.outline import Ring

_TEMPLATES = {
    "top": tops.draw,
    "dress": tops.draw,
    "trousers": lower.trousers,
    "skirt": lower.skirt,
    "footwear": lower.footwear,
}
_CORNERS = (
    "hps", "shoulder", "armpit", "cuff_top", "cuff_bottom", "waist", "hem", "crotch",
    "leg_outer", "leg_inner", "toe", "heel", "sole",
)  # fmt: skip


def draw(
    photo: Photo,
    outline_: Outline,
    silhouette: Silhouette,
    landmarks: Mapping[str, Landmark] | Iterable[Landmark],
    family: Family,
    *,
    asymmetric: bool = False,
) -> Drawing:
    """The product as a flat in a frame of about 1000 units.

    A symmetric garment is drawn as one half and its exact mirror unless ``asymmetric``.
    Seams are solid only where the photo shows them; lines that the family usually has are
    ``assumed`` and named in :attr:`Drawing.assumed`. Never raises on a poor outline: an
    empty one gives an empty drawing that says so.
    """
    try:
        sheet_frame = frame.make(photo, outline_, silhouette, family, asymmetric=asymmetric)
    except ValueError:
        return _blank()
    distance = outline.field(sheet_frame)
    marks, unsure = placed(landmarks, sheet_frame)
    corners = [at for name, at in marks.items() if name.startswith(_CORNERS)]
    rings = outline.rings(sheet_frame, distance, corners)
    if not rings:
        return _blank()
    seen = evidence.find(sheet_frame)
    prints = artwork.find(sheet_frame, seen) if sheet_frame.is_garment else Print((), False)
    sheet = Sheet(sheet_frame, rings[0], distance, seen, marks, unsure, prints.all_over)
    if family in _TEMPLATES:
        _TEMPLATES[family](sheet)
    # Cloth on a body is all folds, and no figure here tells them from seams.
    plain = not (outline_.worn_by_person and sheet_frame.is_garment)
    lines = _inner_lines(sheet, prints) if plain else []
    return _drawing(sheet, rings, lines, prints)


def _inner_lines(sheet: Sheet, prints: Print) -> list[Piece]:
    """Free lines of the photo that no template line has drawn."""
    garment = sheet.frame.is_garment
    if garment and prints.all_over:
        return []
    lines = inner.trace(sheet.evidence, shortest=90.0 if garment else 50.0)
    lines = [line for line in lines if not _is_print(line.points, prints)]
    chosen = inner.choose(lines, sheet.frame, sheet.evidence, sheet.ring.points, sheet.taken)
    pieces = []
    for line in chosen:
        pieces.append(Piece(line.curves, "seam", ""))
        if line.mirrored:
            twin = bezier.mirror(bezier.rounded(line.curves), sheet.frame.axis_x)
            pieces.append(Piece(tuple(twin), "seam", ""))
    return pieces


def _is_print(points: Points, prints: Print) -> bool:
    for x, y, width, height in prints.boxes:
        within = (points > [x - 14, y - 14]) & (points < [x + width + 14, y + height + 14])
        if within.all(axis=1).mean() > 0.5:
            return True
    return False


def _drawing(sheet: Sheet, rings: list[Ring], lines: list[Piece], prints: Print) -> Drawing:
    width, height = sheet.frame.size
    strokes = [Stroke(bezier.path_data(r.curves, closed=True), "outline") for r in rings]
    strokes += _strokes(sheet.pieces + lines)
    texts: list[tuple[float, float, str]] = []
    for x, y, w, h in prints.boxes:
        d = f"M{x:.1f} {y:.1f}L{x + w:.1f} {y:.1f}L{x + w:.1f} {y + h:.1f}L{x:.1f} {y + h:.1f}Z"
        strokes.append(Stroke(d, "artwork", "artwork"))
        texts.append((round(x + w / 2, 1), round(y + h / 2, 1), "ARTWORK"))
    if prints.all_over:
        left, top, right, bottom = sheet.box
        middle = sheet.frame.axis_x if sheet.frame.symmetric else (left + right) / 2
        low = 0.24 if sheet.frame.family == "trousers" else 0.55  # clear of the crotch
        texts.append((round(middle, 1), round(top + low * (bottom - top), 1), "ALL-OVER PRINT"))
    view = [tuple(float(v) for v in row) for row in sheet.frame.to_view]
    assumed = dict.fromkeys(p.label for p in sheet.pieces if p.kind == "assumed")
    return Drawing(
        width=float(width),
        height=float(height),
        strokes=tuple(strokes),
        to_view=(view[0], view[1]),  # type: ignore[arg-type]
        symmetrised=sheet.frame.symmetric,
        assumed=tuple(assumed),
        texts=tuple(texts),
    )


def _strokes(pieces: list[Piece]) -> list[Stroke]:
    """One stroke per piece; rib lines of one band share a stroke."""
    paths: dict[tuple[Kind, str, int], str] = {}
    for i, piece in enumerate(pieces):
        key = (piece.kind, piece.label, -1 if piece.label.endswith(" rib") else i)
        paths[key] = paths.get(key, "") + bezier.path_data(piece.curves)
    return [Stroke(d, kind, label) for (kind, label, _), d in paths.items()]


def _blank() -> Drawing:
    return Drawing(
        width=frame.LONG_SIDE,
        height=frame.LONG_SIDE,
        strokes=(),
        to_view=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        symmetrised=False,
        assumed=(),
        note="no usable outline: fix it with two strokes, or retake on a plain sheet",
    )
