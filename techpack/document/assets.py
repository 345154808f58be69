"""Pictures and drawings of one rendering, written to a folder that typst may read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from core.errors import NotFound
from techpack.document.description import Picture

LONG_SIDE_PX = 1400
JPEG_QUALITY = 86
_CAPTION = re.compile(r'<text class="caption"[^>]*>[^<]*</text>')
_NUMBER = r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?"


@dataclass
class Assets:
    """Writes files into ``folder``; ``read`` turns a storage key into bytes.

    What cannot be read, decoded or parsed becomes None, and the sheet says so: one bad
    picture must not withhold the whole pack.
    """

    folder: Path
    read: Callable[[str], bytes]
    _pictures: dict[str, dict[str, object] | None] = field(default_factory=dict)
    _drawings: int = 0

    def picture(self, picture: Picture | None) -> dict[str, object] | None:
        """``{path, width, height, alt}`` with the size in pixels."""
        if picture is None:
            return None
        if picture.key not in self._pictures:
            self._pictures[picture.key] = self._store(picture.key)
        stored = self._pictures[picture.key]
        return None if stored is None else stored | {"alt": picture.alt}

    def _store(self, key: str) -> dict[str, object] | None:
        try:
            with Image.open(io.BytesIO(self.read(key))) as image:
                upright = _flattened(image)
        except (NotFound, OSError, Image.DecompressionBombError):
            return None
        upright.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), Image.Resampling.LANCZOS)
        name = f"picture-{len(self._pictures)}.jpg"
        upright.save(self.folder / name, "JPEG", quality=JPEG_QUALITY)
        return {"path": name, "width": upright.width, "height": upright.height}

    def drawing(self, svg: str) -> dict[str, object] | None:
        """``{path, width, height}`` in view box units."""
        box = view_box(svg)
        if box is None:
            return None
        name = f"drawing-{self._drawings}.svg"
        self._drawings += 1
        # The sheet sets title and note below the drawing in its own type.
        (self.folder / name).write_text(_CAPTION.sub("", svg), encoding="utf-8")
        return {"path": name, "width": box[0], "height": box[1]}


def _flattened(image: Image.Image) -> Image.Image:
    """RGB on white: paper has no transparency."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")


def view_box(svg: str) -> tuple[float, float] | None:
    """Width and height of a drawing's view box, or None when it is not a sound SVG.

    A document type is refused: drawings of ours have none, and it is where XML hides
    its bombs.
    """
    if "<!DOCTYPE" in svg.upper() or "<!ENTITY" in svg.upper():
        return None
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - document types are refused above
    except ElementTree.ParseError:
        return None
    if root.tag not in ("svg", "{http://www.w3.org/2000/svg}svg"):
        return None
    figures = re.findall(_NUMBER, root.get("viewBox", ""))
    if len(figures) != 4:
        return None
    width, height = float(figures[2]), float(figures[3])
    return (width, height) if width > 0 and height > 0 else None
