"""What was seen, as entries of an analysis: each with a permanent id and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generation.providers.studio import texture
from generation.providers.studio.shapes import Colour, Drawing, Outline, Photo, Silhouette

Entry = dict[str, Any]


def materials_of(photo: Photo, outline: Outline) -> list[Entry]:
    """What the surface looks like; never a fibre or a weight."""
    words, confidence = texture.describe(photo, outline)
    return [
        {
            "id": "m_surface",
            "name": "Surface",
            "value": words,
            "confidence": round(confidence, 2),
            "provenance": "ai",
        }
    ]


def colours_of(palette: Sequence[Colour]) -> list[Entry]:
    """The palette, main colour first; an id is the colour's name."""
    entries: dict[str, Entry] = {}
    for rank, colour in enumerate(palette):
        key = "c_" + colour.name.replace(" ", "-")
        if key in entries:
            key = f"{key}-{rank + 1}"
        entries[key] = {
            "id": key,
            "name": "Main colour" if rank == 0 else f"Colour {rank + 1}",
            "value": colour.name,
            "hex": colour.hex,
            "lab": [round(part, 1) for part in colour.lab],
            "share": round(colour.share, 3),
            "confidence": round(colour.confidence, 2),
            "provenance": "ai",
            "note": "screen colour under this light, not a dye standard",
        }
    return list(entries.values())


def construction_of(drawing: Drawing, sure: float) -> list[Entry]:
    """Seams that the photo supports; what was only assumed says so."""
    seen = sorted({s.label for s in drawing.strokes if s.kind in ("seam", "stitch") and s.label})
    entries = [(label, "seen in the photo", min(0.75, sure)) for label in seen]
    entries += [(label, "assumed: confirm", 0.2) for label in drawing.assumed if label not in seen]
    return [
        {
            "id": "k_" + "-".join(label.lower().split()),
            "name": label[:1].upper() + label[1:],
            "value": words,
            "confidence": round(confidence, 2),
            "provenance": "ai",
        }
        for label, words, confidence in entries
    ]


def elements_of(drawing: Drawing, silhouette: Silhouette) -> list[Entry]:
    """What stands out: symmetry, prints."""
    entries = [
        ("e_symmetry", "Symmetry", "symmetrical", silhouette.mirror_iou)
        if drawing.symmetrised
        else ("e_symmetry", "Symmetry", "not symmetrical, or not laid straight", 0.5)
    ]
    for index, (_, _, words) in enumerate(drawing.texts, start=1):
        entries.append((f"e_artwork-{index}", "Surface design", words.capitalize(), 0.6))
    return [
        {
            "id": key,
            "name": name,
            "value": value,
            "confidence": round(float(confidence), 2),
            "provenance": "ai",
        }
        for key, name, value, confidence in entries
    ]
