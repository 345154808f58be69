"""A client that holds every answer against the description of the API."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from core.schema import description
from tests.techpack.conftest import Api

UUID = r"[0-9a-f-]{36}"


@cache
def described() -> dict[str, Any]:
    """The description as plain JSON."""
    found: dict[str, Any] = json.loads(json.dumps(description(), default=str))
    return found


@cache
def strict_parts() -> dict[str, Any]:
    """Its components, where an object with named properties may hold no others."""
    parts: dict[str, Any] = deepcopy(described()["components"])
    for schema in parts["schemas"].values():
        _close(schema)
    return parts


def _close(schema: dict[str, Any]) -> None:
    if "properties" not in schema:
        return
    schema.setdefault("additionalProperties", False)
    for inner in schema["properties"].values():
        _close(inner)


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    paths = sorted(described()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in paths]


def operation_of(method: str, path: str) -> dict[str, Any]:
    """The described operation that an address belongs to."""
    template = next(path_ for pattern, path_ in _routes() if pattern.fullmatch(path))
    found: dict[str, Any] = described()["paths"][template][method.lower()]
    return found


def assert_as_described(method: str, path: str, response: Any) -> None:
    """The answer's status, headers, type and body are those of the description."""
    operation = operation_of(method, path)
    where = f"{method} {path} → {response.status_code}"
    answer = operation["responses"].get(str(response.status_code))
    assert answer is not None, f"{where}: this status is not described"
    if "$ref" in answer:
        answer = described()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer.get("content", {})
    if not content:
        assert not response.content, where
        return
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind in content, f"{where}: answers {kind}"
    if kind == "application/json":
        faults = faults_of(response.json(), content[kind]["schema"])
        assert not faults, f"{where}:\n" + "\n".join(faults)


def faults_of(body: Any, schema: dict[str, Any]) -> list[str]:
    """Where a body differs from its schema, by path."""
    validator = Draft202012Validator(
        {**schema, "components": strict_parts()}, format_checker=FormatChecker()
    )
    return [f"{fault.json_path}: {fault.message[:300]}" for fault in validator.iter_errors(body)]


class Contract(Api):
    """The API by key; each answer under ``/api/`` and ``/v1/`` is checked as it comes in."""

    def request(self, **given: Any) -> Any:
        """One call, checked."""
        response = super().request(**given)
        path = given["PATH_INFO"]
        if path.startswith(("/api/", "/v1/")):
            assert_as_described(given["REQUEST_METHOD"], path, response)
        return response
