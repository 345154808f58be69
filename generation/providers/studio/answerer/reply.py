"""From messages and facts to an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.providers.studio.answerer.facts import Facts


@dataclass(frozen=True)
class Reply:
    """An answer in Markdown, and the figures in it as data."""

    text: str
    figures: tuple[dict[str, Any], ...] = ()


def reply_to(messages: Sequence[Mapping[str, Any]], known: Mapping[str, Any]) -> Reply:
    """The answer to the last question."""
    facts = Facts(known)
    said = [m for m in messages if m.get("role") == "user"]
    asked = str(said[-1].get("content") or "").lower() if said else ""
    words = set(re.findall(r"[a-z]+|[a-z]\d\d", asked))
    found = [
        point
        for point in facts.points
        if point.code.lower() in words
        or words & set(re.findall("[a-z]{4,}", point.name.lower())) - {"length", "width", "half"}
    ]
    if not found:
        return Reply(
            "I only answer from the pack's data, and found no point of measure by that name."
        )
    lines = [f"- {p.code} {p.name}: {p.figure or 'no value'} {p.mark}".rstrip() for p in found]
    return Reply("\n".join(lines), tuple({"code": p.code, "value": p.value} for p in found))
