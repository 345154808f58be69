"""The operations that providers are asked for, by what they need to be able to do."""

from __future__ import annotations

from typing import Final

SEEING: Final = frozenset(
    {"category/detect", "base-views/analyze", "close-ups/plan", "close-ups/describe", "edit"}
)
DRAWING: Final = frozenset(
    {"close-ups/cut", "sketches/generate", "regenerate"}
    | {"base-views/generate:sample", "base-views/generate:final"}
)

# An operation → the step that it is a part of, as users see it.
PARENTS: Final = {
    "close-ups/plan": "close-ups/generate",
    "close-ups/cut": "close-ups/generate",
    "close-ups/describe": "close-ups/generate",
    "base-views/generate:sample": "base-views/generate",
    "base-views/generate:final": "base-views/generate",
}
