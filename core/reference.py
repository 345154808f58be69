"""The API's description as a person reads it: operations by subject, fields in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from core.http import STATUS
from core.openapi import KINDS, METHODS

Node = Mapping[str, Any]
FORMATS = {
    "uuid": "UUID",
    "uri": "address",
    "date-time": "time",
    "binary": "file",
    "decimal": "decimal",
}


@dataclass(frozen=True)
class Field:
    """One parameter or property; ``shape`` is the shared shape that it is made of."""

    name: str
    kind: str
    text: str = ""
    shape: str = ""
    place: str = ""
    required: bool = False


@dataclass(frozen=True)
class Body:
    """What is sent or answered in one media type."""

    media_type: str
    kind: str
    shape: str
    text: str
    fields: list[Field]


@dataclass(frozen=True)
class Answer:
    """A status, what it means, and what comes with it."""

    status: str
    words: str
    bodies: list[Body]


@dataclass(frozen=True)
class Operation:
    """A method at an address."""

    id: str
    method: str
    path: str
    text: str
    scope: str
    is_open: bool
    parameters: list[Field]
    bodies: list[Body]
    answers: list[Answer]
    refusals: list[Answer]


@dataclass(frozen=True)
class Group:
    """The operations of one subject."""

    id: str
    name: str
    text: str
    operations: list[Operation]


@dataclass(frozen=True)
class Shape:
    """A shared shape and its fields."""

    name: str
    text: str
    fields: list[Field]


def shapes_of(description: Node) -> list[Shape]:
    """The shapes that inputs and answers are made of, by name."""
    reader = _Reader(description)
    return [
        Shape(name, _one_line(schema), reader.fields(schema))
        for name, schema in sorted(description["components"]["schemas"].items())
    ]


def refusals_of(description: Node) -> list[Answer]:
    """Every kind of refusal by status."""
    answers = description["components"]["responses"]
    return sorted(
        (
            Answer(str(STATUS.get(kind, 500)), answers[name]["description"], [])
            for name, kind in KINDS.items()
        ),
        key=lambda answer: answer.status,
    )


def groups_of(description: Node) -> list[Group]:
    """The operations by tag, in the order of the description's tags."""
    reader = _Reader(description)
    operations = list(reader.operations())
    return [
        Group(
            id=tag["name"],
            name=tag["name"].replace("-", " "),
            text=tag.get("description", ""),
            operations=[shown for name, shown in operations if name == tag["name"]],
        )
        for tag in description["tags"]
    ]


class _Reader:
    def __init__(self, description: Node) -> None:
        self.description = description

    def operations(self) -> Iterator[tuple[str, Operation]]:
        """Each operation with its tag."""
        for path, item in self.description["paths"].items():
            for method in METHODS:
                if operation := item.get(method):
                    yield operation["tags"][0], self._operation(path, method, operation)

    def _operation(self, path: str, method: str, operation: Node) -> Operation:
        answers = [self._answer(*pair) for pair in operation["responses"].items()]
        keys = [one["apiKey"] for one in operation.get("security", []) if "apiKey" in one]
        return Operation(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            text=operation.get("description", ""),
            scope=keys[0][0] if keys else "",
            is_open=not operation.get("security"),
            parameters=[self._parameter(one) for one in operation.get("parameters", [])],
            bodies=self._bodies(operation.get("requestBody", {})),
            answers=[answer for answer in answers if answer.status < "400"],
            refusals=[answer for answer in answers if answer.status >= "400"],
        )

    def _resolved(self, node: Node) -> Node:
        while "$ref" in node:
            found: Any = self.description
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def _parameter(self, node: Node) -> Field:
        found = self._resolved(node)
        return Field(
            name=found["name"],
            kind=self.kind(found["schema"]),
            text=found.get("description", ""),
            place=found["in"],
            required=found.get("required", False),
        )

    def _bodies(self, node: Node) -> list[Body]:
        return [
            self._body(media_type, inner.get("schema", {}))
            for media_type, inner in node.get("content", {}).items()
        ]

    def _body(self, media_type: str, schema: Node) -> Body:
        found = self._resolved(schema)
        return Body(
            media_type, self.kind(schema), _shape(schema), _one_line(found), self.fields(found)
        )

    def fields(self, schema: Node) -> list[Field]:
        """The properties of an object."""
        required = schema.get("required", [])
        return [
            Field(name, self.kind(inner), _one_line(inner), _shape(inner), "", name in required)
            for name, inner in schema.get("properties", {}).items()
        ]

    def _answer(self, status: str, node: Node) -> Answer:
        found = self._resolved(node)
        words = found["description"] or HTTPStatus(int(status)).phrase
        return Answer(status, words, self._bodies(found))

    def kind(self, schema: Node) -> str:
        """A schema in a few words: ``list of UUID``, ``front or back``, ``Product``."""
        if "$ref" in schema:
            return str(schema["$ref"].rpartition("/")[2])
        if "enum" in schema:
            return " or ".join(str(value) for value in schema["enum"] if value is not None)
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                return " or ".join(dict.fromkeys(self.kind(one) for one in schema[key]))
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]] + (" or null" if _may_be_null(schema) else "")
        if schema.get("type") == "array":
            return self._list(schema)
        named = schema.get("type", "anything")
        return " or ".join(named) if isinstance(named, list) else str(named)

    def _list(self, schema: Node) -> str:
        least, most = schema.get("minItems"), schema.get("maxItems")
        amount = f"{least} " if least is not None and least == most else ""
        if not amount and most is not None:
            amount = f"{least or 0} to {most} "
        return f"list of {amount}{self.kind(schema.get('items', {}))}"


def _one_line(schema: Node) -> str:
    return " ".join(schema.get("description", "").split())


def _shape(schema: Node) -> str:
    """The name of the shape behind a reference, a list or one of several."""
    for inner in (schema, schema.get("items", {}), *schema.get("anyOf", schema.get("oneOf", ()))):
        if "$ref" in inner:
            return str(inner["$ref"].rpartition("/")[2])
    return ""


def _may_be_null(schema: Node) -> bool:
    return isinstance(schema.get("type"), list) and "null" in schema["type"]
