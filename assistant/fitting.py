"""Knowledge within its bound: what is needed least goes first, and is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Known = dict[str, Any]

MOST_BYTES = 12_000  # as compact JSON: a language model gets all of it with every question
CELL_MOST = 160  # characters of a text that a person typed
BRIEF = 60
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def size_of(known: Mapping[str, Any]) -> int:
    """Bytes of the compact JSON."""
    return len(json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode())


def clipped(text: Any, most: int = CELL_MOST) -> str:
    """The text in one line, at most so many characters."""
    said = " ".join(str(text).split())
    return said if len(said) <= most else f"{said[: most - 1]}…"


def fitted(known: Known) -> Known:
    """The same within ``MOST_BYTES``: what is needed least goes first, and is named."""
    left_out: list[str] = []
    for what, without in CUTS:
        if size_of(known) <= MOST_BYTES:
            break
        known = without(known)
        left_out.append(what)
        known["left_out"] = left_out
    return known


def _without_how(*importance: str) -> Callable[[Known], Known]:
    def cut(known: Known) -> Known:
        table = known.get("measures", {"columns": [], "rows": []})
        named = [dict(zip(table["columns"], row, strict=False)) for row in table["rows"]]
        rows = [
            list({**row, "how": "" if row["importance"] in importance else row["how"]}.values())
            for row in named
        ]
        return {**known, "measures": {**table, "rows": rows}}

    return cut


def _without(*names: str) -> Callable[[Known], Known]:
    return lambda known: {name: value for name, value in known.items() if name not in names}


def _in_brief(most: int, rows_most: int) -> Callable[[Known], Known]:
    """Every text at most so long, every table and list with at most so many rows."""

    def cut(value: Any) -> Any:
        if isinstance(value, str):
            return value if _ID.fullmatch(value) else clipped(value, most)
        if isinstance(value, list):
            return [cut(entry) for entry in value[:rows_most]]
        if not isinstance(value, dict):
            return value
        kept = {name: cut(entry) for name, entry in value.items() if name != "columns"}
        if "columns" not in value:
            return kept
        rows = [[cut(entry) for entry in row] for row in value.get("rows", ())[:rows_most]]
        return {**kept, "columns": value["columns"], **({"rows": rows} if "rows" in value else {})}

    return cut


CUTS: tuple[tuple[str, Callable[[Known], Known]], ...] = (
    ("how details are measured", _without_how("detail")),
    ("how secondary points are measured", _without_how("secondary")),
    ("plans, top-ups", _without("top_ups", "plans")),
    ("the ends of long texts", _in_brief(BRIEF, 200)),
    ("how points are measured", _without_how("critical")),
    ("close-ups and what photos showed", _without("close_ups", "seen")),
    ("rows after the fortieth", _in_brief(40, 40)),
    ("rows after the twentieth", _in_brief(24, 20)),
    ("rows after the tenth", _in_brief(24, 10)),
    ("rows after the fifth", _in_brief(24, 5)),
)
