"""The description of a pack as a PDF: A4 landscape, real text, embedded fonts.

typst gets the description as JSON through ``sys.inputs``, where text stays text, and
may read one temporary folder that holds our templates and this pack's pictures.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typst

from techpack.document.assets import Assets
from techpack.document.description import (
    MEANINGS,
    WORDS,
    BomRow,
    Colour,
    ConstructionRow,
    FlatView,
    Pack,
    Picture,
    Swatch,
    Value,
)

TEMPLATES = Path(__file__).resolve().parent / "typst"
FONTS = TEMPLATES / "fonts"
LONGEST_WORD = 22
LONG_TEXT = 900
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONG_WORD = re.compile(rf"[^\s\u200b]{{{LONGEST_WORD + 1},}}")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def render_pdf(pack: Pack, *, read: Callable[[str], bytes]) -> bytes:
    """The whole pack as PDF bytes; the same pack gives the same bytes.

    ``read`` turns a picture's key into its bytes and raises NotFound or OSError
    where there is none. Takes about half a second on one core, more with many pictures.
    """
    with tempfile.TemporaryDirectory(prefix="pack-") as name:
        folder = Path(name)
        for source in TEMPLATES.glob("*.typ"):
            shutil.copy(source, folder)
        told = json.dumps(_told(pack, Assets(folder, read)), ensure_ascii=False)
        result = typst.compile(
            folder / "pack.typ",
            root=folder,
            font_paths=_fonts(),
            sys_inputs={"pack": told},
            format="pdf",
            timestamp=int(pack.generated_at.timestamp()),
        )
    return bytes(result)


@cache
def _fonts() -> typst.Fonts:
    """Our fonts first, then the system's for scripts that ours lack, such as Chinese."""
    return typst.Fonts(
        include_system_fonts=True, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )


def _told(pack: Pack, assets: Assets) -> dict[str, Any]:
    at = pack.generated_at
    return {
        "title": set_text(f"{pack.product}, tech pack, revision {pack.revision}"),
        "author": set_text(pack.drawn_by),
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "product": set_text(pack.product),
        "unit": pack.unit,
        "draft": pack.draft,
        "blockers": [set_text(blocker) for blocker in pack.blockers],
        "meanings": [
            {"provenance": key, "word": WORDS[key], "text": text} for key, text in MEANINGS.items()
        ],
        "sheets": [
            {
                "kind": sheet.kind,
                "heading": sheet.heading,
                "title_block": _plain(sheet.title_block, assets),
                "body": _with_lengths(_plain(sheet.body, assets)),
            }
            for sheet in pack.sheets
        ],
    }


def _plain(thing: Any, assets: Assets) -> Any:
    """A dataclass as JSON values, with pictures and drawings stored on the way."""
    if isinstance(thing, str):
        return set_text(thing)
    if isinstance(thing, tuple):
        return [_plain(item, assets) for item in thing]
    if isinstance(thing, Picture):
        return assets.picture(thing)
    if not is_dataclass(thing):
        return thing
    told = {item.name: _plain(getattr(thing, item.name), assets) for item in fields(thing)}
    if isinstance(thing, Value):
        told["mark"] = thing.mark
    elif isinstance(thing, BomRow | ConstructionRow):
        told["sources"] = _plain(thing.sources, assets)
    elif isinstance(thing, FlatView):
        told["drawing"] = assets.drawing(thing.svg)
        del told["svg"]
    elif isinstance(thing, Colour | Swatch):
        told["hex"] = thing.hex if _HEX.fullmatch(thing.hex) else ""
    return told


def _with_lengths(body: dict[str, Any]) -> dict[str, Any]:
    """Says whether some text is so long that its table row may have to break."""
    return body | {"long_texts": _longest(body) > LONG_TEXT}


def _longest(thing: Any) -> int:
    if isinstance(thing, str):
        return len(thing)
    if isinstance(thing, dict):
        thing = list(thing.values())
    return max(map(_longest, thing), default=0) if isinstance(thing, list) else 0


def set_text(text: str) -> str:
    """Text fit for setting: no control characters, and long words may break."""
    return _LONG_WORD.sub(_breakable, _CONTROL.sub("", text.replace("\t", " ")))


def _breakable(word: re.Match[str]) -> str:
    letters = word.group()
    step = LONGEST_WORD // 2
    return "\u200b".join(letters[at : at + step] for at in range(0, len(letters), step))
