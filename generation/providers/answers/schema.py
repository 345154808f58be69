"""Strict JSON schemas: what vendors promise to keep to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from generation.providers.answers import models

ANSWERS: Final[Mapping[str, tuple[str, type[models.Told]]]] = {
    "category/detect": ("category_v1", models.CategoryTold),
    "base-views/analyze": ("analysis_v1", models.AnalysisTold),
    "close-ups/plan": ("close_up_plan_v1", models.PlanTold),
    "close-ups/describe": ("close_up_v1", models.CloseUpTold),
    "edit": ("field_edit_v1", models.FieldTold),
}
# Not every vendor's strict mode knows patterns; the description says the same.
_LEFT_OUT: Final = frozenset(("title", "default", "pattern", "exclusiveMinimum"))


@cache
def schema_of(operation: str) -> tuple[str, dict[str, Any]]:
    """Name and JSON schema of an operation's answer, self-contained; not to be changed.

    Every object names all its fields as required and allows no others. Raises KeyError for an
    operation whose answer is no JSON.
    """
    name, model = ANSWERS[operation]
    schema = model.model_json_schema()
    return name, _strict(schema, schema.get("$defs", {}))


def _strict(node: Any, shared: Mapping[str, Any]) -> Any:
    """The node with references filled in, and closed where it is an object."""
    if isinstance(node, list):
        return [_strict(item, shared) for item in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        found = shared[str(node["$ref"]).rsplit("/", 1)[-1]]
        return _strict({**found, **{k: v for k, v in node.items() if k != "$ref"}}, shared)
    if "properties" in node:
        return {
            "type": "object",
            "properties": {
                name: _strict(part, shared) for name, part in node["properties"].items()
            },
            "required": list(node["properties"]),
            "additionalProperties": False,
        }
    kept = {name: part for name, part in node.items() if name not in _LEFT_OUT}
    return {name: _strict(part, shared) for name, part in kept.items() if name != "$defs"}
