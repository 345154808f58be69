"""What the AI operation log keeps of an input: no pictures, no secrets, no long texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

TEXT_LONGEST: Final = 500
ITEMS_MOST: Final = 50
DEPTH_MOST: Final = 6
_SECRET: Final = re.compile(
    r"secret|password|passwd|credential|authori[sz]ation|cookie|api.?key|bearer|token$",
    re.IGNORECASE,
)
_LOOKS_SECRET: Final = re.compile(r"\b(?:sk|tps_live|AIza|Bearer)[-_ ]?[\w.-]{16,}")


def kept(told: Mapping[str, Any]) -> dict[str, Any]:
    """``told`` as JSON-able data that is fit to be shown to its user and to operators."""
    return {
        _text(str(name)): _kept(value, 1)
        for name, value in list(told.items())[:ITEMS_MOST]
        if not _SECRET.search(str(name))
    }


def _kept(value: Any, depth: int) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _text(value)
        case bytes() | bytearray() | memoryview():
            return f"({len(value)} bytes)"
        case _ if depth >= DEPTH_MOST:
            return "…"
        case Mapping():
            return {
                _text(str(name)): _kept(inner, depth + 1)
                for name, inner in list(value.items())[:ITEMS_MOST]
                if not _SECRET.search(str(name))
            }
        case list() | tuple() | set() | frozenset():
            return [_kept(inner, depth + 1) for inner in list(value)[:ITEMS_MOST]]
    return _text(str(value))


def _text(text: str) -> str:
    if text.startswith("data:"):
        return f"({len(text)} characters of {text[5:40].partition(';')[0] or 'data'})"
    clean = _LOOKS_SECRET.sub("(secret)", text.replace("\0", ""))
    return clean if len(clean) <= TEXT_LONGEST else f"{clean[:TEXT_LONGEST]}…"
